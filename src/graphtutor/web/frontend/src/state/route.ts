// The address: "#/inference?run=demo&phase=rsft&ex=eval_000012". Everything a link has to hold.

import { signal } from "@preact/signals";

export const VIEWS = ["runs", "training", "inference", "try", "distribution", "audit", "ask", "blueprints"] as const;
export type View = (typeof VIEWS)[number];

/** Views that are not about a run. */
export const WITHOUT_RUN: ReadonlySet<View> = new Set<View>(["ask", "blueprints"]);

export interface Route {
  view: View;
  params: Record<string, string>;
}

export function parseRoute(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?");
  const view = VIEWS.find((one) => one === path) ?? "runs";
  const params: Record<string, string> = {};
  for (const [key, value] of new URLSearchParams(search)) params[key] = value;
  return { view, params };
}

export function formatRoute(route: Route): string {
  const search = new URLSearchParams();
  for (const key of Object.keys(route.params).sort()) {
    const value = route.params[key];
    if (value) search.set(key, value);
  }
  const tail = search.toString();
  return `#/${route.view}${tail ? `?${tail}` : ""}`;
}

export const route = signal<Route>(parseRoute(location.hash));

/** What of the address goes along to another tab. */
const KEPT = ["run", "phase", "runs"];

const PAUSE = 400;
let written = -Infinity;
let waiting: ReturnType<typeof setTimeout> | undefined;

function write(): void {
  clearTimeout(waiting);
  waiting = undefined;
  written = performance.now();
  const text = formatRoute(route.peek());
  if (text !== location.hash) history.replaceState(null, "", text);
}

/** Write at once what waits to be written, so that the link and the history are right. */
export function settle(): void {
  if (waiting !== undefined) write();
}

export type Patch = Record<string, string | number | boolean | null | undefined>;

function patched(params: Record<string, string>, patch: Patch): Record<string, string> {
  const next = { ...params };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || value === undefined || value === "" || value === false) delete next[key];
    else next[key] = value === true ? "1" : String(value);
  }
  return next;
}

/** Change the address and leave an entry to go back to. */
export function go(patch: Patch, view?: View): void {
  settle();
  const now = route.peek();
  const next = { view: view ?? now.view, params: patched(now.params, patch) };
  const text = formatRoute(next);
  if (text !== location.hash) history.pushState(null, "", text);
  route.value = next;
}

/** Change the address in place; many changes in a row are written at most every 400 ms. */
export function adjust(patch: Patch): void {
  const now = route.peek();
  const params = patched(now.params, patch);
  if (formatRoute({ view: now.view, params }) === formatRoute(now)) return;
  route.value = { view: now.view, params };
  const since = performance.now() - written;
  if (since >= PAUSE) write();
  else waiting ??= setTimeout(write, PAUSE - since);
}

/** The link to a view that keeps the run and phase of this one. */
export function linkTo(view: View, patch: Patch = {}): string {
  const params: Record<string, string> = {};
  for (const key of KEPT) {
    const value = route.value.params[key];
    if (value) params[key] = value;
  }
  return formatRoute({ view, params: patched(params, patch) });
}

export function openView(view: View, patch: Patch = {}): void {
  settle();
  const text = linkTo(view, patch);
  if (text !== location.hash) history.pushState(null, "", text);
  route.value = parseRoute(text);
}

export function listen(): void {
  const read = (): void => {
    const next = parseRoute(location.hash);
    if (formatRoute(next) !== formatRoute(route.peek())) route.value = next;
  };
  addEventListener("popstate", read);
  addEventListener("hashchange", read);
}

/** ``?clean=1`` before or after the hash. */
export function isClean(): boolean {
  return (
    new URLSearchParams(location.search).get("clean") === "1" || route.value.params.clean === "1"
  );
}
