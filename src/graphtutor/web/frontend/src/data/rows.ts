// Search, filters and order over rows in memory: what the server does, for exports.

import { Problem } from "./problem";
import type { EpisodeRow, Query } from "./types";
import { compileWhere, WhereError } from "./where";

const SORT_KEYS: Record<string, keyof EpisodeRow> = {
  order: "i",
  id: "ex_id",
  reward: "reward",
  coverage: "coverage",
  length: "tokens",
};

const FILTERS: Record<string, (row: EpisodeRow) => boolean> = {
  right: (row) => row.right === true,
  wrong: (row) => row.right !== true,
  grounded: (row) => row.grounded === true,
  ungrounded: (row) => row.grounded !== true,
  invalid: (row) => row.valid === false,
  cut: (row) => row.cut === true,
};

function changed(query: Query, before: ReadonlyMap<string, boolean | null>) {
  return (row: EpisodeRow): boolean => {
    if (!before.has(row.ex_id)) return false;
    const was = before.get(row.ex_id) === true;
    const is = row.right === true;
    if (query.filter === "fixed") return is && !was;
    if (query.filter === "regressed") return was && !is;
    return is === was;
  };
}

function order(sort: string, desc: boolean) {
  const key = SORT_KEYS[sort] ?? "i";
  const sign = desc ? -1 : 1;
  return (a: EpisodeRow, b: EpisodeRow): number => {
    const [left, right] = [a[key] ?? null, b[key] ?? null];
    if (left === right) return a.i - b.i;
    // Missing values come last, whichever way round.
    if (left === null) return 1;
    if (right === null) return -1;
    return (left < right ? -1 : 1) * sign;
  };
}

/** The rows that ``query`` lets through, in its order. ``before`` is the other phase's verdicts. */
export function select(
  rows: readonly EpisodeRow[],
  query: Query,
  before: ReadonlyMap<string, boolean | null> | null,
): EpisodeRow[] {
  const tests: ((row: EpisodeRow) => boolean)[] = [];
  const needle = query.q.trim().toLowerCase();
  if (needle) {
    tests.push(
      (row) =>
        row.question.toLowerCase().includes(needle) ||
        row.ex_id.toLowerCase().includes(needle) ||
        (row.search ?? "").includes(needle),
    );
  }
  if (query.hop) tests.push((row) => String(row.hop_len) === query.hop);
  if (query.tier) tests.push((row) => String(row.tier) === query.tier);
  const plain = FILTERS[query.filter];
  if (plain) tests.push(plain);
  else if (query.filter !== "all" && before) tests.push(changed(query, before));
  if (query.where.trim()) {
    try {
      const test = compileWhere(query.where);
      tests.push((row) => test(row as unknown as Record<string, unknown>));
    } catch (error) {
      if (!(error instanceof WhereError)) throw error;
      throw new Problem(
        {
          where: `where, character ${error.at + 1}`,
          wanted: error.wanted,
          got: error.got,
          remedy: 'for example: right and not grounded and hop >= 4, or id ~ "0001"',
        },
        400,
      );
    }
  }
  const left = tests.length ? rows.filter((row) => tests.every((test) => test(row))) : [...rows];
  return left.sort(order(query.sort, query.desc));
}
