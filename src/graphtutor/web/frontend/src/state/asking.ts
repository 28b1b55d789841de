// What is asked of the models of a run, and what came back so far.

import { batch, computed, effect, signal } from "@preact/signals";
import { asProblem, type Problem } from "../data/problem";
import type { Example, InferJob, Letter, Options } from "../data/types";
import { follow } from "./loaded";
import { route } from "./route";
import { announcement, mainPhases, phases, run, runId, source } from "./store";

export const LETTERS: Letter[] = ["A", "B", "C", "D"];

export const question = signal("");
export const options = signal<Options>({});
/** The example that the form was filled from; null as soon as something is changed. */
export const example = signal<Example | null>(null);
export const maxTokens = signal(160);
export const job = signal<InferJob | null>(null);
const jobId = signal<string | null>(null);
export const streamed = signal<Record<string, string>>({});
export const problem = signal<Problem | null>(null);
export const asked = signal<{ question: string; options: Options; star: string | null } | null>(null);
let stop: (() => void) | null = null;

export const busy = computed(() => {
  const state = job.value?.state;
  return jobId.value !== null && state !== "done" && state !== "failed" && state !== "cancelled";
});

export const examples = follow(
  () => (route.value.view === "try" && run.value?.tabs.examples ? run.value.id : ""),
  (id) => source.examples(id),
);

const askable = computed(() => phases.value.map((one) => one.phase));

export const chosen = computed(() => {
  const wanted = (route.value.params.ask ?? "").split(",").filter((name) => askable.value.includes(name));
  if (wanted.length) return wanted.slice(0, 2);
  return mainPhases.value.slice(-2);
});

export function fill(one: Example): void {
  batch(() => {
    question.value = one.question;
    options.value = { ...one.options };
    example.value = one;
  });
}

export function edited(change: () => void): void {
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

export async function ask(): Promise<void> {
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

export async function cancel(): Promise<void> {
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
