"""Every planted fault is named with its tasks, by its own gate, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from graphtutor.audit.audit import audit
from graphtutor.audit.dataset import read_dataset
from graphtutor.audit.sources import sources_in
from graphtutor.runs.audit import AuditRecord

from .planted import PLANTERS, Planted, clean

Planter = Callable[[Planted], Planted]


@pytest.fixture(scope="module")
def sound() -> Planted:
    return clean()


def audited(data: Planted, folder: Path, strip: bool = False) -> AuditRecord:
    dataset = read_dataset(sources_in(data.write(folder, strip)))
    return audit(dataset, data.graph, baselines=False)


def named(record: AuditRecord) -> set[str]:
    return {identity for item in record.failed for identity in item.ids}


def by_gate(record: AuditRecord) -> dict[str, set[str]]:
    gates: dict[str, set[str]] = {}
    for item in record.failed:
        gates.setdefault(item.name, set()).update(item.ids)
    return gates


@pytest.mark.parametrize("strip", [False, True], ids=["ours", "stripped"])
def test_clean_data_passes(sound: Planted, tmp_path: Path, strip: bool) -> None:
    record = audited(sound, tmp_path, strip)
    assert [(item.name, item.file) for item in record.failed] == []
    assert record.passed


@pytest.mark.parametrize("strip", [False, True], ids=["ours", "stripped"])
@pytest.mark.parametrize("plant", PLANTERS)
def test_a_fault_is_named_and_nothing_else(
    sound: Planted, plant: Planter, tmp_path: Path, strip: bool
) -> None:
    data = plant(sound)
    record = audited(data, tmp_path, strip)
    ((gate, ids),) = data.faults.items()
    assert by_gate(record)[gate] == ids
    assert named(record) == ids
    failing = next(item for item in record.failed if item.name == gate)
    assert failing.examples


@pytest.mark.parametrize("strip", [False, True], ids=["ours", "stripped"])
def test_all_faults_together(sound: Planted, tmp_path: Path, strip: bool) -> None:
    data = sound
    for plant in PLANTERS:
        data = plant(data)
    record = audited(data, tmp_path, strip)
    gates = by_gate(record)
    assert named(record) == data.ids
    assert {gate: gates[gate] >= ids for gate, ids in data.faults.items()} == dict.fromkeys(
        data.faults, True
    )
    # What only one fault can break is named by that fault's tasks alone.
    for gate in ("one-answer", "gives-itself-away", "type-asked", "shortest-distance"):
        assert gates[gate] == data.faults[gate]


def test_stripped_data_gets_the_same_gates(sound: Planted, tmp_path: Path) -> None:
    """Our extra fields help to word a finding, not to find it."""
    for plant in PLANTERS:
        data = plant(sound)
        ours = by_gate(audited(data, tmp_path / plant.__name__ / "ours"))
        theirs = by_gate(audited(data, tmp_path / plant.__name__ / "theirs", strip=True))
        # The split and what meta records are fields of ours.
        assert theirs == {g: ids for g, ids in ours.items() if g not in {"recorded", "split"}}
