"""Blueprints on the web: the domains that are built in, and the runs trained on some of them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from graphtutor.blueprint.domain import Domain, Evolution, Topic
from graphtutor.blueprint.framework import Framework
from graphtutor.blueprint.load import domain_names, load_domain, load_framework
from graphtutor.web.blueprint_runs import AnswerPage, BlueprintRun, BlueprintRuns, Form, Trouble
from graphtutor.web.problem import NotFound
from graphtutor.web.rates import ApiRecord

__all__ = ["BlueprintPages"]


class DomainName(ApiRecord):
    """A domain that is built in."""

    id: str
    title: str
    topics: int


class BlueprintList(ApiRecord):
    """What there is; ``unreadable`` are folders that look like blueprint runs, with the reason."""

    domains: tuple[DomainName, ...]
    runs: tuple[str, ...]
    unreadable: tuple[Trouble, ...]


class LevelView(ApiRecord):
    """One level of the framework."""

    id: str
    label: str
    holds: str


class TopicView(ApiRecord):
    """One topic; a strand has a text for each level, in their order. ``short`` may be empty."""

    id: str
    title: str
    strands: tuple[tuple[str, ...], ...]
    short: str


class SubtopicView(ApiRecord):
    """A subtopic under its number, "2.3", with its topics."""

    number: str
    title: str
    topics: tuple[TopicView, ...]


class EvolutionView(ApiRecord):
    """One level of the hierarchy; each builds on those below."""

    evolution: int
    title: str
    builds: str
    subtopics: tuple[SubtopicView, ...]


class DomainView(ApiRecord):
    """A whole domain."""

    id: str
    title: str
    framework: str
    levels: tuple[LevelView, ...]
    short_label: str
    hierarchy: tuple[EvolutionView, ...]


class BlueprintPages:
    """What the pages ask for."""

    def __init__(self, root: Path | None) -> None:
        """Show the runs in ``root``, which may be missing."""
        self._runs = BlueprintRuns(root)

    def list(self) -> BlueprintList:
        """Return the domains and runs that there are."""
        runs, unreadable = self._runs.list()
        named = ((name, _loaded(name)[0]) for name in domain_names())
        return BlueprintList(
            domains=tuple(
                DomainName(id=name, title=domain.title, topics=len(domain.topics))
                for name, domain in named
            ),
            runs=tuple(runs),
            unreadable=tuple(unreadable),
        )

    def domain(self, name: str) -> DomainView:
        """Return a domain that is built in. Raises NotFound."""
        names = domain_names()
        if name not in names:
            raise NotFound("the domain", wanted=f"one of {', '.join(names)}", got=repr(name)[:80])
        domain, framework = _loaded(name)
        return DomainView(
            id=name,
            title=domain.title,
            framework=framework.title,
            levels=tuple(
                LevelView(id=level.id, label=level.label, holds=level.holds)
                for level in framework.levels
            ),
            short_label=framework.merge.label if framework.merge else "",
            hierarchy=tuple(_evolution(domain, framework, e) for e in domain.hierarchy),
        )

    def run(self, name: str) -> BlueprintRun:
        """Return the figures of a run. Raises NotFound."""
        return self._runs.run(name)

    def answers(self, name: str, domain: str, form: Form, offset: int, limit: int) -> AnswerPage:
        """Return a page of the answers of a run. Raises NotFound."""
        return self._runs.answers(name, domain, form, offset, limit)


@lru_cache(maxsize=16)
def _loaded(name: str) -> tuple[Domain, Framework]:
    domain = load_domain(name)
    return domain, load_framework(domain.framework)


def _evolution(domain: Domain, framework: Framework, evolution: Evolution) -> EvolutionView:
    return EvolutionView(
        evolution=evolution.evolution,
        title=evolution.title,
        builds=evolution.builds,
        subtopics=tuple(
            SubtopicView(
                number=f"{evolution.evolution}.{place}",
                title=title,
                topics=tuple(_topic(t, framework) for t in domain.topics if t.subtopic == title),
            )
            for place, title in enumerate(evolution.subtopics, start=1)
        ),
    )


def _topic(topic: Topic, framework: Framework) -> TopicView:
    return TopicView(
        id=topic.id,
        title=topic.title,
        strands=tuple(
            tuple(strand[level.id] for level in framework.levels) for strand in topic.strands
        ),
        short=framework.compressed(topic.strands),
    )
