"""A run that is killed and resumed ends with the files of one that was not.

The trap of ``conftest`` stands at every write: log lines, marks of the journal, models, meta.json,
metrics.json, the report. It strikes before it, in the middle of it, or behind it.
"""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphtutor.backends.fake import FakeBackend, FakeModel
from graphtutor.config import RunConfig
from graphtutor.job.job import Job, open_job
from graphtutor.job.main_job import run_job, run_phase
from graphtutor.job.phases import evaluate_phase
from graphtutor.job.watch import Silence
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
    copy = Path(shutil.copytree(root, root.parent / "counted"))
    run_job(resume(copy))
    return trap.count


@pytest.mark.parametrize(("first", "how"), [(0, "before"), (6, "torn"), (12, "after")])
def test_one_kill_at_any_write(
    first: int,
    how: str,
    writes: int,
    begun: Path,
    tmp_path: Path,
    whole: Path,
    resume: Resume,
    trap: Any,
    contents: Contents,
) -> None:
    """Every sixth write of the run, each in one of the ways to be killed."""
    assert writes > 40
    for at in range(first, writes, 18):
        root = Path(shutil.copytree(begun, tmp_path / f"kill{at}"))
        trap.set(at, how)
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


def _open(root: Path, config: RunConfig, *, resume: bool = True) -> Job:
    return open_job(root, "r", config, FakeBackend(), Silence(), resume=resume)


Configure = Callable[..., RunConfig]


def test_another_training_drops_the_one_in_flight(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in sft_more, then 'graphtutor rsft', then the run again.

    The lines of sft_more used to stay in front of those of rsft; when sft_more went on, it cut them
    and all of rsft behind them out of the log, and the journal no longer fitted it.
    """
    config = configure("phases=[sft, sft_more, rsft]", "rsft.steps=3")
    job = _open(tmp_path, config, resume=False)
    _kill_in(job, "train_log.jsonl", "sft_more", monkeypatch)
    assert _steps(job)["sft_more", None] == [1, 2]
    job.run.checkpoints("sft_more").mkdir(parents=True)
    run_phase(_open(tmp_path, config), "rsft")
    assert ("sft_more", None) not in _steps(job)
    assert not job.run.checkpoints("sft_more").exists()
    run_job(_open(tmp_path, config))
    assert _steps(job) == {
        ("sft", None): [1, 2, 3],
        ("rsft", 1): [1, 2, 3],
        ("rsft", 2): [1, 2, 3],
        ("sft_more", None): [1, 2, 3],
    }


def test_an_evaluation_drops_the_training_in_flight_and_its_checkpoint(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in SFT, then 'graphtutor infer': without its log the checkpoint would leave a gap."""
    config = configure("phases=[sft, base]")
    job = _open(tmp_path, config, resume=False)
    _kill_in(job, "train_log.jsonl", "sft", monkeypatch)
    job.run.checkpoints("sft").mkdir(parents=True)
    evaluate_phase(_open(tmp_path, config), "base", 0)
    assert _steps(job) == {}
    assert not job.run.checkpoints("sft").exists()
    run_job(_open(tmp_path, config))
    assert _steps(job) == {("sft", None): [1, 2, 3]}


def test_the_training_in_flight_itself_keeps_log_and_checkpoint(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on from there: with the torch engine nothing before the checkpoint is done again."""
    config = configure("phases=[sft]")
    job = _open(tmp_path, config, resume=False)
    _kill_in(job, "train_log.jsonl", "sft", monkeypatch)
    job.run.checkpoints("sft").mkdir(parents=True)
    assert _open(tmp_path, config).todo("sft/train", keep=("train_log.jsonl", "curve.jsonl"))
    assert _steps(job) == {("sft", None): [1, 2]}
    assert job.run.checkpoints("sft").exists()


def test_another_sampling_drops_the_one_in_flight(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while rsft_short samples, then 'graphtutor rsft': its lines are not taken for ours."""
    config = configure("phases=[sft, rsft_short, rsft]", "rsft.rounds=1")
    job = _open(tmp_path, config, resume=False)
    _kill_in(job, "candidates.jsonl", "rsft_short", monkeypatch)
    run_phase(_open(tmp_path, config), "rsft")
    run_job(_open(tmp_path, config))
    for phase in ("rsft", "rsft_short"):
        mine = [c for c in iter_candidates(job.run.candidates) if c.phase == phase]
        assert len(mine) == 12 * 2
        assert len({c.ex_id for c in mine}) == 12


def test_finished_chunks_of_a_sampling_are_kept(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sampling is the longest unit of all: a kill costs one chunk of it, not the whole."""
    config = configure("phases=[sft, rsft]", "rsft.rounds=1")
    job = _open(tmp_path, config, resume=False)
    _kill_in(job, "candidates.jsonl", "rsft", monkeypatch)
    before = job.run.candidates.read_text()
    with job.run.candidates.open("a") as stream:
        stream.write(before.splitlines()[0] + "\n" + '{"ex_id": "to')  # a chunk torn in two
    asked: list[int] = []
    plain = FakeModel.generate

    def generate(self: FakeModel, prompts: Any, sampling: Any, on_done: Any = None) -> Any:
        if sampling.temperature:
            asked.append(len(prompts))
        return plain(self, prompts, sampling, on_done)

    monkeypatch.setattr(FakeModel, "generate", generate)
    run_job(_open(tmp_path, config))
    assert asked == [4]
    assert job.run.candidates.read_text().startswith(before)
    assert len(list(iter_candidates(job.run.candidates))) == 12 * 2
