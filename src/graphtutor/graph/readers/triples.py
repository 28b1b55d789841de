"""Triples as text: one statement a row, in tab- or comma-separated columns, header optional.

Without a header the columns are src, rel, dst and, where there are five, src_type, dst_type. A
first row whose three values occur nowhere else in the file is taken for a header of unusual names
and counted as skipped.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from graphtutor.errors import GraphError
from graphtutor.graph.readers.builder import GraphBuilder
from graphtutor.graph.readers.columns import Columns, find_columns

__all__ = ["delimiter_of", "first_row", "read_triples", "rows_of"]

_HEADERLESS: Final = ("src", "rel", "dst", "src_type", "dst_type")
_TYPES: Final = ("src_type", "dst_type")
_NO_ROW: Final[tuple[int, list[str]]] = (0, [])
# Fewer rows than this say nothing about what occurs "nowhere else".
_ROWS_TO_DOUBT_A_HEADER: Final = 8


def first_row(path: Path) -> list[str]:
    """Return the cells of the first row that is not blank, [] for an empty file."""
    return next(rows_of(path), _NO_ROW)[1]


def rows_of(path: Path, delimiter: str | None = None) -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells) of a delimited text file; blank lines are passed over.

    Raises GraphError when the file is unreadable, not UTF-8, or breaks the CSV rules.
    """
    if delimiter is None:
        delimiter = delimiter_of(path)
    line = 0
    try:
        with path.open("r", encoding="utf-8-sig", newline="") as stream:
            # Quotes are plain characters in tab-separated files as the field writes them.
            quoting = csv.QUOTE_NONE if delimiter == "\t" else csv.QUOTE_MINIMAL
            reader = csv.reader(stream, delimiter=delimiter, quoting=quoting)
            for row in reader:
                line = reader.line_num
                if any(cell.strip() for cell in row):
                    yield line, row
    except OSError as problem:
        raise GraphError(
            str(path),
            wanted="a readable table",
            got=problem.strerror or str(problem),
            remedy="check the path",
        ) from None
    except UnicodeDecodeError as problem:
        raise GraphError(
            f"{path} after line {line}",
            wanted="UTF-8 text",
            got=f"{problem.reason} at byte {problem.start} of the block",
            remedy="save the file as UTF-8",
        ) from None
    except csv.Error as problem:
        raise GraphError(
            f"{path} line {line + 1}", wanted="a row of a table", got=str(problem)
        ) from None


def delimiter_of(path: Path) -> str:
    """Tell the delimiter from the first line that is not blank: tab, else ; or | or comma."""
    try:
        with path.open("r", encoding="utf-8-sig", errors="replace") as stream:
            first = next((line for line in stream if line.strip()), "")
    except OSError:
        return ","
    if "\t" in first:
        return "\t"
    return max(",;|", key=first.count)


def read_triples(path: Path, builder: GraphBuilder, columns: Columns | None = None) -> None:
    """Add the statements of ``path`` to ``builder``.

    ``columns`` names the header's columns, or their numbers from 1 where there is no header.
    Without a rel column the file's name is the relation. Raises GraphError when the columns cannot
    be told or no row can be read.
    """
    rows = rows_of(path)
    number, first = next(rows, _NO_ROW)
    if not first:
        raise GraphError(str(path), wanted="rows of triples", got="an empty file")
    places, is_header = _places(path, first, columns)
    read, file = 0, path.stem
    for number_of_row, row in rows:
        read += _add(builder, file, number_of_row, row, places)
    if not is_header:
        if read >= _ROWS_TO_DOUBT_A_HEADER and _is_new(builder, first, places):
            builder.skips.add("first row taken for a header", f"{path.name}: {' | '.join(first)}")
        else:
            read += _add(builder, file, number, first, places)
    if not read:
        raise GraphError(
            str(path),
            wanted="rows of at least a source, a relation and a target",
            got="; ".join(f"{s.count} x {s.reason}" for s in builder.skips.entries()) or "none",
            remedy="check the delimiter and the columns (--columns src=...,rel=...,dst=...)",
        )


def _places(
    path: Path, first: Sequence[str], columns: Columns | None
) -> tuple[dict[str, int], bool]:
    """Return role to position and whether ``first`` is a header."""
    found = find_columns(first, columns)
    if found is not None and {"src", "dst"} <= found.keys():
        return found, True
    if columns is not None:
        if all(column.isdecimal() for column in columns.values()):
            places = {role: int(column) - 1 for role, column in columns.items()}
            fit = all(0 <= place < len(first) for place in places.values())
            if fit and {"src", "dst"} <= places.keys():
                return places, False
        raise GraphError(
            f"{path} line 1",
            wanted=f"columns {', '.join(columns.values())} with at least src and dst",
            got=", ".join(first),
            remedy="name columns of the header, or give their numbers from 1",
        )
    if len(first) < 3:
        raise GraphError(
            f"{path} line 1",
            wanted="three columns (source, relation, target) or a header",
            got=f"{len(first)} column(s): {' | '.join(first)[:80]}",
            remedy="use tabs or commas; for two columns name them: --columns src=1,dst=2",
        )
    roles = _HEADERLESS[: 5 if len(first) == 5 else 3]
    return {role: place for place, role in enumerate(roles)}, False


def _is_new(builder: GraphBuilder, row: Sequence[str], places: dict[str, int]) -> bool:
    cells = {role: row[place].strip() for role, place in places.items()}
    ends_new = not builder.knows(cells["src"]) and not builder.knows(cells["dst"])
    return ends_new and "rel" in cells and not builder.uses_relation(cells["rel"])


def _add(
    builder: GraphBuilder, file: str, line: int, row: Sequence[str], places: dict[str, int]
) -> bool:
    """Add one row; ``file`` is the path's stem and the relation where no column gives one."""
    try:
        src, dst = row[places["src"]].strip(), row[places["dst"]].strip()
        relation = row[places["rel"]].strip() if "rel" in places else file
        types = [row[places[role]].strip() if role in places else "" for role in _TYPES]
    except IndexError:
        builder.skips.add("row with too few columns", f"{file} line {line}: {' | '.join(row)}")
        return False
    if not (src and relation and dst):
        builder.skips.add("row with an empty value", f"{file} line {line}: {' | '.join(row)}")
        return False
    builder.edge(src, relation, dst)
    for key, type in zip((src, dst), types, strict=True):
        if type:
            builder.entity(key, type=type)
    return True
