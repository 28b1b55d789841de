// The reward of one answer: weighted terms from a zero line, and their sum.

import type { Reward } from "../data/types";
import { plain, signed } from "../lib/format";

export interface Bar {
  /** Percent of the track. */
  left: number;
  width: number;
}

/** The scale that all bars of a reward share; it always holds -2 to +1.5. */
export function domain(values: readonly (number | null)[]): [number, number] {
  const known = values.filter((value): value is number => value !== null);
  return [Math.min(-2, ...known), Math.max(1.5, ...known)];
}

export function barOf(value: number, [low, high]: [number, number]): Bar {
  const zero = (100 * (0 - low)) / (high - low);
  const width = (100 * Math.abs(value)) / (high - low);
  return { left: value < 0 ? zero - width : zero, width };
}

function Row(props: { label: string; detail: string; value: number | null; range: [number, number]; total?: boolean; name: string }) {
  const bar = barOf(props.value ?? 0, props.range);
  const zero = barOf(0, props.range).left;
  const tone = (props.value ?? 0) < 0 ? "bad" : "good";
  return (
    <li class={`reward-row${props.total ? " total" : ""}`} data-term={props.name} data-shown={props.value ?? ""}>
      <span class="reward-label">
        {props.label}
        <span class="muted reward-weight">{props.detail}</span>
      </span>
      <span class="reward-track" aria-hidden="true">
        <span class="reward-bar" data-tone={tone} style={{ left: `${bar.left}%`, width: `${bar.width}%` }} />
        <span class="reward-zero" style={{ left: `${zero}%` }} />
      </span>
      <span class="reward-value">{signed(props.value)}</span>
    </li>
  );
}

export function RewardBars({ reward }: { reward: Reward | null }) {
  if (!reward) return <p class="empty">No reward is recorded for this answer.</p>;
  const range = domain([...reward.terms.map((term) => term.shown), reward.total]);
  return (
    <div class="reward" data-testid="reward-bars">
      {reward.invalid && (
        <p class="reward-invalid" data-testid="reward-invalid">
          Out of format: it counts as wrong.
        </p>
      )}
      <ul>
        {reward.terms.map((term) => (
          <Row
            key={term.name}
            name={term.name}
            label={term.label}
            detail={
              term.weight === null || term.value === null
                ? ""
                : `${plain(term.weight)} × ${plain(term.value)}`
            }
            value={term.shown}
            range={range}
          />
        ))}
        <Row name="total" label="Total" detail={reward.profile} value={reward.total} range={range} total />
      </ul>
      {reward.grounded_total !== null && reward.grounded_total !== undefined && (
        <p class="note">
          The stricter profile, which also charges false statements, gives{" "}
          <strong>{signed(reward.grounded_total)}</strong>.
        </p>
      )}
    </div>
  );
}
