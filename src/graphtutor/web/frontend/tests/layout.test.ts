import { describe, expect, it } from "vitest";
import type { GraphEdge, GraphNode } from "../src/data/types";
import { layoutGraph } from "../src/lib/layout/graph";
import { wrap } from "../src/lib/layout/wrap";
import { clashes, episode, measure } from "./episodes";

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
