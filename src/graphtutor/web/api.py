"""The API: one method an address, each from strings and numbers to a record. Knows no HTTP."""

from __future__ import annotations

from graphtutor import __version__
from graphtutor.web.answers import Asked, judge_for, prompt_of
from graphtutor.web.audit_view import AuditView, audit_view
from graphtutor.web.changes import Changes, changes_between
from graphtutor.web.comparison import Comparison, compared
from graphtutor.web.distribution import DistributionView, distribution_view
from graphtutor.web.examples import Examples, examples_of
from graphtutor.web.frame import Frame
from graphtutor.web.inference import InferenceWorker
from graphtutor.web.jobs import JobView, Question
from graphtutor.web.player import Frames, compare_frames, frame_of, log_of
from graphtutor.web.pool import Pool, PoolQuery, PoolTask, pool_of, pool_task
from graphtutor.web.probes import ProbesView, probes_view
from graphtutor.web.problem import BadRequest, NotFound
from graphtutor.web.rates import ApiRecord
from graphtutor.web.run_files import RunFiles
from graphtutor.web.store import RunStore
from graphtutor.web.story import Story, story_of
from graphtutor.web.summary import RunDetail, RunList, Unreadable, run_detail, run_summary
from graphtutor.web.table import EpisodeTable, TableQuery, page_of
from graphtutor.web.training import TrainingView, training_view

__all__ = ["Api", "Health", "Queued"]

_MOST_RUNS = 50
_MOST_EXAMPLES = 200


class Health(ApiRecord):
    """That the server answers, and its version."""

    ok: bool = True
    version: str = __version__


class Queued(ApiRecord):
    """A question that waits for its answer."""

    job: str


class Api:
    """What the app can be asked about the runs of a folder."""

    def __init__(self, store: RunStore, worker: InferenceWorker) -> None:
        """Answer from ``store`` and ask live questions of ``worker``."""
        self.store = store
        self.worker = worker

    def runs(self) -> RunList:
        """Return all runs; one that cannot be shown is told with its reason."""
        runs, unreadable = self.store.list()
        return RunList(
            runs=tuple(map(run_summary, runs)),
            unreadable=tuple(Unreadable(id=i, reason=why) for i, why in unreadable.items()),
        )

    def run(self, run_id: str) -> RunDetail:
        """Return the page of a run."""
        return run_detail(self.store.get(run_id))

    def training(self, run_id: str) -> TrainingView:
        """Return the curves of a run."""
        return training_view(self.store.get(run_id))

    def episodes(self, run_id: str, query: TableQuery) -> EpisodeTable:
        """Return a page of the table of episodes."""
        return page_of(log_of(self.store.get(run_id)), query)

    def episode(self, run_id: str, phase: str, ex_id: str, split: str) -> Frame:
        """Return the frame of one episode."""
        return frame_of(self.store.get(run_id), phase, ex_id, split or None)

    def frames(self, run_id: str, ex_id: str, phases: str) -> Frames:
        """Return the frames of one task in several phases."""
        return compare_frames(self.store.get(run_id), ex_id, listed(phases))

    def changes(self, run_id: str, before: str, after: str) -> Changes:
        """Return what changed between two phases."""
        return changes_between(log_of(self.store.get(run_id)), before, after)

    def pool(self, run_id: str, query: PoolQuery) -> Pool:
        """Return a page of the candidate pool."""
        return pool_of(self.store.get(run_id), query)

    def pool_task(self, run_id: str, phase: str, number: int, ex_id: str) -> PoolTask:
        """Return the samples of one task."""
        return pool_task(self.store.get(run_id), phase, number, ex_id)

    def audit(self, run_id: str) -> AuditView:
        """Return the audit of a run's data."""
        files = self.store.get(run_id)
        stated = [files.run.audit, files.run.meta, *sorted(files.run.tasks.glob("*.jsonl"))]
        return files.keep("audit page", stated, lambda: audit_view(files))

    def distribution(self, run_id: str) -> DistributionView:
        """Return the accuracy by hop length and training split."""
        return distribution_view(self.store.get(run_id))

    def probes(self, run_id: str) -> ProbesView:
        """Return the probes of a run."""
        return probes_view(self.store.get(run_id))

    def examples(self, run_id: str, n: int) -> Examples:
        """Return example questions."""
        return examples_of(self.store.get(run_id), min(n, _MOST_EXAMPLES))

    def story(self, run_id: str) -> Story:
        """Return the story of demo mode."""
        return story_of(self.store.get(run_id))

    def compare(self, runs: str) -> Comparison:
        """Return runs side by side. Raises BadRequest without any."""
        names = list(dict.fromkeys(listed(runs)))
        if not 0 < len(names) <= _MOST_RUNS:
            raise BadRequest("runs", wanted=f"1 to {_MOST_RUNS} run ids", got=str(len(names)))
        return compared([self.store.get(name) for name in names])

    def infer(self, asked: Asked) -> Queued:
        """Queue a question. Raises NotFound for a phase without a model, Busy if many wait."""
        files = self.store.get(asked.run)
        for phase in asked.phases:
            _check_model(files, phase)
        question = Question(
            run=files.run,
            phases=asked.phases,
            prompt=prompt_of(asked),
            key=asked.ex_id or "try it",
            max_new_tokens=asked.max_new_tokens,
            judge=judge_for(files, asked),
        )
        return Queued(job=self.worker.submit(question))

    def job(self, job: str) -> JobView:
        """Return a job as it stands."""
        return self.worker.view(job)

    def cancel(self, job: str) -> JobView:
        """Cancel a job."""
        return self.worker.cancel(job)


def listed(names: str) -> list[str]:
    """Split names that commas separate.

    >>> listed("sft, rsft,")
    ['sft', 'rsft']
    """
    return [name.strip() for name in names.split(",") if name.strip()]


def _check_model(files: RunFiles, phase: str) -> None:
    """Refuse a phase that has no model; the base model needs none of the run's own."""
    if phase != "base" and not (_plain(phase) and files.run.model(phase).is_dir()):
        here = [path.name for path in sorted(files.run.path.glob("models/*")) if path.is_dir()]
        raise NotFound(
            f"{files.run_id}, phase",
            wanted=f"a phase with a model: {', '.join(['base', *here])}",
            got=repr(phase)[:80],
        )


def _plain(name: str) -> bool:
    return name.replace("_", "").replace("-", "").isalnum() and name.isascii()
