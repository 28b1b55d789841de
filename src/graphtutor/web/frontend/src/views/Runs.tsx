// Which runs there are, what they came to, and how their settings differ.

import type { PhaseSummary, Rate, RunDetail, RunSummary } from "../data/types";
import { bytes, count, moment, percentSign, shown } from "../lib/format";
import { flat } from "../lib/config";
import { follow } from "../state/loaded";
import { go, openView, route } from "../state/route";
import { detail, run, runId, runList, source } from "../state/store";
import { Banner, Busy, Chip, Empty, Panel, ProblemNote, RateBar, RateWords, Segmented } from "../ui/bits";
import { Icon } from "../ui/icons";

function chosenRuns(): string[] {
  return (route.value.params.runs ?? "").split(",").filter(Boolean);
}

const comparison = follow(
  () => (route.value.view === "runs" && chosenRuns().length > 1 ? chosenRuns().join(",") : ""),
  (key) => source.compareRuns(key.split(",")),
);

function AuditChip({ audit }: { audit: RunSummary["audit"] }) {
  if (audit === "passes") return <Chip tone="good" icon="check">audit passes</Chip>;
  if (audit === "fails") return <Chip tone="bad" icon="cross">audit fails</Chip>;
  return <Chip tone="warn" icon="help">audit unknown</Chip>;
}

function RunCard({ one }: { one: RunSummary }) {
  const current = one.id === runId.value;
  const picked = chosenRuns();
  return (
    <li class="run-card panel" data-testid="run-card" data-run={one.id} data-current={current}>
      <header class="panel-head">
        <h2>
          <button type="button" class="link" aria-pressed={current} onClick={() => go({ run: one.id, phase: null, ex: null })}>
            {one.id}
          </button>
        </h2>
        <div class="tools">
          {one.live && <Chip tone="plain">being written</Chip>}
          <AuditChip audit={one.audit} />
        </div>
      </header>
      <p class="facts muted">
        {[one.model, one.backend, one.graph, one.seed !== null ? `seed ${one.seed}` : null, moment(one.created_at)]
          .filter(Boolean)
          .join(" · ")}
      </p>
      <Banner banner={one.banner} />
      <div class="bars" role="list">
        {one.phases.map((phase) => (
          <div role="listitem" key={phase.phase} data-phase={phase.phase}>
            <RateBar label={phase.title} rate={phase.right} tone="right" />
          </div>
        ))}
        {one.phases.length === 0 && <Empty>No phase has been evaluated yet.</Empty>}
      </div>
      <footer class="card-foot">
        <label class="check">
          <input
            type="checkbox"
            checked={picked.includes(one.id)}
            data-testid="compare-run"
            onChange={(event) => {
              const next = event.currentTarget.checked
                ? [...picked, one.id]
                : picked.filter((id) => id !== one.id);
              go({ runs: next.join(",") });
            }}
          />
          compare
        </label>
        <button type="button" class="quiet" onClick={() => openView("inference", { run: one.id, phase: null })}>
          Look at its answers
          <Icon name="arrow" size={16} />
        </button>
      </footer>
    </li>
  );
}

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

function Compared() {
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

function Figures({ one }: { one: RunDetail }) {
  return (
    <Panel testid="run-figures" title={`Figures of ${one.id}`} note="95 % intervals; n tasks">
      <Banner banner={one.banner} />
      <div class="scroll" tabIndex={0} role="region" aria-label="Figures">
        <table>
          <thead>
            <tr>
              <th scope="col">Phase</th>
              <th scope="col">Right</th>
              <th scope="col">Grounded</th>
              <th scope="col">In format</th>
              <th scope="col">Cut off</th>
            </tr>
          </thead>
          <tbody>
            {one.phases.map((phase) => (
              <tr key={phase.phase}>
                <th scope="row">{phase.title}</th>
                <td data-testid={`right-${phase.phase}`}><RateWords rate={phase.right} /></td>
                <td><RateWords rate={phase.grounded} /></td>
                <td><RateWords rate={phase.format} /></td>
                <td>
                  {percentSign(phase.cut)} <span class="muted">(n = {count(phase.n)})</span>
                </td>
              </tr>
            ))}
            {Object.entries(one.references ?? {}).map(([name, rate]) => (
              <tr key={name} class="reference">
                <th scope="row">{name}</th>
                <td><RateWords rate={rate} /></td>
                <td colSpan={3} class="muted">a reference, not a model</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {one.paired.length > 0 && <Paired one={one} />}
    </Panel>
  );
}

function Paired({ one }: { one: RunDetail }) {
  return (
    <details>
      <summary>Phases on the same tasks (exact McNemar)</summary>
      <div class="scroll" tabIndex={0} role="region" aria-label="Paired comparisons">
        <table>
          <thead>
            <tr>
              <th scope="col">Phase</th>
              <th scope="col">Against</th>
              <th scope="col">Figure</th>
              <th scope="col">Gained</th>
              <th scope="col">Lost</th>
              <th scope="col">p</th>
              <th scope="col">n</th>
            </tr>
          </thead>
          <tbody>
            {one.paired.map((row, index) => (
              <tr key={index}>
                <th scope="row">{row.phase ?? ""}</th>
                <td>{row.against}</td>
                <td>{row.figure.replaceAll("_", " ")}</td>
                <td>{count(row.gained)}</td>
                <td>{count(row.lost)}</td>
                <td>{row.p_value === null ? "" : row.p_value < 0.0001 ? "< 0.0001" : row.p_value.toFixed(4)}</td>
                <td>{count(row.n)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function Settings({ one }: { one: RunDetail }) {
  return (
    <Panel testid="run-settings" title="Settings and files">
      <details>
        <summary>Settings</summary>
        <dl class="settings">
          {[...flat(one.config)].map(([key, value]) => (
            <div key={key}>
              <dt><code>{key}</code></dt>
              <dd>{shown(value)}</dd>
            </div>
          ))}
        </dl>
      </details>
      <details>
        <summary>Files</summary>
        <dl class="settings">
          {Object.entries(one.files).map(([name, size]) => (
            <div key={name}>
              <dt><code>{name}</code></dt>
              <dd>{bytes(size)}</dd>
            </div>
          ))}
        </dl>
      </details>
      {one.problem_count > 0 && (
        <div class="problem soft" data-testid="run-problems">
          <Icon name="alert" />
          <div>
            <p>
              {one.problem_count === 1 ? "One thing" : `${count(one.problem_count)} things`} could not be read and{" "}
              {one.problem_count === 1 ? "is" : "are"} left out:
            </p>
            <ul>
              {one.problems.map((problem, index) => (
                <li key={index}>
                  <code>{problem.file}</code>
                  {problem.line ? ` line ${problem.line}` : ""}: {problem.reason}
                </li>
              ))}
            </ul>
          </div>
        </div>
      )}
    </Panel>
  );
}

export function Runs() {
  const held = runList.value;
  if (held.problem) return <ProblemNote problem={held.problem} again={runList.again} />;
  if (!held.value) return <Busy what="Looking for runs" />;
  const { runs, unreadable } = held.value;
  return (
    <>
      {runs.length === 0 && unreadable.length === 0 && (
        <Empty>
          There is no run here yet. <code>graphtutor run</code> makes one.
        </Empty>
      )}
      <ul class="run-list" data-testid="runs">
        {runs.map((one) => (
          <RunCard key={one.id} one={one} />
        ))}
        {unreadable.map((one) => (
          <li class="run-card panel unreadable" key={one.id} data-testid="unreadable-run">
            <header class="panel-head">
              <h2>{one.id}</h2>
              <div class="tools">
                <Chip tone="bad" icon="cross">cannot be read</Chip>
              </div>
            </header>
            <p>{one.reason}</p>
          </li>
        ))}
      </ul>
      <Compared />
      {detail.value.problem && <ProblemNote problem={detail.value.problem} again={detail.again} />}
      {run.value && <Figures one={run.value} />}
      {run.value && <Settings one={run.value} />}
    </>
  );
}
