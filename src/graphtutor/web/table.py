"""The table of episodes: filtered, searched, sorted, a page at a time, from the index alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from graphtutor.web.columns import NONE, Mask, Rows
from graphtutor.web.index import EpisodeIndex
from graphtutor.web.matching import mask_where
from graphtutor.web.problem import BadRequest
from graphtutor.web.rates import ApiRecord
from graphtutor.web.where import parse_where

__all__ = ["EpisodeRow", "EpisodeTable", "Filter", "Sort", "TableQuery", "episode_rows", "page_of"]

Filter = Literal[
    "all",
    "right",
    "wrong",
    "grounded",
    "ungrounded",
    "invalid",
    "cut",
    "fixed",
    "regressed",
    "same",
]
Sort = Literal["order", "id", "reward", "coverage", "length"]

_LONGEST_QUERY: Final = 500


class EpisodeRow(ApiRecord):
    """One row; ``i`` counts within phase and split, from 0, in the order of the log."""

    i: int
    ex_id: str
    phase: str
    hop_len: int | None
    tier: int | None
    answer: str | None
    answer_star: str | None
    right: bool
    grounded: bool | None
    valid: bool
    cut: bool | None
    reward: float | None
    coverage: float | None
    tokens: int | None
    question: str


class EpisodeTable(ApiRecord):
    """A page of the table: ``matched`` of ``total`` rows fit; ``problems`` counts bad lines.

    ``found`` is the place among the matched rows of the episode that was to be found.
    """

    total: int
    matched: int
    offset: int
    rows: tuple[EpisodeRow, ...]
    problems: int
    found: int | None = None


@dataclass(frozen=True, slots=True)
class TableQuery:
    """What to show. None takes all; ``against`` is the phase that fixed, regressed, same refer to.

    Without it, the phase before in the log.
    """

    phase: str | None = None
    split: str | None = "eval"
    q: str = ""
    filter: Filter = "all"
    against: str | None = None
    hop: int | None = None
    tier: int | None = None
    where: str = ""
    sort: Sort = "order"
    desc: bool = False
    offset: int = 0
    limit: int = 50
    find: str | None = None


def page_of(index: EpisodeIndex, query: TableQuery) -> EpisodeTable:
    """Return one page. Raises BadRequest for an expression that cannot be read."""
    rows = index.rows(query.phase, query.split)
    matched = _sorted(index, rows[_mask(index, query)[rows]], query)
    page = matched[query.offset : query.offset + query.limit]
    return EpisodeTable(
        total=len(rows),
        matched=len(matched),
        offset=query.offset,
        rows=tuple(episode_rows(index, page)),
        problems=index.problem_count,
        found=_place(index, matched, query.find),
    )


def episode_rows(index: EpisodeIndex, rows: Rows) -> list[EpisodeRow]:
    """Return the rows of the table at ``rows``."""
    column: dict[str, list[Any]] = {n: c[rows].tolist() for n, c in index.columns.items()}
    tasks: list[int] = column["task"]
    phases: list[int] = column["phase"]
    return [
        EpisodeRow(
            i=column["place"][at],
            ex_id=index.tasks.ids[tasks[at]],
            phase=index.phases[phases[at]],
            hop_len=_known(column["hop"][at]),
            tier=_known(column["tier"][at]),
            answer=_letter(column["answer"][at]),
            answer_star=_letter(column["star"][at]),
            right=bool(column["right"][at]),
            grounded=_flag(column["grounded"][at]),
            valid=bool(column["valid"][at]),
            cut=_flag(column["cut"][at]),
            reward=_figure(column["reward"][at]),
            coverage=_figure(column["coverage"][at]),
            tokens=_known(column["tokens"][at]),
            question=index.tasks.questions[tasks[at]],
        )
        for at in range(len(rows))
    ]


def right_elsewhere(index: EpisodeIndex, phase: str, split: str | None) -> NDArray[np.int8]:
    """Return per row whether the row's task was right in ``phase``: 1, 0, or -1 for not asked."""
    answered = np.full(max(1, len(index.tasks.ids)), NONE, dtype=np.int8)
    rows = index.rows(phase, split)
    answered[index.column("task")[rows]] = index.column("right")[rows]
    return answered[index.column("task")]


def _mask(index: EpisodeIndex, query: TableQuery) -> Mask:
    keep = _filtered(index, query)
    if query.hop is not None:
        keep = keep & (index.column("hop") == query.hop)
    if query.tier is not None:
        keep = keep & (index.column("tier") == query.tier)
    if query.where.strip():
        keep = keep & mask_where(parse_where(query.where), index)
    if query.q.strip():
        keep = keep & _searched(index, query.q.strip())
    return keep


def _searched(index: EpisodeIndex, words: str) -> Mask:
    if len(words) > _LONGEST_QUERY:
        raise BadRequest("q", wanted=f"at most {_LONGEST_QUERY} characters", got=str(len(words)))
    tasks = index.tasks.block.rows_with(words, len(index.tasks.block))
    found = index.completions.rows_with(words, index.n)
    return found | tasks[index.column("task")] if len(tasks) else found


def _filtered(index: EpisodeIndex, query: TableQuery) -> Mask:
    right, grounded = index.column("right") == 1, index.column("grounded")
    name = query.filter
    if name in ("fixed", "regressed", "same"):
        return _changed(index, query, right)
    if name == "right":
        return right
    if name == "wrong":
        return ~right
    if name == "grounded":
        return grounded == 1
    if name == "ungrounded":
        return grounded == 0
    if name == "invalid":
        return index.column("valid") == 0
    if name == "cut":
        return index.column("cut") == 1
    return np.ones(index.n, dtype=np.bool_)


def _changed(index: EpisodeIndex, query: TableQuery, right: Mask) -> Mask:
    against = query.against or _before(index, query.phase)
    if against is None or against not in index.phases:
        raise BadRequest(
            "against",
            wanted=f"a phase to compare with: {', '.join(index.phases)[:200]}",
            got=repr(against),
        )
    other = right_elsewhere(index, against, query.split)
    elsewhere = index.column("phase") != index.phases.index(against)
    if query.filter == "fixed":
        return right & (other == 0) & elsewhere
    if query.filter == "regressed":
        return ~right & (other == 1) & elsewhere
    return (other == right) & elsewhere


def _before(index: EpisodeIndex, phase: str | None) -> str | None:
    if phase is None or phase not in index.phases:
        return None
    place = index.phases.index(phase)
    return index.phases[place - 1] if place else None


def _sorted(index: EpisodeIndex, rows: Rows, query: TableQuery) -> Rows:
    if query.sort == "order":
        return rows[::-1] if query.desc else rows
    if query.sort == "id":
        ids = index.tasks.ids
        rank = np.empty(max(1, len(ids)), dtype=np.int64)
        rank[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
        keys: NDArray[Any] = rank[index.column("task")[rows]].astype(np.float64)
    else:
        name = "size" if query.sort == "length" else query.sort
        keys = index.column(name)[rows].astype(np.float64)
    # What is not recorded comes last, whichever way; rows of equal figures stay in order.
    order = np.argsort(-keys if query.desc else keys, kind="stable")
    return rows[order]


def _place(index: EpisodeIndex, matched: Rows, ex_id: str | None) -> int | None:
    if ex_id is None or ex_id not in index.tasks.numbers:
        return None
    places = np.flatnonzero(index.column("task")[matched] == index.tasks.numbers[ex_id])
    return int(places[0]) if len(places) else None


def _known(value: int) -> int | None:
    return None if value == NONE else value


def _flag(value: int) -> bool | None:
    return None if value == NONE else bool(value)


def _letter(code: int) -> str | None:
    return None if code == NONE else "ABCD"[code]


def _figure(value: float) -> float | None:
    return None if np.isnan(value) else value
