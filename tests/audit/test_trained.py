"""What a run recorded of its phases: files by digest, winners by their tasks."""

from __future__ import annotations

from collections.abc import Mapping

from graphtutor.audit.audit import audit
from graphtutor.audit.dataset import dataset_of
from graphtutor.audit.record import AuditTask
from graphtutor.audit.trained import TrainedOn
from graphtutor.runs.audit import AuditRecord, Check


def task(identity: str) -> AuditTask:
    return AuditTask(
        id=identity,
        question=f"Which is {identity}?",
        options={"A": "W", "B": "X", "C": "Y", "D": "Z"},
        answer_star="B",
    )


def audited(trained: TrainedOn | None, train_digest: str = "t") -> AuditRecord:
    files = [
        ("train.jsonl", "train", train_digest, [task("t1"), task("t2")]),
        ("eval.jsonl", "evaluated", "e", [task("e1"), task("e2")]),
    ]
    return audit(dataset_of(files), None, trained=trained, baselines=False)


def phases(**files: Mapping[str, str]) -> TrainedOn:
    return TrainedOn(files)


def found(record: AuditRecord, name: str, file: str = "eval.jsonl") -> Check:
    (check,) = [c for c in record.checks if (c.name, c.file) == (name, file)]
    return check


def test_a_sound_run() -> None:
    used = {"train.jsonl": "t", "eval.jsonl": "e"}
    record = audited(TrainedOn({"base": {"eval.jsonl": "e"}, "sft": used}, ("t1",)))
    assert record.passed
    assert found(record, "phase-digest").passed
    assert found(record, "winner").passed
    assert found(record, "changed-file", "train.jsonl").passed


def test_equal_files_are_named_with_their_tasks() -> None:
    check = found(audited(None, train_digest="e"), "file-digest")
    assert (check.passed, check.ids) == (False, ("e1", "e2"))
    assert check.examples == ("train.jsonl has the content of eval.jsonl",)


def test_a_phase_that_used_the_evaluation_under_another_name() -> None:
    """Also when the file has another content by now."""
    for evaluated in ({"eval.jsonl": "e"}, {"eval.jsonl": "older"}):
        digest = evaluated["eval.jsonl"]
        record = audited(phases(rsft={"train_long.jsonl": digest, **evaluated}))
        check = found(record, "phase-digest")
        assert check.passed is False
        assert check.ids == ("e1", "e2")
        assert "phase rsft used train_long.jsonl" in check.examples[0]


def test_a_phase_that_used_another_content() -> None:
    record = audited(phases(sft={"train.jsonl": "older"}))
    assert found(record, "changed-file", "train.jsonl").passed is False
    assert found(record, "changed-file", "eval.jsonl").passed is None


def test_before_any_training_there_is_no_verdict() -> None:
    record = audited(phases(base={"eval.jsonl": "e"}))
    assert not found(record, "phase-digest").looked_at


def test_winners_from_the_evaluation_are_named() -> None:
    check = found(audited(TrainedOn({}, ("t1", "e2"))), "winner")
    assert (check.passed, check.ids, check.found, check.n) == (False, ("e2",), 1, 2)


def test_a_phase_that_says_it_trained_on_an_evaluated_file_is_named() -> None:
    """Under its own name and with its own content: only the phase's own word tells."""
    used = {"sft": {"train.jsonl": "t", "eval.jsonl": "e"}}
    clean = found(audited(TrainedOn(used, learned={"sft": ("train.jsonl",)})), "phase-digest")
    assert clean.passed
    leaky = {"sft": ("train.jsonl", "eval.jsonl")}
    check = found(audited(TrainedOn(used, learned=leaky)), "phase-digest")
    assert check.passed is False
    assert check.examples == ("phase sft used eval.jsonl, which has the content of eval.jsonl",)
