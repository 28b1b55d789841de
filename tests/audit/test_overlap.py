"""Overlaps and coverage against the plainest way of computing them, on small random datasets."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from graphtutor.audit.audit import audit
from graphtutor.audit.dataset import Dataset, dataset_of
from graphtutor.audit.record import AuditTask
from graphtutor.runs.audit import AuditRecord, Check

Files = dict[str, list[AuditTask]]
NAMES = "PQRSTU"


@st.composite
def tasks(draw: st.DrawFn) -> AuditTask:
    """A task over six names and two relations, so that things often coincide."""
    hops = draw(st.integers(0, 3))
    path = [draw(st.sampled_from(NAMES)) for _ in range(hops + 1)]
    chain = [draw(st.sampled_from("xy")) for _ in range(hops)]
    options = draw(st.permutations(NAMES))[:4]
    edges = [{"src": path[hop], "rel": chain[hop], "dst": path[hop + 1]} for hop in range(hops)]
    fields: dict[str, Any] = {
        "id": draw(st.sampled_from("123456789")),
        "question": draw(st.sampled_from(["What now?", "what  NOW", "Who?", "Which P?"])),
        "options": dict(zip("ABCD", options, strict=True)),
        "answer_star": draw(st.sampled_from("ABCD")),
    }
    if hops and draw(st.booleans()):
        fields["path_star"] = {"entities": path, "edges": edges}
    elif hops and draw(st.booleans()):
        fields["path_star"] = {"edges": edges}
    return AuditTask.model_validate(fields)


@st.composite
def datasets(draw: st.DrawFn) -> Files:
    return {
        name: draw(st.lists(tasks(), min_size=0 if name == "train_long" else 1, max_size=5))
        for name in ("train", "train_long", "dev", "eval")
    }


def loaded(files: Files) -> Dataset:
    return dataset_of(
        [
            (name, "train" if name.startswith("train") else "evaluated", name, found)
            for name, found in files.items()
        ]
    )


def check(record: AuditRecord, name: str, file: str) -> Check:
    (found,) = [c for c in record.checks if (c.name, c.file) == (name, file)]
    return found


def answer(task: AuditTask) -> str:
    return task.options.of(task.answer_star)


def start(task: AuditTask) -> str:
    return task.entities[0]


def several(task: AuditTask) -> bool:
    return len(task.edges) >= 2


def silent(task: AuditTask) -> bool:
    """No path and no hop length: nobody knows what it is about."""
    return not task.edges


def words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


KEYS: dict[str, tuple[Callable[[AuditTask], Hashable], Callable[[AuditTask], bool]]] = {
    "question": (lambda t: t.question, lambda _: True),
    "question-normalised": (lambda t: words(t.question), lambda _: True),
    "task": (
        lambda t: (words(t.question), frozenset(t.options.names()), answer(t)),
        lambda _: True,
    ),
    "start-chain": (lambda t: (start(t), t.chain), several),
    "start-answer": (lambda t: (start(t), answer(t)), several),
    "path-entities": (lambda t: t.entities, several),
    "path-edges": (lambda t: t.edges, several),
    "id": (lambda t: t.id, lambda _: True),
}


@settings(max_examples=60, deadline=None)
@given(datasets())
def test_overlaps_are_those_of_plain_sets(files: Files) -> None:
    record = audit(loaded(files), None, baselines=False)
    others = {
        "training": {"dev": ["train", "train_long"], "eval": ["train", "train_long"]},
        "evaluation": {"dev": ["eval"], "eval": ["dev"]},
    }
    for name, (key, counts) in KEYS.items():
        by_path = KEYS[name][1] is several
        for side, against in others.items():
            for file, rest in against.items():
                seen = {key(t) for other in rest for t in files[other] if counts(t)}
                mine = [t for t in files[file] if counts(t)]
                found = check(record, f"{name}-in-{side}", file)
                silence = by_path and all(silent(t) for o in rest for t in files[o])
                if not mine or silence:
                    assert found.passed is None
                    assert not found.looked_at
                    continue
                assert list(found.ids) == [t.id for t in mine if key(t) in seen]
                assert (found.found, found.n) == (len(found.ids), len(mine))
                assert found.passed is (None if name == "id" else not found.ids)


def stretches(tasks: Sequence[AuditTask], length: int) -> set[Hashable]:
    return {
        task.edges[place : place + length]
        for task in tasks
        for place in range(len(task.edges) - length + 1)
    }


@settings(max_examples=60, deadline=None)
@given(datasets())
def test_coverage_is_that_of_plain_sets(files: Files) -> None:
    record = audit(loaded(files), None, baselines=False)
    train = [*files["train"], *files["train_long"]]
    taught = stretches([t for t in train if len(t.edges) == 1], 1)
    seen = stretches(train, 1)
    for file in ("dev", "eval"):
        used = stretches(files[file], 1)
        found = check(record, "untaught-edge", file)
        if not used or not seen:
            assert found.passed is None
            continue
        assert (found.found, found.n) == (len(used - taught), len(used))
        assert list(found.ids) == [t.id for t in files[file] if stretches([t], 1) & (used - taught)]
        told = check(record, "seen-edge", file)
        assert (told.found, told.n) == (len(used & seen), len(used))
        told = check(record, "used-edge", file)
        assert (told.found, told.n) == (len(used & seen), len(seen))
        for length in (2, 3):
            mine = stretches(files[file], length)
            told_of = [c for c in record.checks if c.name == f"seen-stretch-{length}"]
            counts = [(c.found, c.n) for c in told_of if c.file == file]
            assert counts == ([(len(mine & stretches(train, length)), len(mine))] if mine else [])


@settings(max_examples=40, deadline=None)
@given(datasets())
def test_repeats_are_those_of_plain_counts(files: Files) -> None:
    record = audit(loaded(files), None, baselines=False)
    for name, found in files.items():
        if not found:
            continue
        ids = [t.id for t in found]
        assert list(check(record, "repeated-id", name).ids) == [i for i in ids if ids.count(i) > 1]
        keys = [KEYS["task"][0](t) for t in found]
        repeated = [t.id for t, key in zip(found, keys, strict=True) if keys.count(key) > 1]
        assert list(check(record, "repeated-task", name).ids) == repeated


def test_a_thousand_ids_are_named_and_all_are_counted() -> None:
    made = [
        AuditTask(
            id=str(n),
            question="Which?",
            options=dict(zip("ABCD", NAMES, strict=False)),
            answer_star="ABCD"[n % 4],
        )
        for n in range(1200)
    ]
    record = audit(loaded({"train": made[:1], "eval": made}), None, baselines=False)
    found = check(record, "question-in-training", "eval")
    assert (found.found, len(found.ids), len(found.examples)) == (1200, 1000, 5)
