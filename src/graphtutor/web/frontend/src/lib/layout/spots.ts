// Where the boxes of nodes stand: pinned ones on a serpentine, free ones pushed apart.

import { MARGIN, overlaps, type Box } from "./boxes";
import type { Sized } from "./wrap";

/** The centre and size of a box; one with fx and fy is pinned there. */
export interface Spot {
  id: string;
  x: number;
  y: number;
  w: number;
  h: number;
  fx?: number;
  fy?: number;
}

/** Where the boxes may stand; ``bottom`` is Infinity for a drawing that may grow. */
export interface Area {
  width: number;
  bottom: number;
}

const NODE_GAP = 12;

export const boxOf = (spot: Spot): Box => ({ x: spot.x - spot.w / 2, y: spot.y - spot.h / 2, w: spot.w, h: spot.h });

/** Centres of the path's nodes: rows of ``columns``, every other row backwards. */
export function serpentine(
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

/** Push free rectangles out of each other and of the pinned ones. */
export function separate(spots: Spot[], area: Area, gapX: number, gapY: number): void {
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
      spot.x = Math.min(Math.max(spot.x, MARGIN + spot.w / 2), area.width - MARGIN - spot.w / 2);
      spot.y = Math.max(Math.min(spot.y, area.bottom - MARGIN - spot.h / 2), MARGIN + spot.h / 2);
    }
    if (!moved) return;
  }
}

/** Whatever still overlaps goes to rows of its own below everything. */
export function shelve(spots: Spot[], width: number, gapX: number, gapY: number): void {
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
