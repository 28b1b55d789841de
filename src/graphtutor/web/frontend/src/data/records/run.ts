// Runs: what they came to, how they were set, how they compare.

export interface Rate {
  k: number | null;
  n: number;
  rate: number | null;
  low: number | null;
  high: number | null;
}

export type Banner = null | { level: "red" | "amber"; text: string };

export interface PhaseSummary {
  phase: string;
  title: string;
  n: number;
  right: Rate;
  grounded: Rate | null;
  format: Rate | null;
  cut: number | null;
  by_hop: Record<string, { right: Rate; grounded: Rate | null }>;
  by_tier: Record<string, { right: Rate; grounded: Rate | null }>;
  avg_reward: number | null;
  letter_bias: Record<string, number> | null;
  rotation: {
    mean: number | null;
    all_four: number | null;
    low: number | null;
    high: number | null;
    n: number;
    flips: number | null;
  } | null;
}

export interface RunSummary {
  id: string;
  created_at: string | null;
  model: string | null;
  backend: string | null;
  graph: string | null;
  seed: number | null;
  phases: PhaseSummary[];
  banner: Banner;
  audit: "passes" | "fails" | "unknown";
  live: boolean;
}

export interface RunList {
  runs: RunSummary[];
  unreadable: { id: string; reason: string }[];
}

export interface Paired {
  phase?: string;
  against: string;
  figure: string;
  n: number;
  gained: number;
  lost: number;
  difference: number;
  p_value: number | null;
}

export interface Sampling {
  phase: string;
  round: number;
  tasks: number;
  samples: number;
  k: number;
  kept?: number;
  pass_at_k?: number | null;
  grounded_at_k?: number | null;
  no_winner?: number | null;
  only_winners?: number | null;
  distinct_share?: number | null;
  intervals?: Record<string, [number, number]>;
}

export interface RunDetail extends RunSummary {
  config: Record<string, unknown>;
  meta: Record<string, unknown>;
  files: Record<string, number>;
  problems: { file: string; line: number | null; reason: string }[];
  problem_count: number;
  tabs: {
    training: boolean;
    candidates: boolean;
    probes: boolean;
    audit: boolean;
    examples: boolean;
  };
  paired: Paired[];
  references: Record<string, Rate>;
  sampling: Sampling[];
}

export interface Comparison {
  runs: RunSummary[];
  config_diff: { key: string; values: unknown[] }[];
}
