// What an answer rests on: the cited passages open, the others folded.

import type { AnswerSource, DocumentAnswer } from "../data/types";
import { Chip, Empty, Panel } from "./bits";

function Source({ source }: { source: AnswerSource }) {
  return (
    <article class="source" id={`source-${source.number}`} tabIndex={-1} aria-labelledby={`source-${source.number}-name`} data-testid="source" data-cited={source.cited}>
      <header>
        <span class="source-number" aria-hidden="true">{source.number}</span>
        <div>
          <h3 id={`source-${source.number}-name`} class="foreign">
            <span class="visually-hidden">Source {source.number}: </span>
            {source.heading || source.doc}
          </h3>
          <p class="note foreign">
            {[source.doc, source.page ? `page ${source.page}` : "", source.date].filter(Boolean).join(", ")}
          </p>
        </div>
        {source.kind === "statement" && <Chip tone="plain">graph</Chip>}
      </header>
      <p class="source-text foreign">
        {source.pieces.map((piece, index) => (piece.cited ? <mark key={index}>{piece.text}</mark> : <span key={index}>{piece.text}</span>))}
      </p>
    </article>
  );
}

export function Sources({ answer }: { answer: DocumentAnswer }) {
  const cited = answer.sources.filter((one) => one.cited);
  const others = answer.sources.filter((one) => !one.cited);
  return (
    <Panel testid="sources" title={answer.abstained ? "Nearest passages" : "Sources"}>
      {answer.sources.length === 0 && <Empty>Nothing was found.</Empty>}
      {cited.map((one) => (
        <Source key={one.number} source={one} />
      ))}
      {others.length > 0 && (
        <details open={answer.abstained} key={answer.question}>
          <summary>
            {answer.abstained ? `${others.length} found, not enough` : `${others.length} more found, not cited`}
          </summary>
          {others.map((one) => (
            <Source key={one.number} source={one} />
          ))}
        </details>
      )}
    </Panel>
  );
}
