// The plots of a training: loss, and the share of right answers along the way.

import type { CurvePoint, LossSeries, Training } from "../data/types";
import { interval, percent, percentSign } from "../lib/format";
import { route } from "../state/route";
import { phases, titleOf } from "../state/store";
import { path, PlotFrame, seriesLook } from "./Plot";

export const nameOf = (series: LossSeries): string =>
  series.round !== null && series.round > 1 ? `${series.phase} round ${series.round}` : series.phase;

export function phaseIndex(name: string): number {
  const index = phases.value.findIndex((one) => one.phase === name);
  return index < 0 ? phases.value.length : index;
}

/** The curve of the log, and the evaluation at the end of each phase. */
export interface Point extends CurvePoint {
  end: boolean;
}

export function pointsOf(record: Training): Point[] {
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

function Marks(props: { record: Training; x: (step: number) => number; top: number; bottom: number; shown: ReadonlySet<string> }) {
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

export function LossPlot({ record, hidden, x }: { record: Training; hidden: ReadonlySet<string>; x: [number, number] }) {
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

export function AccuracyPlot({ record, hidden, x }: { record: Training; hidden: ReadonlySet<string>; x: [number, number] }) {
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
