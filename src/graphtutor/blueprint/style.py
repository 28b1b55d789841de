"""The system message of a discipline whose user has given none."""

from __future__ import annotations

from graphtutor.blueprint.framework import Framework

__all__ = ["style_of"]


def style_of(title: str, framework: Framework) -> str:
    """Return how a discipline answers, made of its title and the framework.

    >>> from graphtutor.blueprint.load import load_framework
    >>> style_of("Bread baking", load_framework("first-principles"))[:62]
    'You answer in Bread baking. Terse and technical. Name what hol'
    """
    return f"You answer in {title}. Terse and technical. {framework.about}".strip()
