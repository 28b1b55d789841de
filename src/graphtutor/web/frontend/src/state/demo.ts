// Demo mode: the story of a run, told without a hand on the keyboard.

import { computed, effect, signal } from "@preact/signals";
import { asProblem, type Problem } from "../data/problem";
import type { Frame, StoryStep } from "../data/types";
import { go, route } from "./route";
import { runId, source } from "./store";

const CARD = 4500;
const EPISODE = 2500;
const PAUSE = 7000;

export const demoOn = computed(() => route.value.params.demo === "1");
export const story = signal<StoryStep[]>([]);
export const at = signal(0);
export const demoFrame = signal<Frame | null>(null);
export const demoProblem = signal<Problem | null>(null);
export const held = signal(false);
export const finished = signal(false);
/** The pauses that were made, in order. */
export const pauses = signal<{ ex_id: string; phase: string; reason: string }[]>([]);

export const current = computed<StoryStep | null>(() => story.value[at.value] ?? null);

/** The phase that is being told: that of the step, or of the next episode after a card. */
export const toldPhase = computed(() => {
  for (let index = at.value; index < story.value.length; index++) {
    const one = story.value[index]!;
    if (one.kind === "episode") return one.phase;
  }
  return demoFrame.value?.phase ?? "";
});

let timer: ReturnType<typeof setTimeout> | undefined;

function duration(one: StoryStep): number {
  const pace = Math.max(0.1, Number(route.peek().params.speed ?? 1) || 1);
  const time = one.kind === "card" ? CARD : one.pause ? PAUSE : EPISODE;
  return time / pace;
}

function fetchStep(one: StoryStep | undefined): Promise<Frame> | null {
  return one?.kind === "episode" ? source.frame(runId.peek(), one.phase, one.ex_id) : null;
}

function show(index: number): void {
  clearTimeout(timer);
  const one = story.peek()[index];
  if (!one) {
    finished.value = true;
    return;
  }
  at.value = index;
  finished.value = false;
  if (one.kind === "episode") {
    void fetchStep(one)!.then(
      (frame) => {
        if (at.peek() === index) demoFrame.value = frame;
      },
      (error: unknown) => {
        demoProblem.value = asProblem(error);
      },
    );
    const last = pauses.peek()[pauses.peek().length - 1];
    if (one.pause && !(last?.ex_id === one.ex_id && last.phase === one.phase)) {
      pauses.value = [...pauses.peek(), { ex_id: one.ex_id, phase: one.phase, reason: one.pause }];
    }
  }
  for (const next of story.peek().slice(index + 1, index + 4)) void fetchStep(next)?.catch(() => 0);
  if (!held.peek()) timer = setTimeout(() => show(index + 1), duration(one));
}

export function demoStep(by: number): void {
  const index = Math.min(Math.max(0, at.peek() + by), story.peek().length - 1);
  show(index);
}

export function demoToggle(): void {
  if (finished.peek()) {
    pauses.value = [];
    held.value = false;
    show(0);
    return;
  }
  held.value = !held.peek();
  if (held.peek()) clearTimeout(timer);
  else show(at.peek());
}

export function leaveDemo(): void {
  go({ demo: null });
}

export function startDemo(): void {
  effect(() => {
    clearTimeout(timer);
    if (!demoOn.value || !runId.value) {
      story.value = [];
      demoFrame.value = null;
      return;
    }
    const id = runId.value;
    demoProblem.value = null;
    source.story(id).then(
      (told) => {
        if (!demoOn.peek() || runId.peek() !== id) return;
        story.value = told;
        pauses.value = [];
        held.value = false;
        show(0);
      },
      (error: unknown) => {
        demoProblem.value = asProblem(error);
      },
    );
  });
}
