// The transport of `graphtutor serve`.

import { PromiseCache } from "./cache";
import { asProblem, Problem } from "./problem";
import type { CandidateQuery, InferListener, Source } from "./source";
import type {
  ApiProblem,
  AuditReport,
  CandidateDetail,
  CandidatePage,
  Changes,
  Comparison,
  Distribution,
  EpisodePage,
  Example,
  Frame,
  InferJob,
  InferRequest,
  Probes,
  Query,
  RunDetail,
  RunList,
  StoryStep,
  Training,
} from "./types";

const FINAL = new Set(["done", "failed", "cancelled"]);

/** "api/..." below the page, so that the app works under any path. */
export function address(path: string, query: Record<string, string | number> = {}): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== "") search.set(key, String(value));
  }
  const tail = search.toString();
  return `api/${path}${tail ? `?${tail}` : ""}`;
}

export async function call<T>(path: string, init?: RequestInit): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, headers: { accept: "application/json", ...init?.headers } });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new Problem({ where: "The server does not answer", remedy: "Is graphtutor serve still running?" });
  }
  const body: unknown = await answer.json().catch(() => null);
  if (!answer.ok) {
    const told = (body as { error?: ApiProblem } | null)?.error;
    throw new Problem(told ?? { where: `The server answered ${answer.status}` }, answer.status);
  }
  if (body === null) throw new Problem({ where: path, wanted: "JSON", got: "something else" });
  return body as T;
}

export const part = encodeURIComponent;

export class HttpSource implements Source {
  readonly live = true;
  private readonly cache = new PromiseCache(600);

  private read<T>(path: string): Promise<T> {
    return this.cache.get(path, () => call<T>(path));
  }

  forget(run: string): void {
    this.cache.forget(address(`runs/${part(run)}`));
  }

  runs(): Promise<RunList> {
    return call<RunList>(address("runs"));
  }
  run(id: string): Promise<RunDetail> {
    return this.read(address(`runs/${part(id)}`));
  }
  training(id: string): Promise<Training> {
    return this.read(address(`runs/${part(id)}/training`));
  }
  episodes(
    query: Query,
    offset: number,
    limit: number,
    options: { find?: string; signal?: AbortSignal } = {},
  ): Promise<EpisodePage> {
    const path = address(`runs/${part(query.run)}/episodes`, {
      phase: query.phase,
      q: query.q,
      filter: query.filter === "all" ? "" : query.filter,
      against: query.against,
      hop: query.hop,
      tier: query.tier,
      sort: query.sort === "order" ? "" : query.sort,
      desc: query.desc ? 1 : "",
      where: query.where,
      offset,
      limit,
      find: options.find ?? "",
    });
    return call<EpisodePage>(path, { signal: options.signal ?? null });
  }
  frame(run: string, phase: string, exId: string): Promise<Frame> {
    return this.read(address(`runs/${part(run)}/episodes/${part(phase)}/${part(exId)}`));
  }
  async compare(run: string, exId: string, phases: string[]): Promise<Frame[]> {
    const path = address(`runs/${part(run)}/compare/${part(exId)}`, { phases: phases.join(",") });
    return (await this.read<{ frames: Frame[] }>(path)).frames;
  }
  changes(run: string, from: string, to: string): Promise<Changes> {
    return this.read(address(`runs/${part(run)}/changes`, { from, to }));
  }
  candidates(query: CandidateQuery): Promise<CandidatePage> {
    return this.read(
      address(`runs/${part(query.run)}/candidates`, {
        phase: query.phase,
        round: query.round || "",
        filter: query.filter,
        offset: query.offset,
        limit: query.limit,
      }),
    );
  }
  candidate(run: string, phase: string, round: number, exId: string): Promise<CandidateDetail> {
    return this.read(
      address(`runs/${part(run)}/candidates/${part(phase)}/${round}/${part(exId)}`),
    );
  }
  audit(id: string): Promise<AuditReport> {
    return this.read(address(`runs/${part(id)}/audit`));
  }
  distribution(id: string): Promise<Distribution> {
    return this.read(address(`runs/${part(id)}/distribution`));
  }
  probes(id: string): Promise<Probes> {
    return this.read(address(`runs/${part(id)}/probes`));
  }
  examples(id: string): Promise<Example[]> {
    return this.read(address(`runs/${part(id)}/examples`, { n: 20 }));
  }
  async story(id: string): Promise<StoryStep[]> {
    const told = await this.read<StoryStep[] | { story: StoryStep[] }>(
      address(`runs/${part(id)}/story`),
    );
    return Array.isArray(told) ? told : told.story;
  }
  compareRuns(ids: string[]): Promise<Comparison> {
    return this.read(address("compare", { runs: ids.join(",") }));
  }

  async infer(request: InferRequest): Promise<string> {
    const answer = await call<{ job: string }>(address("infer"), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    });
    return answer.job;
  }

  follow(job: string, listener: InferListener): () => void {
    const path = address(`infer/${part(job)}`);
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stream = new EventSource(`${path}/events`);
    const stop = (): void => {
      over = true;
      stream.close();
      clearTimeout(timer);
    };
    const tell = (told: InferJob): void => {
      if (over) return;
      if (FINAL.has(told.state)) stop();
      listener.onJob(told);
    };
    const poll = async (): Promise<void> => {
      try {
        const told = await call<InferJob>(path);
        if (over) return;
        tell(told);
        if (!FINAL.has(told.state)) timer = setTimeout(poll, 500);
      } catch (error) {
        if (over) return;
        stop();
        listener.onError(asProblem(error));
      }
    };
    stream.onmessage = (event: MessageEvent<string>) => {
      if (over) return;
      let told: unknown;
      try {
        told = JSON.parse(event.data);
      } catch {
        return;
      }
      if (!told || typeof told !== "object") return;
      if ("state" in told) tell(told as InferJob);
      else if ("text" in told) {
        const piece = told as { phase: string; text: string };
        listener.onText(piece.phase, piece.text);
      }
    };
    // A stream that breaks is no failed job: ask for its state instead.
    stream.onerror = () => {
      stream.close();
      if (!over) void poll();
    };
    return stop;
  }

  async cancel(job: string): Promise<void> {
    await call(address(`infer/${part(job)}`), { method: "DELETE" });
  }
}
