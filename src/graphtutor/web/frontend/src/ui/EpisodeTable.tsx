// All episodes that the filters let through; only the rows in sight are in the page.

import { useEffect, useRef, useState } from "preact/hooks";
import type { EpisodeRow } from "../data/types";
import { count, plain, signed } from "../lib/format";
import { adjust, go, route } from "../state/route";
import { against, phase, phases, query, run, titleOf } from "../state/store";
import { pick, position, sequence } from "../state/player";
import { Panel, ProblemNote, Select, Verdict } from "./bits";
import { Icon } from "./icons";
import { narrow } from "./measure";

const ROW = 40;
const OVERSCAN = 6;

const FILTERS: { value: string; label: string }[] = [
  { value: "all", label: "All answers" },
  { value: "right", label: "Right" },
  { value: "wrong", label: "Wrong" },
  { value: "grounded", label: "Grounded" },
  { value: "ungrounded", label: "Not grounded" },
  { value: "invalid", label: "Out of format" },
  { value: "cut", label: "Cut off" },
  { value: "fixed", label: "Fixed since" },
  { value: "regressed", label: "Regressed since" },
  { value: "same", label: "Same as in" },
];

const SORTS = [
  { value: "order", label: "File order" },
  { value: "id", label: "Task id" },
  { value: "reward", label: "Reward" },
  { value: "coverage", label: "Path coverage" },
  { value: "length", label: "Length" },
];

/** A text box that tells what was typed after a short rest. */
function Typed(props: { label: string; value: string; placeholder: string; onText: (text: string) => void; testid: string; icon?: string; invalid?: boolean; describedBy?: string }) {
  const [text, setText] = useState(props.value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const told = useRef(props.value);
  useEffect(() => {
    if (props.value !== told.current) {
      told.current = props.value;
      setText(props.value);
    }
  }, [props.value]);
  const tell = (value: string): void => {
    clearTimeout(timer.current);
    told.current = value;
    props.onText(value);
  };
  return (
    <label class="field grow">
      <span class="visually-hidden">{props.label}</span>
      <span class="with-icon">
        {props.icon && <Icon name={props.icon} size={16} />}
        <input
          type="search"
          value={text}
          placeholder={props.placeholder}
          data-testid={props.testid}
          aria-invalid={props.invalid ? "true" : undefined}
          aria-describedby={props.describedBy}
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => {
            const value = event.currentTarget.value;
            setText(value);
            clearTimeout(timer.current);
            timer.current = setTimeout(() => tell(value), 160);
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter") tell(text);
          }}
        />
      </span>
    </label>
  );
}

function Filters() {
  const { params } = route.value;
  const held = run.value;
  const filter = params.filter ?? "all";
  const hops = Object.keys(held?.phases.find((one) => one.phase === phase.value)?.by_hop ?? {});
  const needsOther = filter === "fixed" || filter === "regressed" || filter === "same";
  const problem = sequence.value?.problem.value ?? null;
  return (
    <div class="filters" role="search" aria-label="Episodes">
      <Typed
        label="Search questions, answers and entities"
        placeholder="Search text, id or entity"
        value={params.q ?? ""}
        testid="search"
        icon="search"
        onText={(q) => adjust({ q })}
      />
      <Select
        label="Show"
        hideLabel
        testid="filter"
        value={filter}
        choices={FILTERS}
        onPick={(value) => go({ filter: value === "all" ? null : value })}
      />
      {needsOther && (
        <Select
          label="Compared with"
          hideLabel
          testid="against"
          value={against.value}
          choices={phases.value
            .filter((one) => one.phase !== phase.value)
            .map((one) => ({ value: one.phase, label: one.title }))}
          onPick={(value) => go({ against: value })}
        />
      )}
      {hops.length > 1 && (
        <Select
          label="Hops"
          hideLabel
          testid="filter-hop"
          value={params.hop ?? ""}
          choices={[{ value: "", label: "Any hops" }, ...hops.map((hop) => ({ value: hop, label: `${hop} hops` }))]}
          onPick={(value) => go({ hop: value })}
        />
      )}
      <Select
        label="Order"
        hideLabel
        testid="sort"
        value={params.sort ?? "order"}
        choices={SORTS}
        onPick={(value) => go({ sort: value === "order" ? null : value })}
      />
      <button
        type="button"
        class="quiet icon-button"
        aria-pressed={params.desc === "1"}
        aria-label="Descending order"
        title="Descending order"
        onClick={() => go({ desc: params.desc === "1" ? null : "1" })}
      >
        <Icon name={params.desc === "1" ? "down" : "up"} size={18} />
      </button>
      <Typed
        label="Filter expression"
        placeholder="where: hop >= 5 and not right"
        value={params.where ?? ""}
        testid="where"
        invalid={Boolean(problem)}
        describedBy={problem ? "where-problem" : undefined}
        onText={(where) => adjust({ where })}
      />
      {problem && (
        <div class="filter-problem" id="where-problem">
          <ProblemNote problem={problem} />
        </div>
      )}
    </div>
  );
}

const HEADS = ["#", "Task", "Hops", "Question", "Answer", "Verdict", "Reward", "Coverage", "Tokens"];

function Cells({ row, index }: { row: EpisodeRow | null; index: number }) {
  if (!row) {
    return (
      <span role="cell" class="cell c-wait muted">
        Loading row {index + 1}
      </span>
    );
  }
  return (
    <>
      <span role="cell" class="cell c-number">{index + 1}</span>
      <span role="cell" class="cell c-id">{row.ex_id}</span>
      <span role="cell" class="cell c-hops">{row.hop_len ?? ""}</span>
      <span role="cell" class="cell c-question">{row.question}</span>
      <span role="cell" class="cell c-answer">
        {row.answer ?? "none"}
        {row.answer !== row.answer_star && row.answer_star ? <span class="muted"> for {row.answer_star}</span> : null}
      </span>
      <span role="cell" class="cell c-verdict">
        <Verdict right={row.right} valid={row.valid} grounded={row.grounded} />
      </span>
      <span role="cell" class="cell c-reward">{signed(row.reward)}</span>
      <span role="cell" class="cell c-coverage">{plain(row.coverage)}</span>
      <span role="cell" class="cell c-tokens">{count(row.tokens)}</span>
    </>
  );
}

export function EpisodeTable() {
  const held = sequence.value;
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const total = held?.matched.value ?? 0;
  const seen = narrow.value ? 8 : 11;
  const height = Math.max(3, Math.min(total, seen)) * ROW;
  const first = Math.max(0, Math.floor(top / ROW) - OVERSCAN);
  const last = Math.min(total, Math.ceil((top + height) / ROW) + OVERSCAN);
  const selected = position.value;
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const at = selected * ROW;
    if (at < element.scrollTop) element.scrollTop = at;
    else if (at + ROW > element.scrollTop + element.clientHeight) {
      element.scrollTop = at + ROW - element.clientHeight;
    }
  }, [selected, held]);
  const rows = [];
  for (let index = first; index < last; index++) {
    const row = held?.rowAt(index) ?? null;
    rows.push(
      <div
        role="row"
        class="row"
        key={index}
        aria-rowindex={index + 2}
        aria-current={index === selected ? "true" : undefined}
        data-testid="episode-row"
        data-ex={row?.ex_id}
        style={{ top: `${index * ROW}px` }}
        onClick={() => row && pick(index, row.ex_id)}
      >
        <Cells row={row} index={index} />
      </div>,
    );
  }
  const problems = held?.problems.value ?? 0;
  return (
    <Panel
      testid="episodes"
      title="Episodes"
      note={
        held?.ready.value && query.value ? (
          <span data-testid="matched">
            {count(total)} of {count(held.total.value)} answers of {titleOf(query.value.phase)}
            {problems > 0 && `; ${count(problems)} ${problems === 1 ? "line" : "lines"} could not be read`}
          </span>
        ) : (
          "Loading"
        )
      }
    >
      <Filters />
      {held?.ready.value && total === 0 && !held.problem.value ? (
        <p class="empty">No answer matches.</p>
      ) : (
        <div class="table" role="table" aria-label="Episodes" aria-rowcount={total + 1}>
          <div role="rowgroup">
            <div role="row" class="row head" aria-rowindex={1}>
              {HEADS.map((head) => (
                <span role="columnheader" key={head} class={`cell c-${head === "#" ? "number" : head === "Task" ? "id" : head.toLowerCase()}`}>
                  {head}
                </span>
              ))}
            </div>
          </div>
          <div
            role="rowgroup"
            class="rows"
            ref={box}
            tabIndex={0}
            aria-label="Rows"
            style={{ height: `${height}px` }}
            onScroll={(event) => setTop(event.currentTarget.scrollTop)}
          >
            <div role="presentation" class="spacer" style={{ height: `${total * ROW}px` }}>
              {rows}
            </div>
          </div>
        </div>
      )}
    </Panel>
  );
}
