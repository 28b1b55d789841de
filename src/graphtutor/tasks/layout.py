"""Letter and wording of each task, chosen without looking at its distractors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graphtutor.config import TasksConfig
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.io.seed import random_stream
from graphtutor.tasks.build import balanced_letters
from graphtutor.tasks.frames import draw_frame
from graphtutor.tasks.gold import GoldSet
from graphtutor.tasks.wording import TEMPLATES

__all__ = ["Layout", "layout_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Letters 0-3 and templates of a gold set, (n,) each; ``stream`` orders the distractors."""

    letters: list[int]
    templates: list[str]
    stream: np.random.Generator


def layout_of(graph: KnowledgeGraph, gold: GoldSet, config: TasksConfig) -> Layout:
    """Choose letter and template for each path of a gold set.

    Paths of one hop stand ``config.train_one_hop`` times in ``gold``; the copies of one differ in
    letter and template.
    """
    stream = random_stream(graph.digest, "layout", gold.split, config.seed, gold.hops)
    copies = config.train_one_hop if gold.hops == 1 else 1
    items = len(gold.paths) // copies
    letters: list[int] = balanced_letters(items, copies, stream).ravel().tolist()
    template = stream.integers(len(TEMPLATES), size=items) + np.arange(copies)[:, None]
    names = [TEMPLATES[number % len(TEMPLATES)] for number in template.ravel().tolist()]
    if gold.split == "train" and config.free_wording:
        frames = random_stream(graph.digest, "frames", config.seed, gold.hops)
        free = frames.random(len(names)) < config.free_wording
        names = [draw_frame(frames) if f else n for f, n in zip(free, names, strict=True)]
    return Layout(letters, names, stream)
