// Which runs there are, what they came to, and how their settings differ.

import type { RunSummary } from "../data/types";
import { moment } from "../lib/format";
import { go, openView } from "../state/route";
import { detail, run, runId, runList } from "../state/store";
import { Banner, Busy, Chip, Empty, ProblemNote, RateBar } from "../ui/bits";
import { Icon } from "../ui/icons";
import { chosenRuns, RunComparison } from "../ui/RunComparison";
import { RunFigures, RunSettings } from "../ui/RunFigures";

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
      <RunComparison />
      {detail.value.problem && <ProblemNote problem={detail.value.problem} again={detail.again} />}
      {run.value && <RunFigures one={run.value} />}
      {run.value && <RunSettings one={run.value} />}
    </>
  );
}
