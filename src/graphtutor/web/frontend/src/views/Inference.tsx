// One answer at a time: question, trace, subgraph, statement check, reward; and all of them as a table.

import { useRef } from "preact/hooks";
import type { Frame } from "../data/types";
import { saveText } from "../lib/export";
import { frame, frames, pick, position, quiz, revealed, sequence } from "../state/player";
import { go, openView } from "../state/route";
import { columns, compareMode, phase, phases, run, titleOf } from "../state/store";
import { HopCheck, OptionList, Trace } from "../ui/Answer";
import { Banner, Busy, Chip, Empty, Panel, ProblemNote, RateWords, Segmented, Select, Verdict } from "../ui/bits";
import { CompareColumns } from "../ui/Compare";
import { EpisodeTable } from "../ui/EpisodeTable";
import { ExportMenu } from "../ui/ExportMenu";
import { Icon } from "../ui/icons";
import { RewardBars } from "../ui/RewardBars";
import { Legend, Subgraph } from "../ui/Subgraph";
import { Transport } from "../ui/Transport";
import { frameExport } from "../state/exposed";

function PhaseBar() {
  const summary = phases.value.find((one) => one.phase === phase.value);
  const many = phases.value.length > 4;
  const choices = phases.value.map((one) => ({ value: one.phase, label: one.title }));
  return (
    <div class="view-bar">
      {many ? (
        <Select label="Phase" value={phase.value} choices={choices} onPick={(value) => go({ phase: value })} testid="phase" />
      ) : (
        <Segmented label="Phase" value={phase.value} choices={choices} onPick={(value) => go({ phase: value })} testid="phase" />
      )}
      {summary && (
        <p class="headline" data-testid="phase-summary">
          <span>
            right <RateWords rate={summary.right} />
          </span>
          {summary.grounded && (
            <span>
              grounded <RateWords rate={summary.grounded} />
            </span>
          )}
        </p>
      )}
      <div class="tools">
        <Segmented
          label="View"
          testid="mode"
          value={compareMode.value ? "compare" : "one"}
          choices={[
            { value: "one", label: "One" },
            { value: "compare", label: "Side by side" },
          ]}
          onPick={(value) => go({ mode: value === "compare" ? "compare" : null })}
        />
        <button
          type="button"
          class="quiet"
          aria-pressed={quiz.value}
          data-testid="quiz"
          title="Hide the answer and the graph of each question until you ask for them"
          onClick={() => go({ quiz: quiz.value ? null : "1" })}
        >
          <Icon name="eye" size={18} />
          Quiz
        </button>
        <button type="button" class="quiet" data-testid="demo-start" title="Tell the story of this run" onClick={() => openView("inference", { demo: "1" })}>
          <Icon name="film" size={18} />
          Demo
        </button>
      </div>
    </div>
  );
}

export function QuestionPanel({ value, hidden }: { value: Frame; hidden: boolean }) {
  return (
    <Panel
      testid="question"
      title="Question"
      note={value.ex_id}
      tools={
        <>
          {value.cut && <Chip tone="warn" icon="cut">cut off</Chip>}
          {hidden ? <Chip tone="plain">hidden</Chip> : <Verdict right={value.right} valid={value.valid} grounded={value.grounded} />}
        </>
      }
    >
      <p class="question">{value.question}</p>
      <OptionList options={value.options} right={value.answer_star} chosen={value.answer} hidden={hidden} />
    </Panel>
  );
}

function PhaseStrip({ value }: { value: Frame }) {
  return (
    <Panel testid="phases" title="The same task in every phase">
      <ul class="phase-strip">
        {value.phases.map((one) => (
          <li key={one.phase}>
            <button
              type="button"
              class="quiet"
              aria-pressed={one.phase === value.phase}
              onClick={() => go({ phase: one.phase, filter: null, ex: value.ex_id })}
            >
              {titleOf(one.phase)}
              <Verdict right={one.right} grounded={one.grounded} />
            </button>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

function GraphPanel({ value, hidden }: { value: Frame; hidden: boolean }) {
  const ref = useRef<HTMLDivElement>(null);
  return (
    <Panel
      testid="graph"
      title="Subgraph"
      class="graph-panel"
      tools={
        hidden ? null : (
          <>
            <ExportMenu target={ref} name={`${value.run}-${value.phase}-${value.ex_id}`} />
            <button
              type="button"
              class="quiet"
              title="Save this frame as JSON"
              onClick={() =>
                saveText(
                  JSON.stringify(frameExport(), null, 2),
                  `${value.run}-${value.phase}-${value.ex_id}.json`,
                  "application/json",
                )
              }
            >
              <Icon name="download" size={16} />
              JSON
            </button>
          </>
        )
      }
    >
      {hidden ? (
        <div class="covered">
          <button type="button" class="primary" data-testid="reveal" onClick={() => (revealed.value = true)}>
            <Icon name="eye" size={18} />
            Show answer and graph
          </button>
        </div>
      ) : (
        <div ref={ref}>
          <Subgraph frame={value} />
          <Legend />
        </div>
      )}
    </Panel>
  );
}

function One({ value }: { value: Frame }) {
  const hidden = quiz.value && !revealed.value;
  return (
    <div class="one">
      <div class="column">
        <QuestionPanel value={value} hidden={hidden} />
        {!hidden && (
          <Panel testid="answer" title="Trace">
            <Trace segments={value.trace} fallback={value.completion} />
            <details>
              <summary>Answer as written</summary>
              <pre>{value.completion}</pre>
            </details>
          </Panel>
        )}
        {!hidden && (
          <Panel testid="hops" title="Statement check" note="each step of the trace against the graph">
            <HopCheck frame={value} />
          </Panel>
        )}
      </div>
      <div class="column wide">
        <GraphPanel value={value} hidden={hidden} />
        {!hidden && (
          <div class="pair">
            <Panel testid="reward" title="Reward">
              <RewardBars reward={value.reward} />
            </Panel>
            <PhaseStrip value={value} />
          </div>
        )}
      </div>
    </div>
  );
}

export function Inference() {
  const held = frame.value;
  const opened = sequence.value;
  if (run.value && phases.value.length === 0) return <Empty>This run has no episodes yet.</Empty>;
  return (
    <>
      <PhaseBar />
      <Banner banner={run.value?.banner ?? null} />
      {held.problem && <ProblemNote problem={held.problem} />}
      {compareMode.value ? (
        frames.value.problem ? (
          <ProblemNote problem={frames.value.problem} />
        ) : frames.value.value ? (
          <CompareColumns
            frames={frames.value.value}
            names={columns.value}
            onOpen={(name, exId) => {
              pick(position.value, exId);
              go({ phase: name, mode: null, filter: null, ex: exId });
            }}
          />
        ) : (
          <Busy what="Loading the answers" />
        )
      ) : held.value ? (
        <One value={held.value} />
      ) : !held.problem && !(opened?.ready.value && opened.matched.value === 0) ? (
        <Busy what="Loading episodes" />
      ) : null}
      <EpisodeTable />
      <Transport />
    </>
  );
}
