"""What a task must satisfy, recomputed from the file record and the graph alone.

Nothing that a record says of itself is believed: the answer set, the number of walks, the distance
and the text are computed again and compared. :func:`check_task` judges one task,
:func:`check_splits` the contract between files. Both return complaints; no complaint is a pass.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from graphtutor.graph.distances import pair_distances
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.tasks.candidates import tier_of
from graphtutor.tasks.prompt import prompt_text
from graphtutor.tasks.task import LETTERS, Task
from graphtutor.tasks.wording import is_template, noun_of, phrase_of, question

__all__ = ["STRICT_SPLITS", "check_splits", "check_task"]

STRICT_SPLITS: Final = ("dev", "eval", "train_long", "eval_search")
"""Splits whose chain must be the only one to the answer, with no shorter way; a flag in train."""

_COMPLETION: Final = re.compile(r"TRACE: (?P<trace>[^\n]+)\nANSWER: (?P<letter>[ABCD])\n?")
"""The output format at its strictest; the parser of completions accepts all that this accepts."""


def check_task(graph: KnowledgeGraph, task: Task) -> list[str]:
    """Return what is wrong with ``task``, as sentences without the task's id."""
    unknown = _unknown_names(graph, task)
    if unknown:
        return [f"not in the graph: {', '.join(unknown)}"]
    problems = [*_path_problems(graph, task)]
    if not problems:
        # The rest speaks of the chain, which has to exist first.
        problems += [*_answer_problems(graph, task), *_text_problems(graph, task)]
    if len(set(task.options.names())) != 4:
        problems.append("two options name the same entity")
    if task.key and task.key != task.content_key():
        problems.append(f"key {task.key} is not that of the content ({task.content_key()})")
    if task.graph and task.graph != graph.digest:
        problems.append(f"made from another graph ({task.graph[:12]}, not {graph.digest[:12]})")
    return problems


def _unknown_names(graph: KnowledgeGraph, task: Task) -> list[str]:
    entities = [*task.path_star.entities, *task.options.names()]
    entities += [end for edge in task.path_star.edges for end in (edge.src, edge.dst)]
    relations = [*(edge.rel for edge in task.path_star.edges), *task.meta.relations]
    unknown = {f"entity {name}" for name in entities if name not in graph.entity_index}
    unknown |= {f"relation {name}" for name in relations if name not in graph.relation_index}
    return sorted(unknown)


def _path_problems(graph: KnowledgeGraph, task: Task) -> Iterator[str]:
    entities, edges = task.path_star.entities, task.path_star.edges
    if len(edges) != task.hop_len or len(entities) != task.hop_len + 1:
        yield f"a {task.hop_len}-hop path has {len(entities)} entities and {len(edges)} edges"
        return
    for edge, ends in zip(edges, pairwise(entities), strict=True):
        if (edge.src, edge.dst) != ends:
            yield f"edge {edge.src} {edge.rel} {edge.dst} does not join {ends[0]} to {ends[1]}"
        ids = graph.entity_index[edge.src], graph.relation_index[edge.rel]
        if not graph.has_edge(*ids, graph.entity_index[edge.dst]):
            yield f"the graph has no edge {edge.src} {edge.rel} {edge.dst}"
    if task.meta.relations and task.meta.relations != tuple(edge.rel for edge in edges):
        yield "meta.relations differs from the relations of the path"
    if len(set(entities)) != len(entities):
        yield "the path visits an entity twice"
    if entities[-1] != task.answer:
        yield f"the path ends at {entities[-1]}, option {task.answer_star} is {task.answer}"


def _answer_problems(graph: KnowledgeGraph, task: Task) -> Iterator[str]:
    start, answer = graph.entity_index[task.start], graph.entity_index[task.answer]
    chain = [graph.relation_index[edge.rel] for edge in task.path_star.edges]
    walks = graph.answer_walks(start, chain)
    options = [graph.entity_index[name] for name in task.options.names()]
    right = [letter for letter, entity in zip(LETTERS, options, strict=True) if entity in walks]
    if right != [task.answer_star]:
        shown = ", ".join(right) or "none"
        yield f"options in the answer set: {shown}, not {task.answer_star} alone"
    kind = graph.entities[answer].type
    kinds = {graph.entities[entity].type for entity in options}
    if kinds != {kind}:
        yield f"options of several types: {', '.join(sorted(kinds))}"
    distance = int(pair_distances(graph, np.array([start]), np.array([answer]), task.hop_len)[0])
    unique = walks.get(answer) == 1
    if task.split in STRICT_SPLITS:
        if not unique:
            yield f"{walks.get(answer, 0)} walks along the chain lead to the answer"
        if distance != task.hop_len:
            yield f"the answer is {distance} hops from the start, not {task.hop_len}"
    facts = {
        "answer_set_size": len(walks),
        "tier": tier_of(len(walks)),
        "unique_path": unique,
        "shortest_distance": distance,
    }
    for name, fact in facts.items():
        said: object = getattr(task.meta, name)
        if said is not None and said != fact:
            yield f"meta.{name} says {said}, the graph {fact}"
    if task.meta.answer_type not in ("", kind):
        yield f"meta.answer_type says {task.meta.answer_type}, the graph {kind}"


def _text_problems(graph: KnowledgeGraph, task: Task) -> Iterator[str]:
    entities = task.path_star.entities
    phrases = [
        phrase_of(graph.relations[graph.relation_index[edge.rel]]) for edge in task.path_star.edges
    ]
    nouns = [noun_of(graph.entities[graph.entity_index[name]].type) for name in entities[1:]]
    if is_template(task.meta.template):
        if task.question != question(task.start, phrases, nouns, task.meta.template):
            yield f"the question is not the chain in the words of template {task.meta.template}"
    elif not _in_order(task.question, [task.start, *phrases]):
        yield "the question does not name the start and then the relations of the chain"
    elif not _in_order(task.question, [nouns[-1]]):
        yield f"the question does not ask for a {nouns[-1]}"
    if task.prompt != prompt_text(task.question, task.options.names()):
        yield "the prompt is not the format rules, the question and the options"
    reference = _COMPLETION.fullmatch(task.ref.trace)
    if reference is None:
        yield "the reference does not parse as TRACE and ANSWER lines"
        return
    if reference["letter"] != task.answer_star:
        yield f"the reference answers {reference['letter']}, right is {task.answer_star}"
    spoken = [entities[0]]
    for phrase, entity in zip(phrases, entities[1:], strict=True):
        spoken += [phrase, entity]
    if not _in_order(reference["trace"], spoken):
        yield "the reference does not state the chain: subject, phrase, object for each hop"


def _in_order(text: str, parts: Sequence[str]) -> bool:
    """Tell whether ``parts`` occur in ``text`` one after the other, as whole words."""
    place = 0
    for part in parts:
        place = text.find(part, place)
        while place >= 0 and (
            _is_word(text[place - 1 : place]) or _is_word(text[place + len(part) :][:1])
        ):
            place = text.find(part, place + 1)
        if place < 0:
            return False
        place += len(part)
    return True


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def check_splits(files: Mapping[str, Sequence[Task]]) -> list[str]:
    """Return the breaches of the two-sided contract; ``files`` maps a split's name to its tasks.

    Splits are train, train_long, dev, eval and eval_search; absent ones count as empty.
    """
    train, long = files.get("train", ()), files.get("train_long", ())
    problems = [*_teaching_problems(files), *_overlap_problems(files)]
    taught_questions = {task.question for task in (*train, *long)}
    for name in ("dev", "eval", "eval_search"):
        count = sum(task.question in taught_questions for task in files.get(name, ()))
        if count:
            problems.append(f"{name}: {count} questions occur word for word in a training file")
    for name, tasks in files.items():
        problems += _balance_problems(name, tasks)
    return problems


def _teaching_problems(files: Mapping[str, Sequence[Task]]) -> Iterator[str]:
    taught = {
        (edge.src, edge.rel, edge.dst)
        for task in files.get("train", ())
        if task.hop_len == 1
        for edge in task.path_star.edges
    }
    for name in ("dev", "eval", "eval_search"):
        tasks = files.get(name, ())
        edges = {(e.src, e.rel, e.dst) for task in tasks for e in task.path_star.edges}
        never = sorted(edges - taught)
        if never:
            yield (
                f"{name}: {len(never)} edges are not taught as 1-hop tasks in train "
                f"({' '.join(never[0])}, ...)"
            )


def _overlap_problems(files: Mapping[str, Sequence[Task]]) -> Iterator[str]:
    """Compare every two files of which at least one is held out."""
    held_out = ("dev", "eval", "eval_search")
    names = [name for name in ("train", "train_long", *held_out) if name in files]
    keys = {
        name: (
            {(task.start, task.chain) for task in files[name] if task.hop_len > 1},
            {(task.start, task.answer) for task in files[name] if task.hop_len > 1},
        )
        for name in names
    }
    for number, first in enumerate(names):
        for second in names[number + 1 :]:
            if second not in held_out:
                continue
            for kind, ours, theirs in zip(
                ("chain", "answer"), keys[first], keys[second], strict=True
            ):
                shared = len(ours & theirs)
                if shared:
                    yield f"{second} shares {shared} (start, {kind}) with {first}"


def _balance_problems(name: str, tasks: Sequence[Task]) -> Iterator[str]:
    identities = Counter(task.id for task in tasks)
    repeated = [identity for identity, count in identities.items() if count > 1]
    if repeated:
        yield f"{name}: {len(repeated)} ids occur twice ({repeated[0]}, ...)"
    chains = Counter((task.start, task.chain) for task in tasks if task.hop_len > 1)
    twice = sum(count > 1 for count in chains.values())
    if twice:
        yield f"{name}: {twice} (start, chain) occur more than once"
    for hops in sorted({task.hop_len for task in tasks}):
        letters = Counter(task.answer_star for task in tasks if task.hop_len == hops)
        counts = [letters.get(letter, 0) for letter in LETTERS]
        if max(counts) - min(counts) > 1:
            shown = ", ".join(f"{a} {n}" for a, n in zip(LETTERS, counts, strict=True))
            yield f"{name}, {hops} hops: gold letters are not balanced ({shown})"
    strangers = sum(task.split != name for task in tasks)
    if strangers:
        yield f"{name}: {strangers} tasks carry the name of another split"
