"""The topics that a blueprint is to have, as a person writes them down: a list, or an outline.

A list has one topic a line. An outline has three levels by indentation: evolutions, each after a
colon with what it builds on; their subtopics; and the topics of those.

>>> outline = parse_outline('''
... Dough: Flour, water, salt and time.
...   Gluten
...     - why dough is worked
...   Fermentation
...     - how yeast raises bread
... Oven
...   Rise
...     - the jump in the first minutes
...   Crust
...     - the colour of the crust
... ''', "topics.txt")
>>> outline.branches[0].title, outline.branches[0].subtopics["Gluten"]
('Dough', ('why dough is worked',))
>>> len(outline.topics)
4
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from graphtutor.errors import ConfigError

__all__ = ["Branch", "Outline", "parse_outline", "read_outline"]


@dataclass(frozen=True, slots=True)
class Branch:
    """An evolution: its title, what it builds on (may be empty), topics by subtopic."""

    title: str
    builds: str
    subtopics: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Outline:
    """The titles of the topics in order, and where they stand; a bare list has no branches."""

    topics: tuple[str, ...]
    branches: tuple[Branch, ...] = ()


class _Line(NamedTuple):
    number: int
    indent: int
    text: str


def read_outline(path: Path) -> Outline:
    """Read a UTF-8 text file; see :func:`parse_outline`. Raises ConfigError."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigError(
            str(path),
            wanted="a readable text file with one topic a line",
            got=getattr(problem, "strerror", None) or str(problem),
        ) from None
    return parse_outline(text, str(path))


def parse_outline(text: str, where: str) -> Outline:
    """Read a list or an outline of topics.

    Blank lines and those that begin with ``#`` are skipped, as is a bullet before a text. Raises
    ConfigError with ``where`` and line for a topic that stands twice and for other indentation.
    """
    lines = list(_lines(text))
    indents = sorted({line.indent for line in lines})
    if len(indents) not in (1, 3):
        raise ConfigError(
            where,
            wanted="a list of topics, or an outline of evolutions, subtopics and topics",
            got=f"{len(indents)} levels of indentation" if lines else "no topic",
            remedy="write one topic a line; for an outline indent subtopics and topics below them",
        )
    topics = [line for line in lines if line.indent == indents[-1]]
    _once(topics, where)
    titles = tuple(line.text for line in topics)
    return Outline(titles, _branches(lines, indents, where) if len(indents) == 3 else ())


def _lines(text: str) -> Iterator[_Line]:
    for number, line in enumerate(text.expandtabs(4).splitlines(), 1):
        bare = line.strip()
        if bare and not bare.startswith("#"):
            bare = bare[2:] if bare.startswith(("- ", "* ")) else bare
            yield _Line(number, len(line) - len(line.lstrip()), " ".join(bare.split()))


def _once(lines: list[_Line], where: str) -> None:
    seen: dict[str, int] = {}
    for line in lines:
        first = seen.setdefault(line.text.casefold(), line.number)
        if first != line.number:
            raise ConfigError(
                f"{where} line {line.number}",
                wanted="every topic and subtopic once",
                got=f"{line.text!r}, which stands in line {first} as well",
            )


def _branches(lines: list[_Line], indents: list[int], where: str) -> tuple[Branch, ...]:
    _once([line for line in lines if line.indent == indents[1]], where)
    found: list[tuple[str, str, dict[str, list[str]]]] = []
    depth = 0
    for line in lines:
        level = indents.index(line.indent) + 1
        if level > depth + 1:
            raise ConfigError(
                f"{where} line {line.number}",
                wanted="a topic below a subtopic, and a subtopic below an evolution",
                got=repr(line.text),
            )
        depth = level
        if level == 1:
            title, _, builds = line.text.partition(":")
            found.append((title.strip(), builds.strip(), {}))
        elif level == 2:
            found[-1][2][line.text] = []
        else:
            list(found[-1][2].values())[-1].append(line.text)
    branches = tuple(
        Branch(title, builds, {name: tuple(topics) for name, topics in subtopics.items()})
        for title, builds, subtopics in found
    )
    _whole(branches, where)
    return branches


def _whole(branches: tuple[Branch, ...], where: str) -> None:
    narrow = [b.title for b in branches if len(b.subtopics) < 2]
    empty = [name for b in branches for name, topics in b.subtopics.items() if not topics]
    if len(branches) < 2 or narrow or empty:
        raise ConfigError(
            where,
            wanted="two evolutions or more, each with two subtopics or more, each with a topic",
            got=f"{empty[0]!r} without a topic"
            if empty
            else f"{narrow[0]!r} with fewer than two subtopics"
            if narrow
            else f"{len(branches)} evolution",
        )
