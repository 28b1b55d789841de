// Questions to the user's own documents.

export interface LibraryOverview {
  there: boolean;
  name: string;
  documents: number;
  chunks: number;
  embedder: string;
  modes: string[];
  graph: string;
  note: string;
  examples: string[];
  /** What the server is doing for the question at hand; empty while nothing is asked. */
  doing: string;
  waiting: number;
}

export interface LibraryDocument {
  id: string;
  title: string;
  kind: string;
  date: string;
  pages: number;
  chunks: number;
  notes: string[];
}

export interface DocumentQuestion {
  question: string;
  mode: string | null;
  docs: string[];
}

export interface AnswerSentence {
  text: string;
  citations: number[];
  supported: boolean;
  problem: string;
}

export interface AnswerSource {
  number: number;
  doc: string;
  heading: string;
  page: number | null;
  kind: string;
  date: string;
  cited: boolean;
  pieces: { text: string; cited: boolean }[];
}

export interface AnswerChain {
  start: string;
  steps: { relation: string; forward: boolean; target: string; source: number | null }[];
}

export interface DocumentAnswer {
  question: string;
  mode: string;
  abstained: boolean;
  reason: string;
  sentences: AnswerSentence[];
  sources: AnswerSource[];
  chains: AnswerChain[];
  notes: string[];
  seconds: number;
}
