"""The summary of one run, as the picker lists it, and the page of a run."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from graphtutor.runs.directory import RunDirectory
from graphtutor.web.banner import AuditState, Banner, audit_state, banner_of
from graphtutor.web.growing import stamp_of
from graphtutor.web.lines import LineProblem
from graphtutor.web.phases import PhaseSummary, complete, phase_summaries
from graphtutor.web.places import without_places
from graphtutor.web.rates import ApiRecord, Rate, rate_at
from graphtutor.web.run_files import RunFiles
from graphtutor.web.values import integer, mapping, text

__all__ = [
    "FileProblem",
    "RunDetail",
    "RunList",
    "RunSummary",
    "Unreadable",
    "run_detail",
    "run_summary",
]

_TOLD = 50


class RunSummary(ApiRecord):
    """What one run is, how well each phase did, and whether that can be believed."""

    id: str
    created_at: str | None
    model: str | None
    backend: str | None
    graph: str | None
    seed: int | None
    phases: tuple[PhaseSummary, ...]
    banner: Banner | None
    audit: AuditState
    live: bool


class Unreadable(ApiRecord):
    """A folder that looks like a run and cannot be shown."""

    id: str
    reason: str


class RunList(ApiRecord):
    """All runs of the folder."""

    runs: tuple[RunSummary, ...]
    unreadable: tuple[Unreadable, ...]


class FileProblem(ApiRecord):
    """A line, or with ``line`` 0 a file, that could not be used."""

    file: str
    line: int
    reason: str


class Tabs(ApiRecord):
    """Which pages have something to show."""

    training: bool
    candidates: bool
    probes: bool
    audit: bool
    examples: bool


class RunDetail(RunSummary):
    """One run with its settings, provenance and problems."""

    config: Mapping[str, Any]
    meta: Mapping[str, Any]
    files: Mapping[str, int]
    problems: tuple[FileProblem, ...]
    problem_count: int
    tabs: Tabs
    paired: tuple[Mapping[str, Any], ...]
    references: Mapping[str, Rate]
    sampling: tuple[Mapping[str, Any], ...]


def run_summary(files: RunFiles) -> RunSummary:
    """Return the summary of a run. Reads the episodes only where metrics.json does not suffice."""
    run = files.run
    names = [run.metrics, run.meta, run.audit, run.config]
    if _needs_episodes(files):
        names.append(run.episodes)
    summary = files.keep("summary", names, lambda: _summary(files))
    return summary.model_copy(update={"live": files.live})


def run_detail(files: RunFiles) -> RunDetail:
    """Return the page of a run."""
    metrics, index = files.figures, files.episodes()
    summary = run_summary(files)
    phases = phase_summaries(metrics.phases, index, letters=True)
    problems, count = _problems(files, summary.live)
    record = metrics.record
    facts: dict[str, Any] = {**dict(summary), "phases": tuple(phases)}
    return RunDetail(
        **facts,
        config=without_places(files.config),
        meta=without_places(files.meta),
        files=file_sizes(files.run),
        problems=tuple(
            FileProblem(file=p.file, line=p.line, reason=p.reason) for p in problems[:_TOLD]
        ),
        problem_count=count,
        tabs=_tabs(files),
        paired=tuple(
            {"phase": phase, **test.model_dump(mode="json")}
            for phase, figures in metrics.phases.items()
            for test in figures.paired
        ),
        references={
            name: rate
            for name, cell in (record.references if record else {}).items()
            if (rate := rate_at(cell.accuracy, cell.n, cell.intervals.get("accuracy")))
        },
        sampling=tuple(s.model_dump(mode="json") for s in record.sampling) if record else (),
    )


def file_sizes(run: RunDirectory) -> dict[str, int]:
    """Return the bytes of the run's own files and its task files."""
    found = [*sorted(run.path.glob("*")), *sorted(run.tasks.glob("*.jsonl"))]
    sizes: dict[str, int] = {}
    for path in found:
        stamp = stamp_of(path)
        if stamp is not None:
            sizes[text(path.relative_to(run.path).as_posix()) or ""] = stamp[0]
    return sizes


def _needs_episodes(files: RunFiles) -> bool:
    """Tell whether metrics.json is missing, damaged, or older than the log by more than a copy."""
    if not complete(files.figures.phases):
        return True
    figures, log = stamp_of(files.run.metrics), stamp_of(files.run.episodes)
    newer = figures is not None and log is not None and log[1] > figures[1]
    return newer and files.live


def _summary(files: RunFiles) -> RunSummary:
    meta = files.meta
    model, training = mapping(meta.get("model")), mapping(meta.get("training"))
    settings = mapping(files.config.get("model"))
    index = files.episodes() if _needs_episodes(files) else None
    return RunSummary(
        id=files.run_id,
        created_at=text(meta.get("created_at")) or _first_seen(files.run),
        model=without_places(text(model.get("base")) or text(settings.get("name"))),
        backend=text(model.get("backend")) or text(settings.get("backend")),
        graph=_name(mapping(meta.get("graph")).get("name")) or _name(files.config.get("graph")),
        seed=_seed(training.get("seed"), files.config.get("seed")),
        phases=tuple(phase_summaries(files.figures.phases, index)),
        banner=banner_of(files),
        audit=audit_state(files.audit),
        live=False,
    )


def _name(graph: object) -> str | None:
    """Return the name of a graph; of one at a path, its file's: where it lies is nobody's."""
    found = text(graph)
    return found.replace("\\", "/").rpartition("/")[2] or found if found else None


def _seed(recorded: object, configured: object) -> int | None:
    found = integer(recorded)
    return integer(configured) if found is None else found


def _first_seen(run: RunDirectory) -> str | None:
    stamps = map(stamp_of, (run.config, run.metrics, run.episodes))
    times = [stamp[1] for stamp in stamps if stamp]
    if not times:
        return None
    return time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(min(times) / 1e9))


def _problems(files: RunFiles, live: bool) -> tuple[Sequence[LineProblem], int]:
    """Return what could not be read of the run, the first of it named, and how much it is."""
    logs = files.logs()
    found = list(files.problems)
    count = len(found)
    for log in logs:
        found += log.problems
        count += log.problem_count
        if log.half_line and not live:
            reason = "the last line is not finished"
            found.append(LineProblem(log.path.name, log.half_line, reason))
            count += 1
    return found, count


def _tabs(files: RunFiles) -> Tabs:
    run, phases = files.run, files.figures.phases.values()
    curves = mapping(files.figures.raw.get("curves"))
    sizes = {path.name: (stamp_of(path) or (0, 0, 0))[0] for path in run.logs}
    probed = any(p.rotation or p.wording or p.retrieval or p.by_seen for p in phases)
    return Tabs(
        training=any((sizes["train_log.jsonl"], sizes["curve.jsonl"], curves.get("steps"))),
        candidates=bool(sizes["candidates.jsonl"]),
        probes=probed or bool(sizes["probes.jsonl"]),
        audit=files.audit is not None or bool(mapping(files.meta.get("phases"))),
        examples=any(files.tasks.by_file.get(f"{name}.jsonl") for name in ("eval", "dev")),
    )
