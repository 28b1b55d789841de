"""Ids from titles, and a blueprint as the YAML text that :mod:`graphtutor.blueprint.load` reads.

>>> slug("Why dough is worked (by hand)")
'why-dough-is-worked-by-hand'
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, Final

import yaml

from graphtutor.blueprint.domain import Domain
from graphtutor.blueprint.framework import Framework
from graphtutor.io.digest import digest_of

__all__ = ["domain_yaml", "free_id", "slug"]

_LONGEST: Final = 60


def slug(title: str) -> str:
    """Return ``title`` as an id: ASCII letters, digits and hyphens.

    A title without a single ASCII letter or digit gets an id made of its digest.
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall(r"[a-z0-9]+", plain.replace("'", "")))
    return words[:_LONGEST].rstrip("-") or f"t-{digest_of(title)[:8]}"


def free_id(title: str, taken: set[str]) -> str:
    """Return the id of ``title``, with a number where another title has it, and take it.

    >>> taken: set[str] = set()
    >>> free_id("Salt!", taken), free_id("salt", taken)
    ('salt', 'salt-2')
    """
    base = slug(title)
    number, name = 1, base
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    taken.add(name)
    return name


def domain_yaml(domain: Domain, framework: Framework) -> str:
    """Return ``domain`` as YAML, a strand's levels in the framework's order.

    Raises KeyError for a strand without one of the levels.
    """
    data = domain.model_dump(mode="json")
    for topic in data["topics"]:
        topic["strands"] = [
            {level.id: strand[level.id] for level in framework.levels}
            for strand in topic["strands"]
        ]
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


class _Dumper(yaml.SafeDumper):
    """Quotes what does not begin with a letter: a reader might take 1e-4 for a number."""


def _text(dumper: Any, text: str) -> Any:
    style = None if text[:1].isalpha() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _text)
