// The lines and labels of the edges. Each edge in turn takes the cheapest course, and its label the
// first free place along it; true path first, context last.

import type { GraphEdge } from "../../data/types";
import { inside, overlaps, type Box, type Point } from "./boxes";
import { loop, route, svgPath } from "./routes";
import type { Area } from "./spots";
import type { Measure } from "./wrap";

export interface PlacedEdge extends GraphEdge {
  path: string;
  label: Box | null;
  text: string;
}

export interface Routed {
  edges: PlacedEdge[];
  /** Edges whose label, or whole line, found no place. */
  lost: number;
  bottom: number;
}

const BENDS = [0, 36, -36, 72, -72, 110, -110, 160, -160, 220, -220];
const PLACES = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82];
const RANK: Record<string, number> = { gold: 0, claimed: 1, false: 2, context: 3 };
/** What an edge without a place for its label costs. */
const UNLABELLED = 60;

/** What stands already. */
interface Scene {
  area: Area;
  nodes: [string, Box][];
  labels: Box[];
  lines: Point[][];
}

interface Course {
  cost: number;
  points: Point[];
  label: Box | null;
  bend: number;
}

/** What a course costs that leaves the drawing, or crosses boxes and labels. */
function costOf(points: Point[], edge: GraphEdge, scene: Scene): number {
  const { width, bottom } = scene.area;
  let cost = 0;
  for (const point of points) {
    if (point[0] < 2 || point[0] > width - 2 || point[1] < 2 || point[1] > bottom - 2) cost += 3;
    for (const [id, box] of scene.nodes) {
      if (id !== edge.source && id !== edge.target && inside(box, point, 3)) cost += 1.2;
    }
    for (const box of scene.labels) if (inside(box, point)) cost += 0.5;
  }
  return cost;
}

/** The first free place for a label of ``w`` by ``h`` along ``points``. */
function labelOn(points: Point[], w: number, h: number, scene: Scene): { label: Box; cost: number } | null {
  const { width, bottom } = scene.area;
  for (const place of PLACES) {
    const [x, y] = points[Math.round(place * (points.length - 1))]!;
    for (const shift of [0, -h * 0.8, h * 0.8]) {
      const label: Box = {
        x: Math.min(Math.max(x - w / 2, 3), width - w - 3),
        y: Math.max(Math.min(y - h / 2 + shift, bottom - h - 3), 3),
        w,
        h,
      };
      // A label that the side of the picture pushed off its edge belongs to nobody.
      if (!inside(label, [x, y], 6 + Math.abs(shift))) continue;
      if (scene.nodes.some(([, box]) => overlaps(label, box, 3))) continue;
      if (scene.labels.some((box) => overlaps(label, box, 4))) continue;
      const crossed = scene.lines.filter((line) => line.some((point) => inside(label, point))).length;
      return { label, cost: Math.abs(place - 0.5) * 4 + (shift ? 2 : 0) + 1.5 * crossed };
    }
  }
  return null;
}

/** The cheapest course of an edge; ``taken`` are the bends of others between the same two boxes. */
function courseOf(edge: GraphEdge, ends: [Box, Box], w: number, h: number, taken: number[], scene: Scene): Course | null {
  const round = edge.source === edge.target;
  const flip = edge.source < edge.target ? 1 : -1;
  let best: Course | null = null;
  for (const bend of round ? [1, -1] : BENDS) {
    const absolute = bend * flip;
    if (taken.some((other) => Math.abs(other - absolute) < 30)) continue;
    const points = round ? loop(ends[0], bend > 0) : route(...ends, bend);
    if (points.length < 4) continue;
    const found = labelOn(points, w, h, scene);
    const cost = Math.abs(bend) / 40 + costOf(points, edge, scene) + (found?.cost ?? UNLABELLED);
    if (!best || cost < best.cost) best = { cost, points, label: found?.label ?? null, bend: absolute };
    if (cost < 0.01) break;
  }
  return best;
}

export function routeEdges(edges: GraphEdge[], boxes: Map<string, Box>, area: Area, size: number, measure: Measure): Routed {
  const scene: Scene = { area, nodes: [...boxes.entries()], labels: [], lines: [] };
  const pairs = new Map<string, number[]>();
  const placed = new Map<number, PlacedEdge>();
  let lost = 0;
  let bottom = 0;
  const numbered = edges.map((edge, index) => ({ edge, index }));
  numbered.sort((a, b) => (RANK[a.edge.kind] ?? 9) - (RANK[b.edge.kind] ?? 9) || a.index - b.index);
  for (const { edge, index } of numbered) {
    const [from, to] = [boxes.get(edge.source), boxes.get(edge.target)];
    if (!from || !to) continue;
    const text = edge.phrase || edge.relation || "?";
    const w = Math.ceil(measure(text, size, false)) + 10;
    const pair = [edge.source, edge.target].sort().join("\n");
    const taken = pairs.get(pair) ?? [];
    const best = courseOf(edge, [from, to], w, Math.ceil(size * 1.3), taken, scene);
    if (!best?.label) lost += 1;
    if (!best) continue;
    scene.lines.push(best.points);
    pairs.set(pair, [...taken, best.bend]);
    for (const [, y] of best.points) bottom = Math.max(bottom, y);
    if (best.label) {
      scene.labels.push(best.label);
      bottom = Math.max(bottom, best.label.y + best.label.h);
    }
    placed.set(index, { ...edge, text, path: svgPath(best.points), label: best.label });
  }
  return { edges: edges.flatMap((_, index) => placed.get(index) ?? []), lost, bottom };
}
