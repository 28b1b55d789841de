"""The tasks of a dataset as columns: names as numbers, paths as padded matrices.

All files stand one after the other in one set of columns, so that a name has one number and every
comparison is one operation on arrays. Numbers are those of the dataset itself: no graph is needed
to read it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.audit.record import AuditTask
from graphtutor.graph.knowledge_graph import IndexArray
from graphtutor.tasks.task import LETTERS

__all__ = [
    "ABSENT",
    "UNREADABLE",
    "Claims",
    "ColumnBuilder",
    "Mask",
    "TaskColumns",
    "any_cell",
    "filled",
]

Mask = NDArray[np.bool_]
"""Marks tasks, or cells of a matrix."""

ABSENT: Final = -1
"""Stands where a task does not state something."""
UNREADABLE: Final = -2
"""A reference completion that does not parse."""

_REFERENCE: Final = re.compile(r"\s*TRACE:[^\n]*\S[^\n]*\n\s*ANSWER:\s*([ABCD])\s*")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a task says of itself; None or empty where it says nothing, or nothing of that type."""

    answer_set_size: int | None = None
    tier: int | None = None
    unique_path: bool | None = None
    shortest_distance: int | None = None
    answer_type: str = ""
    key: str = ""
    graph: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class TaskColumns:
    """``n`` tasks; names are numbers of the dataset, -1 fills up and means absent.

    ``options`` (n, 4) are entities, ``right`` (n,) is 0-3, ``hop_len`` (n,) is as claimed.
    ``path`` (n, w + 1) holds ``path_size`` (n,) entities a row. ``source``, ``relation`` and
    ``target`` (n, w) hold ``edge_count`` (n,) edges a row, ``chain`` (n, w) the ``chain_size`` (n,)
    relations asked for. ``prompt`` (n,) is 1 where the prompt holds the question and the options,
    0 where not. ``reference`` (n,) is the letter of the reference completion.
    """

    ids: Sequence[str]
    questions: Sequence[str]
    names: Sequence[tuple[str, str, str, str]]
    splits: Sequence[str]
    templates: Sequence[str]
    claims: Sequence[Claims]
    options: IndexArray
    right: IndexArray
    hop_len: IndexArray
    path: IndexArray
    path_size: IndexArray
    source: IndexArray
    relation: IndexArray
    target: IndexArray
    edge_count: IndexArray
    chain: IndexArray
    chain_size: IndexArray
    prompt: IndexArray
    reference: IndexArray

    def __len__(self) -> int:
        """Return the number of tasks."""
        return len(self.ids)

    @property
    def answer(self) -> IndexArray:
        """The entity behind the right letter; shape (n,)."""
        return self.options[np.arange(len(self)), self.right]

    @property
    def start(self) -> IndexArray:
        """The first entity of the path; shape (n,)."""
        return self.path[:, 0]

    @property
    def hops(self) -> IndexArray:
        """Hops of the path or the chain, or else as claimed; shape (n,), -1 where unknown."""
        stated = np.maximum(self.edge_count, self.chain_size)
        stated = np.maximum(stated, self.path_size - 1)
        return np.where(stated > 0, stated, self.hop_len)


@dataclass
class ColumnBuilder:
    """Takes tasks one at a time and turns them into columns at the end."""

    entities: dict[str, int] = field(default_factory=dict[str, int])
    relations: dict[str, int] = field(default_factory=dict[str, int])
    _texts: list[tuple[str, str, str, str]] = field(default_factory=list[Any])
    _names: list[tuple[str, str, str, str]] = field(default_factory=list[Any])
    _claims: list[Claims] = field(default_factory=list[Claims])
    _numbers: list[tuple[int, int, int, int]] = field(default_factory=list[Any])
    _paths: list[list[int]] = field(default_factory=list[list[int]])
    _edges: list[tuple[tuple[int, int, int], ...]] = field(default_factory=list[Any])
    _chains: list[list[int]] = field(default_factory=list[list[int]])

    def __len__(self) -> int:
        """Return the number of tasks taken so far."""
        return len(self._texts)

    def add(self, task: AuditTask) -> None:
        """Take one task."""
        entities, relations = self.entities, self.relations
        names = task.options.names()
        meta = task.meta or {}
        template: Any = meta.get("template")
        said = template if isinstance(template, str) else ""
        self._texts.append((task.id, task.question, task.split or "", said))
        self._names.append(names)
        self._claims.append(_claims(task, meta))
        right = LETTERS.index(task.answer_star)
        self._numbers.append((right, task.hop_len or ABSENT, _prompt(task), _reference(task)))
        for name in names:
            entities.setdefault(name, len(entities))
        self._paths.append([entities.setdefault(e, len(entities)) for e in task.entities])
        self._edges.append(
            tuple(
                (
                    entities.setdefault(src, len(entities)),
                    relations.setdefault(rel, len(relations)),
                    entities.setdefault(dst, len(entities)),
                )
                for src, rel, dst in task.edges
            )
        )
        self._chains.append([relations.setdefault(r, len(relations)) for r in task.chain])

    def build(self) -> TaskColumns:
        """Return the columns of all tasks taken."""
        width = max(
            (len(row) for rows in (self._edges, self._chains) for row in rows),
            default=1,
        )
        width = max(1, width, max((len(path) - 1 for path in self._paths), default=1))
        numbers = np.array(self._numbers, dtype=np.int64).reshape(-1, 4)
        path, path_size = _padded(self._paths, width + 1)
        relations, chain_size = _padded(self._chains, width)
        hops = [_padded([[e[part] for e in row] for row in self._edges], width) for part in (0, 1)]
        target, edge_count = _padded([[e[2] for e in row] for row in self._edges], width)
        options = [self.entities[name] for names in self._names for name in names]
        ids, questions, splits, templates = (
            zip(*self._texts, strict=True) if self._texts else [()] * 4
        )
        return TaskColumns(
            ids=ids,
            questions=questions,
            names=self._names,
            splits=splits,
            templates=templates,
            claims=self._claims,
            options=np.array(options, dtype=np.int64).reshape(-1, 4),
            right=numbers[:, 0],
            hop_len=numbers[:, 1],
            path=path,
            path_size=path_size,
            source=hops[0][0],
            relation=hops[1][0],
            target=target,
            edge_count=edge_count,
            chain=relations,
            chain_size=chain_size,
            prompt=numbers[:, 2],
            reference=numbers[:, 3],
        )


def filled(sizes: IndexArray, width: int) -> Mask:
    """Mark the first ``sizes[row]`` cells of every row; shape (n, width)."""
    return np.less(np.arange(width, dtype=np.int64), sizes[:, None])


def any_cell(cells: Mask) -> Mask:
    """Mark the rows of ``cells`` (n, w) that have a marked cell; shape (n,)."""
    return np.logical_or.reduce(cells, axis=1)


def _padded(rows: Sequence[Sequence[int]], width: int) -> tuple[IndexArray, IndexArray]:
    """Return the rows as a matrix filled up with -1, and their lengths."""
    sizes = np.fromiter((len(row) for row in rows), dtype=np.int64, count=len(rows))
    matrix = np.full((len(rows), width), ABSENT, dtype=np.int64)
    flat = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=int(sizes.sum()))
    matrix[filled(sizes, width)] = flat
    return matrix, sizes


def _claims(task: AuditTask, meta: dict[str, Any]) -> Claims:
    """Take the claims that can be compared: those of the type that we would write."""
    flag: Any = meta.get("unique_path")
    kind: Any = meta.get("answer_type")
    return Claims(
        answer_set_size=_whole(meta.get("answer_set_size")),
        tier=_whole(meta.get("tier")),
        unique_path=flag if isinstance(flag, bool) else None,
        shortest_distance=_whole(meta.get("shortest_distance")),
        answer_type=kind if isinstance(kind, str) else "",
        key=_hexadecimal(task.key, 16),
        graph=_hexadecimal(task.graph, 64),
    )


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _hexadecimal(value: Any, digits: int) -> str:
    fits = isinstance(value, str) and len(value) == digits and set(value) <= {*"0123456789abcdef"}
    return str(value) if fits else ""


def _prompt(task: AuditTask) -> int:
    if task.prompt is None:
        return ABSENT
    # Whatever the layout: the question, and after it the four options in order.
    place = 0
    for part in (task.question, *task.options.names()):
        place = task.prompt.find(part, place)
        if place < 0:
            return 0
        place += len(part)
    return 1


def _reference(task: AuditTask) -> int:
    text: Any = (task.ref or {}).get("trace")
    if not isinstance(text, str):
        return ABSENT
    found = _REFERENCE.fullmatch(text)
    return "ABCD".index(found[1]) if found else UNREADABLE
