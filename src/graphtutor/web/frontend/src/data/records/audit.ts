// What is known of the data: leaks, shortcuts, and where the right answers are.

import type { Rate } from "./run";

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
