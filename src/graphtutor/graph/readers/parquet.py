"""Parquet: one table of triples, or a folder of node tables and edge tables.

In a folder, a table whose first two columns both hold keys of other tables is an edge table; its
file name is the relation. Every other table holds nodes; its file name is their type, its first
column their key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Final, cast

from graphtutor.errors import BackendError, GraphError
from graphtutor.graph.readers.builder import GraphBuilder
from graphtutor.graph.readers.columns import Columns, find_columns

__all__ = ["header_of", "read_parquet_folder", "read_parquet_triples"]

_NAMES: Final = ("name", "label", "title")


def header_of(path: Path) -> list[str]:
    """Return the column names of a table; raises GraphError for what is not Parquet."""
    return [str(name) for name in _open(path).schema_arrow.names]


def read_parquet_triples(path: Path, builder: GraphBuilder, columns: Columns | None = None) -> None:
    """Add the statements of one table; without a rel column the file's name is the relation.

    Raises GraphError when the columns cannot be told, BackendError when pyarrow is missing.
    """
    header = header_of(path)
    places = find_columns(header, columns)
    if places is None or not {"src", "dst"} <= places.keys():
        raise GraphError(
            str(path),
            wanted="columns for source, relation and target",
            got=", ".join(header),
            remedy="name them with --columns src=...,rel=...,dst=..., or give the folder of tables",
        )
    chosen = [header[place] for place in places.values()]
    for values in _rows(path, chosen):
        cells = dict(zip(places, values, strict=True))
        src, dst, relation = cells["src"], cells["dst"], cells.get("rel", path.stem)
        if not (src and dst and relation):
            row = " | ".join(value or "" for value in values)
            builder.skips.add("row with an empty value", row)
            continue
        builder.edge(src, relation, dst)
        for role, key in (("src", src), ("dst", dst)):
            builder.entity(key, type=cells.get(f"{role}_type") or "")


def read_parquet_folder(paths: Sequence[Path], builder: GraphBuilder) -> None:
    """Add the nodes and edges of ``paths``, node and edge tables of one graph.

    Raises GraphError when there is no edge table or an end fits several node tables.
    """
    tables = [_Table.of(path) for path in paths]
    ends = {table.path: _ends(table, tables) for table in tables}
    nodes = [table for table in tables if ends[table.path] is None]
    if len(nodes) == len(tables):
        raise GraphError(
            ", ".join(path.name for path in paths),
            wanted="an edge table: first two columns hold keys of node tables",
            got="none",
            remedy="give one table of triples with --columns src=...,rel=...,dst=...",
        )
    for table in nodes:
        _add_nodes(table, builder)
    for table in tables:
        pair = ends[table.path]
        if pair is not None:
            _add_edges(table, pair, builder)


@dataclass(frozen=True, slots=True)
class _Table:
    """A table with the key sets of its first two columns (second empty for one column)."""

    path: Path
    header: tuple[str, ...]
    first: frozenset[str]
    second: frozenset[str]
    rows: int

    @classmethod
    def of(cls, path: Path) -> _Table:
        header = tuple(header_of(path))
        first: set[str] = set()
        second: set[str] = set()
        rows = 0
        for values in _rows(path, header[:2]):
            rows += 1
            first.add(values[0] or "")
            if len(values) > 1:
                second.add(values[1] or "")
        return cls(path, header, frozenset(first), frozenset(second), rows)

    @property
    def is_keyed(self) -> bool:
        """Whether the first column tells the rows apart, as the key of a node table does."""
        return len(self.first) == self.rows


def _ends(table: _Table, tables: Sequence[_Table]) -> tuple[_Table, _Table] | None:
    """Return the node tables that an edge table joins, None for a node table."""
    if len(table.header) < 2 or not table.rows:
        return None
    others = [other for other in tables if other is not table and other.is_keyed]
    found: list[_Table] = []
    for values, column in zip((table.first, table.second), table.header, strict=False):
        fitting = [other for other in others if values <= other.first]
        # An edge table with unique sources looks like a node table; a real one has other columns.
        named = [o for o in fitting if o.path.stem.casefold() in column.casefold()]
        fitting = named or [o for o in fitting if not _joins_others(o, tables)] or fitting
        if not fitting:
            return None
        if len(fitting) > 1:
            raise GraphError(
                f"{table.path}, column {column}",
                wanted="keys of one node table",
                got=f"keys that fit {', '.join(sorted(o.path.name for o in fitting))}",
                remedy="name the column after its node table, or give one table of triples",
            )
        found.append(fitting[0])
    return found[0], found[1]


def _joins_others(table: _Table, tables: Sequence[_Table]) -> bool:
    others = [other for other in tables if other is not table and other.is_keyed]
    return all(any(v <= other.first for other in others) for v in (table.first, table.second))


def _add_nodes(table: _Table, builder: GraphBuilder) -> None:
    lower = [name.casefold() for name in table.header]
    name = next((lower.index(usual) for usual in _NAMES if usual in lower), 0)
    for values in _rows(table.path, [table.header[0], table.header[name]]):
        if not values[0]:
            builder.skips.add("node without a key", table.path.name)
            continue
        builder.entity(f"{table.path.stem}:{values[0]}", label=values[-1] or values[0],
                       type=table.path.stem)  # fmt: skip


def _add_edges(table: _Table, ends: tuple[_Table, _Table], builder: GraphBuilder) -> None:
    places: Mapping[str, int] = find_columns(table.header, None) or {}
    chosen = [*table.header[:2]]
    if "rel" in places and places["rel"] > 1:
        chosen.append(table.header[places["rel"]])
    for values in _rows(table.path, chosen):
        src, dst = (f"{end.path.stem}:{value}" for end, value in zip(ends, values, strict=False))
        relation = values[2] if len(values) > 2 else None
        builder.edge(src, relation or table.path.stem, dst)


def _open(path: Path) -> Any:
    # A pyarrow.parquet.ParquetFile; the library carries no types.
    try:
        pq: Any = import_module("pyarrow.parquet")
    except ImportError:
        raise BackendError(
            str(path),
            wanted="pyarrow, to read Parquet",
            got="it is not installed",
            remedy="pip install 'graphtutor[graphs]'",
        ) from None
    try:
        return pq.ParquetFile(path)
    except (OSError, ValueError) as problem:
        raise GraphError(
            str(path), wanted="a Parquet file", got=str(problem).splitlines()[0]
        ) from None


def _rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[str | None, ...]]:
    """Yield the values of ``columns`` as text, row by row; None and "" for what is missing."""
    for batch in _open(path).iter_batches(columns=sorted(set(columns))):
        lists = cast("dict[str, list[Any]]", batch.to_pydict())
        for values in zip(*(lists[name] for name in columns), strict=True):
            yield tuple(None if value is None else str(value).strip() for value in values)
