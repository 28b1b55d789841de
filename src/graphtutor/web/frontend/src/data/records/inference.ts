// Live answers, and what the server says when it cannot give one.

import type { Hop, Options, Reward, Segment } from "./episode";

export interface InferRequest {
  run: string;
  phases: string[];
  question: string;
  options: Options | null;
  ex_id: string | null;
  max_new_tokens: number;
}

export interface InferResult {
  phase: string;
  completion: string;
  answer: string | null;
  valid: boolean | null;
  trace: Segment[] | null;
  hops: Hop[] | null;
  scored: boolean;
  right: boolean | null;
  reward: Reward | null;
}

export type JobState = "queued" | "loading" | "running" | "done" | "failed" | "cancelled";

export interface InferJob {
  state: JobState;
  position: number | null;
  results: InferResult[];
  error: ApiProblem | string | null;
  /** The phase whose model is being read in. */
  loading?: string | null;
}

export interface ApiProblem {
  where?: string;
  wanted?: string;
  got?: string;
  remedy?: string;
}
