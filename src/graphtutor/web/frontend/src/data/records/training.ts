// Training: curves of the logs, and the samples of RSFT.

import type { Rate, Sampling } from "./run";
import type { Options, Reward } from "./episode";

export interface LossSeries {
  phase: string;
  round: number | null;
  points: [number, number, number | null, number | null][];
}

export interface CurvePoint {
  phase: string;
  step: number;
  total_step: number;
  n: number;
  accuracy: Rate;
  grounded: Rate | null;
}

export interface Training {
  loss: LossSeries[];
  curve: CurvePoint[];
  marks: { total_step: number; phase: string }[];
}

export interface CandidateGroup {
  ex_id: string;
  phase: string;
  round: number;
  k: number;
  right: number;
  grounded: number;
  kept: number;
  distinct: number;
  spread: number | null;
  best: number | null;
  hop_len: number | null;
}

export interface CandidatePage {
  total: number;
  matched: number;
  groups: CandidateGroup[];
  summary: Sampling | null;
  rounds: { phase: string; round: number }[];
}

export interface Candidate {
  k: number;
  completion: string;
  answer: string | null;
  valid: boolean | null;
  right: boolean | null;
  grounded: boolean | null;
  reward: Reward | null;
  kept: boolean;
  reason: string | null;
  duplicate_of: number | null;
}

export interface CandidateDetail {
  /** null where no task file has it. */
  task: { question: string; options: Options; answer_star: string | null } | null;
  samples: Candidate[];
  rule: string;
}
