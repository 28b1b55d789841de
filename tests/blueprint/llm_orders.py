"""What the tests of the route through a language model order, and how they have it built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graphtutor.blueprint.gate import check_domain
from graphtutor.blueprint.llm_build import Built, build
from graphtutor.blueprint.llm_cache import open_log
from graphtutor.blueprint.llm_domain import Order
from graphtutor.blueprint.llm_outline import parse_outline
from graphtutor.blueprint.llm_prompts import Subject
from graphtutor.blueprint.llm_server import Budget, Server
from graphtutor.blueprint.load import load_framework
from graphtutor.io.pacing import Pacing

from .llm_tutor import Tutor

TOPICS = [f"topic number {name}" for name in "one two three four five six".split()]
FIRST = load_framework("first-principles")
OUTLINE = """
Dough: Flour, water and time.
  Gluten
    - kneading
  Fermentation
    - yeast
Oven
  Rise
    - oven spring
  Crust
    - browning
"""


def order(topics: str = "\n".join(TOPICS), tries: int = 4) -> Order:
    return Order(
        domain="bread",
        framework="first-principles",
        subject=Subject("Bread", "You answer in bread. Terse.", FIRST),
        outline=parse_outline(topics, "topics.txt"),
        model="served",
        tries=tries,
    )


def made(
    tutor: Tutor,
    folder: Path,
    what: Order | None = None,
    budget: Budget | None = None,
    **server: Any,
) -> Built:
    what = what or order()
    reached = Server(tutor.url, **{"seconds": 5.0, "retries": what.tries - 1, **server})
    with open_log(folder / "out.calls.jsonl") as log:
        pacing = Pacing(base=0.01, longest=0.05)
        return build(what, reached, budget or Budget(), log, lambda *_: None, pacing)


def whole(built: Built) -> bool:
    """Whether every topic is there and passes the gate."""
    assert built.problem is None
    return (
        built.domain is not None
        and not built.left_out
        and check_domain(built.domain, FIRST) == []
        and sorted(topic.title for topic in built.domain.topics) == sorted(TOPICS)
    )
