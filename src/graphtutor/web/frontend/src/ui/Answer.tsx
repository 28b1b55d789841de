// The parts of one answer as text: question, options, trace, hop check.

import type { Frame, Hop, Options, Segment } from "../data/types";
import { Chip } from "./bits";
import { Icon } from "./icons";

const LETTERS = ["A", "B", "C", "D"] as const;

export function OptionList(props: { options: Options; right: string | null; chosen: string | null; hidden?: boolean }) {
  return (
    <ul class="options" data-testid="options">
      {LETTERS.filter((letter) => props.options[letter] !== undefined).map((letter) => {
        const isRight = !props.hidden && letter === props.right;
        const isChosen = !props.hidden && letter === props.chosen;
        const state = isRight && isChosen ? "both" : isRight ? "right" : isChosen ? "chosen" : "none";
        return (
          <li key={letter} data-state={state} data-letter={letter}>
            <span class="letter">{letter}</span>
            <span class="option-text">{props.options[letter]}</span>
            {(isRight || isChosen) && (
              <span class="option-marks">
                {isRight && (
                  <span class="mark-right">
                    <Icon name="check" size={16} />
                    right
                  </span>
                )}
                {isChosen && (
                  <span class={isRight ? "mark-right" : "mark-wrong"}>
                    <Icon name="pointer" size={14} />
                    chosen
                  </span>
                )}
              </span>
            )}
          </li>
        );
      })}
    </ul>
  );
}

/** The trace with its entities marked; spans on the path and off it differ in underline too. */
export function Trace({ segments, fallback }: { segments: Segment[] | null; fallback?: string }) {
  if (!segments || segments.length === 0) {
    return <p class="trace">{fallback || <span class="muted">The answer is empty.</span>}</p>;
  }
  return (
    <p class="trace" data-testid="trace">
      {segments.map((segment, index) =>
        segment.entity ? (
          <mark key={index} class={`entity entity-${segment.kind ?? "plain"}`} title={segment.kind === "gold" ? "on the true path" : "off the true path"}>
            {segment.text}
          </mark>
        ) : (
          <span key={index}>{segment.text}</span>
        ),
      )}
    </p>
  );
}

const VERDICTS: Record<string, { tone: "good" | "bad" | "warn"; icon: string }> = {
  "true edge": { tone: "good", icon: "check" },
  "wrong direction": { tone: "bad", icon: "cross" },
  "wrong relation": { tone: "bad", icon: "cross" },
  "not in the graph": { tone: "bad", icon: "cross" },
  "unknown entity": { tone: "warn", icon: "help" },
  "unknown relation": { tone: "warn", icon: "help" },
};

export function hopWords(hop: Hop): string {
  return [hop.source ?? "?", hop.relation?.replaceAll("_", " ") ?? "?", hop.target ?? "?"].join(" ");
}

export function HopCheck({ frame }: { frame: Pick<Frame, "hops" | "ends_at_option" | "valid"> & { relations_asked?: string[] } }) {
  const { hops } = frame;
  if (hops === null) return <p class="empty">This run records no statement check.</p>;
  const right = hops.filter((hop) => hop.verdict === "true edge").length;
  const connected = hops.length > 0 && hops.every((hop) => hop.connected);
  return (
    <div class="hops" data-testid="hop-check" data-exact={right} data-claims={hops.length}>
      {hops.length === 0 ? (
        <p class="empty">The answer states nothing that could be checked.</p>
      ) : (
        <ol>
          {hops.map((hop, index) => {
            const look = VERDICTS[hop.verdict] ?? { tone: "warn" as const, icon: "help" };
            return (
              <li key={index} data-verdict={hop.verdict}>
                <span class="hop-text" title={hop.text}>
                  {!hop.connected && <span class="hop-break">new start: </span>}
                  {hopWords(hop)}
                </span>
                <Chip tone={look.tone} icon={look.icon}>
                  {hop.verdict}
                </Chip>
              </li>
            );
          })}
        </ol>
      )}
      {hops.length > 0 && <p class="hop-summary">
        <Chip tone={right === hops.length && right > 0 ? "good" : "bad"}>
          {right} of {hops.length} true
        </Chip>
        <Chip tone={connected ? "good" : "bad"} icon={connected ? "check" : "cross"}>
          {connected ? "one chain" : "no single chain"}
        </Chip>
        {frame.ends_at_option !== null && (
          <Chip tone={frame.ends_at_option ? "good" : "bad"} icon={frame.ends_at_option ? "check" : "cross"}>
            {frame.ends_at_option ? "ends at the chosen option" : "does not end at the chosen option"}
          </Chip>
        )}
        {frame.relations_asked && frame.relations_asked.length > 0 && (
          <span class="muted">{frame.relations_asked.length} hops were asked for</span>
        )}
      </p>}
    </div>
  );
}
