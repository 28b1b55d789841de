// What training did, from the logs: loss, accuracy along the way, and the candidates of RSFT.

import { useRef, useState } from "preact/hooks";
import type { CurvePoint, LossSeries, Training as TrainingRecord } from "../data/types";
import { count, interval, percent, percentSign, plain } from "../lib/format";
import { follow } from "../state/loaded";
import { adjust, go, route } from "../state/route";
import { phases, run, runId, source, titleOf } from "../state/store";
import { Banner, Busy, Empty, Panel, ProblemNote, RateWords, Segmented } from "../ui/bits";
import { ExportMenu } from "../ui/ExportMenu";
import { Icon } from "../ui/icons";
import { path, PlotFrame, seriesLook, SeriesKey } from "../ui/Plot";
import { CandidatePool } from "./CandidatePool";

const training = follow(
  () => (route.value.view === "training" ? runId.value : ""),
  (id) => source.training(id),
);

const nameOf = (series: LossSeries): string =>
  series.round !== null && series.round > 1 ? `${series.phase} round ${series.round}` : series.phase;

function phaseIndex(name: string): number {
  const index = phases.value.findIndex((one) => one.phase === name);
  return index < 0 ? phases.value.length : index;
}

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

/** The curve of the log, and the evaluation at the end of each phase. */
interface Point extends CurvePoint {
  end: boolean;
}

function pointsOf(record: TrainingRecord): Point[] {
  const along = record.curve.map((point): Point => ({ ...point, end: false }));
  const ends = phases.value.flatMap((one): Point[] => {
    const mark = record.marks.find((known) => known.phase === one.phase);
    if (!mark || along.some((point) => point.phase === one.phase && point.accuracy.rate === one.right.rate)) return [];
    return [
      { phase: one.phase, step: mark.total_step, total_step: mark.total_step, n: one.n, accuracy: one.right, grounded: one.grounded, end: true },
    ];
  });
  return [...along, ...ends];
}

function Marks(props: { record: TrainingRecord; x: (step: number) => number; top: number; bottom: number; shown: ReadonlySet<string> }) {
  const byStep = new Map<number, string[]>();
  for (const mark of props.record.marks) {
    if (props.shown.has(mark.phase)) continue;
    byStep.set(mark.total_step, [...(byStep.get(mark.total_step) ?? []), titleOf(mark.phase)]);
  }
  return (
    <g class="marks">
      {[...byStep].map(([step, names]) => (
        <g key={step} data-mark={step}>
          <title>{`Step ${step}: ${names.join(", ")} ends`}</title>
          <line class="mark-line" x1={props.x(step)} x2={props.x(step)} y1={props.top} y2={props.bottom} />
        </g>
      ))}
    </g>
  );
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

function LossPlot({ record, hidden, x }: { record: TrainingRecord; hidden: ReadonlySet<string>; x: [number, number] }) {
  const shown = record.loss.filter((series) => !hidden.has(series.phase));
  const values = shown.flatMap((series) => series.points.map((point) => point[2])).filter((one): one is number => one !== null);
  const step = Number(route.value.params.step ?? x[1]);
  return (
    <PlotFrame
      testid="loss-plot"
      label={`Training loss by step for ${shown.map((series) => titleOf(series.phase)).join(", ")}`}
      height={300}
      x={x}
      y={[0, Math.max(0.1, ...values) * 1.04]}
      xLabel="training steps behind the model"
      yTick={(value) => String(value)}
    >
      {({ x: sx, y: sy, height }) => (
        <>
          <Marks record={record} x={sx} top={14} bottom={height - 40} shown={hidden} />
          {shown.map((series) => {
            const look = seriesLook(phaseIndex(series.phase));
            const points = series.points
              .filter((point) => point[2] !== null)
              .map((point): [number, number] => [point[0], point[2]!]);
            return (
              <path key={nameOf(series)} class="series" data-series={nameOf(series)} d={path(points, sx, sy)} stroke={look.color} stroke-dasharray={look.dash}>
                <title>{titleOf(series.phase)}</title>
              </path>
            );
          })}
          <line class="cursor" x1={sx(step)} x2={sx(step)} y1={14} y2={height - 40} />
        </>
      )}
    </PlotFrame>
  );
}

function AccuracyPlot({ record, hidden, x }: { record: TrainingRecord; hidden: ReadonlySet<string>; x: [number, number] }) {
  const shown = pointsOf(record).filter((point) => !hidden.has(point.phase) && point.accuracy.rate !== null);
  const names = [...new Set(shown.map((point) => point.phase))];
  const step = Number(route.value.params.step ?? x[1]);
  // Points of several phases at one step stand side by side.
  const crowd = new Map<number, Point[]>();
  for (const point of shown) crowd.set(point.total_step, [...(crowd.get(point.total_step) ?? []), point]);
  const shift = (point: Point): number => {
    const group = crowd.get(point.total_step)!;
    return (group.indexOf(point) - (group.length - 1) / 2) * 13;
  };
  return (
    <PlotFrame
      testid="accuracy-plot"
      label={`Share of right answers by step for ${names.map(titleOf).join(", ")}`}
      height={300}
      x={[x[0] - x[1] * 0.03, x[1] * 1.06]}
      y={[0, 1]}
      xLabel="training steps behind the model"
      yTick={(value) => `${percent(value, 0)} %`}
    >
      {({ x: sx, y: sy, height }) => (
        <>
          <Marks record={record} x={sx} top={14} bottom={height - 40} shown={hidden} />
          {names.map((name) => {
            const look = seriesLook(phaseIndex(name));
            const points = shown.filter((point) => point.phase === name);
            const along = points.filter((point) => !point.end);
            return (
              <g key={name} data-series={name}>
                {along.length > 1 && (
                  <path class="series" d={path(along.map((point): [number, number] => [point.total_step, point.accuracy.rate!]), sx, sy)} stroke={look.color} stroke-dasharray={look.dash} />
                )}
                {points.map((point) => {
                  const px = sx(point.total_step) + shift(point);
                  return (
                    <g key={`${point.total_step}/${point.step}`} class="point" data-phase={name} data-step={point.total_step} data-value={point.accuracy.rate}>
                      <title>{`${titleOf(name)} at step ${point.total_step}: ${percentSign(point.accuracy.rate)} (${interval(point.accuracy)}, n = ${point.accuracy.n})`}</title>
                      {point.accuracy.low !== null && point.accuracy.high !== null && (
                        <line class="error" x1={px} x2={px} y1={sy(point.accuracy.low)} y2={sy(point.accuracy.high)} stroke={look.color} />
                      )}
                      {point.end ? (
                        <rect x={px - 5} y={sy(point.accuracy.rate!) - 5} width="10" height="10" fill={look.color} />
                      ) : (
                        <circle cx={px} cy={sy(point.accuracy.rate!)} r="4" fill={look.color} />
                      )}
                    </g>
                  );
                })}
              </g>
            );
          })}
          <line class="cursor" x1={sx(step)} x2={sx(step)} y1={14} y2={height - 40} />
        </>
      )}
    </PlotFrame>
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
