"""Letters and wordings: balanced, apart for the copies of an edge, and blind to distractors."""

from __future__ import annotations

from collections import Counter

import pytest

from graphtutor.config import TasksConfig
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.tasks.candidates import usable_edges
from graphtutor.tasks.generate import one_hop_paths
from graphtutor.tasks.gold import GoldSet, gold_set
from graphtutor.tasks.layout import layout_of
from graphtutor.tasks.wording import TEMPLATES


@pytest.fixture(scope="module")
def gold(graph: KnowledgeGraph) -> GoldSet:
    edges = usable_edges(graph).nonzero()[0]
    return gold_set(graph, "train", one_hop_paths(graph, edges, 2))


def test_letters_are_balanced_and_copies_differ(graph: KnowledgeGraph, gold: GoldSet) -> None:
    layout = layout_of(graph, gold, TasksConfig(train_one_hop=2))
    half = len(gold.paths) // 2
    counts = Counter(layout.letters)
    assert max(counts.values()) - min(counts.values()) <= 2
    assert all(a != b for a, b in zip(layout.letters[:half], layout.letters[half:], strict=True))
    wordings = zip(layout.templates[:half], layout.templates[half:], strict=True)
    assert all(a != b for a, b in wordings)
    assert {*layout.templates} == {*TEMPLATES}


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_the_share_of_free_wordings(graph: KnowledgeGraph, gold: GoldSet, share: float) -> None:
    """Only training is worded freely; its letters are those of the same seed without."""
    config = TasksConfig(train_one_hop=2, free_wording=share)
    layout = layout_of(graph, gold, config)
    free = sum(name not in TEMPLATES for name in layout.templates) / len(layout.templates)
    assert free == pytest.approx(share, abs=0.08)
    assert layout.letters == layout_of(graph, gold, TasksConfig(train_one_hop=2)).letters


def test_another_seed_is_another_layout(graph: KnowledgeGraph, gold: GoldSet) -> None:
    one, same, other = (
        layout_of(graph, gold, TasksConfig(train_one_hop=2, seed=seed)) for seed in (1, 1, 2)
    )
    assert (one.letters, one.templates) == (same.letters, same.templates)
    assert one.letters != other.letters
