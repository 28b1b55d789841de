"""Ask a phase's model the held-out questions that a program can score, and score the answers.

These are the whole answers, by their structure, and the closed questions, by exact match.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphtutor.blueprint.closed import is_right
from graphtutor.blueprint.framework import Framework
from graphtutor.blueprint.rows import ChatRow
from graphtutor.blueprint.structure import COMPONENTS, explained, score_structure
from graphtutor.completion.completion import Completion, Generator, Prompt, Sampling
from graphtutor.io.digest import digest_of
from graphtutor.job.watch import Advance
from graphtutor.runs.blueprint import BlueprintAnswer

__all__ = ["WHOLE", "Scoring", "answer_rows", "scored_rows"]

WHOLE = "whole"
"""The kind of question that is answered by every level of the framework."""


@dataclass(frozen=True, slots=True)
class Scoring:
    """What answers are scored by: the frameworks by name, and what training answers explain."""

    frameworks: Mapping[str, Framework]
    known: frozenset[str]

    @classmethod
    def of(cls, frameworks: Mapping[str, Framework], training: Sequence[ChatRow]) -> Scoring:
        """Return the scoring of a model that has been trained on ``training``."""
        known = {
            text
            for row in training
            if (framework := frameworks.get(row.meta.get("framework", ""))) is not None
            for text in explained(framework, row.assistant)
        }
        return cls(frameworks, frozenset(known))


def scored_rows(rows: Sequence[ChatRow], frameworks: Mapping[str, Framework]) -> list[ChatRow]:
    """Return the rows that can be scored: whole answers by a known framework, closed questions."""
    return [
        row
        for row in rows
        if row.meta.get("closed")
        or (row.meta.get("kind") == WHOLE and row.meta.get("framework") in frameworks)
    ]


def answer_rows(
    model: Generator,
    rows: Sequence[ChatRow],
    scoring: Scoring,
    phase: str,
    max_new_tokens: int,
    batch: int,
    advance: Advance,
) -> list[BlueprintAnswer]:
    """Answer ``rows``, which :func:`scored_rows` chose, greedily, ``batch`` at a time."""
    sampling = Sampling(max_new_tokens=max_new_tokens)
    answers: list[BlueprintAnswer] = []
    for start in range(0, len(rows), batch):
        some = rows[start : start + batch]
        prompts = [Prompt(_key(row), row.user, row.system) for row in some]
        done = model.generate(prompts, sampling, lambda count: advance(count, ""))
        answers += [
            _scored(row, completions[0], scoring, phase)
            for row, completions in zip(some, done, strict=True)
        ]
    return answers


def _scored(row: ChatRow, completion: Completion, scoring: Scoring, phase: str) -> BlueprintAnswer:
    meta, text = row.meta, completion.text
    scores: dict[str, Any] = {}
    if meta["kind"] == WHOLE:
        framework = scoring.frameworks[meta["framework"]]
        structure, said = score_structure(framework, text), explained(framework, text)
        scores = {
            "strands": structure.strands,
            "structure": {name: getattr(structure, name) for name in COMPONENTS},
            "well_formed": structure.well_formed,
            "copied": sum(one in scoring.known for one in said) / len(said) if said else None,
            "compression": structure.compression,
        }
    else:
        scores["right"] = is_right(meta["closed"], text)
    return BlueprintAnswer(
        phase=phase,
        key=_key(row),
        domain=meta.get("domain", ""),
        topic=meta.get("topic", ""),
        kind=meta["kind"],
        system=row.system,
        question=row.user,
        reference=row.assistant,
        answer=text,
        tokens=completion.tokens,
        cut=completion.cut,
        words=len(text.split()),
        reference_words=len(row.assistant.split()),
        **scores,
    )


def _key(row: ChatRow) -> str:
    return row.meta.get("key") or digest_of([row.system, row.user])
