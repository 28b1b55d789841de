// Episodes: rows of the table, and one episode as the player shows it.

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
