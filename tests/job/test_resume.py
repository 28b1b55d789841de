"""A run that is killed and resumed ends with the files of one that was not.

The trap of ``conftest`` stands at every write: log lines, marks of the journal, models, meta.json,
metrics.json, the report. It strikes before it, in the middle of it, or behind it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphtutor.job.job import Job
from graphtutor.job.main_job import run_job, run_phase
from graphtutor.runs.episodes import iter_candidates, read_train_log

Contents = Callable[[Path], dict[str, str]]
Resume = Callable[..., Job]

HOWS = ("before", "torn", "after")
LONGEST_UNIT = 10
"""Writes of the longest unit of work: a run that is let this far between two kills advances."""


def _same(run: Path, whole: Path, contents: Contents) -> None:
    ours, wanted = contents(run), contents(whole)
    assert sorted(ours) == sorted(wanted)
    for name, text in wanted.items():
        assert ours[name] == text, name


def _is_killed(job: Job) -> bool:
    try:
        run_job(job)
    except BaseException as problem:
        if type(problem).__name__ != "Killed":
            raise
        return True
    return False


@pytest.fixture
def writes(root: Path, resume: Resume, trap: Any) -> int:
    """How many writes an uninterrupted run makes."""
    import shutil

    copy = Path(shutil.copytree(root, root.parent / "counted"))
    run_job(resume(copy))
    return trap.count


@pytest.mark.parametrize("offset", range(4))
def test_one_kill_at_any_write(
    offset: int,
    writes: int,
    begun: Path,
    tmp_path: Path,
    whole: Path,
    resume: Resume,
    trap: Any,
    contents: Contents,
) -> None:
    """Every fourth write in turn, the ways to be killed taken by turns as well."""
    import shutil

    assert writes > 40
    for at in range(offset, writes, 12):
        root = Path(shutil.copytree(begun, tmp_path / f"kill{at}"))
        trap.set(at, HOWS[(at // 4) % 3])
        assert _is_killed(resume(root))
        trap.set(-1, "")
        run_job(resume(root))
        _same(root / whole.name, whole, contents)


@pytest.mark.parametrize("stride", range(LONGEST_UNIT, LONGEST_UNIT + 4))
def test_many_kills_in_one_run(
    stride: int, root: Path, whole: Path, resume: Resume, trap: Any, contents: Contents
) -> None:
    """A machine that goes down all the time: each try gets a little further."""
    for attempt in range(40):
        trap.set(stride, HOWS[attempt % 3])
        if not _is_killed(resume(root)):
            break
    assert attempt > 2
    _same(root / whole.name, whole, contents)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
@pytest.mark.parametrize(("share", "how"), [(0.2, "torn"), (0.45, "after"), (0.7, "before")])
def test_kill_nine(
    share: float,
    how: str,
    writes: int,
    root: Path,
    whole: Path,
    resume: Resume,
    trap: Any,
    contents: Contents,
) -> None:
    """No exception runs through the code here, nothing is tidied up: the process is gone."""
    at = int(share * writes)
    child = os.fork()
    if child == 0:
        trap.set(at, how, lambda: os.kill(os.getpid(), signal.SIGKILL))
        try:
            run_job(resume(root))
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    trap.set(-1, "")
    run_job(resume(root))
    _same(root / whole.name, whole, contents)


def test_what_a_kill_nine_leaves_lying_about_is_removed(
    root: Path, whole: Path, resume: Resume, contents: Contents
) -> None:
    """Drafts of models and files that never took their names; nobody else's hidden files."""
    run = root / whole.name
    (run / "models" / ".sft.abc12_xy").mkdir(parents=True)
    (run / "models" / ".sft.abc12_xy" / "fake.json").write_text("{")
    (run / ".metrics.json.k3_9abcd").write_text("{")
    (run / "tasks" / ".train.jsonl.k3_9abcd").write_text("{")
    (run / "checkpoints" / "sft").mkdir(parents=True)
    (run / ".report.md.swp").write_text("an editor's")
    run_job(resume(root))
    assert (run / ".report.md.swp").exists()
    (run / ".report.md.swp").unlink()
    _same(run, whole, contents)


def test_resuming_a_finished_run_changes_nothing(
    whole: Path, tmp_path: Path, resume: Resume, contents: Contents, trap: Any
) -> None:
    """Not one line more, not one unit again; only figures and report are written anew."""
    import shutil

    root = tmp_path / "again"
    shutil.copytree(whole, root / whole.name)
    before = {path: path.read_bytes() for path in (root / whole.name).rglob("*.json*")}
    run_job(resume(root))
    assert trap.count == 2  # metrics.json and the report
    _same(root / whole.name, whole, contents)
    assert {path: path.read_bytes() for path in before} == before


def _steps(job: Job) -> dict[tuple[str, int | None], list[int]]:
    found: dict[tuple[str, int | None], list[int]] = {}
    for line in read_train_log(job.run.train_log):
        found.setdefault((line.phase, line.round), []).append(line.step)
    return found


def _kill_in(job: Job, log: str, phase: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the job until the second write to ``log`` by ``phase``."""
    from graphtutor.job import phases, rsft

    written: list[str] = []
    plain = phases.append_jsonl

    def append(path: Path, records: Any) -> None:
        records = list(records)
        plain(path, records)
        if path.name == log and records[0].phase == phase:
            written.append(log)
            if len(written) == 2:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(phases, "append_jsonl", append)
        patch.setattr(rsft, "append_jsonl", append)
        with pytest.raises(KeyboardInterrupt):
            run_job(job)


def test_another_training_drops_the_one_in_flight(
    begun: Path,
    configure: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Killed in sft_more, then 'graphtutor rsft', then the run again.

    The lines of sft_more used to stay in front of those of rsft; when sft_more went on, it cut them
    and all of rsft behind them out of the log, and the journal no longer fitted it.
    """
    from graphtutor.backends.fake import FakeBackend
    from graphtutor.job.job import open_job
    from graphtutor.job.watch import Silence

    config = configure("phases=[sft, sft_more, rsft]", "rsft.steps=3")
    arguments = (tmp_path, "r", config, FakeBackend(), Silence())
    job = open_job(*arguments, resume=False)
    _kill_in(job, "train_log.jsonl", "sft_more", monkeypatch)
    assert _steps(job)["sft_more", None] == [1, 2]
    job.run.checkpoints("sft_more").mkdir(parents=True)
    run_phase(open_job(*arguments, resume=True), "rsft")
    assert ("sft_more", None) not in _steps(job)
    assert not job.run.checkpoints("sft_more").exists()
    run_job(open_job(*arguments, resume=True))
    assert _steps(job) == {
        ("sft", None): [1, 2, 3],
        ("rsft", 1): [1, 2, 3],
        ("rsft", 2): [1, 2, 3],
        ("sft_more", None): [1, 2, 3],
    }


def test_an_evaluation_drops_the_training_in_flight_and_its_checkpoint(
    root: Path, resume: Resume, monkeypatch: pytest.MonkeyPatch, configure: Callable[..., Any]
) -> None:
    """Killed in SFT, then 'graphtutor infer': without its log the checkpoint would leave a gap."""
    from graphtutor.job.phases import evaluate_phase

    job = resume(root)
    with monkeypatch.context() as patch:
        patch.setattr("graphtutor.job.main_job.PHASES", {"base": lambda _job: None})
        patch.setitem(
            __import__("graphtutor.job.main_job", fromlist=["PHASES"]).PHASES,
            "sft",
            __import__("graphtutor.job.phases", fromlist=["run_sft"]).run_sft,
        )
        _kill_in(job, "train_log.jsonl", "sft", monkeypatch)
    job.run.checkpoints("sft").mkdir(parents=True)
    evaluate_phase(resume(root), "base", 0)
    assert _steps(job) == {}
    assert not job.run.checkpoints("sft").exists()
    run_job(resume(root))
    assert _steps(job)["sft", None] == [1, 2, 3]


def test_another_sampling_drops_the_one_in_flight(
    begun: Path,
    configure: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Killed while rsft_short samples, then 'graphtutor rsft': its lines are not taken for ours."""
    from graphtutor.backends.fake import FakeBackend
    from graphtutor.job.job import open_job
    from graphtutor.job.watch import Silence

    config = configure("phases=[sft, rsft_short, rsft]", "rsft.rounds=1")
    arguments = (tmp_path, "r", config, FakeBackend(), Silence())
    job = open_job(*arguments, resume=False)
    _kill_in(job, "candidates.jsonl", "rsft_short", monkeypatch)
    run_phase(open_job(*arguments, resume=True), "rsft")
    run_job(open_job(*arguments, resume=True))
    for phase in ("rsft", "rsft_short"):
        mine = [c for c in iter_candidates(job.run.candidates) if c.phase == phase]
        assert len(mine) == 12 * 2
        assert len({c.ex_id for c in mine}) == 12
