// Made-up episodes for the tests of the layouts.

import type { EdgeKind, GraphEdge, GraphNode } from "../src/data/types";
import { overlaps, type Box } from "../src/lib/layout/boxes";

/** Wider than any of the fonts of the page. */
export const measure = (text: string, size: number, bold: boolean): number => text.length * size * (bold ? 0.62 : 0.57);

/** mulberry32: seeds that follow each other give streams that have nothing in common. */
function stream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const WORDS = "Add Bad Back Off Health Check Service Queue Review Traffic Spike Index Rate Limit Gateway".split(" ");
const PHRASES = ["is caused by", "leads to", "is confirmed by", "uses", "affects", "depends on"];

export function episode(seed: number): { nodes: GraphNode[]; edges: GraphEdge[]; gold: string[] } {
  const random = stream(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const hops = 1 + Math.floor(random() * 5);
  const free = Math.floor(random() * (17 - hops));
  const nodes: GraphNode[] = [];
  const node = (kind: GraphNode["kind"]): void => {
    const words = Array.from({ length: 1 + Math.floor(random() * 3) }, () => pick(WORDS));
    const id = `${words.join("")}${nodes.length}`;
    nodes.push({ id, label: words.join(" "), type: null, kind, start: nodes.length === 0, answer: nodes.length === hops, chosen: random() < 0.1 });
  };
  for (let at = 0; at <= hops; at++) node(random() < 0.6 ? "mentioned" : "missed");
  for (let at = 0; at < free; at++) node("off_path");
  const gold = nodes.slice(0, hops + 1).map((one) => one.id);
  const edges: GraphEdge[] = gold.slice(1).map((target, at) => ({
    source: gold[at]!,
    target,
    relation: "r",
    phrase: pick(PHRASES),
    kind: "gold",
  }));
  // What a trace says goes from one to the next of what it names.
  for (let at = hops; at + 1 < nodes.length; at++) {
    const kind: EdgeKind = random() < 0.5 ? "claimed" : "false";
    const source = random() < 0.8 ? nodes[at]!.id : pick(nodes).id;
    edges.push({ source, target: nodes[at + 1]!.id, relation: "r", phrase: pick(PHRASES), kind });
  }
  return { nodes, edges, gold };
}

export function clashes(boxes: Box[]): number {
  let found = 0;
  boxes.forEach((a, index) => {
    for (const b of boxes.slice(index + 1)) if (overlaps(a, b)) found += 1;
  });
  return found;
}
