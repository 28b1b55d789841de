import { describe, expect, it } from "vitest";
import { PromiseCache } from "../src/data/cache";
import { sentence } from "../src/data/problem";
import { configDiff } from "../src/lib/config";
import { wordDiff } from "../src/lib/diff";
import { interval, percentSign, rateText, signed } from "../src/lib/format";
import { formatRoute, parseRoute } from "../src/state/route";
import { ticks } from "../src/ui/Plot";
import { barOf, domain } from "../src/ui/RewardBars";

describe("reward bars", () => {
  it("are as wide as their values and start at the zero line", () => {
    const range = domain([-2, 0.33, -1.67]);
    const zero = barOf(0, range).left;
    const [minus, plus] = [barOf(-2, range), barOf(0.5, range)];
    expect(minus.width / plus.width).toBeCloseTo(4, 9);
    expect(minus.left + minus.width).toBeCloseTo(zero, 9);
    expect(plus.left).toBeCloseTo(zero, 9);
  });
  it("never leave the track", () => {
    const range = domain([-3.5, 2]);
    for (const value of [-3.5, 2]) {
      const bar = barOf(value, range);
      expect(bar.left).toBeGreaterThanOrEqual(0);
      expect(bar.left + bar.width).toBeLessThanOrEqual(100.0001);
    }
  });
});

describe("wordDiff", () => {
  it("marks what the left side does not have", () => {
    const pieces = wordDiff("A leads to B.", "A leads to C.");
    expect(pieces).toEqual([
      { text: "A leads to ", mark: "same" },
      { text: "C.", mark: "only" },
    ]);
  });
  it("keeps the right side letter by letter", () => {
    const text = "TRACE: x  y\nANSWER: D";
    expect(wordDiff("other words", text).map((one) => one.text).join("")).toBe(text);
  });
});

describe("figures", () => {
  it("come with interval and n, and say so where there are none", () => {
    const rate = { k: 3, n: 4, rate: 0.75, low: 0.3, high: 0.95 };
    expect(rateText(rate)).toBe("75.0 % (30.0–95.0, n = 4)");
    expect(rateText(null)).toBe("not recorded");
    expect(interval({ ...rate, low: null })).toBe("–");
    expect(percentSign(Number.NaN)).toBe("–");
    expect([signed(-2), signed(0), signed(0.5), signed(null)]).toEqual(["−2.00", "0.00", "+0.50", "–"]);
  });
});

describe("addresses", () => {
  it("are read back as they were written", () => {
    const route = { view: "inference" as const, params: { run: "a b", ex: "x&y=1", q: "ü/?#" } };
    expect(parseRoute(formatRoute(route))).toEqual(route);
  });
  it("fall back to the list of runs", () => {
    expect(parseRoute("#/nowhere?x=1").view).toBe("runs");
    expect(parseRoute("").view).toBe("runs");
  });
});

describe("configDiff", () => {
  it("holds the keys that differ only", () => {
    const diff = configDiff([
      { seed: 1, sft: { steps: 3, lr: 1 } },
      { seed: 1, sft: { steps: 4, lr: 1 }, extra: [1] },
    ]);
    expect(diff).toEqual([
      { key: "extra", values: [null, [1]] },
      { key: "sft.steps", values: [3, 4] },
    ]);
  });
});

describe("the rest", () => {
  it("puts ticks inside the range", () => {
    expect(ticks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticks(3, 3, 5)).toEqual([3]);
  });
  it("tells the four parts of a problem in one line", () => {
    expect(sentence({ where: "run x", wanted: "a run", got: "none", remedy: "pick one" })).toBe(
      "run x: wanted a run, got none. pick one",
    );
    expect(sentence({})).not.toBe("");
  });
  it("forgets a promise that failed", async () => {
    const cache = new PromiseCache(2);
    await expect(cache.get("a", () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    await Promise.resolve();
    expect(await cache.get("a", () => Promise.resolve(1))).toBe(1);
  });
});
