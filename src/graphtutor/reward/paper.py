"""The reward published with arXiv 2601.15160, as its released code has it, for comparison.

``R = R_bin + R_path`` with ``R_bin = +0.1`` for a right answer, ``-1`` for a wrong or missing one,
and ``R_path = min((1.2 * share + 0.3 * [hits >= 2]) * phi, 1.5)``, where share and hits compare the
lower-cased word tokens (stop words removed) of the trace with those of the path. ``phi`` lowers the
reward of texts in which one token prevails or runs. Order, direction and negation are invisible to
it, and a wrong answer with the whole path (+0.5) beats a right one without (+0.1).

Three points are not published and decided here: the stop words, that ``phi`` looks at the tokens
that are left without them, and that neither of its factors falls below zero.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Final

from graphtutor.completion.parser import parse
from graphtutor.reward.breakdown import Breakdown
from graphtutor.tasks.task import Task

__all__ = ["PAPER", "paper_reward"]

PAPER: Final = "paper-2601.15160"
_STOP_WORDS: Final = frozenset(
    "a an and are as at be by for from has in is it its of on or that the this to was which "
    "with".split()
)


def paper_reward(task: Task, completion: str) -> Breakdown:
    r"""Score ``completion`` by the published formula.

    >>> from graphtutor.tasks.task import *
    >>> task = Task(id="t", split="eval", hop_len=1, question="?", answer_star="A",
    ...     options=Options(A="Flood", B="Wind", C="Sun", D="Rain"), prompt="", meta=TaskMeta(),
    ...     path_star=PathStar(entities=("Rain", "Flood"),
    ...                        edges=(PathEdge(src="Rain", rel="causes", dst="Flood"),)),
    ...     ref=Reference(trace=""))
    >>> round(paper_reward(task, "TRACE: Rain causes Flood.\nANSWER: B").total, 9)
    0.5
    """
    parsed = parse(completion)
    words = _content_words(parsed.trace or "")
    path = {
        word
        for edge in task.path_star.edges
        for word in _content_words(f"{edge.src} {edge.rel} {edge.dst}")
    }
    hits = len(path & set(words))
    share = hits / max(1, len(path))
    return Breakdown(
        profile=PAPER,
        correctness=0.1 if parsed.answer == task.answer_star else -1.0,
        path_coverage=share,
        path_reward=min((1.2 * share + 0.3 * (hits >= 2)) * _repetition(words), 1.5),
        spam_penalty=0.0,
        false_edge_penalty=0.0,
        format_penalty=0.0,
        weight_correctness=1.0,
        weight_path=1.0,
    )


def _content_words(text: str) -> list[str]:
    return [word for word in re.findall(r"\w+", text.lower()) if word not in _STOP_WORDS]


def _repetition(words: Sequence[str]) -> float:
    if not words:
        return 1.0
    top_share = max(Counter(words).values()) / len(words)
    longest_run = max(len(list(run)) for _, run in groupby(words))
    prevails = max(0.0, 1 - 3 * max(0.0, top_share - 0.35))
    return prevails * max(0.0, 1 - 0.05 * max(0, longest_run - 3))
