"""Neo4j CSV exports: node files (``:ID``, ``:LABEL``) and relationship files (``:START_ID``,
``:END_ID``, ``:TYPE``), and the single file that ``apoc.export.csv.all`` writes (``_id``,
``_labels``, ``_start``, ``_end``, ``_type``).
"""  # noqa: D205

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from graphtutor.errors import GraphError
from graphtutor.graph.readers.builder import GraphBuilder
from graphtutor.graph.readers.triples import first_row, rows_of

__all__ = ["is_neo4j_header", "read_neo4j"]

_ID: Final = re.compile(r"(?:.*:ID(?:\((?P<space>.*)\))?|_id)$")
_LABEL: Final = re.compile(r"(?:.*:LABEL|_labels)$")
_START: Final = re.compile(r"(?:.*:START_ID(?:\((?P<space>.*)\))?|_start)$")
_END: Final = re.compile(r"(?:.*:END_ID(?:\((?P<space>.*)\))?|_end)$")
_TYPE: Final = re.compile(r"(?:.*:TYPE|_type)$")
_NAMES: Final = ("name", "label", "title")


def is_neo4j_header(header: Sequence[str]) -> bool:
    """Tell whether a first row is the header of a Neo4j export."""
    names = [name.strip() for name in header]
    is_node = any(_ID.match(name) for name in names)
    return is_node or all(any(p.match(name) for name in names) for p in (_START, _END))


def read_neo4j(paths: Sequence[Path], builder: GraphBuilder) -> None:
    """Add all nodes of ``paths``, then all relationships; unknown ends are counted and skipped.

    Raises GraphError when a file has no Neo4j header or a node id occurs twice.
    """
    layouts = [_Layout.of(path) for path in paths]
    for layout in layouts:
        if layout.id >= 0:
            _add_nodes(layout, builder)
    for layout in layouts:
        if layout.start >= 0 and layout.end >= 0:
            _add_edges(layout, builder)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Column positions of a file (-1: absent) and the id spaces its header names."""

    path: Path
    id: int
    label: int
    name: int
    start: int
    end: int
    type: int
    id_space: str
    start_space: str
    end_space: str

    @classmethod
    def of(cls, path: Path) -> _Layout:
        header = [cell.strip() for cell in first_row(path)]
        if not is_neo4j_header(header):
            raise GraphError(
                f"{path} line 1",
                wanted="a Neo4j header (:ID, :LABEL or :START_ID, :END_ID, :TYPE)",
                got=", ".join(header)[:120] or "an empty file",
                remedy="export with header, e.g. apoc.export.csv.all",
            )
        plain = [cell.partition(":")[0].casefold() for cell in header]
        name = next((plain.index(usual) for usual in _NAMES if usual in plain), -1)
        places = [_place(header, pattern) for pattern in (_ID, _LABEL, _START, _END, _TYPE)]
        (id, id_space), (label, _), (start, start_space), (end, end_space), (type, _) = places
        return cls(path, id, label, name, start, end, type, id_space, start_space, end_space)


def _place(header: Sequence[str], pattern: re.Pattern[str]) -> tuple[int, str]:
    for number, cell in enumerate(header):
        match = pattern.match(cell)
        if match:
            return number, match.groupdict().get("space") or ""
    return -1, ""


def _cell(row: Sequence[str], place: int) -> str:
    return row[place].strip() if 0 <= place < len(row) else ""


def _add_nodes(layout: _Layout, builder: GraphBuilder) -> None:
    rows = rows_of(layout.path)
    next(rows)
    for line, row in rows:
        if _cell(row, layout.start):
            continue
        where = f"{layout.path.name} line {line}"
        if not _cell(row, layout.id):
            builder.skips.add("node without an id", where)
            continue
        key = f"{layout.id_space}:{_cell(row, layout.id)}"
        if builder.knows(key):
            builder.skips.add("second node of an id", f"{where}: {_cell(row, layout.id)}")
            continue
        labels = [part for part in re.split(r"[;:]", _cell(row, layout.label)) if part.strip()]
        builder.entity(
            key,
            label=_cell(row, layout.name) or _cell(row, layout.id),
            type=labels[0] if labels else ("" if layout.label >= 0 else layout.path.stem),
        )


def _add_edges(layout: _Layout, builder: GraphBuilder) -> None:
    rows = rows_of(layout.path)
    next(rows)
    for line, row in rows:
        start, end = _cell(row, layout.start), _cell(row, layout.end)
        where = f"{layout.path.name} line {line}"
        if not start and not end and layout.id >= 0:
            continue
        if not start or not end:
            builder.skips.add("relationship without an end", where)
            continue
        src, dst = f"{layout.start_space}:{start}", f"{layout.end_space}:{end}"
        unknown = [key.partition(":")[2] for key in (src, dst) if not builder.knows(key)]
        if unknown:
            builder.skips.add("relationship to an unknown node", f"{where}: {', '.join(unknown)}")
            continue
        builder.edge(src, _cell(row, layout.type) or layout.path.stem, dst)
