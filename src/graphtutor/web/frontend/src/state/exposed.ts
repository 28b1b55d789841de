// What scripts, tests and recordings can read of the page: window.__state().

import type { Frame } from "../data/types";
import { lastLayout } from "../ui/Subgraph";
import { at, demoFrame, demoOn, finished, pauses, story } from "./demo";
import { frame, matched, playing, position, speed } from "./player";
import { route } from "./route";
import { phase, runId } from "./store";

const rounded = (value: number): number => Math.round(value * 10) / 10;

/** The frame on show with the boxes of what is drawn. */
export function frameExport(): object {
  const value: Frame | null = demoOn.peek() ? demoFrame.peek() : frame.peek().value;
  const layout = lastLayout;
  const box = (one: { x: number; y: number; w: number; h: number } | null) =>
    one && { x: rounded(one.x), y: rounded(one.y), w: rounded(one.w), h: rounded(one.h) };
  return {
    version: "1.0",
    frame: value,
    layout: layout && {
      width: layout.width,
      height: layout.height,
      text_size: layout.size,
      nodes: layout.nodes.map((node) => ({ id: node.id, kind: node.kind, box: box(node.box) })),
      edges: layout.edges.map((edge) => ({
        source: edge.source,
        target: edge.target,
        relation: edge.relation,
        kind: edge.kind,
        label: box(edge.label),
      })),
    },
  };
}

export function state(): object {
  const { view, params } = route.peek();
  return {
    view,
    run: runId.peek(),
    phase: phase.peek(),
    filters: Object.fromEntries(
      ["q", "filter", "against", "hop", "tier", "where", "sort", "desc"].map((key) => [key, params[key] ?? ""]),
    ),
    mode: params.mode ?? "one",
    player: { position: position.peek(), count: matched.peek(), playing: playing.peek(), speed: speed.peek() },
    demo: demoOn.peek()
      ? { step: at.peek(), steps: story.peek().length, pauses: pauses.peek(), finished: finished.peek() }
      : null,
    ...frameExport(),
  };
}

declare global {
  interface Window {
    __state?: () => object;
  }
}

export function expose(): void {
  window.__state = state;
}
