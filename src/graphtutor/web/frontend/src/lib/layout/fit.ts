// A subgraph in a room that cannot grow, such as a recording's: it is arranged in other ways, and where
// none fits, edges that nobody said and then nodes off the path are left out, last named first.

import type { GraphEdge, GraphNode } from "../../data/types";
import { attempt, holds, partsOf, type Attempt, type GraphLayout, type LayoutOptions, type Parts, type Plan } from "./graph";

export interface FittedLayout extends GraphLayout {
  /** Nodes off the path that found no room. */
  leftOut: number;
}

const EXTRAS = [0, 26, 60];

/** The line that says how many nodes are left out. */
export const noteHeight = (size: number): number => Math.ceil(size * 1.5);

function* plansFor(parts: Parts, options: LayoutOptions, bottom: number): Generator<Plan> {
  for (const extra of EXTRAS) {
    for (const columns of [1, 2, 3]) {
      for (const lanes of [1, 2, 3, 0]) {
        const plan: Plan = { columns, lanes, extra, bottom };
        const sensible = columns <= Math.max(1, parts.path.length) && lanes <= parts.others.length;
        if (sensible && holds(plan, parts, options)) yield plan;
      }
    }
  }
}

/** The first attempt that fits and loses nothing; else the one that fits and loses least. */
function bestOf(parts: Parts, options: LayoutOptions, bottom: number): Attempt | null {
  let best: Attempt | null = null;
  for (const plan of plansFor(parts, options, bottom)) {
    const tried = attempt(parts, options, plan);
    if (!tried || tried.height > bottom) continue;
    if (!best || tried.lost < best.lost) best = tried;
    if (best.lost === 0) return best;
  }
  return best;
}

/** ``parts`` with the first ``kept`` nodes off the path, and only edges that the trace or the task has. */
function lessOf(parts: Parts, kept: number): Parts {
  const others = parts.others.slice(0, kept);
  const ids = new Set([...parts.path, ...others].map((one) => one.node.id));
  const edges = parts.edges.filter((edge) => edge.kind !== "context" && ids.has(edge.source) && ids.has(edge.target));
  return { ...parts, others, edges };
}

/** Lay out in at most ``options.height`` px; only a path that does not fit by itself is taller. */
export function fitGraph(nodes: GraphNode[], edges: GraphEdge[], gold: string[], options: LayoutOptions): FittedLayout {
  const parts = partsOf(nodes, edges, gold, options);
  const all = parts.others.length;
  let best = bestOf(parts, options, options.height);
  let leftOut = 0;
  for (let kept = all; kept >= 0 && best?.lost !== 0; kept--) {
    const bottom = options.height - (kept < all ? noteHeight(options.size) : 0);
    const tried = bestOf(lessOf(parts, kept), options, bottom);
    if (tried && (!best || tried.lost < best.lost)) {
      best = tried;
      leftOut = all - kept;
    }
  }
  if (!best) {
    best = attempt(lessOf(parts, 0), options, { columns: 1, lanes: 0, extra: 0, bottom: Infinity })!;
    leftOut = all;
  }
  const { lost: _lost, ...layout } = best;
  return { ...layout, leftOut };
}
