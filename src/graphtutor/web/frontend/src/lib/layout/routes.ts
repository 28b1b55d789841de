// The courses that an edge may take between two boxes, as rows of points.

import { inside, type Box, type Point } from "./boxes";

const STEPS = 56;

function cubic(from: Point, a: Point, b: Point, to: Point, t: number): Point {
  const u = 1 - t;
  const mix = (k: 0 | 1): number =>
    u * u * u * from[k] + 3 * u * u * t * a[k] + 3 * u * t * t * b[k] + t * t * t * to[k];
  return [mix(0), mix(1)];
}

/** The points of an edge from border to border, bent sideways by ``bend`` px. */
export function route(from: Box, to: Box, bend: number): Point[] {
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
export function loop(box: Box, up: boolean): Point[] {
  const y = up ? box.y - 2 : box.y + box.h + 2;
  const reach = up ? -46 : 46;
  const middle = box.x + box.w / 2;
  const from: Point = [middle - 22, y];
  const to: Point = [middle + 22, y];
  return Array.from({ length: STEPS + 1 }, (_, step) =>
    cubic(from, [middle - 50, y + reach], [middle + 50, y + reach], to, step / STEPS),
  );
}

export function svgPath(points: Point[]): string {
  return points
    .map(([x, y], index) => `${index ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`)
    .join("");
}
