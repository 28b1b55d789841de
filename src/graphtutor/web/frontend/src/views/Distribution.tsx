// Where the right answers are: by hops, by what a phase was trained on, by letter and by wording.

import { useRef } from "preact/hooks";
import type { Distribution as DistributionRecord, Probes, Rate } from "../data/types";
import { count, interval, percent, percentSign } from "../lib/format";
import { follow } from "../state/loaded";
import { route } from "../state/route";
import { phases, run, runId, source, titleOf } from "../state/store";
import { Banner, Busy, Chip, Empty, Panel, ProblemNote, RateBar, RateWords } from "../ui/bits";
import { ExportMenu } from "../ui/ExportMenu";
import { useSize } from "../ui/measure";
import { percentSign as percentText } from "../lib/format";
import { scale, ticks } from "../ui/Plot";

const FEW = 30;

const distribution = follow(
  () => (route.value.view === "distribution" ? runId.value : ""),
  (id) => source.distribution(id),
);

const probes = follow(
  () => (route.value.view === "distribution" && run.value?.tabs.probes ? run.value.id : ""),
  (id) => source.probes(id),
);

/** Points with intervals, a group per phase, a row per hop. */
function ByHop({ rows, figure }: { rows: DistributionRecord["by_hop"]; figure: "right" | "grounded" }) {
  const [ref, seen] = useSize<HTMLDivElement>();
  const names = [...new Set(rows.map((row) => row.phase))];
  const hops = [...new Set(rows.map((row) => row.hop))].sort((a, b) => a - b);
  const left = 64;
  const right = 190;
  const narrowPlot = seen.width < 520;
  const width = Math.max(seen.width, 200);
  const x = scale(0, 1, left, width - (narrowPlot ? 20 : right));
  const rowHeight = narrowPlot ? 40 : 26;
  const block = hops.length * rowHeight + 38;
  const tops = names.map((_, index) => 30 + index * block);
  const height = names.length * block + 34;
  return (
    <div class="plot" ref={ref} data-testid={`by-hop-${figure}`}>
      {seen.width > 0 && (
        <svg data-export role="img" aria-label={`Share ${figure} by phase and number of hops`} width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
          {ticks(0, 1, 5).map((value) => (
            <g key={value}>
              <line class="grid" x1={x(value)} x2={x(value)} y1={4} y2={height - 28} />
              <text class="tick" x={x(value)} y={height - 10} text-anchor="middle">
                {percent(value, 0)} %
              </text>
            </g>
          ))}
          {names.map((name, index) => (
            <g key={name}>
              <text class="plot-label strong" x={0} y={tops[index]! - 12} dominant-baseline="central">
                {titleOf(name)}
              </text>
              {hops.map((hop, place) => {
                const found = rows.find((row) => row.phase === name && row.hop === hop);
                const rate = found?.[figure] ?? null;
                const y = tops[index]! + place * rowHeight + rowHeight / 2;
                if (!rate || rate.rate === null) return null;
                const color = `var(--series-${place % 7})`;
                return (
                  <g key={hop} class="point" data-phase={name} data-hop={hop} data-value={rate.rate} data-n={rate.n}>
                    <title>{`${titleOf(name)}, ${hop} hops: ${percentSign(rate.rate)} (${interval(rate)}, n = ${rate.n})`}</title>
                    <text class="tick" x={left - 10} y={y} text-anchor="end" dominant-baseline="central">
                      {hop} hops
                    </text>
                    {rate.low !== null && rate.high !== null && (
                      <line class="error" x1={x(rate.low)} x2={x(rate.high)} y1={y} y2={y} stroke={color} />
                    )}
                    {place % 2 ? (
                      <rect x={x(rate.rate) - 4.5} y={y - 4.5} width="9" height="9" fill={color} />
                    ) : (
                      <circle cx={x(rate.rate)} cy={y} r="5" fill={color} />
                    )}
                    <text class="tick" x={narrowPlot ? width - 12 : width} y={narrowPlot ? y + 16 : y} text-anchor="end" dominant-baseline="central">
                      {`${percentText(rate.rate)} (${interval(rate)}, n = ${count(rate.n)})`}
                    </text>
                  </g>
                );
              })}
            </g>
          ))}
        </svg>
      )}
    </div>
  );
}

/** Phases by hops; a cell with few tasks behind it is hatched. */
function Matrix({ rows }: { rows: DistributionRecord["matrix"] }) {
  const [ref, seen] = useSize<HTMLDivElement>();
  const lines = [...new Map(rows.map((row) => [`${row.phase}\n${row.train_split ?? ""}`, row])).values()];
  const hops = [...new Set(rows.map((row) => row.hop))].sort((a, b) => a - b);
  const width = Math.max(seen.width, 240);
  const left = Math.min(220, width * 0.34);
  const cell = (width - left) / Math.max(1, hops.length);
  const tall = 58;
  const height = lines.length * tall + 42;
  return (
    <div class="plot" ref={ref} data-testid="matrix">
      {seen.width > 0 && (
        <svg data-export role="img" aria-label="Share of right answers by phase and number of hops" width={width} height={height} viewBox={`0 0 ${width} ${height}`}>
          <defs>
            <pattern id="few" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <rect width="8" height="8" fill="var(--panel)" />
              <line x1="0" y1="0" x2="0" y2="8" stroke="var(--strong-line)" stroke-width="2" />
            </pattern>
          </defs>
          {hops.map((hop, column) => (
            <text key={hop} class="plot-label strong" x={left + cell * (column + 0.5)} y={20} text-anchor="middle">
              {hop} hops
            </text>
          ))}
          {lines.map((line, place) => (
            <g key={`${line.phase}${line.train_split}`}>
              <text class="plot-label strong" x={0} y={36 + place * tall + tall / 2 - (line.train_split ? 9 : 0)} dominant-baseline="central">
                {titleOf(line.phase)}
              </text>
              {line.train_split && (
                <text class="plot-label" x={0} y={36 + place * tall + tall / 2 + 10} dominant-baseline="central">
                  trained on {line.train_split}
                </text>
              )}
              {hops.map((hop, column) => {
                const found = rows.find((row) => row.phase === line.phase && row.train_split === line.train_split && row.hop === hop);
                const rate: Rate | null = found?.right ?? null;
                const box = { x: left + cell * column, y: 36 + place * tall, width: cell, height: tall };
                const few = !rate || rate.n < FEW;
                const share = rate?.rate ?? 0;
                return (
                  <g key={hop} class="matrix-cell" data-phase={line.phase} data-hop={hop} data-few={few} data-value={rate?.rate ?? ""} data-n={rate?.n ?? 0}>
                    <rect class="cellbox" {...box} rx={8} fill={few ? "url(#few)" : "var(--good-fill)"} fill-opacity={few ? 1 : 0.06 + 0.42 * share} />
                    {few && rate && rate.n > 0 && <rect x={box.x + box.width / 2 - 70} y={box.y + 7} width="140" height={tall - 14} rx="6" fill="var(--panel)" />}
                    {rate && rate.rate !== null ? (
                      <>
                        <text class="cell-text" x={box.x + box.width / 2} y={box.y + 24} fill="var(--ink)">
                          {percentSign(rate.rate)}
                        </text>
                        <text class="cell-note" x={box.x + box.width / 2} y={box.y + 43} fill="var(--ink)">
                          {`${interval(rate)}, n = ${count(rate.n)}`}
                        </text>
                      </>
                    ) : null}
                  </g>
                );
              })}
            </g>
          ))}
        </svg>
      )}
    </div>
  );
}

function Rotation({ rows }: { rows: Probes["rotation"] }) {
  return (
    <Panel testid="rotation" title="Letters" note="the right option moved through A to D">
      <div class="rotation-grid">
      {rows.map((row) => (
        <section key={row.phase} data-phase={row.phase}>
          <h3>
            {titleOf(row.phase)} {row.biased && <Chip tone="bad" icon="alert">leans to a letter</Chip>}
          </h3>
          {Object.entries(row.by_letter).map(([letter, rate]) => (
            <RateBar key={letter} label={`right at ${letter}`} rate={rate} tone="right" />
          ))}
          <dl class="readout">
            {row.mean && (<div><dt>mean over the letters</dt><dd><RateWords rate={row.mean} /></dd></div>)}
            {row.all_four && (<div><dt>right at all four</dt><dd><RateWords rate={row.all_four} /></dd></div>)}
            {row.flips && (<div><dt>answer changes with the place</dt><dd><RateWords rate={row.flips} /></dd></div>)}
            {row.chosen && (
              <div>
                <dt>letters chosen</dt>
                <dd>{Object.entries(row.chosen).map(([letter, n]) => `${letter} ${count(n)}`).join(", ")}</dd>
              </div>
            )}
          </dl>
        </section>
      ))}
      </div>
    </Panel>
  );
}

function Wordings({ told }: { told: Probes }) {
  const rows = [
    ...told.wording.map((row) => ({ ...row, name: `wording "${row.name}"` })),
    ...told.retrieval.map((row) => ({ ...row, name: "facts in the prompt" })),
  ];
  if (rows.length === 0) return null;
  return (
    <Panel testid="wordings" title="Other wordings" note="never trained on, against the same tasks as in the file">
      <div class="scroll" tabIndex={0} role="region" aria-label="Other wordings">
        <table>
          <thead>
            <tr>
              <th scope="col">Phase</th>
              <th scope="col">Changed</th>
              <th scope="col">As in the file</th>
              <th scope="col">Right</th>
              <th scope="col">Grounded</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index}>
                <th scope="row">{titleOf(row.phase)}</th>
                <td>{row.name}</td>
                <td><RateWords rate={row.before} /></td>
                <td><RateWords rate={row.right} /></td>
                <td><RateWords rate={row.grounded} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

function Seen({ rows }: { rows: Probes["by_seen"] }) {
  if (rows.length === 0) return null;
  return (
    <Panel testid="by-seen" title="Parts of chains seen in training" note="by the longest stretch of edges in a row that a training chain holds">
      <div class="scroll" tabIndex={0} role="region" aria-label="Parts of chains">
        <table>
          <thead>
            <tr>
              <th scope="col">Phase</th>
              <th scope="col">Hops</th>
              <th scope="col">Longest stretch</th>
              <th scope="col">Right</th>
              <th scope="col">Grounded</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index}>
                <th scope="row">{titleOf(row.phase)}</th>
                <td>{row.hop}</td>
                <td>{row.stretch}</td>
                <td><RateWords rate={row.right} /></td>
                <td><RateWords rate={row.grounded} /></td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

export function Distribution() {
  const held = distribution.value;
  const byHop = useRef<HTMLDivElement>(null);
  const matrix = useRef<HTMLDivElement>(null);
  if (held.problem) return <ProblemNote problem={held.problem} again={distribution.again} />;
  if (!held.value || phases.value.length === 0) return <Busy what="Counting" />;
  const { by_hop, matrix: cells } = held.value;
  const told = probes.value.value;
  return (
    <>
      <Banner banner={run.value?.banner ?? null} />
      {by_hop.length === 0 && <Empty>No phase has been evaluated yet.</Empty>}
      <div class="two">
        <Panel testid="by-hop" title="Right by number of hops" note="95 % intervals" tools={<ExportMenu target={byHop} name={`${runId.value}-by-hop`} />}>
          <div ref={byHop}>
            <ByHop rows={by_hop} figure="right" />
          </div>
        </Panel>
        <Panel testid="matrix-panel" title="Phases by hops" note={`hatched: fewer than ${FEW} tasks`} tools={<ExportMenu target={matrix} name={`${runId.value}-matrix`} />}>
          <div ref={matrix}>
            <Matrix rows={cells} />
          </div>
        </Panel>
      </div>
      {probes.value.problem && <ProblemNote problem={probes.value.problem} />}
      {told && told.rotation.length > 0 && <Rotation rows={told.rotation} />}
      {told && <Wordings told={told} />}
      {told && <Seen rows={told.by_seen} />}
    </>
  );
}
