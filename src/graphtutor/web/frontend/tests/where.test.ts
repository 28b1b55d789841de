import { describe, expect, it } from "vitest";
import { select } from "../src/data/rows";
import type { EpisodeRow, Query } from "../src/data/types";
import { compileWhere, WhereError } from "../src/data/where";

const row = (more: Partial<EpisodeRow>): EpisodeRow => ({
  i: 0,
  ex_id: "eval_000001",
  phase: "sft",
  hop_len: 4,
  tier: 1,
  answer: "A",
  answer_star: "B",
  right: false,
  grounded: false,
  valid: true,
  cut: false,
  reward: -1.5,
  coverage: 0.5,
  tokens: 60,
  question: "What is it?",
  ...more,
});

const fits = (source: string, more: Partial<EpisodeRow> = {}): boolean =>
  compileWhere(source)(row(more) as unknown as Record<string, unknown>);

describe("compileWhere", () => {
  it.each([
    ["hop >= 4 and not right", true],
    ["hop > 4", false],
    ["right or reward < -1", true],
    ["not (right or valid)", false],
    ["answer = A", true],
    ['answer = "B"', false],
    ["answer in (B, A)", true],
    ["id ~ 0001", false],
    ['id ~ "0001"', true],
    ["right = false and cut = 0", true],
    ["reward", true],
    ["phase != base", true],
  ])("%s is %s", (source, wanted) => {
    if (source === "id ~ 0001") expect(() => fits(source)).toThrow(WhereError);
    else expect(fits(source)).toBe(wanted);
  });

  it("lets what is not recorded fit nothing but null", () => {
    expect(fits("reward < 0", { reward: null })).toBe(false);
    expect(fits("reward >= 0", { reward: null })).toBe(false);
    expect(fits("reward = null", { reward: null })).toBe(true);
    expect(fits("answer = null", { answer: null })).toBe(true);
  });

  it.each(["", "hop >", "(right", "colour = 1", "hop ! 4", "right right", "reward < null", "constructor = 1"])(
    "refuses %j and says where",
    (source) => {
      expect(() => compileWhere(source)).toThrow(WhereError);
    },
  );
});

const query: Query = { run: "r", phase: "sft", q: "", filter: "all", against: "", hop: "", tier: "", sort: "order", desc: false, where: "" };
const rows = [
  row({ i: 0, ex_id: "a", right: true, reward: 1.5, search: "trace one" }),
  row({ i: 1, ex_id: "b", right: false, reward: null, search: "trace two" }),
  row({ i: 2, ex_id: "c", right: false, reward: -2, search: "three", hop_len: 5 }),
];
const ids = (more: Partial<Query>, before: Map<string, boolean> | null = null): string =>
  select(rows, { ...query, ...more }, before).map((one) => one.ex_id).join("");

describe("select", () => {
  it("filters, searches and sorts; missing values stand last either way", () => {
    expect(ids({})).toBe("abc");
    expect(ids({ filter: "wrong" })).toBe("bc");
    expect(ids({ q: "TRACE" })).toBe("ab");
    expect(ids({ hop: "5" })).toBe("c");
    expect(ids({ sort: "reward" })).toBe("cab");
    expect(ids({ sort: "reward", desc: true })).toBe("acb");
    expect(ids({ where: "hop = 4 and not right" })).toBe("b");
  });

  it("knows what was fixed and what regressed", () => {
    const before = new Map([["a", false], ["b", true], ["c", false]]);
    expect(ids({ filter: "fixed", against: "base" }, before)).toBe("a");
    expect(ids({ filter: "regressed", against: "base" }, before)).toBe("b");
    expect(ids({ filter: "same", against: "base" }, before)).toBe("c");
  });

  it("tells what is wrong with an expression", () => {
    expect(() => ids({ where: "hop >" })).toThrow(/character/);
  });
});
