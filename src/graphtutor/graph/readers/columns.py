"""Which column means what: by a mapping the user gives, or by the names in common use.

>>> find_columns(["head", "relation", "tail"], None)
{'src': 0, 'rel': 1, 'dst': 2}
>>> find_columns(["f0", "f1", "f2"], {"src": "f0", "dst": "f2"})
{'src': 0, 'dst': 2}
>>> find_columns(["netherlands", "embassy", "uk"], None) is None
True
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from graphtutor.errors import GraphError

__all__ = ["COLUMN_ROLES", "Columns", "find_columns", "parse_columns"]

Columns = Mapping[str, str]
"""Role to column name, e.g. {"src": "head", "dst": "tail"}."""

COLUMN_ROLES: Final = ("src", "rel", "dst", "src_type", "dst_type", "name", "type")
"""Roles a mapping may name: the five of a triple table; name, type and rel for property graphs."""

_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "src": ("src", "source", "head", "subject", "subj", "from", "start", "x_name", "h", "s"),
    "rel": ("rel", "relation", "predicate", "pred", "relationship", "property", "edge_type",
            "metaedge", "interaction", "edge", "label", "type", "r", "p"),
    "dst": ("dst", "destination", "target", "tail", "object", "obj", "to", "end", "y_name", "t",
            "o"),
    "src_type": ("src_type", "source_type", "head_type", "subject_type", "from_type", "x_type"),
    "dst_type": ("dst_type", "destination_type", "target_type", "tail_type", "object_type",
                 "to_type", "y_type"),
}  # fmt: skip


def parse_columns(text: str | None) -> dict[str, str] | None:
    """Parse ``src=head,rel=relation,dst=tail``; None for no text.

    Raises GraphError for an unknown role or a part without "=".
    """
    if text is None:
        return None
    mapping: dict[str, str] = {}
    for part in text.split(","):
        role, equals, column = (piece.strip() for piece in part.partition("="))
        if not equals or not column or role not in COLUMN_ROLES:
            raise GraphError(
                "--columns",
                wanted=f"ROLE=COLUMN pairs, roles {', '.join(COLUMN_ROLES)}",
                got=repr(part),
                remedy="e.g. --columns src=head,rel=relation,dst=tail",
            )
        mapping[role] = column
    return mapping


def find_columns(header: Sequence[str], mapping: Columns | None) -> dict[str, int] | None:
    """Return the position of each role among ``header``, or None when it is no header.

    With a mapping every column it names must be in ``header``, else None. Without one, the usual
    names must give both src and dst.
    """
    names = [cell.strip().casefold() for cell in header]
    if mapping is not None:
        wanted = {role: column.casefold() for role, column in mapping.items()}
        if any(column not in names for column in wanted.values()):
            return None
        return {role: names.index(column) for role, column in wanted.items()}
    found: dict[str, int] = {}
    for role, usual in _NAMES.items():
        position = next((names.index(name) for name in usual if name in names), None)
        if position is not None and position not in found.values():
            found[role] = position
    return found if {"src", "dst"} <= found.keys() else None
