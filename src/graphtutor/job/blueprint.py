"""A blueprint run: a model learns to answer in a structure, scored on topics it has never seen.

It is a run directory like any other, with the same journal, logs and models, and is resumed in the
same way; its task files are the two sides of the data.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from graphtutor.backends.base import Backend
from graphtutor.blueprint.framework import Framework
from graphtutor.blueprint.load import framework_names, load_framework
from graphtutor.blueprint.rows import ChatRow, iter_rows
from graphtutor.config import RunConfig
from graphtutor.errors import RunError
from graphtutor.io.atomic import write_text
from graphtutor.io.digest import digest_bytes, digest_file
from graphtutor.io.jsonl import append_jsonl, read_jsonl, write_jsonl
from graphtutor.job.blueprint_answers import Scoring, answer_rows, scored_rows
from graphtutor.job.blueprint_metrics import phase_figures
from graphtutor.job.job import Job
from graphtutor.job.phases import trained
from graphtutor.job.watch import Watch
from graphtutor.report.blueprint_page import write_blueprint_report
from graphtutor.runs.blueprint import BlueprintAnswer, BlueprintMetrics
from graphtutor.runs.directory import RunDirectory
from graphtutor.runs.meta import build_meta
from graphtutor.runs.record_file import write_record
from graphtutor.training.curriculum import curriculum_batches
from graphtutor.training.examples import draw_batches, encode_pairs, refuse_evaluated

__all__ = [
    "BlueprintJob",
    "open_blueprint_job",
    "run_blueprint",
    "score_again",
    "score_elsewhere",
]

_SIDES = ("train", "valid")
_REPORT = "dataset.json"


@dataclass(frozen=True)
class BlueprintJob(Job):
    """A job whose task files are chat rows."""

    @cached_property
    def sides(self) -> dict[str, list[ChatRow]]:
        """The rows to train on and those held out."""
        return {side: list(iter_rows(self.task_file(side))) for side in _SIDES}

    @cached_property
    def frameworks(self) -> dict[str, Framework]:
        """The frameworks by name: those built in, and what the data brought along."""
        return _frameworks(self.run.tasks / _REPORT)


def open_blueprint_job(
    root: Path,
    run_id: str,
    data: Path | None,
    config: RunConfig,
    backend: Backend,
    watch: Watch,
    *,
    resume: bool,
) -> BlueprintJob:
    """Begin a run on the folder ``data`` (train.jsonl, valid.jsonl), or go on with one.

    The files are copied into the run, so that it stands for itself. Raises RunError where the run
    id is taken, missing, or of another configuration or data; TaskError where a file cannot be
    used; ModelError or BackendError where the model cannot.
    """
    if not resume:
        RunDirectory.free(root, run_id)
    texts = _read_data(data) if data is not None else {}
    model = backend.load(config.model)
    if resume:
        run = RunDirectory.resume(root, run_id, config)
        _check_same(run, texts)
    else:
        run = RunDirectory.create(root, run_id, config)
    for name, text in texts.items():
        write_text(run.tasks / name, text)
    if not run.meta.exists():
        template = str(getattr(model, "chat_template", str)())
        about = str(getattr(model, "about", str)()) or None
        digest = digest_bytes(template.encode())
        write_record(run.meta, build_meta(run_id, config, about=about, chat_template=digest))
    return BlueprintJob(run, config, backend, watch)


def run_blueprint(job: BlueprintJob) -> Path:
    """Score the base model, train, score again; return the path of report.md."""
    _evaluate(job, "base")
    _train(job)
    _evaluate(job, "sft")
    return _finish(job)


def score_again(job: BlueprintJob) -> Path:
    """Score what has not been scored yet and write the report anew; return its path."""
    for phase in _phases(job):
        _evaluate(job, phase)
    return _finish(job)


def score_elsewhere(job: BlueprintJob, data: Path, out: Path) -> Path:
    """Let base and trained model answer the held-out side of other data, reported in ``out``.

    Raises LeakError where the run trained on that very file, RunError where ``out`` holds a run.
    """
    valid = data / "valid.jsonl"
    refuse_evaluated([job.task_file("train")], [valid])
    there = RunDirectory(out)
    if there.answers.exists():
        raise RunError(
            str(out),
            wanted="a new folder",
            got="one with answers",
            remedy="choose another with --out, or remove it",
        )
    rows, frameworks = list(iter_rows(valid)), _frameworks(data / "report.json")
    answers = [
        answer for phase in _phases(job) for answer in _answers(job, rows, frameworks, phase)
    ]
    write_jsonl(there.answers, answers)
    metrics = BlueprintMetrics(
        run_id=f"{job.run.run_id} on {data.resolve().name}",
        train=len(job.sides["train"]),
        valid=len(rows),
        phases=phase_figures(answers),
    )
    write_record(there.metrics, metrics)
    return write_blueprint_report(there, metrics, answers)


def _phases(job: BlueprintJob) -> list[str]:
    return ["base", *(["sft"] if job.run.model("sft").is_dir() else [])]


def _answers(
    job: BlueprintJob,
    rows: Sequence[ChatRow],
    frameworks: Mapping[str, Framework],
    phase: str,
) -> list[BlueprintAnswer]:
    config = job.config.evaluation
    asked = scored_rows(rows, frameworks)
    scoring = Scoring.of(frameworks, job.sides["train"])
    asked = asked[: config.limit] if config.limit else asked
    with job.watch.bar(f"{phase:<6} evaluation", len(asked)) as advance:
        model = job.load(phase)
        length, batch = config.max_new_tokens, config.batch_size
        return answer_rows(model, asked, scoring, phase, length, batch, advance)


def _evaluate(job: BlueprintJob, phase: str) -> None:
    """Answer the held-out questions with the model of ``phase``, unless that is done."""
    unit = f"{phase}/eval"
    if not job.todo(unit):
        return
    with job.measuring(phase, ["valid"]):
        answers = _answers(job, job.sides["valid"], job.frameworks, phase)
    append_jsonl(job.run.answers, answers)
    figures = phase_figures(answers).get(phase)
    if figures is not None and figures.well_formed is not None:
        share = figures.well_formed
        job.watch.say(f"{phase:<6} n {share.n}: well-formed {share.share:.1%}")
    job.run.mark(unit, n=len(answers))


def _train(job: BlueprintJob) -> None:
    config, seed = job.config.sft, job.config.seed
    if not job.todo("sft/train", keep=("train_log.jsonl",)):
        return
    refuse_evaluated([job.task_file("train")], [job.task_file("valid")])
    rows = job.sides["train"]
    if job.config.blueprint.curriculum:
        stages = [[i for i, row in enumerate(rows) if _stage(row) == n] for n in _stages(rows)]
        batches = curriculum_batches(stages, config.steps, config.batch_size, "blueprint", seed)
    else:
        groups, weights = _shares(rows, job.config.blueprint.shares)
        batches = draw_batches(groups, weights, config.steps, config.batch_size, "sft", seed)
    with (
        job.measuring("sft", ["train"], trained=True),
        trained(job, "sft", "sft", config, 0, curve=False) as (model, progress),
    ):
        examples = encode_pairs(model, [(row.user, row.assistant, row.system) for row in rows])
        model.train(progress.request(examples, batches, config, seed))
    job.run.mark("sft/train", steps=config.steps)


def _finish(job: BlueprintJob) -> Path:
    run = job.run
    answers = read_jsonl(run.answers, BlueprintAnswer, RunError) if run.answers.exists() else []
    metrics = BlueprintMetrics(
        run_id=run.run_id,
        train=len(job.sides["train"]),
        valid=len(job.sides["valid"]),
        phases=phase_figures(answers),
    )
    write_record(run.metrics, metrics)
    shutil.rmtree(run.path / "checkpoints", ignore_errors=True)
    return write_blueprint_report(run, metrics, answers)


def _shares(
    rows: Sequence[ChatRow], shares: Mapping[str, float]
) -> tuple[list[list[int]], list[float]]:
    """Group the rows by kind; kinds without a share have what is left, by their number."""
    groups: dict[str, list[int]] = {}
    for number, row in enumerate(rows):
        groups.setdefault(str(row.meta.get("kind", "")), []).append(number)
    given = sum(share for kind, share in shares.items() if kind in groups)
    count = sum(len(group) for kind, group in groups.items() if kind not in shares)
    each = (1 - given) / count if count else 0.0
    weights = [shares.get(kind, each * len(group)) for kind, group in groups.items()]
    return list(groups.values()), weights


def _stage(row: ChatRow) -> int:
    return int(row.meta.get("evolution", 1))


def _stages(rows: list[ChatRow]) -> list[int]:
    return sorted({_stage(row) for row in rows})


def _read_data(folder: Path) -> dict[str, str]:
    texts: dict[str, str] = {}
    for side in _SIDES:
        path = folder / f"{side}.jsonl"
        for _ in iter_rows(path):
            pass
        texts[path.name] = path.read_text("utf-8")
    report = folder / "report.json"
    return texts | ({_REPORT: report.read_text("utf-8")} if report.is_file() else {})


def _check_same(run: RunDirectory, texts: Mapping[str, str]) -> None:
    """Refuse to go on with other data under the same name."""
    for name, text in texts.items():
        path = run.tasks / name
        if path.exists() and digest_file(path) != digest_bytes(text.encode()):
            raise RunError(
                str(path),
                wanted="the data that the run began with",
                got="other content",
                remedy="put the old data back, or begin another --run-id",
            )


def _frameworks(report: Path) -> dict[str, Framework]:
    found = {name: load_framework(name) for name in framework_names()}
    if not report.is_file():
        return found
    try:
        brought = _Brought.model_validate_json(report.read_bytes())
    except ValidationError as problem:
        raise RunError(
            str(report),
            wanted="the report that 'graphtutor blueprint expand' writes",
            got=problem.errors()[0]["msg"],
            remedy="expand again, or remove that file: then only built-in frameworks are known",
        ) from None
    return found | brought.frameworks


class _Brought(BaseModel):
    """What is read of the report of a data set: the frameworks by which it was made."""

    model_config = ConfigDict(extra="ignore")

    frameworks: dict[str, Framework] = {}
