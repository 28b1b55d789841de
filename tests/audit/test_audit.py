"""The audit as a whole: what the baselines get to see, and what a run adds."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from graphtutor.audit.audit import audit, audit_run, option_tables
from graphtutor.audit.dataset import dataset_of, read_dataset
from graphtutor.audit.facts import graph_facts
from graphtutor.audit.record import AuditTask
from graphtutor.audit.sources import sources_in
from graphtutor.config import load_config
from graphtutor.runs.directory import RunDirectory
from graphtutor.runs.meta import build_meta
from graphtutor.runs.record_file import write_record

from .planted import clean, stripped

SOUND = clean()


def test_baselines_see_the_numbers_of_the_graph() -> None:
    tasks = [stripped(task) for task in SOUND.files["eval"]]
    strange = tasks[0].model_copy(update={"id": "odd", "path_star": None, "hop_len": None})
    dataset = dataset_of([("eval", "evaluated", "0", [*tasks, strange])])
    graph = SOUND.graph
    table = option_tables(dataset, graph_facts(dataset, graph), "evaluated")["eval"]
    first = SOUND.files["eval"][0]
    assert table.names[0] == first.options.names()
    assert [graph.entities[e].id for e in table.options[0]] == [*first.options.names()]
    assert graph.entities[table.start[0]].id == first.start
    assert graph.relations[table.last_relation[0]].id == first.chain[-1]
    assert table.answer_hops[0] == first.hop_len
    last = len(tasks)
    assert [table.start[last], table.last_relation[last], table.answer_hops[last]] == [-1, -1, -1]
    bare = option_tables(dataset, None, "evaluated")["eval"]
    assert len(np.unique(bare.options)) == len(np.unique(table.options))
    assert not option_tables(dataset, None, "train")


def test_all_parts_are_told_and_shortcuts_tried(tmp_path: Path) -> None:
    parts: list[str] = []
    dataset = read_dataset(sources_in(SOUND.write(tmp_path)), parts.append)
    record = audit(dataset, SOUND.graph, source="s", on_progress=parts.append)
    assert {"reading eval.jsonl", "leaks", "well-posedness", "shortcuts"} <= {*parts}
    assert {guess.file for guess in record.shortcuts} >= {"dev.jsonl", "eval.jsonl"}
    assert record.graph == SOUND.graph.digest
    assert [file.hops for file in record.files if file.name == "dev.jsonl"] == [{"4": 8, "5": 8}]


def test_a_run_tells_what_it_trained_on(tmp_path: Path) -> None:
    """Digests come from meta.json, winners from rsft.jsonl."""
    run = RunDirectory(tmp_path / "one")
    SOUND.write(run.tasks)
    digests = {file.name: file.digest for file in read_dataset(sources_in(run.tasks)).files}
    meta = build_meta("one", load_config(None, None, []))
    meta = meta.with_phase("sft", files={"train.jsonl": digests["train.jsonl"]})
    meta = meta.with_phase("rsft", files={"train_long.jsonl": digests["eval.jsonl"]})
    write_record(run.meta, meta)
    run.winners.write_text('{"ex_id": "eval_000003", "total": 1.0}\n', encoding="utf-8")
    record = audit_run(run, SOUND.graph)
    failed = {(item.name, item.file) for item in record.failed if hasattr(item, "group")}
    assert failed == {
        ("phase-digest", "eval.jsonl"),
        ("changed-file", "train_long.jsonl"),
        ("winner", "eval.jsonl"),
    }
    (winner,) = [c for c in record.checks if c.passed is False and c.name == "winner"]
    assert winner.ids == ("eval_000003",)
    assert record.source == "one"


def test_a_run_before_its_phases(tmp_path: Path) -> None:
    run = RunDirectory(tmp_path / "one")
    SOUND.write(run.tasks)
    checks = {check.name for check in audit_run(run, SOUND.graph).checks}
    assert "phase-digest" not in checks
    assert "file-digest" in checks


def test_only_training_files_are_looked_at_for_themselves() -> None:
    tasks = [AuditTask.model_validate(task.model_dump()) for task in SOUND.files["train"]]
    record = audit(dataset_of([("train", "train", "0", tasks)]), SOUND.graph)
    assert record.passed
    assert {check.file for check in record.checks} == {"train"}
