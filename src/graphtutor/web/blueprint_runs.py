"""Blueprint runs: their figures from metrics.json, their answers phase beside phase.

Only what is recorded is shown. A line that cannot be read is counted and passed over.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from pydantic import ValidationError

from graphtutor.errors import RunError
from graphtutor.runs.blueprint import BlueprintAnswer, BlueprintMetrics, BlueprintPhase
from graphtutor.runs.blueprint import Rate as Recorded
from graphtutor.runs.directory import checked_run_id
from graphtutor.web.growing import stamp_of
from graphtutor.web.problem import NotFound
from graphtutor.web.rates import ApiRecord, Rate, rate_at
from graphtutor.web.values import loads, mapping, text

__all__ = ["AnswerPage", "BlueprintRun", "BlueprintRuns", "Form", "Trouble"]

Form = Literal["all", "good", "bad"]
"""Which answers: all, or those whose last phase is well-formed or right, or is not."""

_KIND: Final = "blueprint"
_LARGEST: Final = 64 << 20
"""Bytes of a file that are read."""
_KEPT: Final = 4
"""Runs whose answers stay in memory."""


class Trouble(ApiRecord):
    """A folder that looks like a blueprint run and cannot be read as one."""

    id: str
    reason: str


class PhaseFigures(ApiRecord):
    """The figures of one phase; a rate is None where it is not recorded."""

    phase: str
    well_formed: Rate | None
    components: Mapping[str, Rate | None]
    by_domain: Mapping[str, Rate | None]
    closed: Mapping[str, Rate | None]
    copied: float | None
    compression: float | None
    verbosity: float | None
    cut: int


class BlueprintRun(ApiRecord):
    """A run: examples it was trained and asked on, figures phase by phase, domains asked about."""

    id: str
    train: int
    valid: int
    phases: tuple[PhaseFigures, ...]
    domains: tuple[str, ...]
    answers: int
    bad_lines: int


class PhaseAnswer(ApiRecord):
    """What one phase answered."""

    phase: str
    answer: str
    cut: bool
    structure: Mapping[str, bool] | None
    well_formed: bool | None
    right: bool | None


class AnswerRow(ApiRecord):
    """One held-out question, its reference, and the phases' answers in their order."""

    key: str
    domain: str
    topic: str
    kind: str
    question: str
    reference: str
    answers: tuple[PhaseAnswer, ...]


class AnswerPage(ApiRecord):
    """Some of the ``matched`` questions of ``total``."""

    total: int
    matched: int
    rows: tuple[AnswerRow, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """The answers of one run as its file was when it had this stamp."""

    stamp: object
    rows: tuple[AnswerRow, ...]
    answers: int
    bad: int


class BlueprintRuns:
    """Finds blueprint runs and reads them."""

    def __init__(self, root: Path | None) -> None:
        """Serve the runs in ``root``, which may be missing."""
        self._root = root
        self._read: OrderedDict[str, _Read] = OrderedDict()

    def list(self) -> tuple[list[str], list[Trouble]]:
        """Return the runs by name, and what looks like one and is none."""
        names: list[str] = []
        troubles: list[Trouble] = []
        for folder in self._folders():
            try:
                self._metrics(folder.name)
                names.append(folder.name)
            except NotFound as problem:
                if problem.wanted != _NONE:
                    reason = f"wanted {problem.wanted}, got {problem.got}"
                    troubles.append(Trouble(id=text(folder.name) or "", reason=reason))
        return names, troubles

    def run(self, name: str) -> BlueprintRun:
        """Return the figures of a run. Raises NotFound."""
        metrics = self._metrics(name)
        read = self._answers(name, tuple(metrics.phases))
        return BlueprintRun(
            id=name,
            train=metrics.train,
            valid=metrics.valid,
            phases=tuple(_figures(phase, found) for phase, found in metrics.phases.items()),
            domains=tuple(sorted({row.domain for row in read.rows})),
            answers=read.answers,
            bad_lines=read.bad,
        )

    def answers(self, name: str, domain: str, form: Form, offset: int, limit: int) -> AnswerPage:
        """Return a page of the answers of a run. Raises NotFound."""
        rows = self._answers(name, tuple(self._metrics(name).phases)).rows
        found = [
            row
            for row in rows
            if (not domain or row.domain == domain) and (form == "all" or _form(row) == form)
        ]
        return AnswerPage(
            total=len(rows), matched=len(found), rows=tuple(found[offset : offset + limit])
        )

    def _folders(self) -> list[Path]:
        try:
            found = [path for path in self._root.iterdir()] if self._root else []
        except OSError:
            return []
        return sorted(path for path in found if not path.name.startswith("."))

    def _path(self, name: str) -> Path:
        """Return the folder of a run: a plain name, inside the root."""
        try:
            checked = checked_run_id(name)
        except RunError as problem:
            raise NotFound("the run", wanted=problem.wanted, got=problem.got) from None
        path = (self._root or Path()) / checked
        inside = self._root and path.resolve().is_relative_to(self._root.resolve())
        if not inside or not stamp_of(path / "metrics.json"):
            raise NotFound(checked, wanted=_NONE, got="none of that name")
        return path

    def _metrics(self, name: str) -> BlueprintMetrics:
        path = self._path(name) / "metrics.json"
        try:
            if path.stat().st_size > _LARGEST:
                raise ValueError(f"more than {_LARGEST >> 20} MiB")
            record = mapping(loads(path.read_text("utf-8")))
            if record.get("kind") != _KIND:
                raise NotFound(name, wanted=_NONE, got="a run of another kind")
            return BlueprintMetrics.model_validate_json(json.dumps(record))
        except ValidationError as problem:
            first = problem.errors()[0]
            got = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
            raise NotFound(name, wanted="its metrics.json", got=got) from None
        except (OSError, ValueError) as problem:
            raise NotFound(name, wanted="its metrics.json", got=str(problem)[:120]) from None

    def _answers(self, name: str, phases: tuple[str, ...]) -> _Read:
        path = self._path(name) / "answers.jsonl"
        stamp = stamp_of(path)
        known = self._read.get(name)
        if known is None or known.stamp != (stamp, phases):
            known = _read_answers(path, (stamp, phases), phases)
            self._read[name] = known
            while len(self._read) > _KEPT:
                self._read.popitem(last=False)
        return known


_NONE: Final = "a blueprint run"


def _read_answers(path: Path, stamp: object, phases: tuple[str, ...]) -> _Read:
    rows: dict[tuple[str, str], list[BlueprintAnswer]] = {}
    count = bad = 0
    try:
        data = path.read_bytes()[:_LARGEST] if path.is_file() else b""
    except OSError:
        data, bad = b"", 1
    for line in data.split(b"\n"):
        if not line.strip():
            continue
        try:
            answer = BlueprintAnswer.model_validate_json(line)
        except ValidationError:
            bad += 1
            continue
        count += 1
        rows.setdefault((answer.domain, answer.key), []).append(answer)
    return _Read(stamp, tuple(_row(found, phases) for found in rows.values()), count, bad)


def _row(found: list[BlueprintAnswer], phases: tuple[str, ...]) -> AnswerRow:
    first = found[0]
    # Of a phase that was asked twice the last answer counts, as in a resumed run.
    by_phase = {answer.phase: answer for answer in found}
    order = [*(p for p in phases if p in by_phase), *(p for p in by_phase if p not in phases)]
    return AnswerRow(
        key=first.key,
        domain=first.domain,
        topic=first.topic,
        kind=first.kind,
        question=first.question,
        reference=first.reference,
        answers=tuple(_answer(by_phase[phase]) for phase in order),
    )


def _answer(answer: BlueprintAnswer) -> PhaseAnswer:
    return PhaseAnswer(
        phase=answer.phase,
        answer=answer.answer,
        cut=answer.cut,
        structure=answer.structure,
        well_formed=answer.well_formed,
        right=answer.right,
    )


def _form(row: AnswerRow) -> Form:
    last = row.answers[-1]
    return "good" if last.well_formed or last.right else "bad"


def _figures(phase: str, found: BlueprintPhase) -> PhaseFigures:
    return PhaseFigures(
        phase=phase,
        well_formed=_rate(found.well_formed),
        components=_rates(found.components),
        by_domain=_rates(found.by_domain),
        closed=_rates(found.closed),
        copied=found.copied,
        compression=found.compression,
        verbosity=found.verbosity,
        cut=found.cut,
    )


def _rates(found: Mapping[str, Recorded]) -> dict[str, Rate | None]:
    return {name: _rate(rate) for name, rate in found.items()}


def _rate(found: Recorded | None) -> Rate | None:
    return rate_at(found.share, found.n, found.interval) if found else None
