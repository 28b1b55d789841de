"""The quality gate for one topic, before there is a domain around it."""

from __future__ import annotations

from graphtutor.blueprint.domain import Domain, Topic
from graphtutor.blueprint.framework import Framework
from graphtutor.blueprint.gate import Finding, check_domain

__all__ = ["check_title", "check_topic"]


def check_topic(topic: Topic, framework: Framework) -> list[Finding]:
    """Return what breaks a check within ``topic``; its strands have the framework's levels."""
    # Nothing but the topic is looked at, so that the rest needs no validation.
    return check_domain(Domain.model_construct(topics=(topic,), hierarchy=()), framework)


def check_title(title: str, framework: Framework) -> str:
    """Return what no strand could mend about a topic's title; empty if nothing."""
    filler = {level.id: "?" for level in framework.levels}
    topic = Topic(id="t", title=title, evolution=1, subtopic="", strands=(filler,))
    found = [f.what for f in check_topic(topic, framework) if f.check == "language"]
    return found[0] if found else ""
