// One run in full: its figures with their intervals, paired comparisons, settings, files, damage.

import type { RunDetail } from "../data/types";
import { flat } from "../lib/config";
import { bytes, count, percentSign, shown } from "../lib/format";
import { Banner, Panel, RateWords } from "./bits";
import { Icon } from "./icons";

export function RunFigures({ one }: { one: RunDetail }) {
  return (
    <Panel testid="run-figures" title={`Figures of ${one.id}`} note="95 % intervals; n tasks">
      <Banner banner={one.banner} />
      <div class="scroll" tabIndex={0} role="region" aria-label="Figures">
        <table>
          <thead>
            <tr>
              <th scope="col">Phase</th>
              <th scope="col">Right</th>
              <th scope="col">Grounded</th>
              <th scope="col">In format</th>
              <th scope="col">Cut off</th>
            </tr>
          </thead>
          <tbody>
            {one.phases.map((phase) => (
              <tr key={phase.phase}>
                <th scope="row">{phase.title}</th>
                <td data-testid={`right-${phase.phase}`}><RateWords rate={phase.right} /></td>
                <td><RateWords rate={phase.grounded} /></td>
                <td><RateWords rate={phase.format} /></td>
                <td>
                  {percentSign(phase.cut)} <span class="muted">(n = {count(phase.n)})</span>
                </td>
              </tr>
            ))}
            {Object.entries(one.references ?? {}).map(([name, rate]) => (
              <tr key={name} class="reference">
                <th scope="row">{name}</th>
                <td><RateWords rate={rate} /></td>
                <td colSpan={3} class="muted">a reference, not a model</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {one.paired.length > 0 && <Paired one={one} />}
    </Panel>
  );
}

function Paired({ one }: { one: RunDetail }) {
  return (
    <details>
      <summary>Phases on the same tasks (exact McNemar)</summary>
      <div class="scroll" tabIndex={0} role="region" aria-label="Paired comparisons">
        <table>
          <thead>
            <tr>
              <th scope="col">Phase</th>
              <th scope="col">Against</th>
              <th scope="col">Figure</th>
              <th scope="col">Gained</th>
              <th scope="col">Lost</th>
              <th scope="col">p</th>
              <th scope="col">n</th>
            </tr>
          </thead>
          <tbody>
            {one.paired.map((row, index) => (
              <tr key={index}>
                <th scope="row">{row.phase ?? ""}</th>
                <td>{row.against}</td>
                <td>{row.figure.replaceAll("_", " ")}</td>
                <td>{count(row.gained)}</td>
                <td>{count(row.lost)}</td>
                <td>{row.p_value === null ? "" : row.p_value < 0.0001 ? "< 0.0001" : row.p_value.toFixed(4)}</td>
                <td>{count(row.n)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

export function RunSettings({ one }: { one: RunDetail }) {
  return (
    <Panel testid="run-settings" title="Settings and files">
      <details>
        <summary>Settings</summary>
        <dl class="settings">
          {[...flat(one.config)].map(([key, value]) => (
            <div key={key}>
              <dt><code>{key}</code></dt>
              <dd>{shown(value)}</dd>
            </div>
          ))}
        </dl>
      </details>
      <details>
        <summary>Files</summary>
        <dl class="settings">
          {Object.entries(one.files).map(([name, size]) => (
            <div key={name}>
              <dt><code>{name}</code></dt>
              <dd>{bytes(size)}</dd>
            </div>
          ))}
        </dl>
      </details>
      {one.problem_count > 0 && (
        <div class="problem soft" data-testid="run-problems">
          <Icon name="alert" />
          <div>
            <p>
              {one.problem_count === 1 ? "One thing" : `${count(one.problem_count)} things`} could not be read and{" "}
              {one.problem_count === 1 ? "is" : "are"} left out:
            </p>
            <ul>
              {one.problems.map((problem, index) => (
                <li key={index}>
                  <code>{problem.file}</code>
                  {problem.line ? ` line ${problem.line}` : ""}: {problem.reason}
                </li>
              ))}
            </ul>
          </div>
        </div>
      )}
    </Panel>
  );
}
