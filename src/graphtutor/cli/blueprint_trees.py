"""A blueprint in the terminal: its hierarchy, or one topic, as a tree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.tree import Tree

    from graphtutor.blueprint.domain import Domain, Topic
    from graphtutor.blueprint.framework import Framework

__all__ = ["hierarchy_tree", "topic_tree"]


def hierarchy_tree(domain: Domain) -> Tree:
    """Evolutions, their numbered subtopics, and the ids of the topics in each."""
    tree = _tree(domain.title, "bold")
    for evolution in domain.hierarchy:
        number = evolution.evolution
        step = _add(tree, [(f"Evolution {number}: ", ""), (evolution.title, "bold")])
        _add(step, [(evolution.builds, "italic")])
        for place, subtopic in enumerate(evolution.subtopics, 1):
            ids = [topic.id for topic in domain.topics if topic.subtopic == subtopic]
            _add(step, [(f"{number}.{place} {subtopic}: ", ""), (", ".join(ids), "dim")])
    return tree


def topic_tree(topic: Topic, framework: Framework) -> Tree:
    """A topic's strands level by level, then the short form."""
    tree = _tree(topic.title, "bold")
    _add(tree, [(f"Evolution {topic.evolution}, {topic.subtopic}", "dim")])
    for number, strand in enumerate(topic.strands, 1):
        branch = _add(tree, [(f"Strand {number}", "dim")])
        for level in framework.levels:
            _add(branch, [(f"{level.label}: ", "dim"), (strand[level.id], "")])
    if framework.merge:
        short = framework.compressed(topic.strands)
        _add(tree, [(f"{framework.merge.label}: ", "dim"), (short, "bold")])
    return tree


def _tree(title: str, style: str) -> Tree:
    from rich.text import Text
    from rich.tree import Tree

    from graphtutor.blueprint.diagram import visible

    return Tree(Text(visible(title), style))


def _add(tree: Tree, parts: Sequence[tuple[str, str]]) -> Tree:
    """Add a line of (text, style); the text is taken as it is, never as markup."""
    from rich.text import Text

    from graphtutor.blueprint.diagram import visible

    line = Text()
    for text, style in parts:
        # What separates two parts ends the first one, and a visible line has no space there.
        line.append(visible(text) + (" " if text.endswith(" ") else ""), style)
    return tree.add(line)
