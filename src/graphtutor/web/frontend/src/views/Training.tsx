// What training did, from the logs: loss, accuracy along the way, and the candidates of RSFT.

import { useRef, useState } from "preact/hooks";
import type { LossSeries, Training as TrainingRecord } from "../data/types";
import { count, plain } from "../lib/format";
import { follow } from "../state/loaded";
import { adjust, go, route } from "../state/route";
import { run, runId, source, titleOf } from "../state/store";
import { Banner, Busy, Empty, Panel, ProblemNote, RateWords, Segmented } from "../ui/bits";
import { ExportMenu } from "../ui/ExportMenu";
import { Icon } from "../ui/icons";
import { SeriesKey } from "../ui/Plot";
import { AccuracyPlot, LossPlot, nameOf, phaseIndex, pointsOf, type Point } from "../ui/TrainingPlots";
import { CandidatePool } from "./CandidatePool";

const training = follow(
  () => (route.value.view === "training" ? runId.value : ""),
  (id) => source.training(id),
);

function Recorded() {
  return (
    <span class="badge" data-testid="recorded" title="Every point stands in the run's own files">
      <Icon name="check" size={14} />
      recorded
    </span>
  );
}

function range(record: TrainingRecord): [number, number] {
  const steps = [
    ...record.loss.flatMap((series) => series.points.map((point) => point[0])),
    ...record.curve.map((point) => point.total_step),
    ...record.marks.map((mark) => mark.total_step),
  ];
  return [0, Math.max(1, ...steps)];
}

function nearest(points: LossSeries["points"], step: number): LossSeries["points"][number] | null {
  let best: LossSeries["points"][number] | null = null;
  for (const point of points) {
    if (point[0] <= step && (!best || point[0] >= best[0])) best = point;
  }
  return best;
}

function StepSlider({ high, record }: { high: number; record: TrainingRecord }) {
  const asked = Number(route.value.params.step ?? high);
  const step = Math.min(Math.max(0, Number.isFinite(asked) ? asked : high), high);
  const passed = record.loss.flatMap((series) => {
    const first = series.points[0]?.[0] ?? Infinity;
    const last = series.points[series.points.length - 1]?.[0] ?? -Infinity;
    return step >= first && step <= last ? [{ series, point: nearest(series.points, step) }] : [];
  });
  const curve = pointsOf(record).filter((point) => point.total_step <= step);
  const latest = new Map<string, Point>();
  for (const point of curve) latest.set(point.phase, point);
  return (
    <>
      <div class="slider-row">
        <label for="step">Step</label>
        <input
          id="step"
          type="range"
          min={0}
          max={high}
          step={1}
          value={step}
          data-testid="step-slider"
          onInput={(event) => adjust({ step: event.currentTarget.value })}
        />
        <output for="step" data-testid="step-value">
          {count(step)} of {count(high)}
        </output>
      </div>
      <dl class="readout" data-testid="step-readout">
        {passed.map(({ series, point }) => (
          <div key={nameOf(series)}>
            <dt>{titleOf(series.phase)}, in training</dt>
            <dd>
              loss {plain(point?.[2] ?? null, 4)}
              <span class="muted"> at its step {point?.[1] ?? ""}</span>
            </dd>
          </div>
        ))}
        {[...latest.values()].map((point) => (
          <div key={point.phase}>
            <dt>
              {titleOf(point.phase)}, evaluated at step {count(point.total_step)}
            </dt>
            <dd>
              <RateWords rate={point.accuracy} />
            </dd>
          </div>
        ))}
      </dl>
    </>
  );
}

function Curves() {
  const held = training.value;
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const loss = useRef<HTMLDivElement>(null);
  const accuracy = useRef<HTMLDivElement>(null);
  if (held.problem) return <ProblemNote problem={held.problem} again={training.again} />;
  if (!held.value) return <Busy what="Reading the training log" />;
  const record = held.value;
  if (record.loss.length === 0 && pointsOf(record).length === 0) {
    return <Empty>This run has recorded no training.</Empty>;
  }
  const x = range(record);
  const names = [
    ...new Set([...record.loss.map((series) => series.phase), ...pointsOf(record).map((point) => point.phase)]),
  ].sort((a, b) => phaseIndex(a) - phaseIndex(b));
  const toggle = (name: string): void => {
    const next = new Set(hidden);
    if (!next.delete(name)) next.add(name);
    setHidden(next);
  };
  return (
    <>
      <div class="two">
        <Panel testid="accuracy-panel" title="Right answers" note="95 % intervals; squares: the evaluation after a phase" tools={<><Recorded /><ExportMenu target={accuracy} name={`${runId.value}-accuracy`} /></>}>
          <div ref={accuracy}>
            {pointsOf(record).length ? <AccuracyPlot record={record} hidden={hidden} x={x} /> : <Empty>No evaluation is recorded along the way.</Empty>}
          </div>
        </Panel>
        <Panel testid="loss-panel" title="Loss" note="of every training" tools={<><Recorded /><ExportMenu target={loss} name={`${runId.value}-loss`} /></>}>
          <div ref={loss}>
            {record.loss.length ? <LossPlot record={record} hidden={hidden} x={x} /> : <Empty>No loss is recorded.</Empty>}
          </div>
        </Panel>
      </div>
      <Panel testid="steps" title="Step by step">
        <SeriesKey names={names} titles={titleOf} hidden={hidden} onToggle={toggle} looks={phaseIndex} />
        <StepSlider high={x[1]} record={record} />
      </Panel>
    </>
  );
}

export function Training() {
  const tabs = run.value?.tabs;
  const part = route.value.params.part ?? "curves";
  return (
    <>
      <div class="view-bar">
        <Segmented
          label="Part"
          testid="training-part"
          value={part}
          choices={[
            { value: "curves", label: "Curves" },
            { value: "pool", label: "RSFT candidates" },
          ]}
          onPick={(value) => go({ part: value === "curves" ? null : value })}
        />
      </div>
      <Banner banner={run.value?.banner ?? null} />
      {part === "pool" ? (
        tabs && !tabs.candidates ? (
          <Panel testid="no-candidates">
            <Empty>This run keeps no candidates: candidates.jsonl is not there.</Empty>
          </Panel>
        ) : (
          <CandidatePool />
        )
      ) : (
        <Curves />
      )}
    </>
  );
}
