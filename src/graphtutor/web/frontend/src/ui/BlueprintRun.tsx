// A blueprint run: structure before and after, closed questions, answers side by side.

import type { BlueprintAnswer, BlueprintPhase, BlueprintRow, BlueprintRun, Rate } from "../data/types";
import { count, percentSign, plain } from "../lib/format";
import { about, answers, form, from, ROWS } from "../state/blueprints";
import { go } from "../state/route";
import { Chip, Empty, Panel, ProblemNote, RateBar, Segmented, Select } from "./bits";

type Rates = (phase: BlueprintPhase) => Record<string, Rate | null>;

const words = (name: string): string => name.replaceAll("_", " ");

/** For each thing that was measured, the phases below each other. */
function RateGroups({ phases, of }: { phases: BlueprintPhase[]; of: Rates }) {
  const names = [...new Set(phases.flatMap((phase) => Object.keys(of(phase))))];
  return (
    <div class="rate-groups">
      {names.map((name) => (
        <section key={name} data-testid="rate-group">
          <h3 class="foreign">{words(name)}</h3>
          {phases.map((phase) => (
            <RateBar key={phase.phase} label={words(phase.phase)} rate={of(phase)[name] ?? null} tone="right" />
          ))}
        </section>
      ))}
    </div>
  );
}

const OTHERS: { title: string; of: (phase: BlueprintPhase) => string; has: (phase: BlueprintPhase) => boolean }[] = [
  { title: "levels copied from training answers", of: (phase) => percentSign(phase.copied), has: (phase) => phase.copied !== null },
  { title: "short form, share of the words", of: (phase) => percentSign(phase.compression), has: (phase) => phase.compression !== null },
  { title: "words per word of the reference", of: (phase) => plain(phase.verbosity), has: (phase) => phase.verbosity !== null },
  { title: "answers cut off", of: (phase) => count(phase.cut), has: (phase) => phase.cut > 0 },
];

function Figures({ run }: { run: BlueprintRun }) {
  const some = (of: Rates): boolean => run.phases.some((phase) => Object.keys(of(phase)).length > 0);
  const structure: Rates = (phase) => ({ ...(phase.well_formed ? { "all demands": phase.well_formed } : {}), ...phase.components });
  const others = OTHERS.filter((one) => run.phases.some(one.has));
  return (
    <>
      <Panel testid="structure" title="Structure of whole answers" note={`${count(run.train)} examples to train on, ${count(run.valid)} held out`}>
        {some(structure) ? <RateGroups phases={run.phases} of={structure} /> : <Empty>No whole answer was scored.</Empty>}
        {others.length > 0 && (
          <div class="scroll" tabIndex={0} role="region" aria-label="Other figures">
            <table>
              <thead>
                <tr>
                  <th scope="col">phase</th>
                  {others.map((one) => (
                    <th scope="col" key={one.title}>{one.title}</th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {run.phases.map((phase) => (
                  <tr key={phase.phase}>
                    <th scope="row" class="foreign">{words(phase.phase)}</th>
                    {others.map((one) => (
                      <td key={one.title}>{one.of(phase)}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Panel>
      {some((phase) => phase.closed) && (
        <Panel testid="closed" title="Closed questions">
          <RateGroups phases={run.phases} of={(phase) => phase.closed} />
        </Panel>
      )}
    </>
  );
}

function Told({ answer }: { answer: BlueprintAnswer }) {
  const good = answer.well_formed ?? answer.right;
  const unmet = Object.entries(answer.structure ?? {}).filter(([, met]) => !met);
  return (
    <div class="told" data-testid="told" data-phase={answer.phase}>
      <h4 class="foreign">{words(answer.phase)}</h4>
      <p class="marks">
        {good !== null && (
          <Chip tone={good ? "good" : "bad"} icon={good ? "check" : "cross"}>
            {answer.well_formed !== null ? (good ? "well-formed" : "not well-formed") : good ? "right" : "wrong"}
          </Chip>
        )}
        {answer.cut && <Chip tone="warn" icon="cut">cut off</Chip>}
      </p>
      <p class="written foreign">{answer.answer || <span class="muted">The answer is empty.</span>}</p>
      {unmet.length > 0 && <p class="note foreign">Not met: {unmet.map(([name]) => words(name)).join(", ")}</p>}
    </div>
  );
}

function Row({ row }: { row: BlueprintRow }) {
  return (
    <article class="panel blueprint-row" data-testid="blueprint-row">
      <h3 class="foreign">{row.question}</h3>
      <p class="note foreign">{[row.domain, row.topic, words(row.kind)].join(" · ")}</p>
      <div class="side-by-side">
        {row.answers.map((one) => (
          <Told key={one.phase} answer={one} />
        ))}
        <div class="told reference">
          <h4>reference</h4>
          <p class="written foreign">{row.reference}</p>
        </div>
      </div>
    </article>
  );
}

function Answers({ run }: { run: BlueprintRun }) {
  const { value: page, problem } = answers.value;
  const last = run.phases[run.phases.length - 1]?.phase ?? "the last phase";
  return (
    <section class="column" aria-label="Answers" data-testid="blueprint-answers">
      <div class="view-bar">
        <h2>Answers</h2>
        {run.domains.length > 1 && (
          <Select
            label="Domain"
            testid="blueprint-domain"
            value={about.value}
            choices={[{ value: "", label: "all" }, ...run.domains.map((one) => ({ value: one, label: one }))]}
            onPick={(value) => go({ about: value, from: null })}
          />
        )}
        <Segmented
          label={`Answers of ${words(last)}`}
          testid="blueprint-form"
          value={form.value}
          choices={[
            { value: "all", label: "all" },
            { value: "good", label: "well-formed or right" },
            { value: "bad", label: "not" },
          ]}
          onPick={(value) => go({ form: value === "all" ? null : value, from: null })}
        />
        {page && <span class="note" role="status">{`${count(page.matched)} of ${count(page.total)} questions`}</span>}
      </div>
      {problem && <ProblemNote problem={problem} again={answers.again} />}
      {run.bad_lines > 0 && <p class="note">{count(run.bad_lines)} lines of answers.jsonl cannot be read and are left out.</p>}
      {page?.rows.map((row) => <Row key={`${row.domain} ${row.key}`} row={row} />)}
      {page && page.rows.length === 0 && <Empty>No such answer.</Empty>}
      {page && page.matched > ROWS && (
        <div class="form-row">
          <button type="button" class="quiet" disabled={from.value === 0} onClick={() => go({ from: Math.max(0, from.value - ROWS) || null })}>
            Previous
          </button>
          <button type="button" class="quiet" disabled={from.value + ROWS >= page.matched} onClick={() => go({ from: from.value + ROWS })} data-testid="blueprint-next">
            Next
          </button>
        </div>
      )}
    </section>
  );
}

export function BlueprintRunPanels({ run }: { run: BlueprintRun }) {
  return (
    <>
      <Figures run={run} />
      {run.answers + run.bad_lines > 0 && <Answers run={run} />}
    </>
  );
}
