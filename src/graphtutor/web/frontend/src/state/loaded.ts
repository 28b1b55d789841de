import { effect, signal, type ReadonlySignal } from "@preact/signals";
import { asProblem, type Problem } from "../data/problem";

export interface Loaded<T> {
  /** The last that came; kept while the next is on its way. */
  value: T | null;
  key: string;
  busy: boolean;
  problem: Problem | null;
}

/** A signal that follows ``key``: when it changes, ``load`` is called and older answers are dropped. */
export function follow<T>(
  key: () => string,
  load: (key: string) => Promise<T>,
): ReadonlySignal<Loaded<T>> & { again: () => void } {
  const held = signal<Loaded<T>>({ value: null, key: "", busy: false, problem: null });
  const turn = signal(0);
  let asked = 0;
  effect(() => {
    const wanted = key();
    void turn.value;
    const mine = ++asked;
    const before = held.peek();
    if (!wanted) {
      held.value = { value: null, key: "", busy: false, problem: null };
      return;
    }
    held.value = { ...before, busy: true };
    load(wanted).then(
      (value) => {
        if (mine === asked) held.value = { value, key: wanted, busy: false, problem: null };
      },
      (error: unknown) => {
        if (mine === asked) {
          held.value = { value: null, key: wanted, busy: false, problem: asProblem(error) };
        }
      },
    );
  });
  return Object.assign(held, {
    again: () => {
      turn.value += 1;
    },
  });
}
