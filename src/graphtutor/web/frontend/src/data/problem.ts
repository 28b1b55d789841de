import type { ApiProblem } from "./types";

/** What went wrong, in the four parts the server gives. */
export class Problem extends Error {
  readonly parts: ApiProblem;
  readonly status: number;

  constructor(parts: ApiProblem, status = 0) {
    super(sentence(parts));
    this.name = "Problem";
    this.parts = parts;
    this.status = status;
  }
}

/** One line of the four parts; empty ones are left out. */
export function sentence(parts: ApiProblem): string {
  const told = [
    parts.where,
    parts.wanted && `wanted ${parts.wanted}`,
    parts.got && `got ${parts.got}`,
  ].filter(Boolean);
  const first = told.join(": ").replace(/: got/, ", got");
  return [first, parts.remedy].filter(Boolean).join(". ") || "Something went wrong.";
}

export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem({ where: error instanceof Error ? error.message : String(error) });
}
