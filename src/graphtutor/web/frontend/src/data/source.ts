// One data layer, two transports: a server (http.ts) or the files of an export (static.ts).

import type {
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

export interface CandidateQuery {
  run: string;
  phase: string;
  round: number;
  filter: string;
  offset: number;
  limit: number;
}

export interface InferListener {
  onJob(job: InferJob): void;
  onText(phase: string, text: string): void;
  onError(error: unknown): void;
}

export interface Source {
  /** Whether a model can be asked; an export has none. */
  readonly live: boolean;
  runs(): Promise<RunList>;
  run(id: string): Promise<RunDetail>;
  training(id: string): Promise<Training>;
  episodes(
    query: Query,
    offset: number,
    limit: number,
    options?: { find?: string; signal?: AbortSignal },
  ): Promise<EpisodePage>;
  frame(run: string, phase: string, exId: string): Promise<Frame>;
  compare(run: string, exId: string, phases: string[]): Promise<Frame[]>;
  changes(run: string, from: string, to: string): Promise<Changes>;
  candidates(query: CandidateQuery): Promise<CandidatePage>;
  candidate(run: string, phase: string, round: number, exId: string): Promise<CandidateDetail>;
  audit(id: string): Promise<AuditReport>;
  distribution(id: string): Promise<Distribution>;
  probes(id: string): Promise<Probes>;
  examples(id: string): Promise<Example[]>;
  story(id: string): Promise<StoryStep[]>;
  compareRuns(ids: string[]): Promise<Comparison>;
  infer(request: InferRequest): Promise<string>;
  follow(job: string, listener: InferListener): () => void;
  cancel(job: string): Promise<void>;
  /** A run that is being written changes: what is known of it is to be asked again. */
  forget(run: string): void;
}
