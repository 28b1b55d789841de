// Ask the models of a run: a question with four options, one phase or two, answers as they come.

import { Problem } from "../data/problem";
import type { InferJob, InferResult, Options } from "../data/types";
import { asked, busy, chosen, job, problem, streamed } from "../state/asking";
import { run, source, titleOf } from "../state/store";
import { HopCheck, OptionList, Trace } from "../ui/Answer";
import { AskForm } from "../ui/AskForm";
import { Banner, Chip, Empty, Panel, ProblemNote, Verdict } from "../ui/bits";
import { RewardBars } from "../ui/RewardBars";

const STAGES: { state: InferJob["state"]; label: string }[] = [
  { state: "queued", label: "waiting" },
  { state: "loading", label: "loading the model" },
  { state: "running", label: "answering" },
  { state: "done", label: "done" },
];

function Stages({ told }: { told: InferJob }) {
  const at = STAGES.findIndex((stage) => stage.state === told.state);
  return (
    <div class="stages" data-testid="job-state" data-state={told.state} role="status">
      {told.state === "cancelled" ? (
        <Chip tone="warn" icon="cross">cancelled</Chip>
      ) : told.state === "failed" ? (
        <Chip tone="bad" icon="alert">failed</Chip>
      ) : (
        <ol class="stages">
          {STAGES.map((stage, index) => (
            <li key={stage.state} aria-current={index === at ? "step" : undefined} data-past={index < at || told.state === "done"}>
              {stage.label}
              {index === at && stage.state === "queued" && told.position ? ` (place ${told.position})` : ""}
              {index === at && stage.state === "loading" && told.loading ? ` of ${titleOf(told.loading)}` : ""}
            </li>
          ))}
        </ol>
      )}
      {busy.value && <span class="spinner" aria-hidden="true" />}
    </div>
  );
}

function Answer({ name, result, text, star, shown }: { name: string; result: InferResult | null; text: string; star: string | null; shown: Options }) {
  return (
    <Panel
      testid={`answer-${name}`}
      title={titleOf(name)}
      tools={
        result && (result.scored ? <Verdict right={result.right} valid={result.valid} /> : <Chip tone="plain">not scored</Chip>)
      }
    >
      {!result ? (
        <p class={`trace stream${busy.value ? " caret" : ""}`} data-testid="stream">
          {text}
        </p>
      ) : (
        <>
          {Object.keys(shown).length > 0 && (
            <OptionList options={shown} right={result.scored ? star : null} chosen={result.answer} />
          )}
          <Trace segments={result.trace} fallback={result.completion} />
          <details>
            <summary>Answer as written</summary>
            <pre>{result.completion}</pre>
          </details>
          {result.valid === false && <p class="reward-invalid">Out of format: no letter can be read from it.</p>}
          {result.hops && <HopCheck frame={{ hops: result.hops, ends_at_option: null, valid: result.valid }} />}
          {result.scored && result.reward && <RewardBars reward={result.reward} />}
        </>
      )}
    </Panel>
  );
}

export function TryIt() {
  if (!source.live) {
    return (
      <Panel testid="try-static" title="Try It">
        <Empty>
          This is an export: it shows what was recorded. A model answers in <code>graphtutor serve</code>.
        </Empty>
      </Panel>
    );
  }
  const told = job.value;
  const error = told?.error;
  const failure =
    problem.value ??
    (told?.state === "failed"
      ? new Problem(typeof error === "string" ? { where: error } : (error ?? { where: "The model gave no answer" }))
      : null);
  const names = [...new Set([...chosen.value, ...(told?.results ?? []).map((one) => one.phase)])];
  const star = asked.value?.star ?? null;
  return (
    <>
      <Banner banner={run.value?.banner ?? null} />
      <div class="try">
        <AskForm />
        <div class="column">
          {failure && <ProblemNote problem={failure} />}
          {told && <Stages told={told} />}
          {told && told.state !== "failed" ? (
            <div class="answers">
              {names.map((name) => (
                <Answer
                  key={name}
                  name={name}
                  result={told.results.find((one) => one.phase === name) ?? null}
                  text={streamed.value[name] ?? ""}
                  star={star}
                  shown={asked.value?.options ?? {}}
                />
              ))}
            </div>
          ) : (
            !failure && (
              <Panel testid="try-empty">
                <Empty>The answers will stand here, with each of their statements checked against the graph.</Empty>
              </Panel>
            )
          )}
        </div>
      </div>
    </>
  );
}
