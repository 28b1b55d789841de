// Blueprints: domains as data, and runs trained on them.

import type { Rate } from "./run";

export interface BlueprintList {
  domains: { id: string; title: string; topics: number }[];
  runs: string[];
  unreadable: { id: string; reason: string }[];
}

export interface BlueprintTopic {
  id: string;
  title: string;
  /** A strand has a text for each level, in their order. */
  strands: string[][];
  short: string;
}

export interface BlueprintDomain {
  id: string;
  title: string;
  framework: string;
  levels: { id: string; label: string; holds: string }[];
  short_label: string;
  hierarchy: {
    evolution: number;
    title: string;
    builds: string;
    subtopics: { number: string; title: string; topics: BlueprintTopic[] }[];
  }[];
}

export interface BlueprintPhase {
  phase: string;
  well_formed: Rate | null;
  components: Record<string, Rate | null>;
  by_domain: Record<string, Rate | null>;
  closed: Record<string, Rate | null>;
  copied: number | null;
  compression: number | null;
  verbosity: number | null;
  cut: number;
}

export interface BlueprintRun {
  id: string;
  train: number;
  valid: number;
  phases: BlueprintPhase[];
  domains: string[];
  answers: number;
  bad_lines: number;
}

export interface BlueprintAnswer {
  phase: string;
  answer: string;
  cut: boolean;
  structure: Record<string, boolean> | null;
  well_formed: boolean | null;
  right: boolean | null;
}

export interface BlueprintRow {
  key: string;
  domain: string;
  topic: string;
  kind: string;
  question: string;
  reference: string;
  answers: BlueprintAnswer[];
}

export interface BlueprintAnswerPage {
  total: number;
  matched: number;
  rows: BlueprintRow[];
}
