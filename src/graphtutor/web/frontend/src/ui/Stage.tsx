// The recording layout: one episode or title card fills the screen, nothing smaller than 24 px on one
// of 1920x1080 or 1080x1920. Smaller screens show it smaller; those that are much smaller scroll.
// Demo mode tells its story on it; ?clean=1 shows the player's episode on it, without controls.

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { at, current, demoFrame, demoOn, demoProblem, demoStep, demoToggle, finished, held, leaveDemo, story, toldPhase } from "../state/demo";
import { frame, matched, position } from "../state/player";
import { isClean } from "../state/route";
import { phase, phases, run, runId, titleOf } from "../state/store";
import type { Frame, StoryStep } from "../data/types";
import { count, interval, percentSign } from "../lib/format";
import { OptionList, Trace } from "./Answer";
import { Banner, Busy, Chip, ProblemNote, Verdict } from "./bits";
import { Icon, Mark } from "./icons";
import { RewardBars } from "./RewardBars";
import { screen } from "./measure";
import { Messages } from "./Shell";
import { Subgraph } from "./Subgraph";

const LONG = 1920;
const SHORT = 1080;
/** Below this zoom text of 24 px would be too small to read. */
const LEAST = 0.5;

/** How the stage fills the window: its shape, and its zoom where the whole of it fits. */
function fitting(): { wide: boolean; fits: boolean; zoom: number } {
  const { width, height } = screen.value;
  const wide = width >= height;
  const zoom = wide ? Math.min(width / LONG, height / SHORT) : Math.min(width / SHORT, height / LONG);
  return { wide, zoom, fits: zoom >= LEAST };
}

function StageBox(props: { children: ComponentChildren; card?: boolean; testid?: string }) {
  const { wide, fits, zoom } = fitting();
  const look = fits ? `fits ${wide ? "wide" : "upright"}` : "flows";
  return (
    <div class={`stage ${look}${props.card ? " title-card" : ""}`} style={fits ? { zoom } : undefined} data-testid={props.testid}>
      {props.children}
    </div>
  );
}

const REASONS: Record<string, string> = {
  "first right": "The first right answer",
  "big gain": "Wrong before, right now",
  "five hops": "A chain of five hops",
};

function Head({ name, value }: { name: string; value: Frame }) {
  const summary = phases.value.find((one) => one.phase === name);
  return (
    <header class="stage-head" data-testid="stage-head">
      <Mark size={44} />
      <h1 class="stage-phase">{titleOf(name)}</h1>
      {value.right !== null && <Verdict right={value.right} valid={value.valid} grounded={value.grounded} />}
      {summary && (
        <p class="figures">
          <span>
            right <strong>{percentSign(summary.right.rate)}</strong> ({interval(summary.right)}, n = {count(summary.right.n)})
          </span>
          {summary.grounded && (
            <span>
              grounded <strong>{percentSign(summary.grounded.rate)}</strong> ({interval(summary.grounded)})
            </span>
          )}
        </p>
      )}
      <Banner banner={run.value?.banner ?? null} />
    </header>
  );
}

function Checked({ value }: { value: Frame }) {
  if (!value.hops || value.hops.length === 0) return null;
  const right = value.hops.filter((hop) => hop.verdict === "true edge").length;
  return (
    <p class="hop-summary">
      <Chip tone={right > 0 && right === value.hops.length ? "good" : "bad"}>
        {right} of {value.hops.length} statements true
      </Chip>
      {value.ends_at_option !== null && (
        <Chip tone={value.ends_at_option ? "good" : "bad"} icon={value.ends_at_option ? "check" : "cross"}>
          {value.ends_at_option ? "ends at the chosen option" : "ends elsewhere"}
        </Chip>
      )}
    </p>
  );
}

/** The first ``most`` letters of a trace; an entity is left whole or left out. */
function shortened(segments: Frame["trace"], most: number): Frame["trace"] {
  let left = most;
  const kept: Frame["trace"] = [];
  for (const segment of segments) {
    if (segment.text.length > left) {
      const text = segment.entity ? "" : segment.text.slice(0, left).replace(/\S*$/, "");
      return [...kept, { text: `${text}...`, entity: null, kind: null }];
    }
    kept.push(segment);
    left -= segment.text.length;
  }
  return kept;
}

/** As much of the trace as the panel has room for: a model that does not stop would fill the screen. */
function FittedTrace({ value }: { value: Frame }) {
  const ref = useRef<HTMLDivElement>(null);
  const [most, setMost] = useState(fitting().wide ? 300 : 420);
  useLayoutEffect(() => {
    const box = ref.current;
    if (box && box.scrollHeight > box.clientHeight + 1 && most > 20) setMost(Math.floor(most * 0.9));
  });
  return (
    <div class="fitted" ref={ref}>
      <Trace segments={shortened(value.trace, most)} fallback={value.completion.slice(0, most)} />
    </div>
  );
}

function Body({ value }: { value: Frame }) {
  return (
    <div class="stage-body">
      <div class="stage-side">
        <section class="panel" data-testid="question" aria-label="Question">
          <p class="question">{value.question}</p>
          <OptionList options={value.options} right={value.answer_star} chosen={value.answer} />
        </section>
        <section class="panel" data-testid="answer" aria-label="Answer">
          <FittedTrace key={`${value.phase}/${value.ex_id}`} value={value} />
          <Checked value={value} />
          <div class="stage-reward">
            <RewardBars reward={value.reward} />
          </div>
        </section>
      </div>
      <section class="panel stage-graph" aria-label="Subgraph">
        {fitting().fits ? <Subgraph frame={value} textSize={24} fill /> : <Subgraph frame={value} />}
      </section>
    </div>
  );
}

function Card({ step }: { step: Extract<StoryStep, { kind: "card" }> }) {
  return (
    <StageBox card testid="title-card">
      <Mark size={96} />
      <h1>{step.title}</h1>
      <div>
        {step.lines.map((line) => (
          <p key={line}>{line}</p>
        ))}
      </div>
      <Banner banner={run.value?.banner ?? null} />
    </StageBox>
  );
}

function DemoFoot({ step }: { step: StoryStep }) {
  const share = (100 * (at.value + 1)) / Math.max(1, story.value.length);
  const reason = step.kind === "episode" && step.pause ? (REASONS[step.pause] ?? step.pause) : "";
  return (
    <footer class="stage-foot" data-testid="demo-foot" data-pause={step.kind === "episode" ? (step.pause ?? "") : ""}>
      {reason && <span class="stage-reason">{reason}</span>}
      <span class="progress" aria-hidden="true">
        <span style={{ width: `${share}%` }} />
      </span>
      {!isClean() && (
        <>
          <button type="button" class="icon-button" aria-label="Back" onClick={() => demoStep(-1)}>
            <Icon name="prev" size={24} />
          </button>
          <button type="button" class="icon-button" aria-label={held.value || finished.value ? "Go on" : "Hold"} data-testid="demo-toggle" onClick={demoToggle}>
            <Icon name={held.value || finished.value ? "play" : "pause"} size={26} />
          </button>
          <button type="button" class="icon-button" aria-label="On" onClick={() => demoStep(1)}>
            <Icon name="next" size={24} />
          </button>
          <button type="button" class="quiet" data-testid="demo-leave" onClick={leaveDemo}>
            Leave
          </button>
        </>
      )}
      <span>{runId.value}</span>
    </footer>
  );
}

function Demo() {
  const step = current.value;
  if (demoProblem.value) {
    return (
      <StageBox>
        <ProblemNote problem={demoProblem.value} />
      </StageBox>
    );
  }
  if (!step) return <Busy what="Preparing the story" />;
  if (step.kind === "card") return <Card step={step} />;
  const value = demoFrame.value;
  if (!value) return <Busy what="Loading" />;
  return (
    <StageBox testid="stage">
      <Head name={toldPhase.value || value.phase} value={value} />
      <Body value={value} />
      <DemoFoot step={step} />
    </StageBox>
  );
}

function Clean() {
  const value = frame.value.value;
  if (frame.value.problem) {
    return (
      <StageBox>
        <ProblemNote problem={frame.value.problem} />
      </StageBox>
    );
  }
  if (!value) return <Busy what="Loading" />;
  const share = (100 * (position.value + 1)) / Math.max(1, matched.value);
  return (
    <StageBox testid="stage">
      <Head name={phase.value} value={value} />
      <Body value={value} />
      <footer class="stage-foot">
        <span class="progress" aria-hidden="true">
          <span style={{ width: `${share}%` }} />
        </span>
        <span data-testid="player-counter">
          {count(position.value + 1)}/{count(matched.value)}
        </span>
        <span>{runId.value}</span>
      </footer>
    </StageBox>
  );
}

export function Stage() {
  return (
    <>
      <main id="main" tabIndex={-1} class="stage-main">
        {demoOn.value ? <Demo /> : <Clean />}
      </main>
      <Messages />
    </>
  );
}
