import { describe, expect, it } from "vitest";
import type { EdgeKind, GraphEdge, GraphNode } from "../src/data/types";
import { overlaps, type Box } from "../src/lib/layout/boxes";
import { layoutGraph } from "../src/lib/layout/graph";
import { wrap } from "../src/lib/layout/wrap";

/** Wider than any of the fonts of the page. */
const measure = (text: string, size: number, bold: boolean): number => text.length * size * (bold ? 0.62 : 0.57);

function stream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const WORDS = "Add Bad Back Off Health Check Service Queue Review Traffic Spike Index Rate Limit Gateway".split(" ");
const PHRASES = ["is caused by", "leads to", "is confirmed by", "uses", "affects", "depends on"];

function episode(seed: number): { nodes: GraphNode[]; edges: GraphEdge[]; gold: string[] } {
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

function clashes(boxes: Box[]): number {
  let found = 0;
  boxes.forEach((a, index) => {
    for (const b of boxes.slice(index + 1)) if (overlaps(a, b)) found += 1;
  });
  return found;
}

describe("layoutGraph", () => {
  for (const width of [320, 700, 980]) {
    it(`lets no boxes meet and none leave the picture at ${width} px`, () => {
      let lost = 0;
      let labels = 0;
      for (let seed = 1; seed <= 150; seed++) {
        const { nodes, edges, gold } = episode(seed);
        const layout = layoutGraph(nodes, edges, gold, { width, height: 420, size: 18, measure });
        const boxes = [...layout.nodes.map((one) => one.box), ...layout.edges.flatMap((one) => one.label ?? [])];
        expect(clashes(boxes), `seed ${seed}`).toBe(0);
        for (const box of boxes) {
          expect(box.x).toBeGreaterThanOrEqual(0);
          expect(box.y).toBeGreaterThanOrEqual(0);
          expect(box.x + box.w).toBeLessThanOrEqual(width);
          expect(box.y + box.h).toBeLessThanOrEqual(layout.height);
        }
        expect(layout.nodes).toHaveLength(nodes.length);
        expect(layout.edges.filter((one) => one.kind === "gold" && !one.label)).toHaveLength(0);
        lost += layout.edges.filter((one) => !one.label).length;
        labels += edges.length;
      }
      // Where a label finds no place the edge keeps its title; that has to stay rare.
      expect(lost / labels).toBeLessThan(width < 400 ? 0.03 : 0.005);
    });
  }

  it("gives the same picture for the same episode", () => {
    const { nodes, edges, gold } = episode(7);
    const options = { width: 700, height: 420, size: 18, measure };
    expect(layoutGraph(nodes, edges, gold, options)).toEqual(layoutGraph(nodes, edges, gold, options));
  });

  it("survives no nodes, a loop, unknown ends and a name of 60 characters", () => {
    const options = { width: 340, height: 420, size: 18, measure };
    expect(layoutGraph([], [], [], options).nodes).toEqual([]);
    const long: GraphNode = { id: "x", label: "A".repeat(60), type: null, kind: "missed", start: true, answer: false, chosen: false };
    const loop: GraphEdge = { source: "x", target: "x", relation: "r", phrase: "leads to", kind: "false" };
    const astray: GraphEdge = { ...loop, target: "gone" };
    const layout = layoutGraph([long], [loop, astray], ["x", "gone"], options);
    expect(layout.nodes[0]!.lines.length).toBeGreaterThan(1);
    expect(layout.nodes[0]!.box.w).toBeLessThanOrEqual(340);
    expect(layout.edges).toHaveLength(1);
  });
});

describe("wrap", () => {
  it("breaks at spaces and capitals and never loses a letter", () => {
    const wide = (text: string): number => text.length;
    expect(wrap("Service Unavailable", 12, wide)).toEqual(["Service", "Unavailable"]);
    expect(wrap("ServiceUnavailable", 12, wide)).toEqual(["Service", "Unavailable"]);
    expect(wrap("x".repeat(30), 12, wide).join("")).toBe("x".repeat(30));
  });
});
