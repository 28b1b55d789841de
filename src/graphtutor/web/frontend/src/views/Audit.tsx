// Can the figures be believed: leaks, shortcuts, and what of the graph training has shown.

import { useState } from "preact/hooks";
import type { AuditCheck, AuditReport } from "../data/types";
import { count, percentSign } from "../lib/format";
import { follow } from "../state/loaded";
import { route } from "../state/route";
import { run, runId, source } from "../state/store";
import { Banner, Busy, Chip, Empty, Panel, ProblemNote, RateBar, Segmented } from "../ui/bits";
import { Icon } from "../ui/icons";

const audit = follow(
  () => (route.value.view === "audit" ? runId.value : ""),
  (id) => source.audit(id),
);

const ICONS = { green: "check", amber: "help", red: "alert" } as const;

function Passed({ passed }: { passed: boolean | null | undefined }) {
  if (passed === true) return <Chip tone="good" icon="check">holds</Chip>;
  if (passed === false) return <Chip tone="bad" icon="cross">fails</Chip>;
  return <Chip tone="plain">told</Chip>;
}

function Checks({ rows, title, testid }: { rows: AuditCheck[]; title: string; testid: string }) {
  const [only, setOnly] = useState("all");
  const shown = rows.filter((row) => (only === "found" ? row.found > 0 : only === "failed" ? row.passed === false : true));
  return (
    <Panel
      testid={testid}
      title={title}
      note={`${count(rows.filter((row) => row.passed === true).length)} gates hold, ${count(rows.filter((row) => row.passed === false).length)} fail`}
      tools={
        <Segmented
          label="Show"
          value={only}
          choices={[
            { value: "all", label: "All" },
            { value: "found", label: "With findings" },
            { value: "failed", label: "Failed" },
          ]}
          onPick={setOnly}
        />
      }
    >
      {shown.length === 0 ? (
        <Empty>None.</Empty>
      ) : (
        <div class="scroll tall" tabIndex={0} role="region" aria-label={title}>
          <table>
            <thead>
              <tr>
                <th scope="col">Check</th>
                <th scope="col">File</th>
                <th scope="col">Found</th>
                <th scope="col">Verdict</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((row, index) => (
                <tr key={index} data-passed={String(row.passed)}>
                  <th scope="row">
                    {row.title}
                    {row.note && <span class="note check-note">{row.note}</span>}
                    {row.examples && row.examples.length > 0 && (
                      <details>
                        <summary>Examples</summary>
                        <ul>
                          {row.examples.map((one, at) => (
                            <li key={at}>{one}</li>
                          ))}
                        </ul>
                      </details>
                    )}
                  </th>
                  <td>{row.file}</td>
                  <td class="nowrap">
                    {count(row.found)} of {count(row.n)} {row.unit}
                    {row.n > 0 && <span class="muted"> ({percentSign(row.found / row.n)})</span>}
                  </td>
                  <td>
                    <Passed passed={row.passed} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  );
}

function Shortcuts({ rows }: { rows: NonNullable<AuditReport["shortcuts"]> }) {
  const files = [...new Set(rows.map((row) => row.file))];
  const [file, setFile] = useState(files.find((name) => name === "eval.jsonl") ?? files[0] ?? "");
  const shown = rows
    .filter((row) => row.file === file)
    .sort((a, b) => (b.right?.rate ?? 0) - (a.right?.rate ?? 0));
  return (
    <Panel
      testid="shortcuts"
      title="Guessers that do not reason"
      note="share right with 95 % interval; the dotted line is chance"
      tools={
        files.length > 1 ? (
          <Segmented label="File" value={file} choices={files.map((name) => ({ value: name, label: name }))} onPick={setFile} />
        ) : undefined
      }
    >
      <div class="shortcut-list">
        {shown.map((row) => (
          <RateBar
            key={row.name}
            label={
              <>
                {row.title ?? row.name} {row.passed === false && <Chip tone="bad" icon="cross">above chance</Chip>}
              </>
            }
            rate={row.right}
            chance={row.chance}
            tone={row.passed === false ? "bad" : "plain"}
          />
        ))}
      </div>
    </Panel>
  );
}

export function Audit() {
  const held = audit.value;
  if (held.problem) return <ProblemNote problem={held.problem} again={audit.again} />;
  if (!held.value) return <Busy what="Reading the audit" />;
  const told = held.value;
  return (
    <>
      <p class="verdict" data-testid="audit-verdict" data-level={told.level}>
        <Icon name={ICONS[told.level] ?? "help"} size={28} />
        <span>{told.verdict}</span>
      </p>
      <Banner banner={run.value?.banner ?? null} />
      {told.overlaps && told.overlaps.length > 0 && (
        <Panel testid="overlaps" title="Training and evaluation overlap">
          <ul class="plain-list">
            {told.overlaps.map((one) => (
              <li key={one}>{one}</li>
            ))}
          </ul>
        </Panel>
      )}
      {told.edges && (told.edges.seen || told.edges.paths) && (
        <Panel testid="edges" title="What training has shown of the evaluated chains">
          {told.edges.seen && <RateBar label="their single edges" rate={told.edges.seen} />}
          {told.edges.paths && <RateBar label="whole paths" rate={told.edges.paths} />}
        </Panel>
      )}
      {told.shortcuts && told.shortcuts.length > 0 && <Shortcuts rows={told.shortcuts} />}
      {told.leaks && told.leaks.length > 0 && <Checks rows={told.leaks} title="Leaks" testid="leaks" />}
      {told.well_posedness && told.well_posedness.length > 0 && (
        <Checks rows={told.well_posedness} title="Well-posed tasks" testid="well-posed" />
      )}
      {told.files && told.files.length > 0 && (
        <Panel testid="audit-files" title="Files">
          <div class="scroll" tabIndex={0} role="region" aria-label="Files">
            <table>
              <thead>
                <tr>
                  <th scope="col">File</th>
                  <th scope="col">Role</th>
                  <th scope="col">Tasks</th>
                  <th scope="col">By hops</th>
                  <th scope="col">Digest</th>
                </tr>
              </thead>
              <tbody>
                {told.files.map((file) => (
                  <tr key={file.name}>
                    <th scope="row">{file.name}</th>
                    <td>{file.role}</td>
                    <td>{count(file.n)}</td>
                    <td>{Object.entries(file.hops ?? {}).map(([hop, n]) => `${hop}: ${count(n)}`).join(", ")}</td>
                    <td><code>{file.digest?.slice(0, 16) ?? ""}</code></td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Panel>
      )}
    </>
  );
}
