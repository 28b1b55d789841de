// Questions to the user's own documents: the answer, and what it rests on beside it.

import { useEffect, useState } from "preact/hooks";
import { answered, doing, documents, library, onlyDoc, question, searchMode, showSource } from "../state/documents";
import { go } from "../state/route";
import type { AnswerSentence, DocumentAnswer } from "../data/types";
import { count } from "../lib/format";
import { DocumentTable } from "../ui/DocumentTable";
import { Busy, Chip, Empty, Panel, ProblemNote, Select } from "../ui/bits";
import { Icon } from "../ui/icons";
import { Sources } from "../ui/Sources";

const MODES: Record<string, string> = {
  hybrid: "by words and meaning",
  dense: "by meaning",
  bm25: "by words",
};

/** The same question again is asked again: the documents may have changed. */
function askFor(text: string): void {
  const wanted = text.trim();
  if (!wanted) return;
  if (wanted === question.peek()) answered.again();
  else go({ q: wanted });
}

function Examples({ list }: { list: string[] }) {
  return (
    <div class="examples" role="group" aria-label="Examples" data-testid="doc-examples">
      {list.map((one) => (
        <button type="button" key={one} class="example foreign" onClick={() => askFor(one)}>
          {one}
        </button>
      ))}
    </div>
  );
}

function Form() {
  const [text, setText] = useState(question.value);
  useEffect(() => setText(question.value), [question.value]);
  const about = library.value.value!;
  const modes = about.modes.map((mode) => ({ value: mode, label: MODES[mode] ?? mode }));
  return (
    <form
      class="form"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        askFor(text);
      }}
    >
      <div class="ask-row">
        <label class="field grow">
          <span>Question to your documents</span>
          <input
            type="search"
            maxLength={2000}
            value={text}
            autocomplete="off"
            data-testid="doc-question"
            onInput={(event) => setText(event.currentTarget.value)}
          />
        </label>
        {modes.length > 1 && (
          <Select
            label="Searched"
            testid="doc-mode"
            value={searchMode.value || modes[0]!.value}
            choices={modes}
            onPick={(mode) => go({ by: mode === modes[0]!.value ? null : mode })}
          />
        )}
        <button type="submit" class="primary" disabled={!text.trim()} data-testid="doc-ask">
          <Icon name="search" size={18} />
          Ask
        </button>
      </div>
      {onlyDoc.value && (
        <p class="only" data-testid="only-doc">
          <span>
            Only from <strong class="foreign">{onlyDoc.value}</strong>
          </span>
          <button type="button" class="quiet" onClick={() => go({ doc: null })}>
            <Icon name="cross" size={16} />
            From all documents
          </button>
        </p>
      )}
      {about.examples.length > 0 &&
        (question.value ? (
          <details key="folded">
            <summary>Examples</summary>
            <Examples list={about.examples} />
          </details>
        ) : (
          <Examples list={about.examples} />
        ))}
      {about.note && <p class="note">{about.note}</p>}
    </form>
  );
}

function Sentence({ sentence, answer }: { sentence: AnswerSentence; answer: DocumentAnswer }) {
  return (
    <li data-supported={sentence.supported}>
      <span class="foreign">{sentence.text}</span>
      {sentence.citations.map((number) => {
        const source = answer.sources.find((one) => one.number === number);
        const name = source ? `, ${source.heading || source.doc}${source.page ? `, page ${source.page}` : ""}` : "";
        return (
          <button
            type="button"
            key={number}
            class="cite"
            aria-label={`Source ${number}${name}`}
            data-testid="cite"
            onClick={() => showSource(number)}
          >
            [{number}]
          </button>
        );
      })}
      {!sentence.supported && (
        <span class="unsupported" data-testid="unsupported">
          <Icon name="alert" size={14} />
          not supported: <span class="foreign">{sentence.problem}</span>
        </span>
      )}
    </li>
  );
}

function AnswerPanel({ answer }: { answer: DocumentAnswer }) {
  return (
    <Panel
      testid="doc-answer"
      title={<span class="foreign">{answer.question}</span>}
      tools={
        answer.abstained ? (
          <Chip tone="warn" icon="help">no answer</Chip>
        ) : answer.sentences.every((one) => one.supported) ? (
          <Chip tone="good" icon="check">every sentence cited</Chip>
        ) : (
          <Chip tone="bad" icon="alert">not all supported</Chip>
        )
      }
    >
      {answer.abstained && (
        <p class="abstained" data-testid="abstained">
          <strong>I do not know:</strong> <span class="foreign">{answer.reason}.</span>
        </p>
      )}
      {answer.sentences.length > 0 && (
        <ul class="said">
          {answer.sentences.map((one, index) => (
            <Sentence key={index} sentence={one} answer={answer} />
          ))}
        </ul>
      )}
      {answer.chains.length > 0 && (
        <div class="ways" data-testid="chains">
          <h3>{answer.chains.length > 1 ? "Ways through the graph" : "Way through the graph"}</h3>
          {answer.chains.map((chain, index) => (
            <ol class="way" key={index}>
              <li>
                <span class="node-name foreign">{chain.start}</span>
              </li>
              {chain.steps.map((step, place) => (
                <li key={place}>
                  <span class="link-name">
                    {step.forward ? (
                      <>
                        <span class="foreign">{step.relation}</span> <Icon name="arrow" size={14} />
                      </>
                    ) : (
                      <>
                        <Icon name="back" size={14} title="against the edge" /> <span class="foreign">{step.relation}</span>
                      </>
                    )}
                  </span>
                  <span class="node-name foreign">{step.target}</span>
                  {step.source !== null && (
                    <button type="button" class="cite" aria-label={`Source ${step.source}`} onClick={() => showSource(step.source!)}>
                      [{step.source}]
                    </button>
                  )}
                </li>
              ))}
            </ol>
          ))}
        </div>
      )}
      {answer.notes.length > 0 && (
        <ul class="answer-notes note">
          {answer.notes.map((one, index) => (
            <li key={index}>Note: <span class="foreign">{one}</span></li>
          ))}
        </ul>
      )}
      <p class="note">
        {answer.abstained ? "Searched" : "The sources' own words, searched"} {MODES[answer.mode] ?? answer.mode}, {answer.seconds.toFixed(2)} s
      </p>
    </Panel>
  );
}

export function Ask() {
  const { value: about, problem } = library.value;
  if (problem) return <ProblemNote problem={problem} again={library.again} />;
  if (!about) return <Busy what="Looking for documents" />;
  if (!about.there) {
    return (
      <Panel testid="no-store" title="No documents">
        <Empty>
          There is no store of documents here. <code>graphtutor rag add FILE</code> makes one.
        </Empty>
      </Panel>
    );
  }
  const told = answered.value;
  return (
    <div class="asking" data-testid="asking" data-busy={told.busy}>
      <Panel
        testid="doc-form"
        title="Ask your documents"
        note={
          <span class="foreign">
            {`${about.name}: ${count(about.documents)} documents, ${count(about.chunks)} passages, ${about.embedder || "words alone"}${about.graph ? `, with the graph ${about.graph}` : ""}`}
          </span>
        }
      >
        <Form />
      </Panel>
      {told.problem && <ProblemNote problem={told.problem} again={answered.again} />}
      {told.busy && (
        <div data-testid="doc-busy">
          <Busy what={doing.value || "asking"} />
        </div>
      )}
      {!told.busy && told.value && question.value && (
        <div class="answer-and-sources">
          <AnswerPanel answer={told.value} />
          <Sources answer={told.value} />
        </div>
      )}
      <DocumentTable listed={documents} />
    </div>
  );
}
