// The same task in several phases, side by side; what changed against the column before is marked.

import type { Frame } from "../data/types";
import { follow } from "../state/loaded";
import { wordDiff } from "../lib/diff";
import { count, percentSign } from "../lib/format";
import { go } from "../state/route";
import { against, phase, phases, runId, source, titleOf } from "../state/store";
import { HopCheck, OptionList } from "./Answer";
import { Panel, Segmented, Verdict } from "./bits";
import { RewardBars } from "./RewardBars";
import { route } from "../state/route";

const changes = follow(
  () =>
    route.value.view === "inference" && route.value.params.mode === "compare" && runId.value && against.value && phase.value
      ? [runId.value, against.value, phase.value].join("\n")
      : "",
  (key) => {
    const [id = "", from = "", to = ""] = key.split("\n");
    return source.changes(id, from, to);
  },
);

function ChangeBar() {
  const told = changes.value.value;
  const filter = route.value.params.filter ?? "all";
  if (!told) return null;
  const same = told.same_right + told.same_wrong;
  const share = (k: number): string => `${count(k)} (${percentSign(told.n ? k / told.n : null)})`;
  return (
    <div class="change-bar" data-testid="changes">
      <p>
        {titleOf(against.value)} to {titleOf(phase.value)}, n = {count(told.n)} tasks:
      </p>
      <Segmented
        label="Which tasks"
        value={filter}
        testid="change-filter"
        choices={[
          { value: "all", label: "all" },
          { value: "fixed", label: <span data-testid="fixed-count">fixed {share(told.fixed.length)}</span> },
          { value: "regressed", label: <span data-testid="regressed-count">regressed {share(told.regressed.length)}</span> },
          { value: "same", label: `same ${share(same)}` },
        ]}
        onPick={(value) => go({ filter: value === "all" ? null : value, against: value === "all" ? null : against.value })}
      />
    </div>
  );
}

function ColumnPicker({ names }: { names: string[] }) {
  return (
    <fieldset class="column-picker">
      <legend>Phases</legend>
      {phases.value.map((one) => (
        <label key={one.phase}>
          <input
            type="checkbox"
            checked={names.includes(one.phase)}
            onChange={(event) => {
              const next = phases.value
                .map((other) => other.phase)
                .filter((name) =>
                  name === one.phase ? event.currentTarget.checked : names.includes(name),
                );
              if (next.length) go({ cmp: next.join(",") });
            }}
          />
          {one.title}
        </label>
      ))}
    </fieldset>
  );
}

export function CompareColumns(props: { frames: Frame[]; names: string[]; onOpen: (phase: string, exId: string) => void }) {
  const first = props.frames[0];
  if (!first) return <p class="empty">None of these phases answered this task.</p>;
  return (
    <div class="compare" data-testid="compare">
      <ChangeBar />
      <Panel testid="question" title="Question" note={first.ex_id}>
        <p class="question">{first.question}</p>
        <OptionList options={first.options} right={first.answer_star} chosen={null} />
        <ColumnPicker names={props.names} />
      </Panel>
      <div class="compare-columns" style={{ "--columns": String(props.frames.length) }}>
        {props.frames.map((frame, index) => {
          const before = props.frames[index - 1];
          const pieces = before
            ? wordDiff(before.completion, frame.completion)
            : [{ text: frame.completion, mark: "same" as const }];
          return (
            <section class="panel" key={frame.phase} data-testid={`compare-${frame.phase}`}>
              <header class="panel-head">
                <h2>
                  <button type="button" class="link" onClick={() => props.onOpen(frame.phase, frame.ex_id)} title="Open this answer">
                    {titleOf(frame.phase)}
                  </button>
                </h2>
                <div class="tools">
                  <Verdict right={frame.right} valid={frame.valid} grounded={frame.grounded} />
                </div>
              </header>
              <p class="trace diff">
                {pieces.map((piece, at) =>
                  piece.mark === "only" ? <ins key={at}>{piece.text}</ins> : <span key={at}>{piece.text}</span>,
                )}
              </p>
              <HopCheck frame={frame} />
              <RewardBars reward={frame.reward} />
            </section>
          );
        })}
      </div>
    </div>
  );
}
