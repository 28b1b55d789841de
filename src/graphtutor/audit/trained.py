"""Whether a file that is trained on is one that is evaluated on, by its content's digest.

Of a run, ``meta.json`` says which files each phase has used, and ``rsft.jsonl`` which tasks its
winners come from. A phase's list of files holds what it was evaluated on as well; which of them it
trained on stands beside it. Where that is missing, an evaluated file under its own name is no proof
of training, but the same content under another name is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from graphtutor.audit.dataset import AuditFile, Dataset
from graphtutor.audit.finding import EXAMPLES, ID_LIMIT, Demand, not_looked_at
from graphtutor.runs.audit import Check

__all__ = ["TrainedOn", "training_checks"]


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """What a run has trained on, as far as it recorded it.

    ``phases`` maps a phase to its files with their digests, ``learned`` to the names of those that
    it trained on (runs made elsewhere may not say); ``winners`` are the ids of the tasks that
    rejection sampling trained on.
    """

    phases: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    winners: Sequence[str] = ()
    learned: Mapping[str, Sequence[str]] = field(default_factory=dict[str, Sequence[str]])


def training_checks(dataset: Dataset, trained: TrainedOn | None = None) -> Iterator[Check]:
    """Yield, for each evaluated file, whether it was trained on; then what the phases used."""
    train, evaluated = dataset.of_role("train"), dataset.of_role("evaluated")
    for file in evaluated:
        if train:
            yield _same_content(dataset, file, train)
        if trained is not None and trained.phases:
            yield _used_by_phases(dataset, file, trained)
        if trained is not None and trained.winners:
            yield _won(dataset, file, trained.winners)
    if trained is not None and trained.phases:
        for file in dataset.files:
            yield _unchanged(file, trained.phases)


def _same_content(dataset: Dataset, file: AuditFile, train: Sequence[AuditFile]) -> Check:
    # Empty files have one digest and hold nothing to leak.
    same = [other.name for other in train if len(file) and other.digest == file.digest]
    demand = Demand("file-digest", "leaks", "files trained on with the content of an evaluated one")
    examples = [f"{name} has the content of {file.name}" for name in same]
    return _file_check(dataset, file, demand, examples, len(train), "files")


def _used_by_phases(dataset: Dataset, file: AuditFile, trained: TrainedOn) -> Check:
    """Compare what the phases trained on, and what they used under the names of other files."""
    phases = trained.phases
    names = {other.name for other in dataset.of_role("evaluated")}
    digests = {file.digest, *(files[file.name] for files in phases.values() if file.name in files)}
    others = [
        (phase, name, digest)
        for phase, files in phases.items()
        for name, digest in files.items()
        if name not in names or name in trained.learned.get(phase, ())
    ]
    same = [
        f"phase {phase} used {name}, which has the content of {file.name}"
        for phase, name, digest in others
        if len(file) and digest in digests
    ]
    demand = Demand(
        "phase-digest", "leaks", "phases that trained on the content of an evaluated file"
    )
    if not others:
        return not_looked_at(demand, file, "no phase has trained yet", "files used")
    return _file_check(dataset, file, demand, same, len(others), "files used")


def _won(dataset: Dataset, file: AuditFile, winners: Sequence[str]) -> Check:
    """Look for winners of rejection sampling whose task is in the file and in no training file."""
    ids = dataset.tasks.ids
    taught = {ids[row] for row in np.flatnonzero(dataset.mask(dataset.of_role("train"))).tolist()}
    chosen = {*winners} - taught
    won = [identity for identity in ids[file.rows] if identity in chosen]
    return Check(
        name="winner",
        group="leaks",
        title="winners that rejection sampling trained on, from an evaluated file",
        file=file.name,
        found=len(won),
        n=len({*winners}),
        unit="tasks with winners",
        passed=not won,
        share=len(won) / len({*winners}),
        ids=tuple(won[:ID_LIMIT]),
        examples=tuple(f"{identity} has a winner in rsft.jsonl" for identity in won[:EXAMPLES]),
    )


def _unchanged(file: AuditFile, phases: Mapping[str, Mapping[str, str]]) -> Check:
    """Compare the file with what each phase recorded: another content was not audited here."""
    demand = Demand("changed-file", "leaks", "phases that used another content of the file")
    used = {phase: files[file.name] for phase, files in phases.items() if file.name in files}
    other = [
        f"phase {phase} used {file.name} with digest {digest[:12]}, it is {file.digest[:12]} now"
        for phase, digest in used.items()
        if digest != file.digest
    ]
    if not used:
        return not_looked_at(demand, file, "no phase has used the file", "phases")
    return Check(
        name=demand.name,
        group=demand.group,
        title=demand.title,
        file=file.name,
        found=len(other),
        n=len(used),
        unit="phases",
        passed=not other,
        examples=tuple(other[:EXAMPLES]),
    )


def _file_check(
    dataset: Dataset, file: AuditFile, demand: Demand, found: Sequence[str], n: int, unit: str
) -> Check:
    """Judge a file as a whole; its tasks are named where it fails."""
    ids = dataset.tasks.ids[file.rows] if found else ()
    return Check(
        name=demand.name,
        group=demand.group,
        title=demand.title,
        file=file.name,
        found=len(found),
        n=n,
        unit=unit,
        passed=not found,
        ids=tuple(ids[:ID_LIMIT]),
        examples=tuple(found[:EXAMPLES]),
    )
