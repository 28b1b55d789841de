// What only a server has: documents to ask and blueprints. An export shows neither.

import type {
  BlueprintAnswerPage,
  BlueprintDomain,
  BlueprintList,
  BlueprintRun,
  DocumentAnswer,
  DocumentQuestion,
  LibraryDocument,
  LibraryOverview,
} from "./types";
import { address, call, part } from "./http";

export function libraryOverview(): Promise<LibraryOverview> {
  return call(address("retrieval"));
}

export function libraryDocuments(): Promise<{ total: number; documents: LibraryDocument[] }> {
  return call(address("retrieval/documents"));
}

export function askDocuments(question: DocumentQuestion): Promise<DocumentAnswer> {
  return call(address("retrieval/ask"), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(question),
  });
}

export function blueprintList(): Promise<BlueprintList> {
  return call(address("blueprints"));
}

export function blueprintDomain(id: string): Promise<BlueprintDomain> {
  return call(address(`blueprints/${part(id)}`));
}

export function blueprintRun(id: string): Promise<BlueprintRun> {
  return call(address(`blueprints/runs/${part(id)}`));
}

export function blueprintAnswers(
  id: string,
  query: { domain: string; form: string; offset: number; limit: number },
): Promise<BlueprintAnswerPage> {
  return call(address(`blueprints/runs/${part(id)}/answers`, query));
}
