// The documents of the store; a question may be put to one of them alone.

import type { ReadonlySignal } from "@preact/signals";
import { useState } from "preact/hooks";
import type { LibraryDocument } from "../data/types";
import { count } from "../lib/format";
import { onlyDoc } from "../state/documents";
import type { Loaded } from "../state/loaded";
import { go } from "../state/route";
import { Busy, Empty, Panel, ProblemNote } from "./bits";

const MOST = 100;

export function DocumentTable(props: {
  listed: ReadonlySignal<Loaded<{ total: number; documents: LibraryDocument[] }>> & { again: () => void };
}) {
  const [wanted, setWanted] = useState("");
  const { value, problem } = props.listed.value;
  if (problem) return <ProblemNote problem={problem} again={props.listed.again} />;
  if (!value) return <Busy what="Listing the documents" />;
  const low = wanted.trim().toLowerCase();
  const found = value.documents.filter((one) => `${one.id}\n${one.title}`.toLowerCase().includes(low));
  const more = found.length - MOST;
  return (
    <Panel testid="documents" title={`Documents (${count(value.total)})`}>
      <label class="field doc-filter">
        <span>Filter by name or title</span>
        <input type="search" value={wanted} data-testid="doc-filter" onInput={(event) => setWanted(event.currentTarget.value)} />
      </label>
      {found.length === 0 && <Empty>No document has that in its name.</Empty>}
      <ul class="doc-list">
        {found.slice(0, MOST).map((one) => (
          <li key={one.id} data-testid="document">
            <div class="doc-name foreign">
              <strong>{one.title || one.id}</strong>
              <span class="note">{one.id}</span>
              {one.notes.map((note, index) => (
                <span class="note" key={index}>{note}</span>
              ))}
            </div>
            <span class="note doc-facts">
              {[one.kind, one.pages ? `${count(one.pages)} pages` : "", `${count(one.chunks)} passages`, one.date].filter(Boolean).join(" · ")}
            </span>
            <button
              type="button"
              class="quiet"
              aria-pressed={one.id === onlyDoc.value}
              aria-label={`Ask only this: ${one.title || one.id}`}
              onClick={() => go({ doc: one.id === onlyDoc.value ? null : one.id })}
            >
              Ask only this
            </button>
          </li>
        ))}
      </ul>
      {more > 0 && <p class="note">and {count(more)} more: filter to see them</p>}
      {value.total > value.documents.length && <p class="note">The first {count(value.documents.length)} are listed.</p>}
    </Panel>
  );
}
