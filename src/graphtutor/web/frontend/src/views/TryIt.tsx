// Ask the models of a run: a question with four options, one phase or two, answers as they come.

import { batch, computed, effect, signal } from "@preact/signals";
import { asProblem, Problem } from "../data/problem";
import type { Example, InferJob, InferResult, Letter, Options } from "../data/types";
import { follow } from "../state/loaded";
import { adjust, route } from "../state/route";
import { announcement, mainPhases, phases, run, runId, source, titleOf } from "../state/store";
import { HopCheck, OptionList, Trace } from "../ui/Answer";
import { Banner, Chip, Empty, Panel, ProblemNote, Select, Verdict } from "../ui/bits";
import { Icon } from "../ui/icons";
import { RewardBars } from "../ui/RewardBars";

const LETTERS: Letter[] = ["A", "B", "C", "D"];

const question = signal("");
const options = signal<Options>({});
/** The example that the form was filled from; null as soon as something is changed. */
const example = signal<Example | null>(null);
const maxTokens = signal(160);
const job = signal<InferJob | null>(null);
const jobId = signal<string | null>(null);
const streamed = signal<Record<string, string>>({});
const problem = signal<Problem | null>(null);
const asked = signal<{ question: string; options: Options; star: string | null } | null>(null);
let stop: (() => void) | null = null;

const busy = computed(() => {
  const state = job.value?.state;
  return jobId.value !== null && state !== "done" && state !== "failed" && state !== "cancelled";
});

const examples = follow(
  () => (route.value.view === "try" && run.value?.tabs.examples ? run.value.id : ""),
  (id) => source.examples(id),
);

const askable = computed(() => phases.value.map((one) => one.phase));

const chosen = computed(() => {
  const wanted = (route.value.params.ask ?? "").split(",").filter((name) => askable.value.includes(name));
  if (wanted.length) return wanted.slice(0, 2);
  return mainPhases.value.slice(-2);
});

function fill(one: Example): void {
  batch(() => {
    question.value = one.question;
    options.value = { ...one.options };
    example.value = one;
  });
}

function edited(change: () => void): void {
  batch(() => {
    change();
    example.value = null;
  });
}

// A link may name the example.
effect(() => {
  const wanted = route.value.view === "try" ? route.value.params.ex : undefined;
  const list = examples.value.value ?? [];
  const found = list.find((one) => one.ex_id === wanted);
  if (found && !question.peek()) fill(found);
});

// Another run has other models: what was asked of the last one is left behind.
effect(() => {
  void runId.value;
  stop?.();
  stop = null;
  batch(() => {
    job.value = null;
    jobId.value = null;
    problem.value = null;
    streamed.value = {};
    example.value = null;
  });
});

async function ask(): Promise<void> {
  stop?.();
  const known = example.peek();
  const filled = LETTERS.filter((letter) => (options.peek()[letter] ?? "").trim());
  batch(() => {
    problem.value = null;
    job.value = null;
    jobId.value = null;
    streamed.value = {};
    asked.value = {
      question: question.peek().trim(),
      options: Object.fromEntries(filled.map((letter) => [letter, options.peek()[letter]!.trim()])),
      star: known?.answer_star ?? null,
    };
  });
  try {
    const id = await source.infer({
      run: runId.peek(),
      phases: chosen.peek(),
      question: question.peek().trim(),
      options: filled.length === LETTERS.length ? asked.peek()!.options : null,
      ex_id: known?.ex_id ?? null,
      max_new_tokens: maxTokens.peek(),
    });
    jobId.value = id;
    job.value = { state: "queued", position: null, results: [], error: null };
    stop = source.follow(id, {
      onJob: (told) => {
        if (jobId.peek() !== id) return;
        job.value = told;
        if (told.state === "done") announcement.value = "The answer is there.";
      },
      onText: (phase, text) => {
        if (jobId.peek() !== id) return;
        streamed.value = { ...streamed.peek(), [phase]: (streamed.peek()[phase] ?? "") + text };
      },
      onError: (error) => {
        problem.value = asProblem(error);
        jobId.value = null;
      },
    });
  } catch (error) {
    problem.value = asProblem(error);
  }
}

async function cancel(): Promise<void> {
  const id = jobId.peek();
  if (!id) return;
  try {
    await source.cancel(id);
    const told = job.peek();
    if (told && busy.peek()) job.value = { ...told, state: "cancelled" };
    stop?.();
  } catch (error) {
    problem.value = asProblem(error);
  }
}

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

function Form() {
  const list = examples.value.value ?? [];
  const given = LETTERS.filter((letter) => (options.value[letter] ?? "").trim()).length;
  const partial = given > 0 && given < LETTERS.length;
  const ready = question.value.trim().length > 0 && chosen.value.length > 0 && !busy.value && !partial;
  const slot = (index: number) => {
    const value = chosen.value[index] ?? "";
    return (
      <Select
        label={index === 0 ? "Model after" : "and beside it"}
        testid={`ask-phase-${index}`}
        value={value}
        choices={[
          ...(index === 1 ? [{ value: "", label: "none" }] : []),
          ...phases.value.map((one) => ({ value: one.phase, label: one.title })),
        ]}
        onPick={(name) => {
          const next = [...chosen.value];
          if (name) next[index] = name;
          else next.length = index;
          adjust({ ask: [...new Set(next.filter(Boolean))].join(",") });
        }}
      />
    );
  };
  return (
    <Panel testid="try-form" title="Ask">
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) void ask();
        }}
      >
        {list.length > 0 && (
          <Select
            label="Example from the run's own tasks"
            testid="examples"
            value={example.value?.ex_id ?? ""}
            choices={[
              { value: "", label: "choose one, or write your own" },
              ...list.map((one) => ({
                value: one.ex_id,
                label: `${one.ex_id}${one.hop_len ? `, ${one.hop_len} hops` : ""}: ${one.question.slice(0, 70)}`,
              })),
            ]}
            onPick={(id) => {
              const found = list.find((one) => one.ex_id === id);
              if (found) fill(found);
            }}
          />
        )}
        <label class="field">
          <span>Question</span>
          <textarea
            rows={4}
            maxLength={4000}
            value={question.value}
            data-testid="try-question"
            onInput={(event) => {
              const text = event.currentTarget.value;
              edited(() => (question.value = text));
            }}
          />
        </label>
        <fieldset class="option-inputs">
          <legend class="visually-hidden">Options</legend>
          {LETTERS.map((letter) => (
            <label key={letter}>
              <span class="letter">{letter}</span>
              <input
                type="text"
                maxLength={200}
                aria-label={`Option ${letter}`}
                data-testid={`try-option-${letter}`}
                value={options.value[letter] ?? ""}
                onInput={(event) => {
                  const text = event.currentTarget.value;
                  edited(() => (options.value = { ...options.value, [letter]: text }));
                }}
              />
            </label>
          ))}
        </fieldset>
        <div class="form-row">
          {slot(0)}
          {slot(1)}
          <label class="field">
            <span>Most tokens</span>
            <input
              type="number"
              min={1}
              max={1024}
              value={maxTokens.value}
              data-testid="try-tokens"
              onInput={(event) => {
                const value = Math.round(Number(event.currentTarget.value));
                if (value >= 1) maxTokens.value = Math.min(1024, value);
              }}
            />
          </label>
        </div>
        <p class="note">
          {partial
            ? "Give all four options, or none."
            : example.value
            ? "The right answer of this task is known, so the answers will be scored."
            : "Your own question has no known answer: the answers are shown, not scored."}
        </p>
        <div class="form-row">
          <button type="submit" class="primary" disabled={!ready} data-testid="ask">
            <Icon name="play" size={18} />
            Ask
          </button>
          {busy.value && (
            <button type="button" class="quiet" data-testid="cancel" onClick={() => void cancel()}>
              <Icon name="cross" size={18} />
              Cancel
            </button>
          )}
        </div>
      </form>
    </Panel>
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
        <Form />
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

