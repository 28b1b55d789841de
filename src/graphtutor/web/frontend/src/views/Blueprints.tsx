// Blueprints: the domains as hierarchies, and what models learnt of them.

import { blueprints, domain, domainId, trained, trainedRun } from "../state/blueprints";
import { go } from "../state/route";
import { Busy, Chip, Panel, ProblemNote, Select } from "../ui/bits";
import { BlueprintRunPanels } from "../ui/BlueprintRun";
import { Hierarchy } from "../ui/Hierarchy";

const RUN = "run:";

export function Blueprints() {
  const { value: list, problem } = blueprints.value;
  if (problem) return <ProblemNote problem={problem} again={blueprints.again} />;
  if (!list) return <Busy what="Looking for blueprints" />;
  const shown = trained.value ? trainedRun.value : domain.value;
  const again = trained.value ? trainedRun.again : domain.again;
  return (
    <>
      <div class="view-bar">
        <Select
          label="Show"
          testid="blueprint-pick"
          value={trained.value ? RUN + trained.value : domainId.value}
          choices={[
            ...list.domains.map((one) => ({ value: one.id, label: `${one.title} (${one.topics} topics)` })),
            ...list.runs.map((id) => ({ value: RUN + id, label: `run ${id}` })),
          ]}
          onPick={(value) =>
            go({
              trained: value.startsWith(RUN) ? value.slice(RUN.length) : null,
              domain: value.startsWith(RUN) ? null : value,
              topic: null,
              about: null,
              form: null,
              from: null,
            })
          }
        />
      </div>
      {shown.problem && <ProblemNote problem={shown.problem} again={again} />}
      {shown.busy && !shown.value && <Busy what="Reading" />}
      {!trained.value && domain.value.value && <Hierarchy domain={domain.value.value} />}
      {trained.value && trainedRun.value.value && <BlueprintRunPanels run={trainedRun.value.value} />}
      {list.unreadable.length > 0 && (
        <Panel testid="blueprint-unreadable" title="Runs that cannot be read">
          <ul>
            {list.unreadable.map((one) => (
              <li key={one.id} class="foreign">
                <Chip tone="bad" icon="cross">{one.id}</Chip> {one.reason}
              </li>
            ))}
          </ul>
        </Panel>
      )}
    </>
  );
}
