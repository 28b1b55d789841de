// The records of the API, as docs/web.md describes them. Shares are 0..1; missing is null.

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

export type Letter = "A" | "B" | "C" | "D";
export type Options = Partial<Record<Letter, string>>;

export interface EpisodeRow {
  i: number;
  ex_id: string;
  phase: string;
  hop_len: number | null;
  tier: number | null;
  answer: string | null;
  answer_star: string | null;
  right: boolean | null;
  grounded: boolean | null;
  valid: boolean | null;
  cut: boolean | null;
  reward: number | null;
  coverage: number | null;
  tokens: number | null;
  question: string;
  /** Only in exports: completion and entities in lower case, for searching. */
  search?: string;
}

export interface EpisodePage {
  total: number;
  matched: number;
  offset: number;
  rows: EpisodeRow[];
  problems: number;
  found?: number | null;
}

export interface Segment {
  text: string;
  entity: string | null;
  kind: "gold" | "off_path" | null;
}

export interface Hop {
  source: string | null;
  relation: string | null;
  target: string | null;
  text: string;
  verdict: string;
  connected: boolean;
}

export type NodeKind = "gold" | "mentioned" | "missed" | "off_path";
export type EdgeKind = "gold" | "claimed" | "false" | "context";

export interface GraphNode {
  id: string;
  label: string;
  type: string | null;
  kind: NodeKind;
  start: boolean;
  answer: boolean;
  chosen: boolean;
}

export interface GraphEdge {
  source: string;
  target: string;
  relation: string | null;
  phrase: string;
  kind: EdgeKind;
  /** Whether the trace states it. */
  claimed?: boolean;
}

export interface RewardTerm {
  name: string;
  label: string;
  weight: number | null;
  value: number | null;
  shown: number | null;
}

export interface Reward {
  profile: string;
  terms: RewardTerm[];
  total: number | null;
  invalid: boolean;
  grounded_total?: number | null;
}

export interface Frame {
  run: string;
  phase: string;
  ex_id: string;
  split: string;
  i: number;
  count: number;
  question: string;
  options: Options;
  answer_star: string | null;
  answer: string | null;
  valid: boolean | null;
  right: boolean | null;
  grounded: boolean | null;
  cut: boolean | null;
  completion: string;
  trace: Segment[];
  hops: Hop[] | null;
  ends_at_option: boolean | null;
  relations_asked: string[];
  gold: { entities: string[]; relations: { id: string | null; phrase: string }[] };
  graph: { nodes: GraphNode[]; edges: GraphEdge[]; left_out?: number };
  reward: Reward | null;
  phases: { phase: string; right: boolean | null; grounded: boolean | null }[];
  prev: string | null;
  next: string | null;
}

export interface Changes {
  n: number;
  fixed: string[];
  regressed: string[];
  same_right: number;
  same_wrong: number;
  grounded_fixed?: number | string[];
  grounded_regressed?: number | string[];
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

export interface AuditCheck {
  title: string;
  file: string;
  found: number;
  n: number;
  passed: boolean | null;
  unit: string;
  examples?: string[];
  ids?: string[];
  note?: string;
}

export interface AuditReport {
  verdict: string;
  level: "green" | "amber" | "red";
  files?: {
    name: string;
    role: string;
    n: number;
    digest?: string | null;
    hops?: Record<string, number>;
  }[];
  leaks?: AuditCheck[];
  well_posedness?: AuditCheck[];
  overlaps?: string[];
  notes?: string[];
  shortcuts?: {
    name: string;
    title?: string;
    file: string;
    right: Rate | null;
    chance: number | null;
    passed: boolean | null;
    note?: string;
  }[];
  edges?: { seen: Rate | null; paths: Rate | null } | null;
}

export interface Distribution {
  by_hop: { phase: string; hop: number; right: Rate; grounded: Rate | null }[];
  matrix: {
    phase: string;
    trained_on: string[];
    train_split: string | null;
    hop: number;
    right: Rate;
  }[];
}

export interface Probes {
  rotation: {
    phase: string;
    n: number;
    by_letter: Record<string, Rate>;
    chosen?: Record<string, number> | null;
    flips?: Rate | null;
    all_four?: Rate | null;
    mean?: Rate | null;
    biased?: boolean | null;
  }[];
  wording: { phase: string; name: string; right: Rate; grounded: Rate | null; before?: Rate | null }[];
  retrieval: { phase: string; right: Rate; grounded: Rate | null; before?: Rate | null }[];
  by_seen: { phase: string; hop: number; stretch: number; right: Rate; grounded: Rate | null }[];
}

export interface Example {
  ex_id: string;
  question: string;
  options: Options;
  answer_star: string | null;
  hop_len: number | null;
}

export type StoryStep =
  | { kind: "card"; title: string; lines: string[] }
  | { kind: "episode"; phase: string; ex_id: string; pause: string | null };

export interface Comparison {
  runs: RunSummary[];
  config_diff: { key: string; values: unknown[] }[];
}

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

export interface Query {
  run: string;
  phase: string;
  q: string;
  filter: string;
  against: string;
  hop: string;
  tier: string;
  sort: string;
  desc: boolean;
  where: string;
}
