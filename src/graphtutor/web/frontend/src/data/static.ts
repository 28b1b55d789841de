// The transport of `graphtutor web export`: documents that script tags put on window.__data.
// Scripts, not fetch: a page opened from a file may not fetch its neighbours.

import { PromiseCache } from "./cache";
import { Problem } from "./problem";
import { select } from "./rows";
import { configDiff } from "../lib/config";
import { isFlat } from "../lib/pool";
import type { CandidateQuery, InferListener, Source } from "./source";
import type {
  AuditReport,
  CandidateDetail,
  CandidateGroup,
  CandidatePage,
  Changes,
  Comparison,
  Distribution,
  EpisodePage,
  EpisodeRow,
  Example,
  Frame,
  Probes,
  Query,
  RunDetail,
  RunList,
  Sampling,
  StoryStep,
  Training,
} from "./types";

interface StaticIndex {
  version: string;
  sample: number | null;
  runs: Record<
    string,
    {
      phases: Record<string, { count: number; rows: number; frames: number }>;
      candidates?: { phase: string; round: number; shards: number }[];
    }
  >;
}

declare global {
  interface Window {
    __data?: Record<string, unknown>;
  }
}

const FRAMES_A_SHARD = 500;

export function hasStaticData(): boolean {
  return Boolean(window.__data?.["/static"]);
}

function script(file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const tag = document.createElement("script");
    tag.src = file;
    tag.onload = () => {
      tag.remove();
      resolve();
    };
    tag.onerror = () => {
      tag.remove();
      reject(new Problem({ where: file, wanted: "a file of the export", got: "none" }));
    };
    document.head.append(tag);
  });
}

const number = (shard: number): string => String(shard).padStart(4, "0");

const CHANGES = new Set(["fixed", "regressed", "same"]);

export class StaticSource implements Source {
  readonly live = false;
  private readonly cache = new PromiseCache(64);
  private readonly selections = new PromiseCache(6);

  private get index(): StaticIndex {
    return window.__data!["/static"] as StaticIndex;
  }

  get sample(): number | null {
    return this.index.sample;
  }

  private async document<T>(key: string): Promise<T> {
    const found = window.__data?.[key];
    if (found === undefined) {
      throw new Problem({ where: key, wanted: "a document of the export", got: "none" }, 404);
    }
    return found as T;
  }

  private async shard<T>(key: string, file: string): Promise<T> {
    if (window.__data?.[key] === undefined) await script(file);
    return this.document<T>(key);
  }

  private phase(run: string, phase: string): { count: number; rows: number; frames: number } {
    const found = this.index.runs[run]?.phases[phase];
    if (!found) throw new Problem({ where: `${run}, ${phase}`, wanted: "a phase of the export" }, 404);
    return found;
  }

  private rows(run: string, phase: string): Promise<EpisodeRow[]> {
    return this.cache.get(`rows ${run} ${phase}`, async () => {
      const shards = this.phase(run, phase).rows;
      const parts = await Promise.all(
        Array.from({ length: shards }, (_, shard) =>
          this.shard<{ rows: EpisodeRow[] }>(
            `/api/runs/${run}/rows/${phase}/${number(shard)}`,
            `data/${run}/rows-${phase}-${number(shard)}.js`,
          ),
        ),
      );
      return parts.flatMap((part) => part.rows);
    });
  }

  runs(): Promise<RunList> {
    return this.document("/api/runs");
  }
  run(id: string): Promise<RunDetail> {
    return this.document(`/api/runs/${id}`);
  }
  training(id: string): Promise<Training> {
    return this.document(`/api/runs/${id}/training`);
  }

  private async verdicts(run: string, phase: string): Promise<Map<string, boolean | null>> {
    return new Map((await this.rows(run, phase)).map((row) => [row.ex_id, row.right]));
  }

  private selected(query: Query): Promise<EpisodeRow[]> {
    return this.selections.get(JSON.stringify(query), async () => {
      const rows = await this.rows(query.run, query.phase);
      const before =
        CHANGES.has(query.filter) && query.against
          ? await this.verdicts(query.run, query.against)
          : null;
      return select(rows, query, before);
    });
  }

  async episodes(
    query: Query,
    offset: number,
    limit: number,
    options: { find?: string } = {},
  ): Promise<EpisodePage> {
    const all = await this.rows(query.run, query.phase);
    const matched = await this.selected(query);
    const page: EpisodePage = {
      total: all.length,
      matched: matched.length,
      offset,
      rows: matched.slice(offset, offset + limit),
      problems: 0,
    };
    if (options.find) {
      const found = matched.findIndex((row) => row.ex_id === options.find);
      page.found = found < 0 ? null : found;
    }
    return page;
  }

  async frame(run: string, phase: string, exId: string): Promise<Frame> {
    const rows = await this.rows(run, phase);
    const at = rows.findIndex((row) => row.ex_id === exId);
    if (at < 0) {
      throw new Problem({ where: `${phase}, ${exId}`, wanted: "an episode of the export", got: "none" }, 404);
    }
    const shard = number(Math.floor(at / FRAMES_A_SHARD));
    const held = await this.shard<{ frames: Record<string, Frame> }>(
      `/api/runs/${run}/frames/${phase}/${shard}`,
      `data/${run}/ep-${phase}-${shard}.js`,
    );
    const frame = held.frames[exId];
    if (!frame) throw new Problem({ where: exId, wanted: "a frame", got: "none" }, 404);
    return frame;
  }

  compare(run: string, exId: string, phases: string[]): Promise<Frame[]> {
    return Promise.all(phases.map((phase) => this.frame(run, phase, exId)));
  }

  async changes(run: string, from: string, to: string): Promise<Changes> {
    const before = await this.verdicts(run, from);
    const told: Changes = { n: 0, fixed: [], regressed: [], same_right: 0, same_wrong: 0 };
    for (const row of await this.rows(run, to)) {
      if (!before.has(row.ex_id)) continue;
      told.n += 1;
      const [was, is] = [before.get(row.ex_id) === true, row.right === true];
      if (is && !was) told.fixed.push(row.ex_id);
      else if (was && !is) told.regressed.push(row.ex_id);
      else if (is) told.same_right += 1;
      else told.same_wrong += 1;
    }
    return told;
  }

  private pool(run: string, phase: string, round: number) {
    type Shard = {
      summary: Sampling | null;
      groups: CandidateGroup[];
      details: Record<string, CandidateDetail>;
    };
    return this.cache.get(`pool ${run} ${phase} ${round}`, async () => {
      const known = this.index.runs[run]?.candidates?.find(
        (one) => one.phase === phase && one.round === round,
      );
      return Promise.all(
        Array.from({ length: known?.shards ?? 0 }, (_, shard) =>
          this.shard<Shard>(
            `/api/runs/${run}/candidates/${phase}/${round}/${number(shard)}`,
            `data/${run}/candidates-${phase}-${round}-${number(shard)}.js`,
          ),
        ),
      );
    });
  }

  async candidates(query: CandidateQuery): Promise<CandidatePage> {
    const rounds = (this.index.runs[query.run]?.candidates ?? []).map(({ phase, round }) => ({
      phase,
      round,
    }));
    const phase = query.phase || rounds[0]?.phase || "";
    const round = query.round || rounds[0]?.round || 1;
    const shards = await this.pool(query.run, phase, round);
    const groups = shards.flatMap((shard) => shard.groups);
    const test: Record<string, (group: CandidateGroup) => boolean> = {
      won: (group) => group.kept > 0,
      no_winner: (group) => group.kept === 0,
      only_winners: (group) => group.right === group.k,
      zero_spread: isFlat,
    };
    const kept = test[query.filter] ? groups.filter(test[query.filter]!) : groups;
    return {
      total: groups.length,
      matched: kept.length,
      groups: kept.slice(query.offset, query.offset + query.limit),
      summary: shards[0]?.summary ?? null,
      rounds,
    };
  }

  async candidate(run: string, phase: string, round: number, exId: string): Promise<CandidateDetail> {
    for (const shard of await this.pool(run, phase, round)) {
      const found = shard.details[exId];
      if (found) return found;
    }
    throw new Problem({ where: exId, wanted: "a task of the pool", got: "none" }, 404);
  }

  audit(id: string): Promise<AuditReport> {
    return this.document(`/api/runs/${id}/audit`);
  }
  distribution(id: string): Promise<Distribution> {
    return this.document(`/api/runs/${id}/distribution`);
  }
  probes(id: string): Promise<Probes> {
    return this.document(`/api/runs/${id}/probes`);
  }
  examples(id: string): Promise<Example[]> {
    return this.document(`/api/runs/${id}/examples`);
  }
  async story(id: string): Promise<StoryStep[]> {
    const told = await this.document<StoryStep[] | { story: StoryStep[] }>(`/api/runs/${id}/story`);
    return Array.isArray(told) ? told : told.story;
  }

  async compareRuns(ids: string[]): Promise<Comparison> {
    const runs = await Promise.all(ids.map((id) => this.run(id)));
    return { runs, config_diff: configDiff(runs.map((run) => run.config)) };
  }

  infer(): Promise<string> {
    return Promise.reject(
      new Problem({ where: "This is an export", remedy: "A model answers in graphtutor serve only" }),
    );
  }
  follow(_job: string, _listener: InferListener): () => void {
    return () => undefined;
  }
  async cancel(): Promise<void> {
    return undefined;
  }
  forget(): void {
    // An export does not change.
  }
}
