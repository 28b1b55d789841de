// Where the nodes and edges of one subgraph stand. The true path is pinned on a serpentine grid;
// d3-force places the rest and rectangles push each other apart; edge labels take the first free
// place along their edge. Where something finds no place, the whole is laid out again with more room.

import { forceCollide, forceLink, forceSimulation, forceX, forceY } from "d3-force";
import type { GraphEdge, GraphNode } from "../data/types";

export type Measure = (text: string, size: number, bold: boolean) => number;

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface PlacedNode extends GraphNode {
  box: Box;
  lines: string[];
  onPath: boolean;
}

export interface PlacedEdge extends GraphEdge {
  path: string;
  label: Box | null;
  text: string;
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

type Point = [number, number];

interface Point2 {
  x: number;
  y: number;
}

const MARGIN = 10;
const ICON = 1.25;
const NODE_GAP = 12;

export function overlaps(a: Box, b: Box, gap = 0): boolean {
  return (
    a.x < b.x + b.w + gap && b.x < a.x + a.w + gap && a.y < b.y + b.h + gap && b.y < a.y + a.h + gap
  );
}

/** Break ``text`` at spaces, then at capitals, so that no line is wider than ``limit``. */
export function wrap(text: string, limit: number, wide: (text: string) => number): string[] {
  const words = text.split(/(?<=\s)|(?<=[a-z0-9])(?=[A-Z])|(?<=[-_./])/);
  const lines: string[] = [];
  let line = "";
  const close = (): void => {
    if (line.trim()) lines.push(line.trim());
    line = "";
  };
  for (const word of words) {
    if (line && wide((line + word).trim()) > limit) close();
    line += word;
    while (wide(line.trim()) > limit && line.length > 4) {
      let cut = line.length - 1;
      while (cut > 3 && wide(line.slice(0, cut)) > limit) cut--;
      lines.push(line.slice(0, cut));
      line = line.slice(cut);
    }
  }
  close();
  return lines.length ? lines : [text || "?"];
}

interface Sized {
  node: GraphNode;
  lines: string[];
  w: number;
  h: number;
}

function sized(node: GraphNode, options: LayoutOptions): Sized {
  const { size, measure } = options;
  const wide = (text: string): number => measure(text, size, true);
  const limit = Math.min(options.width - 2 * MARGIN - 60, size * 9.2);
  const lines = wrap(node.label, limit, wide);
  const icons = [node.start, node.answer, node.chosen].filter(Boolean).length;
  const w = Math.max(...lines.map(wide)) + size * 1.5 + icons * size * ICON;
  return { node, lines, w: Math.ceil(w), h: Math.ceil(lines.length * size * 1.2 + size * 0.9) };
}

interface Spot {
  id: string;
  x: number;
  y: number;
  w: number;
  h: number;
  fx?: number;
  fy?: number;
}

/** Centres of the path's nodes: rows of ``columns``, every other row backwards. */
function serpentine(
  path: Sized[],
  columns: number,
  area: { width: number; height: number },
  labelHeight: number,
  extra: number,
): Map<string, Spot> {
  const rows = Math.ceil(path.length / columns);
  const heights = Array.from({ length: rows }, (_, row) =>
    Math.max(...path.slice(row * columns, (row + 1) * columns).map((one) => one.h)),
  );
  const least = labelHeight + 30 + extra;
  const free = area.height - 2 * MARGIN - heights.reduce((sum, one) => sum + one, 0);
  const gap = Math.max(least, Math.min(free / Math.max(rows - 1, 1), least * 2));
  const slot = area.width / columns;
  const spots = new Map<string, Spot>();
  let top = MARGIN;
  for (let row = 0; row < rows; row++) {
    path.slice(row * columns, (row + 1) * columns).forEach((one, step) => {
      const column = row % 2 ? columns - 1 - step : step;
      const x = MARGIN + slot * (column + 0.5);
      const y = top + heights[row]! / 2;
      spots.set(one.node.id, { id: one.node.id, x, y, w: one.w, h: one.h, fx: x, fy: y });
    });
    top += heights[row]! + gap;
  }
  return spots;
}

const boxOf = (spot: Spot): Box => ({ x: spot.x - spot.w / 2, y: spot.y - spot.h / 2, w: spot.w, h: spot.h });

/** Push free rectangles out of each other and of the pinned ones. */
function separate(spots: Spot[], width: number, gapX: number, gapY: number): void {
  for (let round = 0; round < 300; round++) {
    let moved = false;
    for (let i = 0; i < spots.length; i++) {
      for (let j = i + 1; j < spots.length; j++) {
        const [a, b] = [spots[i]!, spots[j]!];
        if (a.fx !== undefined && b.fx !== undefined) continue;
        const overX = (a.w + b.w) / 2 + gapX - Math.abs(a.x - b.x);
        const overY = (a.h + b.h) / 2 + gapY - Math.abs(a.y - b.y);
        if (overX <= 0 || overY <= 0) continue;
        moved = true;
        const shareA = a.fx !== undefined ? 0 : b.fx !== undefined ? 1 : 0.5;
        // Boxes are wide and flat: moving apart sideways is taken only where it is much shorter.
        if (overX < overY * 0.8) {
          const sign = a.x < b.x ? -1 : 1;
          a.x += sign * overX * shareA;
          b.x -= sign * overX * (1 - shareA);
        } else {
          const sign = a.y < b.y || (a.y === b.y && i < j) ? -1 : 1;
          a.y += sign * overY * shareA;
          b.y -= sign * overY * (1 - shareA);
        }
      }
    }
    for (const spot of spots) {
      if (spot.fx !== undefined) continue;
      spot.x = Math.min(Math.max(spot.x, MARGIN + spot.w / 2), width - MARGIN - spot.w / 2);
      spot.y = Math.max(spot.y, MARGIN + spot.h / 2);
    }
    if (!moved) return;
  }
}

/** Whatever still overlaps goes to rows of its own below everything. */
function shelve(spots: Spot[], width: number, gapX: number, gapY: number): void {
  const good: Spot[] = spots.filter((spot) => spot.fx !== undefined);
  const bad: Spot[] = [];
  for (const spot of spots) {
    if (spot.fx !== undefined) continue;
    if (good.some((other) => overlaps(boxOf(spot), boxOf(other), NODE_GAP))) bad.push(spot);
    else good.push(spot);
  }
  let x = MARGIN;
  let y = Math.max(...good.map((spot) => spot.y + spot.h / 2), 0) + gapY;
  let row = 0;
  for (const spot of bad) {
    if (x > MARGIN && x + spot.w > width - MARGIN) {
      x = MARGIN;
      y += row + gapY;
      row = 0;
    }
    spot.x = x + spot.w / 2;
    spot.y = y + spot.h / 2;
    x += spot.w + gapX;
    row = Math.max(row, spot.h);
  }
}

function cubic(from: Point, a: Point, b: Point, to: Point, t: number): Point {
  const u = 1 - t;
  const mix = (k: 0 | 1): number =>
    u * u * u * from[k] + 3 * u * u * t * a[k] + 3 * u * t * t * b[k] + t * t * t * to[k];
  return [mix(0), mix(1)];
}

const inside = (box: Box, [x, y]: Point, gap = 0): boolean =>
  x > box.x - gap && x < box.x + box.w + gap && y > box.y - gap && y < box.y + box.h + gap;

const STEPS = 56;

/** The points of an edge from border to border, bent sideways by ``bend`` px. */
function route(from: Box, to: Box, bend: number): Point[] {
  const a: Point = [from.x + from.w / 2, from.y + from.h / 2];
  const b: Point = [to.x + to.w / 2, to.y + to.h / 2];
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length = Math.hypot(dx, dy) || 1;
  const [nx, ny] = [-dy / length, dx / length];
  const c1: Point = [a[0] + dx / 3 + nx * bend * 1.33, a[1] + dy / 3 + ny * bend * 1.33];
  const c2: Point = [a[0] + (2 * dx) / 3 + nx * bend * 1.33, a[1] + (2 * dy) / 3 + ny * bend * 1.33];
  const points: Point[] = [];
  for (let step = 0; step <= STEPS; step++) {
    const point = cubic(a, c1, c2, b, step / STEPS);
    if (!inside(from, point, 2) && !inside(to, point, 5)) points.push(point);
  }
  return points;
}

/** A loop over the top (or bottom) side of a box. */
function loop(box: Box, up: boolean): Point[] {
  const y = up ? box.y - 2 : box.y + box.h + 2;
  const reach = up ? -46 : 46;
  const middle = box.x + box.w / 2;
  const from: Point = [middle - 22, y];
  const to: Point = [middle + 22, y];
  return Array.from({ length: STEPS + 1 }, (_, step) =>
    cubic(from, [middle - 50, y + reach], [middle + 50, y + reach], to, step / STEPS),
  );
}

const BENDS = [0, 36, -36, 72, -72, 110, -110, 160, -160, 220, -220];
const PLACES = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82];

function svgPath(points: Point[]): string {
  return points
    .map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`)
    .join("");
}

const RANK: Record<string, number> = { gold: 0, claimed: 1, false: 2, context: 3 };

interface Routed {
  edges: PlacedEdge[];
  lost: number;
  bottom: number;
}

function routeEdges(
  edges: GraphEdge[],
  boxes: Map<string, Box>,
  width: number,
  options: LayoutOptions,
): Routed {
  const { size, measure } = options;
  const nodes = [...boxes.entries()];
  const labels: Box[] = [];
  const lines: Point[][] = [];
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
    const h = Math.ceil(size * 1.3);
    const pair = [edge.source, edge.target].sort().join("\n");
    const flip = edge.source < edge.target ? 1 : -1;
    const taken = pairs.get(pair) ?? [];
    let best: { cost: number; points: Point[]; label: Box | null; bend: number } | null = null;
    const bends = edge.source === edge.target ? [1, -1] : BENDS;
    for (const bend of bends) {
      const absolute = bend * flip;
      if (taken.some((other) => Math.abs(other - absolute) < 30)) continue;
      const points =
        edge.source === edge.target ? loop(from, bend > 0) : route(from, to, bend);
      if (points.length < 4) continue;
      let cost = Math.abs(bend) / 40;
      for (const point of points) {
        if (point[0] < 2 || point[0] > width - 2 || point[1] < 2) cost += 3;
        for (const [id, box] of nodes) {
          if (id !== edge.source && id !== edge.target && inside(box, point, 3)) cost += 1.2;
        }
        for (const box of labels) if (inside(box, point)) cost += 0.5;
      }
      let label: Box | null = null;
      for (const place of PLACES) {
        const [x, y] = points[Math.round(place * (points.length - 1))]!;
        for (const shift of [0, -h * 0.8, h * 0.8]) {
          const tried: Box = {
            x: Math.min(Math.max(x - w / 2, 3), width - w - 3),
            y: Math.max(y - h / 2 + shift, 3),
            w,
            h,
          };
          // A label that the side of the picture pushed off its edge belongs to nobody.
          if (!inside(tried, [x, y], 6 + Math.abs(shift))) continue;
          if (nodes.some(([, box]) => overlaps(tried, box, 3))) continue;
          if (labels.some((box) => overlaps(tried, box, 4))) continue;
          label = tried;
          cost += Math.abs(place - 0.5) * 4 + (shift ? 2 : 0);
          for (const line of lines) {
            if (line.some((point) => inside(tried, point))) cost += 1.5;
          }
          break;
        }
        if (label) break;
      }
      if (!label) cost += 60;
      if (!best || cost < best.cost) best = { cost, points, label, bend: absolute };
      if (cost < 0.01) break;
    }
    if (!best) {
      lost += 1;
      continue;
    }
    if (!best.label) lost += 1;
    else labels.push(best.label);
    lines.push(best.points);
    pairs.set(pair, [...taken, best.bend]);
    for (const [, y] of best.points) bottom = Math.max(bottom, y);
    if (best.label) bottom = Math.max(bottom, best.label.y + best.label.h);
    placed.set(index, { ...edge, text, path: svgPath(best.points), label: best.label });
  }
  return { edges: edges.flatMap((_, index) => placed.get(index) ?? []), lost, bottom };
}

/** As few lanes as the height allows and the width holds; 0 where there is no room beside. */
function laneCount(others: number, room: Room, height: number, holds: (lanes: number) => boolean): number {
  if (!others) return 0;
  const possible = [1, 2, 3].filter((lanes) => lanes <= others && holds(lanes));
  const enough = possible.find((lanes) => Math.ceil(others / lanes) * room.pitch <= height + 20);
  return enough ?? possible[possible.length - 1] ?? 0;
}

interface Room {
  widest: number;
  /** Between two lanes. */
  gap: number;
  /** Between the path and the lanes. */
  side: number;
  pitch: number;
  widthOf: (lanes: number) => number;
}

/** The room that the nodes off the path need, in lanes of their own. */
function shelfRoom(others: Sized[], edges: GraphEdge[], options: LayoutOptions, extra: number): Room {
  const widest = Math.max(...others.map((one) => one.w), 0);
  const tallest = Math.max(...others.map((one) => one.h), 0);
  const phrase = Math.max(
    ...edges.filter((edge) => edge.kind === "claimed" || edge.kind === "false").map((edge) => options.measure(edge.phrase, options.size, false)),
    0,
  );
  const gap = Math.max(44, phrase * 0.36);
  return {
    widest,
    gap,
    side: phrase * 0.55 + 36,
    pitch: tallest + options.size * 1.3 + 36 + extra * 0.6,
    widthOf: (lanes) => lanes * widest + (lanes - 1) * gap + MARGIN,
  };
}

/** Where the nodes off the path belong: beside the path in ``lanes``, or below it (0 lanes). */
function homes(
  others: Sized[],
  edges: GraphEdge[],
  pinned: Map<string, Spot>,
  lanes: number,
  options: LayoutOptions,
  room: Room,
): Map<string, Point2> {
  const { width } = options;
  const path = [...pinned.values()];
  const bottom = Math.max(...path.map((spot) => spot.y + spot.h / 2), MARGIN);
  const pitchX = room.widest + room.gap;
  const count = lanes || Math.max(1, Math.min(3, Math.floor((width - 2 * MARGIN + room.gap) / pitchX)));
  const rows = Math.ceil(others.length / count);
  const left = lanes
    ? width - room.widthOf(lanes) + room.widest / 2
    : (width - (count - 1) * pitchX) / 2;
  const first = others[0]!.node.id;
  const joined = edges.flatMap((edge) => {
    const other = edge.source === first ? edge.target : edge.target === first ? edge.source : "";
    return pinned.get(other) ?? [];
  });
  const near = joined[0]?.y ?? bottom / 2;
  const top = lanes
    ? Math.max(MARGIN + 24, Math.min(near, Math.max(bottom, options.height - MARGIN) - rows * room.pitch + room.pitch / 2))
    : bottom + room.pitch;
  const found = new Map<string, Point2>();
  others.forEach((one, index) => {
    // Down one lane and up the next, so that what is said in a row stands in a row.
    const column = Math.floor(index / rows);
    const step = index % rows;
    const row = column % 2 ? rows - 1 - step : step;
    found.set(one.node.id, { x: left + column * pitchX, y: top + row * room.pitch });
  });
  return found;
}

function attempt(
  path: Sized[],
  others: Sized[],
  edges: GraphEdge[],
  options: LayoutOptions,
  tries: number,
): GraphLayout & { lost: number } {
  const { width, size, measure } = options;
  const labelHeight = size * 1.3;
  const widest = Math.max(...path.map((one) => one.w), 1);
  const phrase = Math.max(
    ...edges.filter((edge) => edge.kind === "gold").map((edge) => measure(edge.phrase, size, false)),
    0,
  );
  const need = widest + phrase + 66;
  const fits = (free: number): number => Math.floor((free - 2 * MARGIN + phrase + 66) / need);
  const extra = tries * 26;
  const room = shelfRoom(others, edges, options, extra);
  const lanes = laneCount(others.length, room, options.height, (count) =>
    width - room.widthOf(count) - room.side >= widest + MARGIN,
  );
  const besideWidth = lanes ? room.widthOf(lanes) + room.side : 0;
  // With something beside it the path reads best as one column, where the height allows.
  const stack = path.reduce((sum, one) => sum + one.h + labelHeight + 30, 0);
  const upright = stack <= Math.max(options.height, size * 34);
  const most = others.length && upright ? 1 : 3;
  const columns = Math.max(1, Math.min(fits(width - besideWidth), path.length, most));
  const besideRows = lanes ? Math.ceil(others.length / lanes) : 0;
  const area = {
    width: width - besideWidth - 2 * MARGIN,
    height: Math.max(options.height, besideRows * room.pitch),
  };
  const pinned = serpentine(path, columns, area, labelHeight, extra);
  const spots: Spot[] = [...pinned.values()];
  if (others.length) {
    const home = homes(others, edges, pinned, lanes, options, room);
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
    separate(spots, width, 24, labelHeight * 0.9 + extra * 0.5 + 12);
    shelve(spots, width, 30, labelHeight + 26);
  }
  const boxes = new Map(spots.map((spot) => [spot.id, boxOf(spot)]));
  const routed = routeEdges(edges, boxes, width, options);
  const bottom = Math.max(...[...boxes.values()].map((box) => box.y + box.h), routed.bottom, 0);
  const all = [...path, ...others];
  const onPath = new Set(path.map((one) => one.node.id));
  return {
    width,
    height: Math.ceil(bottom + MARGIN),
    size,
    lost: routed.lost,
    nodes: all.map((one) => ({
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
  const byId = new Map(nodes.map((node) => [node.id, sized(node, options)]));
  const path = [...new Set(gold)].flatMap((id) => byId.get(id) ?? []);
  const chosen = new Set(path.map((one) => one.node.id));
  const others = nodes.filter((node) => !chosen.has(node.id)).map((node) => byId.get(node.id)!);
  let best: (GraphLayout & { lost: number }) | null = null;
  for (let tries = 0; tries < 7; tries++) {
    const tried = attempt(path, others, edges, options, tries);
    if (!best || tried.lost < best.lost) best = tried;
    if (best.lost === 0) break;
  }
  const { lost: _lost, ...layout } = best!;
  return layout;
}
