"""A chain that stands inside a longer training path is named; one that does not is not."""

from __future__ import annotations

from itertools import pairwise

from graphtutor.audit.audit import audit
from graphtutor.audit.dataset import dataset_of
from graphtutor.audit.record import AuditTask
from graphtutor.runs.audit import Check


def _task(identity: str, path: str) -> AuditTask:
    edges = [{"src": a, "rel": "r", "dst": b} for a, b in pairwise(path)]
    return AuditTask.model_validate(
        {
            "id": identity,
            "question": f"Which is {identity}?",
            "options": {"A": "W", "B": "X", "C": "Y", "D": "Z"},
            "answer_star": "B",
            "path_star": {"entities": list(path), "edges": edges},
        }
    )


def _inside(train: list[str], evaluated: list[str]) -> Check:
    files = [
        ("train.jsonl", "train", "t", [_task(f"t{i}", path) for i, path in enumerate(train)]),
        ("eval.jsonl", "evaluated", "e", [_task(f"e{i}", p) for i, p in enumerate(evaluated)]),
    ]
    record = audit(dataset_of(files), None, baselines=False)
    return next(c for c in record.checks if c.name == "chain-inside-training")


def test_a_stretch_of_a_training_path_is_named() -> None:
    """At its beginning, in its middle and at its end; the wrong order is another chain."""
    check = _inside(["ABCDE"], ["ABC", "BCD", "CDE", "CBA", "ACE"])
    assert (check.passed, check.found, check.ids) == (False, 3, ("e0", "e1", "e2"))
    assert "2 edges stand in a row" in check.examples[0]


def test_a_path_of_its_own_length_or_a_single_edge_is_not() -> None:
    """Equal paths have a gate of their own; single edges have to be taught."""
    check = _inside(["ABC", "AB", "XY"], ["ABC", "ABCD", "AB"])
    assert (check.passed, check.found) == (True, 0)
