// Which episode is on show, and the clock that moves on to the next.

import { batch, computed, effect, signal } from "@preact/signals";
import type { Frame } from "../data/types";
import type { Loaded } from "./loaded";
import { follow } from "./loaded";
import { asProblem } from "../data/problem";
import { adjust, go, route } from "./route";
import { Sequence } from "./sequence";
import { announcement, columns, compareMode, detail, query, run, source, titleOf } from "./store";
import { Ticker } from "./ticker";

/** Milliseconds an episode is on show at speed 1. */
export const DWELL = 3000;
export const SPEEDS = [0.5, 1, 2, 5, 10, 20, 50] as const;

export const sequence = signal<Sequence | null>(null);
export const position = signal(0);
export const playing = signal(false);
/** In quiz mode the answer and the graph wait for this. */
export const revealed = signal(false);

export const speed = computed(() => {
  const asked = Number(route.value.params.speed ?? 1);
  return SPEEDS.find((one) => one === asked) ?? 1;
});
export const quiz = computed(() => route.value.params.quiz === "1");
export const matched = computed(() => sequence.value?.matched.value ?? 0);
export const currentRow = computed(() => sequence.value?.rowAt(position.value) ?? null);

export const frame = signal<Loaded<Frame>>({ value: null, key: "", busy: false, problem: null });

export const frames = follow(
  () => {
    const row = currentRow.value;
    const asked = query.value;
    if (!compareMode.value || !row || !asked) return "";
    return [asked.run, row.ex_id, columns.value.join(",")].join("\n");
  },
  (key) => {
    const [runId = "", exId = "", names = ""] = key.split("\n");
    return source.compare(runId, exId, names.split(","));
  },
);

const ticker = new Ticker(DWELL, () => {
  if (quiz.peek() && !revealed.peek()) {
    revealed.value = true;
    return;
  }
  if (position.peek() + 1 >= matched.peek()) pause();
  else seek(position.peek() + 1);
});

export function play(): void {
  if (matched.peek() === 0) return;
  if (position.peek() + 1 >= matched.peek()) seek(0);
  playing.value = true;
  ticker.start();
}

export function pause(): void {
  playing.value = false;
  ticker.stop();
}

export function toggle(): void {
  if (playing.peek()) pause();
  else play();
}

export function seek(index: number): void {
  const last = Math.max(0, matched.peek() - 1);
  const next = Math.min(Math.max(0, Math.round(index)), last);
  batch(() => {
    if (next !== position.peek()) revealed.value = false;
    position.value = next;
  });
}

/** Move by hand: the clock starts anew, so that the next episode gets its full time. */
export function step(by: number): void {
  seek(position.peek() + by);
  if (playing.peek()) ticker.start();
}

/** Show an episode that was picked, and leave the one before in the history. */
export function pick(index: number, exId: string): void {
  pause();
  go({ ex: exId });
  seek(index);
}

async function locate(exId: string, held: Sequence): Promise<void> {
  const page = await source.episodes(held.query, 0, 1, { find: exId }).catch(() => null);
  if (sequence.peek() !== held || route.peek().params.ex !== exId) return;
  if (page?.found !== undefined && page.found !== null) seek(page.found);
}

let turn = 0;
let shown = 0;

async function loadFrame(runId: string, phaseName: string, exId: string): Promise<void> {
  const mine = ++turn;
  const key = `${runId} ${phaseName} ${exId}`;
  frame.value = { ...frame.peek(), busy: true };
  try {
    const value = await source.frame(runId, phaseName, exId);
    // At high speed an answer may be late but still newer than what is shown.
    if (mine > shown) {
      shown = mine;
      frame.value = { value, key, busy: mine !== turn, problem: null };
    }
  } catch (error) {
    if (mine === turn) frame.value = { value: null, key, busy: false, problem: asProblem(error) };
  }
}

function spoken(value: Frame, index: number, of: number): string {
  const verdict = value.right
    ? "right"
    : value.valid === false
      ? "out of format, counts as wrong"
      : `wrong: chose ${value.answer ?? "nothing"}, right is ${value.answer_star ?? "unknown"}`;
  return `Episode ${index + 1} of ${of}, ${titleOf(value.phase)}, ${value.ex_id}: ${verdict}.`;
}

export function startPlayer(): void {
  const queryKey = computed(() => (query.value ? JSON.stringify(query.value) : ""));
  effect(() => {
    const key = queryKey.value;
    sequence.peek()?.close();
    if (!key) {
      sequence.value = null;
      return;
    }
    const opened = new Sequence(source, query.peek()!);
    const exId = route.peek().params.ex ?? null;
    const keepPlaying = playing.peek();
    void opened.open(exId).then((found) => {
      if (queryKey.peek() !== key) return;
      batch(() => {
        sequence.value = opened;
        revealed.value = false;
        position.value = found ?? 0;
      });
      if (keepPlaying && opened.matched.peek() === 0) pause();
    });
  });
  effect(() => {
    ticker.setPeriod(DWELL / speed.value);
  });
  const looking = computed(() => route.value.view === "inference");
  // Until the rows of another query have come, those of the last one say nothing of the address.
  const current = (held: Sequence | null): held is Sequence =>
    held !== null && JSON.stringify(held.query) === queryKey.value;
  let written = "";
  effect(() => {
    const row = currentRow.value;
    if (!row || !looking.value || !current(sequence.value)) return;
    const asked = route.peek().params.ex;
    // The episode is the same as before, but the address names another: that one is being looked up.
    if (asked && asked !== row.ex_id && written === row.ex_id) return;
    written = row.ex_id;
    adjust({ ex: row.ex_id });
  });
  // Back and forward, or a link pasted into the same page.
  effect(() => {
    const exId = route.value.params.ex;
    const held = sequence.value;
    if (!exId || !current(held) || !held.ready.value) return;
    const row = held.peek(position.peek());
    if (row && row.ex_id !== exId) void locate(exId, held);
  });
  effect(() => {
    const row = currentRow.value;
    const held = sequence.value;
    if (!row || !held) {
      if (held?.ready.value && held.matched.value === 0) {
        frame.value = { value: null, key: "", busy: false, problem: null };
      }
      return;
    }
    const { run: runId, phase: phaseName } = held.query;
    void loadFrame(runId, phaseName, row.ex_id);
    for (let ahead = 1; ahead <= 4; ahead++) {
      const next = held.peek(position.value + ahead);
      if (next) void source.frame(runId, phaseName, next.ex_id).catch(() => undefined);
    }
  });
  effect(() => {
    const value = frame.value.value;
    // While it plays fast, a reader of every episode could not keep up.
    if (value && !(playing.peek() && speed.peek() > 1)) {
      announcement.value = spoken(value, position.peek(), matched.peek());
    }
  });
  effect(() => {
    if (route.value.view !== "inference") pause();
  });
  // A run that is still being written: look for new lines.
  const live = computed(() => run.value?.live ?? false);
  effect(() => {
    const held = sequence.value;
    if (!live.value || !held) return undefined;
    const id = held.query.run;
    const timer = setInterval(() => {
      source.forget(id);
      detail.again();
      void held.refresh().catch(() => undefined);
    }, 3000);
    return () => clearInterval(timer);
  });
}
