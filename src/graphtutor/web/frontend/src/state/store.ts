// What the page shows: everything follows from the address and the data.

import { computed, signal } from "@preact/signals";
import { HttpSource } from "../data/http";
import { hasStaticData, StaticSource } from "../data/static";
import type { Source } from "../data/source";
import type { PhaseSummary, Query } from "../data/types";
import { follow } from "./loaded";
import { route } from "./route";

export const source: Source = hasStaticData() ? new StaticSource() : new HttpSource();

export const runList = follow(
  () => "runs",
  () => source.runs(),
);

export const runId = computed(() => route.value.params.run ?? runList.value.value?.runs[0]?.id ?? "");

export const detail = follow(
  () => runId.value,
  (id) => source.run(id),
);

export const run = computed(() => {
  const known = detail.value.value;
  return known && known.id === runId.value ? known : null;
});

export const phases = computed<PhaseSummary[]>(() => run.value?.phases ?? []);

/** The names that the standard job gives its main phases; others stand in data order behind them. */
const MAIN = ["base", "sft", "rsft"];

export const mainPhases = computed(() => {
  const names = phases.value.map((one) => one.phase);
  const known = MAIN.filter((name) => names.includes(name));
  return known.length ? known : names.slice(0, 3);
});

export const phase = computed(() => {
  const names = phases.value.map((one) => one.phase);
  const asked = route.value.params.phase;
  if (asked && names.includes(asked)) return asked;
  return mainPhases.value[mainPhases.value.length - 1] ?? names[names.length - 1] ?? "";
});

/** The phase before ``name`` among the main ones, to compare with; else the first. */
export function parentOf(name: string): string {
  const at = mainPhases.value.indexOf(name);
  if (at > 0) return mainPhases.value[at - 1]!;
  const fallback = mainPhases.value.find((one) => one !== name && one !== "base");
  return fallback ?? phases.value.find((one) => one.phase !== name)?.phase ?? "";
}

export const against = computed(() => {
  const asked = route.value.params.against;
  const known = phases.value.some((one) => one.phase === asked);
  return asked && known && asked !== phase.value ? asked : parentOf(phase.value);
});

export const query = computed<Query | null>(() => {
  const { params } = route.value;
  if (!run.value || !phase.value) return null;
  const filter = params.filter ?? "all";
  const needsOther = filter === "fixed" || filter === "regressed" || filter === "same";
  return {
    run: run.value.id,
    phase: phase.value,
    q: params.q ?? "",
    filter,
    against: needsOther ? against.value : "",
    hop: params.hop ?? "",
    tier: params.tier ?? "",
    sort: params.sort ?? "order",
    desc: params.desc === "1",
    where: params.where ?? "",
  };
});

export const compareMode = computed(() => route.value.params.mode === "compare");

/** The phases that stand side by side. */
export const columns = computed<string[]>(() => {
  const names = phases.value.map((one) => one.phase);
  const asked = (route.value.params.cmp ?? "").split(",").filter((name) => names.includes(name));
  if (asked.length) return asked;
  const picked = [...mainPhases.value];
  if (!picked.includes(phase.value) && phase.value) picked.push(phase.value);
  return picked;
});

export function titleOf(name: string): string {
  return phases.value.find((one) => one.phase === name)?.title ?? name;
}

/** What a screen reader is told. */
export const announcement = signal("");

/** A short note at the foot of the page: "Link copied". */
export const toast = signal("");
let toastTimer: ReturnType<typeof setTimeout> | undefined;

export function notify(text: string): void {
  clearTimeout(toastTimer);
  toast.value = text;
  toastTimer = setTimeout(() => {
    toast.value = "";
  }, 2500);
}

export const helpOpen = signal(false);
