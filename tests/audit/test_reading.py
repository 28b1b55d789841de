"""Reading files of ours and of others: what is required, what may be absent, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from graphtutor.audit.columns import ABSENT, UNREADABLE
from graphtutor.audit.dataset import Source, dataset_of, read_dataset
from graphtutor.audit.record import AuditTask
from graphtutor.audit.sources import passed_over, sources_in
from graphtutor.errors import TaskError

BARE: dict[str, Any] = {
    "id": "1",
    "question": "Which?",
    "options": {"A": "W", "B": "X", "C": "Y", "D": "Z"},
    "answer_star": "B",
}


def written(path: Path, *lines: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def columns_of(**fields: Any) -> Any:
    task = AuditTask.model_validate({**BARE, **fields})
    return dataset_of([("eval", "evaluated", "0", [task])])


def test_four_fields_are_enough(tmp_path: Path) -> None:
    dataset = read_dataset([Source(written(tmp_path / "eval.jsonl", BARE), "evaluated")])
    tasks = dataset.tasks
    assert [len(tasks), tasks.hops[0], tasks.start[0], tasks.prompt[0]] == [1, -1, -1, ABSENT]
    assert dataset.entities[tasks.answer[0]] == "X"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"answer_star": "E"}, "answer_star"),
        ({"options": {"A": "W", "B": "X", "C": "Y"}}, "options.D"),
        ({"options": {**BARE["options"], "E": "V"}}, "options.E"),
        ({"question": None}, "question"),
        ({"hop_len": 0}, "hop_len"),
        ({"path_star": {"edges": [{"src": "W", "rel": "r"}]}}, "path_star.edges.0.dst"),
    ],
)
def test_errors_name_file_line_and_field(
    tmp_path: Path, change: dict[str, Any], field: str
) -> None:
    path = written(tmp_path / "eval.jsonl", BARE, {**BARE, **change})
    with pytest.raises(TaskError) as problem:
        read_dataset([Source(path, "evaluated")])
    assert problem.value.where == f"{path} line 2, {field}"


@pytest.mark.parametrize("missing", ["id", "question", "options", "answer_star"])
def test_required_fields(tmp_path: Path, missing: str) -> None:
    path = written(tmp_path / "eval.jsonl", {k: v for k, v in BARE.items() if k != missing})
    with pytest.raises(TaskError, match=f"line 1, {missing}"):
        read_dataset([Source(path, "evaluated")])


def test_foreign_fields_are_not_taken_for_ours() -> None:
    meta = {"tier": "hard", "unique_path": 1, "answer_type": ["x"], "shortest_distance": True}
    (claims,) = columns_of(meta=meta, key=17, graph={"name": "g"}).tasks.claims
    assert claims == columns_of().tasks.claims[0]


def test_edges_and_entities_complete_each_other() -> None:
    edges = [{"src": "P", "rel": "r", "dst": "Q"}, {"src": "Q", "rel": "s", "dst": "X"}]
    whole = columns_of(path_star={"entities": ["P", "Q", "X"], "edges": edges}).tasks
    for path, meta in (
        ({"edges": edges}, None),
        ({"entities": ["P", "Q", "X"]}, {"relations": ["r", "s"]}),
    ):
        tasks = columns_of(path_star=path, meta=meta).tasks
        for name in ("path", "source", "relation", "target", "chain", "hops"):
            assert getattr(tasks, name).tolist() == getattr(whole, name).tolist()


@pytest.mark.parametrize(
    ("trace", "read"),
    [
        ("TRACE: P causes X.\nANSWER: B", 1),
        ("TRACE: P causes X.\nANSWER: C\n", 2),
        ("ANSWER: B", UNREADABLE),
        ("TRACE: \nANSWER: B", UNREADABLE),
        ("TRACE: P.\nANSWER: E", UNREADABLE),
        (None, ABSENT),
    ],
)
def test_reference_is_read(trace: str | None, read: int) -> None:
    assert columns_of(ref={"trace": trace}).tasks.reference[0] == read


@pytest.mark.parametrize(
    ("prompt", "state"),
    [
        ("Question: Which?\nA) W\nB) X\nC) Y\nD) Z\n", 1),
        ("Which? (W / X / Y / Z)", 1),
        ("Which?\nA) X\nB) W\nC) Y\nD) Z\n", 0),
        ("Who?\nA) W\nB) X\nC) Y\nD) Z\n", 0),
    ],
)
def test_prompt_holds_question_and_options(prompt: str, state: int) -> None:
    assert columns_of(prompt=prompt).tasks.prompt[0] == state


def test_roles_come_from_names(tmp_path: Path) -> None:
    for name in ("eval", "train_long", "dev", "test_hard", "validation", "episodes", "train"):
        written(tmp_path / f"{name}.jsonl", BARE)
    roles = [(source.path.stem, source.role) for source in sources_in(tmp_path)]
    assert roles[:2] == [("train", "train"), ("train_long", "train")]
    assert {role for _, role in roles[2:]} == {"evaluated"}
    assert len(roles) == 6
    assert passed_over(tmp_path) == ["episodes.jsonl"]


def test_a_folder_without_roles_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "data.jsonl", BARE)
    with pytest.raises(TaskError, match=r"got data\.jsonl.*--train FILE"):
        sources_in(tmp_path)


def test_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        written(tmp_path / name / "data.jsonl", BARE)
    first, second = (tmp_path / name / "data.jsonl" for name in ("a", "b"))
    dataset = read_dataset(
        [Source(first, "train"), Source(second, "evaluated"), Source(second, "train")]
    )
    names = [file.name for file in dataset.files]
    assert names[0] == "a/data.jsonl"
    assert len({*names}) == 3


def test_no_task_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="at least one task"):
        read_dataset([Source(written(tmp_path / "eval.jsonl"), "evaluated")])
