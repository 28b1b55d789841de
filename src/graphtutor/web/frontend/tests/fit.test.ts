import { expect, it } from "vitest";
import { fitGraph } from "../src/lib/layout/fit";
import { clashes, episode, measure } from "./episodes";

for (const [name, width, height] of [["wide", 940, 770], ["upright", 950, 640]] as const) {
  it(`fits a ${name} recording, and loses no label and nothing of the path`, () => {
    let leftOut = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const { nodes, edges, gold } = episode(seed);
      const layout = fitGraph(nodes, edges, gold, { width, height, size: 24, measure });
      const boxes = [...layout.nodes.map((one) => one.box), ...layout.edges.flatMap((one) => one.label ?? [])];
      expect(layout.height, `seed ${seed}`).toBeLessThanOrEqual(height);
      expect(clashes(boxes), `seed ${seed}`).toBe(0);
      expect(layout.edges.filter((one) => !one.label), `seed ${seed}`).toEqual([]);
      expect(layout.nodes.filter((one) => one.onPath)).toHaveLength(gold.length);
      expect(layout.nodes.length + layout.leftOut).toBe(nodes.length);
      leftOut += layout.leftOut;
    }
    expect(leftOut).toBeGreaterThan(0);
  });
}

it("draws a path that is taller than the room, and no more than it", () => {
  const { nodes, edges, gold } = episode(5);
  const layout = fitGraph(nodes, edges, gold, { width: 300, height: 200, size: 24, measure });
  expect(layout.height).toBeGreaterThan(200);
  expect(layout.nodes).toHaveLength(gold.length);
});
