// Where the nodes and edges of one subgraph stand. The true path is pinned on a serpentine grid;
// d3-force places the rest and rectangles push each other apart; edge labels take the first free
// place along their edge. Where something finds no place, the whole is laid out again with more room.

import { forceCollide, forceLink, forceSimulation, forceX, forceY } from "d3-force";
import type { GraphEdge, GraphNode } from "../../data/types";
import { MARGIN, type Box } from "./boxes";
import { routeEdges, type PlacedEdge } from "./edges";
import { homes, laneCount, roomFor, type Room } from "./lanes";
import { boxOf, separate, serpentine, shelve, type Spot } from "./spots";
import { sized, type Measure, type Sized } from "./wrap";

export interface PlacedNode extends GraphNode {
  box: Box;
  lines: string[];
  onPath: boolean;
}

export interface GraphLayout {
  width: number;
  height: number;
  size: number;
  nodes: PlacedNode[];
  edges: PlacedEdge[];
}

export interface LayoutOptions {
  width: number;
  /** The height to fill; a graph that needs more grows beyond it. */
  height: number;
  /** Text size in px. */
  size: number;
  measure: Measure;
}

/** What is to be laid out: the path in order, the nodes off it, the edges. */
export interface Parts {
  path: Sized[];
  others: Sized[];
  edges: GraphEdge[];
}

export interface Plan {
  /** Nodes of the path in a row. */
  columns: number;
  /** Lanes beside the path; with 0 the others stand below it. */
  lanes: number;
  /** Px between rows on top of what is needed at least. */
  extra: number;
  /** Nothing may stand below this; Infinity lets the drawing grow. */
  bottom: number;
}

export type Attempt = GraphLayout & { lost: number };

export function partsOf(nodes: GraphNode[], edges: GraphEdge[], gold: string[], options: LayoutOptions): Parts {
  const { width, size, measure } = options;
  const byId = new Map(nodes.map((node) => [node.id, sized(node, width, size, measure)]));
  const path = [...new Set(gold)].flatMap((id) => byId.get(id) ?? []);
  const chosen = new Set(path.map((one) => one.node.id));
  const others = nodes.filter((node) => !chosen.has(node.id)).map((node) => byId.get(node.id)!);
  return { path, others, edges };
}

const labelHeight = (size: number): number => size * 1.3;

function widestOf(path: Sized[]): number {
  return Math.max(...path.map((one) => one.w), 1);
}

/** How many nodes of the path fit beside each other in ``free`` px, with their relations between. */
function columnsIn(free: number, parts: Parts, options: LayoutOptions): number {
  const phrase = Math.max(
    ...parts.edges.filter((edge) => edge.kind === "gold").map((edge) => options.measure(edge.phrase, options.size, false)),
    0,
  );
  const need = widestOf(parts.path) + phrase + 66;
  return Math.floor((free - 2 * MARGIN + phrase + 66) / need);
}

/** The plan that reads best where the height is no limit. */
function planFor(parts: Parts, options: LayoutOptions, extra: number): Plan {
  const { path, others } = parts;
  const { width, height, size } = options;
  const room = roomFor(others, parts.edges, size, options.measure, extra);
  const lanes = laneCount(others.length, room, height, (count) =>
    width - room.widthOf(count) - room.side >= widestOf(path) + MARGIN,
  );
  // With something beside it the path reads best as one column, where the height allows.
  const stack = path.reduce((sum, one) => sum + one.h + labelHeight(size) + 30, 0);
  const upright = stack <= Math.max(height, size * 34);
  const most = others.length && upright ? 1 : 3;
  const columns = Math.max(1, Math.min(columnsIn(width - beside(room, lanes), parts, options), path.length, most));
  return { columns, lanes, extra, bottom: Infinity };
}

function beside(room: Room, lanes: number): number {
  return lanes ? room.widthOf(lanes) + room.side : 0;
}

/** Whether the width holds a plan. */
export function holds(plan: Plan, parts: Parts, options: LayoutOptions): boolean {
  const room = roomFor(parts.others, parts.edges, options.size, options.measure, plan.extra);
  const free = options.width - beside(room, plan.lanes);
  return free >= widestOf(parts.path) + MARGIN && (plan.columns === 1 || plan.columns <= columnsIn(free, parts, options));
}

/** The places of all boxes under ``plan``. */
function placed(parts: Parts, options: LayoutOptions, plan: Plan): Spot[] {
  const { path, others, edges } = parts;
  const { width, height, size, measure } = options;
  const { lanes, extra } = plan;
  const room = roomFor(others, edges, size, measure, extra);
  const besideRows = lanes ? Math.ceil(others.length / lanes) : 0;
  const below = !lanes && others.length && plan.bottom !== Infinity;
  const area = {
    width: width - beside(room, lanes) - 2 * MARGIN,
    height: below ? 0 : Math.max(height, besideRows * room.pitch),
  };
  const pinned = serpentine(path, plan.columns, area, labelHeight(size), extra);
  const spots: Spot[] = [...pinned.values()];
  if (!others.length) return spots;
  const home = homes(others, edges, pinned, lanes, { width, height }, room);
  for (const one of others) {
    const { x, y } = home.get(one.node.id)!;
    spots.push({ id: one.node.id, x, y, w: one.w, h: one.h });
  }
  const known = new Set(spots.map((spot) => spot.id));
  const links = edges
    .filter((edge) => known.has(edge.source) && known.has(edge.target) && edge.source !== edge.target)
    .map((edge) => ({ source: edge.source, target: edge.target }));
  // Each free node is drawn to its home, and a little to what it is joined to.
  forceSimulation(spots)
    .force("link", forceLink<Spot, { source: string | Spot; target: string | Spot }>(links).id((spot) => spot.id).distance(room.pitch).strength(0.03))
    .force("collide", forceCollide<Spot>((spot) => spot.h * 0.8).strength(0.3))
    .force("x", forceX<Spot>((spot) => home.get(spot.id)?.x ?? spot.x).strength(0.6))
    .force("y", forceY<Spot>((spot) => home.get(spot.id)?.y ?? spot.y).strength(0.6))
    .stop()
    .tick(120);
  separate(spots, { width, bottom: plan.bottom }, 24, labelHeight(size) * 0.9 + extra * 0.5 + 12);
  shelve(spots, width, 30, labelHeight(size) + 26);
  return spots;
}

/** The drawing under ``plan``; null where its boxes alone stand below the bottom. */
export function attempt(parts: Parts, options: LayoutOptions, plan: Plan): Attempt | null {
  const { path, others, edges } = parts;
  const { width, size, measure } = options;
  const boxes = new Map(placed(parts, options, plan).map((spot) => [spot.id, boxOf(spot)]));
  const lowest = Math.max(...[...boxes.values()].map((box) => box.y + box.h), 0);
  if (lowest + MARGIN > plan.bottom) return null;
  const routed = routeEdges(edges, boxes, { width, bottom: plan.bottom }, size, measure);
  const bottom = Math.max(lowest, routed.bottom);
  const onPath = new Set(path.map((one) => one.node.id));
  return {
    width,
    height: Math.ceil(bottom + MARGIN),
    size,
    lost: routed.lost,
    nodes: [...path, ...others].map((one) => ({
      ...one.node,
      box: boxes.get(one.node.id)!,
      lines: one.lines,
      onPath: onPath.has(one.node.id),
    })),
    edges: routed.edges,
  };
}

/** Lay out at most a screenful; ``gold`` is the true path in order. */
export function layoutGraph(
  nodes: GraphNode[],
  edges: GraphEdge[],
  gold: string[],
  options: LayoutOptions,
): GraphLayout {
  const parts = partsOf(nodes, edges, gold, options);
  let best: Attempt | null = null;
  for (let tries = 0; tries < 7; tries++) {
    const tried = attempt(parts, options, planFor(parts, options, tries * 26))!;
    if (!best || tried.lost < best.lost) best = tried;
    if (best.lost === 0) break;
  }
  const { lost: _lost, ...layout } = best!;
  return layout;
}
