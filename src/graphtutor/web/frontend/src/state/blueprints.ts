// Which blueprint, topic or run is looked at: from the address.

import { computed } from "@preact/signals";
import { blueprintAnswers, blueprintDomain, blueprintList, blueprintRun } from "../data/served";
import { follow } from "./loaded";
import { route } from "./route";
import { source } from "./store";

const here = computed(() => source.live && route.value.view === "blueprints");

export const blueprints = follow(
  () => (here.value ? "list" : ""),
  () => blueprintList(),
);

export const trained = computed(() => (here.value ? (route.value.params.trained ?? "") : ""));

export const domainId = computed(() => {
  if (!here.value || trained.value) return "";
  return route.value.params.domain ?? blueprints.value.value?.domains[0]?.id ?? "";
});

export const domain = follow(
  () => domainId.value,
  (id) => blueprintDomain(id),
);

export const trainedRun = follow(
  () => trained.value,
  (id) => blueprintRun(id),
);

export const ROWS = 10;
export const about = computed(() => route.value.params.about ?? "");
export const form = computed(() => (["good", "bad"].includes(route.value.params.form ?? "") ? route.value.params.form! : "all"));
export const from = computed(() => Math.max(0, Math.floor(Number(route.value.params.from ?? 0)) || 0));

export const answers = follow(
  () => (trained.value ? JSON.stringify([trained.value, about.value, form.value, from.value]) : ""),
  (key) => {
    const [id, domain, wanted, offset] = JSON.parse(key) as [string, string, string, number];
    return blueprintAnswers(id, { domain, form: wanted, offset, limit: ROWS });
  },
);
