"""Well-posedness for all tasks at once says the same as the generator's check of each one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphtutor.audit.audit import audit
from graphtutor.audit.dataset import Dataset, dataset_of
from graphtutor.audit.record import AuditTask
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.runs.audit import AuditRecord
from graphtutor.tasks.checks import check_task
from graphtutor.tasks.task import LETTERS, Task

from .planted import EVALUATED, clean, stripped

SOUND = clean()

COMPLAINTS: Mapping[str, tuple[str, ...]] = {
    "known-names": ("not in the graph",),
    "path": (
        "-hop path has",
        "does not join",
        "the graph has no edge",
        "meta.relations differs",
        "visits an entity twice",
        "the path ends at",
    ),
    "one-answer": ("options in the answer set",),
    "option-types": ("options of several types",),
    "unique-path": ("walks along the chain",),
    "shortest-distance": ("hops from the start",),
    "recorded": (
        "meta.answer_set_size",
        "meta.tier",
        "meta.unique_path",
        "meta.shortest_distance",
        "meta.answer_type",
        "key ",
        "made from another graph",
    ),
    "four-options": ("two options name the same",),
    "reference": ("does not parse", "the reference answers"),
}


def loaded(data: Mapping[str, list[Task]]) -> Dataset:
    return dataset_of(
        [
            (
                name,
                "evaluated" if name in EVALUATED else "train",
                name,
                [AuditTask.model_validate(task.model_dump()) for task in tasks],
            )
            for name, tasks in data.items()
        ]
    )


def failing(record: AuditRecord) -> set[str]:
    return {item.name for item in record.failed if item.name != "letters"}


IDS = st.sampled_from([entity.id for entity in SOUND.graph.entities])
RELATIONS = st.sampled_from([relation.id for relation in SOUND.graph.relations])
CLAIMS = st.sampled_from(["answer_set_size", "tier", "shortest_distance"])
Draw = st.DrawFn
Fields = dict[str, Any]


def other_edge(draw: Draw, fields: Fields) -> None:
    draw(st.sampled_from(fields["path_star"]["edges"]))["rel"] = draw(RELATIONS)
    fields["meta"]["relations"] = [e["rel"] for e in fields["path_star"]["edges"]]


def other_entity(draw: Draw, fields: Fields) -> None:
    entities = [*fields["path_star"]["entities"]]
    entities[draw(st.integers(0, len(entities) - 1))] = draw(IDS | st.just("Nobody"))
    fields["path_star"]["entities"] = entities


FAULTS: tuple[Callable[[Draw, Fields], None], ...] = (
    other_edge,
    other_entity,
    lambda draw, fields: fields["options"].update({draw(st.sampled_from(LETTERS)): draw(IDS)}),
    lambda draw, fields: fields.update(answer_star=draw(st.sampled_from(LETTERS))),
    lambda draw, fields: fields.update(hop_len=draw(st.integers(3, 6))),
    lambda draw, fields: fields["meta"].update({draw(CLAIMS): draw(st.integers(1, 5))}),
    lambda draw, fields: fields["ref"].update(trace=draw(st.sampled_from(["T", "TRACE: x"]))),
    lambda draw, fields: fields["ref"].update(trace="TRACE: x\nANSWER: B"),
    lambda draw, fields: fields.update(graph="f" * 64),
    lambda draw, fields: fields.update(key="0" * 16),
)


@st.composite
def spoilt(draw: Draw) -> Task:
    """A sound evaluation task with up to two parts of it changed at random."""
    task = draw(st.sampled_from([t for name in ("dev", "eval") for t in SOUND.files[name]]))
    fields: Fields = task.model_dump()
    for fault in draw(st.lists(st.sampled_from(FAULTS), max_size=2)):
        fault(draw, fields)
    return Task.model_validate(fields)


@settings(max_examples=80, deadline=None)
@given(spoilt())
def test_gates_agree_with_the_check_of_each_task(task: Task) -> None:
    complaints = check_task(SOUND.graph, task)
    record = audit(loaded({task.split: [task]}), SOUND.graph, baselines=False)
    found = failing(record)
    said = {
        gate
        for gate, texts in COMPLAINTS.items()
        if any(text in complaint for complaint in complaints for text in texts)
    }
    assert ("known-names" in found) == ("known-names" in said), complaints
    if "known-names" in said:
        return  # The check of one task stops there.
    for gate in ("path", "four-options"):
        assert (gate in found) == (gate in said), (gate, complaints)
    if "path" in said:
        return  # It says no more of a path that does not exist.
    assert {*COMPLAINTS} & found == said, complaints


def test_sound_tasks_have_facts_of_their_own(tmp_path: object) -> None:
    record = audit(loaded({n: [*t] for n, t in SOUND.files.items()}), SOUND.graph, baselines=False)
    sizes = [c for c in record.checks if (c.name, c.file) == ("answer-set", "eval_search")]
    assert sizes[0].found == 0
    assert sum(sizes[0].counts.values()) == len(SOUND.files["eval_search"])
    assert all("5" in size or "1" in size for size in sizes[0].counts)


def test_training_is_told_of_short_cuts_and_not_judged() -> None:
    near = [
        t.model_copy(update={"split": "eval"})
        for t in SOUND.files["train"]
        if t.meta.shortest_distance != t.hop_len
    ]
    assert near
    for file, passed in (("train", None), ("eval", False)):
        record = audit(loaded({file: near}), SOUND.graph, baselines=False)
        (found,) = [c for c in record.checks if c.name == "shortest-distance"]
        assert (found.passed, found.found, found.file) == (passed, len(near), file)


def test_labels_name_entities_as_well() -> None:
    """A foreign file may write the labels of the graph where we write ids."""
    graph: KnowledgeGraph = SOUND.graph
    labels = {entity.id: entity.label for entity in graph.entities}
    task = stripped(SOUND.files["eval"][0])
    text = task.model_dump_json(exclude_none=True)
    for name, label in labels.items():
        text = text.replace(f'"{name}"', f'"{label}"')
    written = dataset_of([("eval", "evaluated", "0", [AuditTask.model_validate_json(text)])])
    assert failing(audit(written, graph, baselines=False)) == set()


@pytest.fixture
def eval_task() -> AuditTask:
    return stripped(SOUND.files["eval"][0])


def one(task: AuditTask, **changes: Any) -> AuditRecord:
    dataset = dataset_of([("eval", "evaluated", "0", [task.model_copy(update=changes)])])
    return audit(dataset, SOUND.graph, baselines=False)


def test_without_a_path_its_checks_have_no_verdict(eval_task: AuditTask) -> None:
    record = one(eval_task, path_star=None)
    unseen = {c.name: c.note for c in record.checks if not c.looked_at}
    assert {"path", "answer", "one-answer", "shortest-distance", "unique-path"} <= set(unseen)
    assert all(c.passed is None for c in record.checks if c.name in unseen)
    assert "not stated" in unseen["path"]


def test_without_a_graph_its_checks_have_no_verdict(eval_task: AuditTask) -> None:
    dataset = dataset_of([("eval", "evaluated", "0", [eval_task])])
    record = audit(dataset, None, baselines=False)
    silent = [c for c in record.checks if c.note == "not looked at: there is no graph"]
    assert len(silent) == 10
    assert all(c.passed is None and not c.n for c in silent)


def test_a_paraphrase_is_told_and_not_judged(eval_task: AuditTask) -> None:
    record = one(eval_task, question="What comes after the start?")
    (named,) = [c for c in record.checks if c.name == "chain-named"]
    assert (named.passed, named.found) == (None, 1)
    (asked,) = [c for c in record.checks if c.name == "type-asked"]
    assert asked.passed is None
    assert "states no type" in asked.note
    assert record.passed


def test_a_template_of_ours_has_to_name_the_chain(eval_task: AuditTask) -> None:
    record = one(eval_task, question="What now?", meta={"template": "that"})
    assert failing(record) == {"chain-named"}


def test_letters_out_of_balance_are_named() -> None:
    tasks = [stripped(t) for t in SOUND.files["eval"]]
    moved = [
        t.model_copy(
            update={
                "answer_star": "A",
                "options": t.options.model_copy(
                    update={"A": t.options.of(t.answer_star), t.answer_star: t.options.A}
                ),
            }
        )
        if n % 2
        else t
        for n, t in enumerate(tasks)
    ]
    record = audit(dataset_of([("eval", "evaluated", "0", moved)]), SOUND.graph, baselines=False)
    assert failing(record) == set()
    (found,) = [c for c in record.failed if c.name == "letters"]
    assert set(found.ids) == {t.id for t in moved if t.answer_star == "A"}
    assert "all tasks: A" in found.examples[-1]
