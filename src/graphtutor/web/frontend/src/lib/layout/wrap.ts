// Labels of nodes: broken into lines, and the room that they take.

import type { GraphNode } from "../../data/types";
import { MARGIN } from "./boxes";

export type Measure = (text: string, size: number, bold: boolean) => number;

const ICON = 1.25;

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

export interface Sized {
  node: GraphNode;
  lines: string[];
  w: number;
  h: number;
}

/** The lines of a node's label and the size of its box, marks included. */
export function sized(node: GraphNode, width: number, size: number, measure: Measure): Sized {
  const wide = (text: string): number => measure(text, size, true);
  const limit = Math.min(width - 2 * MARGIN - 60, size * 9.2);
  const lines = wrap(node.label, limit, wide);
  const icons = [node.start, node.answer, node.chosen].filter(Boolean).length;
  const w = Math.max(...lines.map(wide)) + size * 1.5 + icons * size * ICON;
  return { node, lines, w: Math.ceil(w), h: Math.ceil(lines.length * size * 1.2 + size * 0.9) };
}
