import { signal } from "@preact/signals";
import { asProblem, type Problem } from "../data/problem";
import type { Source } from "../data/source";
import type { EpisodeRow, Query } from "../data/types";

const PAGE = 100;
const KEPT_PAGES = 80;

/** The rows that a query matches, loaded by pages as they are looked at. */
export class Sequence {
  readonly matched = signal(0);
  readonly total = signal(0);
  readonly problems = signal(0);
  readonly ready = signal(false);
  readonly problem = signal<Problem | null>(null);
  /** Grows with each page that comes; readers of rowAt depend on it. */
  readonly version = signal(0);
  private readonly pages = new Map<number, EpisodeRow[]>();
  private readonly asked = new Set<number>();
  private closed = false;

  constructor(
    private readonly source: Source,
    readonly query: Query,
  ) {}

  /** Load the first page, and say where ``exId`` stands in the sequence (null: not in it). */
  async open(exId: string | null): Promise<number | null> {
    try {
      const page = await this.source.episodes(this.query, 0, PAGE, exId ? { find: exId } : {});
      if (this.closed) return null;
      this.take(0, page.rows);
      this.matched.value = page.matched;
      this.total.value = page.total;
      this.problems.value = page.problems;
      this.ready.value = true;
      if (!exId) return null;
      if (page.found !== undefined) return page.found;
      const at = page.rows.findIndex((row) => row.ex_id === exId);
      return at < 0 ? null : at;
    } catch (error) {
      if (!this.closed) {
        this.problem.value = asProblem(error);
        this.ready.value = true;
      }
      return null;
    }
  }

  close(): void {
    this.closed = true;
  }

  /** The row at ``index``, or null while it is on its way. */
  rowAt(index: number): EpisodeRow | null {
    void this.version.value;
    return this.peek(index);
  }

  peek(index: number): EpisodeRow | null {
    if (index < 0 || index >= this.matched.peek()) return null;
    const number = Math.floor(index / PAGE);
    const page = this.pages.get(number);
    if (!page) {
      void this.load(number);
      return null;
    }
    return page[index - number * PAGE] ?? null;
  }

  /** Look for new rows of a run that is still being written. */
  async refresh(): Promise<void> {
    const last = Math.max(0, Math.floor((this.matched.peek() - 1) / PAGE));
    const page = await this.source.episodes(this.query, last * PAGE, PAGE);
    if (this.closed) return;
    this.take(last, page.rows);
    this.matched.value = page.matched;
    this.total.value = page.total;
    this.problems.value = page.problems;
  }

  private take(number: number, rows: EpisodeRow[]): void {
    this.pages.delete(number);
    this.pages.set(number, rows);
    const oldest = this.pages.keys().next().value;
    if (this.pages.size > KEPT_PAGES && oldest !== undefined) this.pages.delete(oldest);
    this.version.value += 1;
  }

  private async load(number: number): Promise<void> {
    if (this.asked.has(number)) return;
    this.asked.add(number);
    try {
      const page = await this.source.episodes(this.query, number * PAGE, PAGE);
      if (!this.closed) this.take(number, page.rows);
    } catch (error) {
      if (!this.closed) this.problem.value = asProblem(error);
    } finally {
      this.asked.delete(number);
    }
  }
}
