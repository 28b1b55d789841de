"""What the blueprint commands have in common: a domain with its framework, and its counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from graphtutor.blueprint.domain import Domain
    from graphtutor.blueprint.framework import Framework

__all__ = ["counts", "load"]


def load(name: str) -> tuple[Domain, Framework]:
    """Load a built-in domain or a .yaml file, and the framework that it names."""
    from graphtutor.blueprint.load import load_domain, load_framework

    domain = load_domain(name)
    return domain, load_framework(domain.framework)


def counts(domain: Domain) -> str:
    """Say how many topics, strands, evolutions and subtopics there are."""
    subtopics = sum(len(evolution.subtopics) for evolution in domain.hierarchy)
    strands = sum(len(topic.strands) for topic in domain.topics)
    return (
        f"{len(domain.topics)} topics with {strands} strands, {len(domain.hierarchy)} evolutions "
        f"with {subtopics} subtopics"
    )
