"""Planted faults: each one has to be named by the check that is there for it."""

from __future__ import annotations

from typing import Any

import pytest

from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.tasks.checks import check_splits, check_task
from graphtutor.tasks.prompt import prompt_text
from graphtutor.tasks.task import LETTERS, Options, Task

Splits = dict[str, list[Task]]


def changed(task: Task, **parts: Any) -> Task:
    """Change fields, and prompt and key with them, so that only the planted fault shows."""
    task = task.model_copy(update=parts)
    prompt = prompt_text(task.question, task.options.names())
    task = task.model_copy(update={"prompt": parts.get("prompt", prompt)})
    return task.model_copy(update={"key": parts.get("key", task.content_key())})


def with_option(task: Task, letter: str, name: str) -> Task:
    return changed(task, options=Options(**{**task.options.model_dump(), letter: name}))


def wrong_letter(task: Task) -> str:
    return next(letter for letter in LETTERS if letter != task.answer_star)


@pytest.fixture
def task(splits: Splits) -> Task:
    return next(task for task in splits["eval"] if task.meta.tier == 2 and task.hop_len == 4)


def complaint(graph: KnowledgeGraph, task: Task) -> str:
    problems = check_task(graph, task)
    assert problems
    return " / ".join(problems)


def test_generated_task_is_sound(graph: KnowledgeGraph, task: Task) -> None:
    assert check_task(graph, task) == []
    assert check_task(graph, changed(task)) == []


def test_second_right_option(graph: KnowledgeGraph, task: Task) -> None:
    chain = [graph.relation_index[name] for name in task.chain]
    walks = graph.answer_walks(graph.entity_index[task.start], chain)
    other = next(graph.entities[e].id for e in walks if graph.entities[e].id != task.answer)
    assert "in the answer set" in complaint(graph, with_option(task, wrong_letter(task), other))


def test_option_of_another_type(graph: KnowledgeGraph, task: Task) -> None:
    other = next(e.id for e in graph.entities if e.type != task.meta.answer_type)
    assert "several types" in complaint(graph, with_option(task, wrong_letter(task), other))


def test_option_twice(graph: KnowledgeGraph, task: Task) -> None:
    first, second = [letter for letter in LETTERS if letter != task.answer_star][:2]
    twin = with_option(task, first, task.options.model_dump()[second])
    assert "two options name the same" in complaint(graph, twin)


def test_unknown_option(graph: KnowledgeGraph, task: Task) -> None:
    stranger = with_option(task, wrong_letter(task), "Nobody")
    assert complaint(graph, stranger) == "not in the graph: entity Nobody"


def test_wrong_letter(graph: KnowledgeGraph, task: Task) -> None:
    letter = wrong_letter(task)
    found = complaint(graph, changed(task, answer_star=letter))
    assert f"option {letter} is" in found


def test_reference_with_another_letter(graph: KnowledgeGraph, task: Task) -> None:
    ref = task.ref.model_copy(update={"trace": task.ref.trace[:-1] + wrong_letter(task)})
    assert "the reference answers" in complaint(graph, changed(task, ref=ref))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("TRACE: ", "TRACE ", "does not parse"),
        ("\nANSWER", "\n\nANSWER", "does not parse"),
        (" links ", " knows ", "does not state the chain"),
    ],
)
def test_reference_text(graph: KnowledgeGraph, task: Task, old: str, new: str, named: str) -> None:
    assert old in task.ref.trace
    ref = task.ref.model_copy(update={"trace": task.ref.trace.replace(old, new, 1)})
    assert named in complaint(graph, changed(task, ref=ref))


def test_reference_may_join_its_statements_otherwise(graph: KnowledgeGraph, task: Task) -> None:
    text = task.ref.trace.replace(", which ", "; that ")
    ref = task.ref.model_copy(update={"trace": text})
    assert check_task(graph, changed(task, ref=ref)) == []


def test_edge_that_is_not_in_the_graph(graph: KnowledgeGraph, task: Task) -> None:
    edge = task.path_star.edges[0]
    rel = next(r.id for r in graph.relations if (edge.src, r.id) != (edge.src, edge.rel))
    edges = (edge.model_copy(update={"rel": rel}), *task.path_star.edges[1:])
    path = task.path_star.model_copy(update={"edges": edges})
    found = complaint(graph, changed(task, path_star=path))
    assert "the graph has no edge" in found
    assert "meta.relations differs" in found


def test_path_of_another_length(graph: KnowledgeGraph, task: Task) -> None:
    assert "a 5-hop path has 5 entities" in complaint(graph, changed(task, hop_len=5))


def test_question_in_other_words(graph: KnowledgeGraph, task: Task) -> None:
    found = complaint(graph, changed(task, question=task.question + " Hurry."))
    assert "not the chain in the words of template" in found


def test_question_of_an_unknown_template(graph: KnowledgeGraph, task: Task) -> None:
    """Files made elsewhere have words of their own; start, relations and type must be named."""
    meta = task.meta.model_copy(update={"template": "elsewhere"})
    assert check_task(graph, changed(task, meta=meta)) == []
    found = complaint(graph, changed(task, meta=meta, question=f"What of {task.start}?"))
    assert "does not name the start and then the relations" in found


def test_prompt_that_does_not_match(graph: KnowledgeGraph, task: Task) -> None:
    assert "the prompt is not" in complaint(graph, changed(task, prompt=task.prompt + " "))


def test_stale_key_and_other_graph(graph: KnowledgeGraph, task: Task) -> None:
    assert "key 0 is not" in complaint(graph, changed(task, key="0"))
    assert "made from another graph" in complaint(graph, changed(task, graph="f" * 64))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("answer_set_size", 9),
        ("tier", 3),
        ("unique_path", False),
        ("shortest_distance", 1),
        ("answer_type", "kind9"),
    ],
)
def test_meta_is_not_believed(graph: KnowledgeGraph, task: Task, field: str, value: object) -> None:
    meta = task.meta.model_copy(update={field: value})
    assert f"meta.{field} says {value}" in complaint(graph, changed(task, meta=meta))


def test_strictness_depends_on_the_split(graph: KnowledgeGraph, splits: Splits) -> None:
    """What train may flag, eval must not have."""
    near = next(
        task
        for task in splits["train"]
        if task.meta.shortest_distance != task.hop_len and task.meta.unique_path
    )
    assert check_task(graph, near) == []
    assert "hops from the start" in complaint(graph, changed(near, split="eval"))


# ---- the contract between files ----


def test_generated_files_keep_the_contract(splits: Splits) -> None:
    assert check_splits(splits) == []


def test_untaught_edge(splits: Splits) -> None:
    edge = splits["eval"][0].path_star.edges[0]
    train = [t for t in splits["train"] if t.hop_len > 1 or t.path_star.edges[0] != edge]
    problems = check_splits({**splits, "train": train})
    assert any(p.startswith("eval: 1 edges are not taught") for p in problems)


def test_unused_edge_need_not_be_taught(splits: Splits) -> None:
    used = {
        e
        for name in ("dev", "eval", "eval_search")
        for t in splits[name]
        for e in t.path_star.edges
    }
    train = [t for t in splits["train"] if t.hop_len > 1 or t.path_star.edges[0] in used]
    assert not any("taught" in p for p in check_splits({**splits, "train": train}))


@pytest.mark.parametrize("other", ["train", "train_long", "dev", "eval_search"])
def test_shared_chain_answer_and_question(splits: Splits, other: str) -> None:
    leak = splits["eval"][0].model_copy(update={"split": other, "id": "leak"})
    problems = check_splits({**splits, other: [*splits[other], leak]})
    pair = f"eval shares 1 (start, {{}}) with {other}"
    if other == "eval_search":
        pair = "eval_search shares 1 (start, {}) with eval"
    assert pair.format("chain") in problems
    assert pair.format("answer") in problems
    word_for_word = "eval: 1 questions occur word for word in a training file" in problems
    assert word_for_word == other.startswith("train")


def test_same_pair_by_another_chain(splits: Splits) -> None:
    """(start, answer) alone is a leak, too."""
    task = splits["eval"][0]
    other = next(t for t in splits["train_long"] if t.chain != task.chain)
    path = other.path_star.model_copy(
        update={"entities": (task.start, *other.path_star.entities[1:])}
    )
    options = Options(**{**other.options.model_dump(), other.answer_star: task.answer})
    leak = other.model_copy(update={"path_star": path, "options": options, "id": "leak"})
    problems = check_splits({**splits, "train_long": [*splits["train_long"], leak]})
    assert "eval shares 1 (start, answer) with train_long" in problems
    assert not any("(start, chain) with" in p for p in problems)


def test_letters_out_of_balance(splits: Splits) -> None:
    kept = [t for t in splits["eval"] if t.hop_len == 5 or t.answer_star != "A"]
    problems = check_splits({**splits, "eval": kept})
    assert problems == ["eval, 4 hops: gold letters are not balanced (A 0, B 5, C 5, D 5)"]


def test_repeated_task_and_wrong_split(splits: Splits) -> None:
    task = splits["dev"][0].model_copy(update={"split": "eval"})
    problems = check_splits({**splits, "dev": [*splits["dev"], task]})
    assert "dev: 1 ids occur twice (dev_000000, ...)" in problems
    assert "dev: 1 (start, chain) occur more than once" in problems
    assert "dev: 1 tasks carry the name of another split" in problems
