import type { CandidateGroup } from "../data/types";

/** Whether all samples of a task score the same, but for what floats lose. */
export function isFlat(group: CandidateGroup): boolean {
  return group.spread !== null && group.spread < 1e-9;
}
