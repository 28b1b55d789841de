// Plots as SVG: lines over steps, points with intervals, a matrix of cells.

import type { ComponentChildren } from "preact";
import { useSize } from "./measure";

export interface Scale {
  (value: number): number;
  low: number;
  high: number;
}

export function scale(low: number, high: number, from: number, to: number): Scale {
  const span = high - low || 1;
  return Object.assign((value: number) => from + ((value - low) / span) * (to - from), { low, high });
}

/** Round steps that cut ``low``..``high`` into about ``wanted`` parts. */
export function ticks(low: number, high: number, wanted: number): number[] {
  const span = high - low;
  if (!(span > 0)) return [low];
  const rough = span / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= rough) ?? rough;
  const found: number[] = [];
  for (let at = Math.ceil(low / step - 1e-9) * step; at <= high + step * 1e-6; at += step) {
    found.push(Number(at.toPrecision(12)));
  }
  return found;
}

export const MARGINS = { left: 54, right: 16, top: 14, bottom: 40 };

/** The colour and dash of a series: colour is never the only difference. */
export function seriesLook(index: number): { color: string; dash: string } {
  const dashes = ["", "8 4", "2 4", "10 4 2 4", "5 3", "1 5", "12 6"];
  return { color: `var(--series-${index % 7})`, dash: dashes[index % dashes.length]! };
}

export interface FrameProps {
  label: string;
  height: number;
  x: [number, number];
  y: [number, number];
  xLabel: string;
  yTick: (value: number) => string;
  children: (scales: { x: Scale; y: Scale; width: number; height: number }) => ComponentChildren;
  testid: string;
}

/** Axes, grid and ticks around what ``children`` draws. */
export function PlotFrame(props: FrameProps) {
  const [ref, seen] = useSize<HTMLDivElement>();
  const width = Math.max(seen.width, 200);
  const { height } = props;
  const x = scale(props.x[0], props.x[1], MARGINS.left, width - MARGINS.right);
  const y = scale(props.y[0], props.y[1], height - MARGINS.bottom, MARGINS.top);
  const xTicks = ticks(x.low, x.high, Math.min(8, width / 90));
  const yTicks = ticks(y.low, y.high, 5);
  return (
    <div class="plot" ref={ref} data-testid={props.testid}>
      {seen.width > 0 && (
        <svg data-export role="img" aria-label={props.label} width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
          {yTicks.map((value) => (
            <g key={value}>
              <line class="grid" x1={MARGINS.left} x2={width - MARGINS.right} y1={y(value)} y2={y(value)} />
              <text class="tick" x={MARGINS.left - 8} y={y(value)} text-anchor="end" dominant-baseline="central">
                {props.yTick(value)}
              </text>
            </g>
          ))}
          {xTicks.map((value) => (
            <text key={value} class="tick" x={x(value)} y={height - MARGINS.bottom + 18} text-anchor="middle">
              {value}
            </text>
          ))}
          <line class="axis" x1={MARGINS.left} x2={width - MARGINS.right} y1={height - MARGINS.bottom} y2={height - MARGINS.bottom} />
          <text class="plot-label" x={(MARGINS.left + width - MARGINS.right) / 2} y={height - 4} text-anchor="middle">
            {props.xLabel}
          </text>
          {props.children({ x, y, width, height })}
        </svg>
      )}
    </div>
  );
}

export function path(points: readonly [number, number][], x: Scale, y: Scale): string {
  return points
    .map(([a, b], index) => `${index ? "L" : "M"}${x(a).toFixed(1)} ${y(b).toFixed(1)}`)
    .join("");
}

/** The key of a plot: buttons that hide and show a series. */
export function SeriesKey(props: { names: string[]; titles: (name: string) => string; hidden: ReadonlySet<string>; onToggle: (name: string) => void; looks: (name: string) => number }) {
  return (
    <div class="keys-row" role="group" aria-label="Series">
      {props.names.map((name) => {
        const look = seriesLook(props.looks(name));
        return (
          <button type="button" key={name} aria-pressed={!props.hidden.has(name)} onClick={() => props.onToggle(name)}>
            <svg width="30" height="10" viewBox="0 0 30 10" aria-hidden="true">
              <path class="series" d="M1 5H29" stroke={look.color} stroke-dasharray={look.dash} />
            </svg>
            {props.titles(name)}
          </button>
        );
      })}
    </div>
  );
}
