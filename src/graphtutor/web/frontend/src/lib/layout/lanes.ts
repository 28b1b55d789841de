// Lanes beside or below the path, in which the nodes off it have their homes.

import type { GraphEdge } from "../../data/types";
import { MARGIN } from "./boxes";
import type { Spot } from "./spots";
import type { Measure, Sized } from "./wrap";

/** The room that the nodes off the path need, in lanes of their own. */
export interface Room {
  widest: number;
  /** Between two lanes. */
  gap: number;
  /** Between the path and the lanes. */
  side: number;
  pitch: number;
  widthOf: (lanes: number) => number;
}

export function roomFor(others: Sized[], edges: GraphEdge[], size: number, measure: Measure, extra: number): Room {
  const widest = Math.max(...others.map((one) => one.w), 0);
  const tallest = Math.max(...others.map((one) => one.h), 0);
  const phrase = Math.max(
    ...edges.filter((edge) => edge.kind === "claimed" || edge.kind === "false").map((edge) => measure(edge.phrase, size, false)),
    0,
  );
  const gap = Math.max(44, phrase * 0.36);
  return {
    widest,
    gap,
    side: phrase * 0.55 + 36,
    pitch: tallest + size * 1.3 + 36 + extra * 0.6,
    widthOf: (lanes) => lanes * widest + (lanes - 1) * gap + MARGIN,
  };
}

/** As few lanes as the height allows and the width holds; 0 where there is no room beside. */
export function laneCount(others: number, room: Room, height: number, holds: (lanes: number) => boolean): number {
  if (!others) return 0;
  const possible = [1, 2, 3].filter((lanes) => lanes <= others && holds(lanes));
  const enough = possible.find((lanes) => Math.ceil(others / lanes) * room.pitch <= height + 20);
  return enough ?? possible[possible.length - 1] ?? 0;
}

/** Where the nodes off the path belong: beside the path in ``lanes``, or below it (0 lanes). */
export function homes(
  others: Sized[],
  edges: GraphEdge[],
  pinned: Map<string, Spot>,
  lanes: number,
  area: { width: number; height: number },
  room: Room,
): Map<string, { x: number; y: number }> {
  const { width, height } = area;
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
    ? Math.max(MARGIN + 24, Math.min(near, Math.max(bottom, height - MARGIN) - rows * room.pitch + room.pitch / 2))
    : bottom + room.pitch;
  const found = new Map<string, { x: number; y: number }>();
  others.forEach((one, index) => {
    // Down one lane and up the next, so that what is said in a row stands in a row.
    const column = Math.floor(index / rows);
    const step = index % rows;
    const row = column % 2 ? rows - 1 - step : step;
    found.set(one.node.id, { x: left + column * pitchX, y: top + row * room.pitch });
  });
  return found;
}
