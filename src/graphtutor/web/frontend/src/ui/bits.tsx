import type { ComponentChildren } from "preact";
import type { Banner as BannerRecord, Rate } from "../data/types";
import type { Problem } from "../data/problem";
import { count, interval, percent, percentSign, rateText } from "../lib/format";
import { Icon } from "./icons";

export function Panel(props: {
  title?: ComponentChildren;
  testid: string;
  children: ComponentChildren;
  tools?: ComponentChildren;
  class?: string;
  note?: ComponentChildren;
}) {
  const id = `${props.testid}-title`;
  return (
    <section
      class={`panel ${props.class ?? ""}`}
      data-testid={props.testid}
      aria-labelledby={props.title ? id : undefined}
    >
      {(props.title || props.tools) && (
        <header class="panel-head">
          {props.title && <h2 id={id}>{props.title}</h2>}
          {props.note && <p class="note">{props.note}</p>}
          {props.tools && <div class="tools">{props.tools}</div>}
        </header>
      )}
      {props.children}
    </section>
  );
}

export function ProblemNote({ problem, again }: { problem: Problem; again?: () => void }) {
  return (
    <div class="problem" role="alert" data-testid="problem">
      <Icon name="alert" />
      <div>
        <p>{problem.message}</p>
        {again && (
          <button type="button" class="quiet" onClick={again}>
            Try again
          </button>
        )}
      </div>
    </div>
  );
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** What an export has in place of a view that needs a server. */
export function OnlyServed() {
  return (
    <Panel testid="only-served">
      <Empty>
        This is an export: it shows what was recorded. <code>graphtutor serve</code> has this page.
      </Empty>
    </Panel>
  );
}

export function Busy({ what }: { what: string }) {
  return (
    <p class="busy" role="status">
      <span class="spinner" aria-hidden="true" />
      {what}
    </p>
  );
}

/** A share with its interval and n, as words. */
export function RateWords({ rate }: { rate: Rate | null | undefined }) {
  if (!rate || rate.rate === null) return <span class="muted">not recorded</span>;
  return (
    <span class="rate-words">
      <strong>{percentSign(rate.rate)}</strong>{" "}
      <span class="muted">
        ({interval(rate)}, n = {count(rate.n)})
      </span>
    </span>
  );
}

/** A share as a bar with its interval as a whisker. */
export function RateBar(props: { label: ComponentChildren; rate: Rate | null; tone?: string; chance?: number | null }) {
  const { rate } = props;
  const known = rate && rate.rate !== null;
  return (
    <div class="rate-bar" data-tone={props.tone ?? "plain"}>
      <span class="rate-label">{props.label}</span>
      <span class="track" aria-hidden="true">
        {known && <span class="fill" style={{ width: `${percent(rate.rate)}%` }} />}
        {known && rate.low !== null && rate.high !== null && (
          <span
            class="whisker"
            style={{ left: `${100 * rate.low}%`, width: `${Math.max(100 * (rate.high - rate.low), 0.4)}%` }}
          />
        )}
        {props.chance !== null && props.chance !== undefined && (
          <span class="chance" style={{ left: `${100 * props.chance}%` }} />
        )}
      </span>
      <span class="rate-value">
        <RateWords rate={rate} />
      </span>
    </div>
  );
}

export function Banner({ banner }: { banner: BannerRecord }) {
  if (!banner) return null;
  return (
    <p class="banner" data-level={banner.level} data-testid="banner" role="note">
      <Icon name="alert" />
      <span>{banner.text}</span>
    </p>
  );
}

export function Chip(props: { tone: "good" | "bad" | "warn" | "plain"; icon?: string; children: ComponentChildren; title?: string }) {
  return (
    <span class="chip" data-tone={props.tone} title={props.title}>
      {props.icon && <Icon name={props.icon} size={14} />}
      {props.children}
    </span>
  );
}

export function Verdict(props: { right: boolean | null; valid?: boolean | null; grounded?: boolean | null }) {
  if (props.right === null) return <Chip tone="plain">not scored</Chip>;
  if (props.right) {
    return (
      <Chip tone="good" icon="check">
        {props.grounded ? "right, grounded" : "right"}
      </Chip>
    );
  }
  return (
    <Chip tone="bad" icon="cross">
      {props.valid === false ? "out of format" : "wrong"}
    </Chip>
  );
}

export interface Choice {
  value: string;
  label: ComponentChildren;
  title?: string;
}

/** A row of buttons of which one is pressed. */
export function Segmented(props: {
  label: string;
  value: string;
  choices: Choice[];
  onPick: (value: string) => void;
  testid?: string;
}) {
  return (
    <div class="segmented" role="group" aria-label={props.label} data-testid={props.testid}>
      {props.choices.map((choice) => (
        <button
          type="button"
          key={choice.value}
          aria-pressed={choice.value === props.value}
          title={choice.title}
          onClick={() => props.onPick(choice.value)}
        >
          {choice.label}
        </button>
      ))}
    </div>
  );
}

export function Select(props: {
  label: string;
  value: string;
  choices: { value: string; label: string }[];
  onPick: (value: string) => void;
  testid?: string;
  hideLabel?: boolean;
}) {
  return (
    <label class="field">
      <span class={props.hideLabel ? "visually-hidden" : undefined}>{props.label}</span>
      <select
        value={props.value}
        data-testid={props.testid}
        onChange={(event) => props.onPick(event.currentTarget.value)}
      >
        {props.choices.map((choice) => (
          <option key={choice.value} value={choice.value}>
            {choice.label}
          </option>
        ))}
      </select>
    </label>
  );
}

export { rateText };
