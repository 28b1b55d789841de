// Several runs side by side: their shares, all or by hops and tier, and the settings that differ.

import type { PhaseSummary, Rate, RunSummary } from "../data/types";
import { shown } from "../lib/format";
import { follow } from "../state/loaded";
import { go, route } from "../state/route";
import { source } from "../state/store";
import { Banner, Busy, Empty, Panel, ProblemNote, RateWords, Segmented } from "./bits";

export function chosenRuns(): string[] {
  return (route.value.params.runs ?? "").split(",").filter(Boolean);
}

const comparison = follow(
  () => (route.value.view === "runs" && chosenRuns().length > 1 ? chosenRuns().join(",") : ""),
  (key) => source.compareRuns(key.split(",")),
);

/** The share right of a phase: of all its tasks, or of those with so many hops or of a tier. */
function sliceOf(phase: PhaseSummary, slice: string): Rate | null {
  const [kind, value = ""] = slice.split(":");
  if (kind === "hop") return phase.by_hop[value]?.right ?? null;
  if (kind === "tier") return phase.by_tier[value]?.right ?? null;
  return phase.right;
}

function slicesOf(runs: RunSummary[]): { value: string; label: string }[] {
  const keys = (pick: (phase: PhaseSummary) => object): string[] => [
    ...new Set(runs.flatMap((one) => one.phases.flatMap((phase) => Object.keys(pick(phase))))),
  ].sort();
  return [
    { value: "", label: "All tasks" },
    ...keys((phase) => phase.by_hop).map((hop) => ({ value: `hop:${hop}`, label: `${hop} hops` })),
    ...keys((phase) => phase.by_tier).map((tier) => ({ value: `tier:${tier}`, label: `tier ${tier}` })),
  ];
}

export function RunComparison() {
  const held = comparison.value;
  if (chosenRuns().length < 2) return null;
  if (held.problem) return <ProblemNote problem={held.problem} />;
  if (!held.value) return <Busy what="Comparing" />;
  const { runs, config_diff } = held.value;
  const slices = slicesOf(runs);
  const slice = slices.find((one) => one.value === route.value.params.slice)?.value ?? "";
  const names = [...new Set(runs.flatMap((one) => one.phases.map((phase) => phase.phase)))];
  return (
    <Panel testid="run-comparison" title="Compared" note="share of right answers with 95 % interval and n"
      tools={
        <Segmented label="Tasks" testid="slice" value={slice} choices={slices} onPick={(value) => go({ slice: value })} />
      }
    >
      {runs.map((one) => <Banner key={one.id} banner={one.banner && { ...one.banner, text: `${one.id}: ${one.banner.text}` }} />)}
      <div class="scroll" tabIndex={0} role="region" aria-label="Compared runs">
        <table>
          <thead>
            <tr>
              <th scope="col">Phase</th>
              {runs.map((one) => (
                <th scope="col" key={one.id}>{one.id}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {names.map((name) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {runs.map((one) => {
                  const found = one.phases.find((phase) => phase.phase === name);
                  return (
                    <td key={one.id}>{found ? <RateWords rate={sliceOf(found, slice)} /> : <span class="muted">not run</span>}</td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h3>Settings that differ</h3>
      {config_diff.length === 0 ? (
        <Empty>None: the settings are the same.</Empty>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Settings that differ">
          <table data-testid="config-diff">
            <thead>
              <tr>
                <th scope="col">Setting</th>
                {runs.map((one) => (
                  <th scope="col" key={one.id}>{one.id}</th>
                ))}
              </tr>
            </thead>
            <tbody>
              {config_diff.map((row) => (
                <tr key={row.key}>
                  <th scope="row"><code>{row.key}</code></th>
                  {row.values.map((value, index) => (
                    <td key={index}>{shown(value)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}
