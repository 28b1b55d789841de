// The samples that RSFT drew for each task, how each scored, and which was trained on and why.

import { signal } from "@preact/signals";
import type { Candidate, CandidateGroup, Sampling } from "../data/types";
import { count, percentSign, plain, signed } from "../lib/format";
import { isFlat } from "../lib/pool";
import { follow } from "../state/loaded";
import { go, route } from "../state/route";
import { mainPhases, run, runId, source, titleOf } from "../state/store";
import { OptionList } from "../ui/Answer";
import { Busy, Chip, Empty, Panel, ProblemNote, Select, Verdict } from "../ui/bits";
import { RewardBars } from "../ui/RewardBars";

const PAGE = 50;
const offset = signal(0);

/** What the address asks for; by default the pool of the last main phase that has one. */
const asked = () => {
  const { params } = route.value;
  const sampled = (run.value?.sampling ?? []).filter((one) => mainPhases.value.includes(one.phase));
  const last = sampled[sampled.length - 1];
  const phase = params.pool ?? last?.phase ?? "";
  const round = Number(params.round ?? (params.pool ? 0 : last?.round ?? 0));
  return { phase, round, filter: params.won ?? "all" };
};

const page = follow(
  () =>
    route.value.view === "training" && route.value.params.part === "pool" && run.value
      ? JSON.stringify({ run: run.value.id, ...asked(), offset: offset.value, limit: PAGE })
      : "",
  (key) => source.candidates(JSON.parse(key)),
);

const picked = () => {
  const known = page.value.value;
  if (!known) return null;
  const wanted = route.value.params.task;
  return known.groups.find((group) => group.ex_id === wanted) ?? (wanted ? null : (known.groups[0] ?? null));
};

const detail = follow(
  () => {
    const group = picked();
    if (!runId.value || route.value.params.part !== "pool") return "";
    if (group) return [runId.value, group.phase, group.round, group.ex_id].join("\n");
    const { phase, round } = asked();
    const task = route.value.params.task;
    const first = page.value.value?.rounds[0];
    if (!task || !first) return "";
    return [runId.value, phase || first.phase, round || first.round, task].join("\n");
  },
  (key) => {
    const [id = "", phase = "", round = "1", exId = ""] = key.split("\n");
    return source.candidate(id, phase, Number(round), exId);
  },
);

const FILTERS = [
  { value: "all", label: "All tasks" },
  { value: "won", label: "With a winner" },
  { value: "no_winner", label: "Without a winner" },
  { value: "only_winners", label: "All samples right" },
  { value: "zero_spread", label: "No spread in the scores" },
];

function Share({ name, value, band, n }: { name: string; value: number | null | undefined; band: [number, number] | undefined; n: number }) {
  if (value === null || value === undefined) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <strong>{percentSign(value)}</strong>{" "}
        <span class="muted">
          ({band ? `${percentSign(band[0]).replace(" %", "")}–${percentSign(band[1]).replace(" %", "")}, ` : ""}n = {count(n)})
        </span>
      </dd>
    </div>
  );
}

function Summary({ summary }: { summary: Sampling }) {
  return (
    <dl class="readout" data-testid="pool-summary">
      <Share name={`right in ${summary.k} samples (pass@${summary.k})`} value={summary.pass_at_k} band={summary.intervals?.pass_at_k} n={summary.tasks} />
      <Share name={`grounded in ${summary.k}`} value={summary.grounded_at_k} band={summary.intervals?.grounded_at_k} n={summary.tasks} />
      <Share name="without a winner" value={summary.no_winner} band={summary.intervals?.no_winner} n={summary.tasks} />
      <Share name="only winners" value={summary.only_winners} band={summary.intervals?.only_winners} n={summary.tasks} />
      <Share name="distinct samples" value={summary.distinct_share} band={undefined} n={summary.samples} />
      {summary.kept !== undefined && (
        <div>
          <dt>trained on</dt>
          <dd>
            <strong>{count(summary.kept)}</strong> <span class="muted">of {count(summary.samples)} samples</span>
          </dd>
        </div>
      )}
    </dl>
  );
}

function Dots({ group }: { group: CandidateGroup }) {
  const tones = Array.from({ length: Math.min(group.k, 32) }, (_, index) =>
    index < group.grounded ? "grounded" : index < group.right ? "right" : "wrong",
  );
  return (
    <span class="dots" role="img" aria-label={`${group.grounded} grounded, ${group.right} right of ${group.k}`}>
      {tones.map((tone, index) => (
        <span key={index} data-tone={tone} />
      ))}
    </span>
  );
}

function Sample({ one }: { one: Candidate }) {
  return (
    <li class="sample" data-testid="sample" data-kept={one.kept} data-k={one.k} data-total={one.reward?.total ?? ""}>
      <p class="sample-head">
        <strong>Sample {one.k + 1}</strong>
        {one.kept && <Chip tone="good" icon="star">winner</Chip>}
        <Verdict right={one.right} valid={one.valid} grounded={one.grounded} />
        {one.duplicate_of !== null && <Chip tone="plain">same as sample {one.duplicate_of + 1}</Chip>}
      </p>
      <p class="trace">{one.completion}</p>
      <RewardBars reward={one.reward} />
      {one.reason && (
        <p class="note">
          {one.kept ? "Kept" : "Not kept"}
          {one.reason !== "kept" && `: ${one.reason}`}
        </p>
      )}
    </li>
  );
}

export function CandidatePool() {
  const held = page.value;
  if (held.problem) return <ProblemNote problem={held.problem} again={page.again} />;
  if (!held.value) return <Busy what="Reading the candidates" />;
  const { groups, summary, rounds, matched, total } = held.value;
  if (rounds.length === 0) {
    return (
      <Panel testid="no-candidates">
        <Empty>This run keeps no candidates.</Empty>
      </Panel>
    );
  }
  const { phase, round, filter } = asked();
  const current = `${phase || rounds[0]!.phase}/${round || rounds[0]!.round}`;
  const group = picked();
  const task = route.value.params.task ?? group?.ex_id;
  const shown = detail.value;
  // While the samples of another task are on their way, those of the last one are not shown as its own.
  const samples = shown.key.endsWith(`\n${task}`) ? shown.value : null;
  return (
    <>
      <Panel
        testid="pool"
        title="Candidates of RSFT"
        note={`${count(matched)} of ${count(total)} tasks`}
        tools={
          <>
            <Select
              label="Sampling"
              hideLabel
              testid="pool-round"
              value={current}
              choices={rounds.map((one) => ({
                value: `${one.phase}/${one.round}`,
                label: `${titleOf(one.phase)}, round ${one.round}`,
              }))}
              onPick={(value) => {
                const cut = value.lastIndexOf("/");
                offset.value = 0;
                go({ pool: value.slice(0, cut), round: value.slice(cut + 1), task: null });
              }}
            />
            <Select
              label="Show"
              hideLabel
              testid="pool-filter"
              value={filter}
              choices={FILTERS}
              onPick={(value) => {
                offset.value = 0;
                go({ won: value === "all" ? null : value, task: null });
              }}
            />
          </>
        }
      >
        {summary && <Summary summary={summary} />}
      </Panel>
      <div class="pool">
        <Panel testid="pool-groups" title="Tasks">
          {groups.length === 0 && <Empty>No task matches.</Empty>}
          <ul class="group-list">
            {groups.map((one) => (
              <li key={one.ex_id}>
                <button type="button" aria-pressed={one.ex_id === task} onClick={() => go({ task: one.ex_id })} data-testid="pool-group">
                  <span class="group-head">
                    {one.ex_id}
                    {isFlat(one) && <Chip tone="warn">no spread</Chip>}
                    {one.kept === 0 && <Chip tone="bad">no winner</Chip>}
                  </span>
                  <Dots group={one} />
                  <span class="muted">
                    {one.hop_len ?? "?"} hops, best {signed(one.best)}, spread {plain(one.spread)}, {one.distinct} of {one.k} distinct
                  </span>
                </button>
              </li>
            ))}
          </ul>
          {matched > PAGE && (
            <div class="more">
              <button type="button" class="quiet" disabled={offset.value === 0} onClick={() => (offset.value = Math.max(0, offset.value - PAGE))}>
                Previous
              </button>
              <span class="muted">
                {count(offset.value + 1)}–{count(Math.min(matched, offset.value + PAGE))}
              </span>
              <button type="button" class="quiet" disabled={offset.value + PAGE >= matched} onClick={() => (offset.value += PAGE)}>
                Next
              </button>
            </div>
          )}
        </Panel>
        <Panel testid="pool-detail" title={task ?? "Task"}>
          {shown.problem && <ProblemNote problem={shown.problem} />}
          {!samples && !shown.problem && task && <Busy what="Reading the samples" />}
          {samples && (
            <>
              {samples.task ? (
                <>
                  <p class="question">{samples.task.question}</p>
                  <OptionList options={samples.task.options} right={samples.task.answer_star} chosen={null} />
                </>
              ) : (
                <Empty>No task file of this run has this task.</Empty>
              )}
              <p class="note" data-testid="pool-rule">
                {samples.rule}
              </p>
              {group && isFlat(group) && (
                <p class="note">
                  <Chip tone="warn">no spread</Chip> All samples score the same: there is nothing to choose between.
                </p>
              )}
              <ul class="samples">
                {samples.samples.map((one) => (
                  <Sample key={one.k} one={one} />
                ))}
              </ul>
            </>
          )}
        </Panel>
      </div>
    </>
  );
}
