"""The run directory: made whole or not at all, resumed only as it began, journal after a kill."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.config import RunConfig, load_config
from graphtutor.errors import RunError
from graphtutor.io.jsonl import append_jsonl
from graphtutor.runs.directory import RunDirectory, checked_run_id
from graphtutor.runs.episodes import TrainLogLine
from graphtutor.runs.logs import count_lines, cut_after_step, keep_lines


def _line(step: int, phase: str = "sft", round_number: int | None = None) -> TrainLogLine:
    return TrainLogLine(
        phase=phase, step=step, loss=1.0, lr=0.1, tokens=8, seconds=0.5, round=round_number
    )


def _steps(path: Path) -> list[int]:
    return [json.loads(line)["step"] for line in path.read_text().splitlines()]


def test_create_writes_a_configuration_that_loads_again(tmp_path: Path) -> None:
    config = RunConfig(seed=7)
    run = RunDirectory.create(tmp_path / "runs", "run_0001", config)
    assert run.path == tmp_path / "runs" / "run_0001"
    assert run.run_id == "run_0001"
    assert run.read_config() == config
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["run_0001"]


def test_create_refuses_an_existing_run_and_leaves_it_alone(tmp_path: Path) -> None:
    run = RunDirectory.create(tmp_path, "a", RunConfig(seed=1))
    with pytest.raises(RunError, match="--resume or another --run-id"):
        RunDirectory.create(tmp_path, "a", RunConfig(seed=2))
    assert run.read_config().seed == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_create_leaves_nothing_when_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path, text: str) -> None:
        path.write_text(text[:10])
        raise OSError("disk full")

    monkeypatch.setattr("graphtutor.runs.directory.write_text", fail)
    with pytest.raises(OSError, match="disk full"):
        RunDirectory.create(tmp_path, "a", RunConfig())
    assert list(tmp_path.iterdir()) == []


def test_create_loses_a_race_without_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process makes the run between the check and the rename."""
    monkeypatch.setattr("graphtutor.runs.directory.os.path.lexists", lambda _path: False)
    run = RunDirectory.create(tmp_path, "a", RunConfig(seed=1))
    with pytest.raises(RunError, match="another --run-id"):
        RunDirectory.create(tmp_path, "a", RunConfig(seed=2))
    assert run.read_config().seed == 1
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize(
    "run_id", ["", ".", "..", "a/b", "../a", ".hidden", "a b", "a\n", "x" * 101]
)
def test_bad_run_ids_are_refused(tmp_path: Path, run_id: str) -> None:
    with pytest.raises(RunError, match="--run-id"):
        RunDirectory.create(tmp_path, run_id, RunConfig())
    assert list(tmp_path.iterdir()) == []


@given(st.text())
def test_a_run_id_that_passes_stays_inside_the_root(run_id: str) -> None:
    try:
        checked_run_id(run_id)
    except RunError:
        return
    root = Path("/root/runs")
    assert (root / run_id).resolve().parent == root.resolve()


def test_resume_names_the_changed_keys(tmp_path: Path) -> None:
    RunDirectory.create(tmp_path, "a", load_config(overrides=["sft.steps=20"]))
    with pytest.raises(RunError, match=r"other values for seed, sft\.steps"):
        RunDirectory.resume(tmp_path, "a", load_config(overrides=["sft.steps=21", "seed=3"]))


def test_resume_takes_the_same_configuration_from_a_preset(tmp_path: Path) -> None:
    config = load_config(overrides=["rsft.rounds=2", "evaluation.limit=5"])
    RunDirectory.create(tmp_path, "a", config)
    assert RunDirectory.resume(tmp_path, "a", config).path == tmp_path / "a"


def test_resume_refuses_a_missing_run(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"no such folder.*leave out --resume"):
        RunDirectory.resume(tmp_path, "a", RunConfig())
    (tmp_path / "b").mkdir()
    with pytest.raises(RunError, match=r"no config\.yaml there"):
        RunDirectory.resume(tmp_path, "b", RunConfig())


def test_find_takes_an_id_or_a_path_and_lists_what_there_is(tmp_path: Path) -> None:
    run = RunDirectory.create(tmp_path, "a", RunConfig())
    assert RunDirectory.find(tmp_path, "a") == run
    assert RunDirectory.find(tmp_path / "elsewhere", str(run.path)).run_id == "a"
    with pytest.raises(RunError, match="runs here: a"):
        RunDirectory.find(tmp_path, "b")


def test_the_journal_remembers_finished_units_and_their_facts(tmp_path: Path) -> None:
    run = RunDirectory.create(tmp_path, "a", RunConfig())
    assert not run.done("sft/train")
    run.mark("sft/train", steps=20)
    run.mark("rsft/round1/sample")
    run.mark("sft/train", steps=99)  # a second mark changes nothing
    assert run.done("sft/train")
    assert not run.done("sft")
    assert run.facts("sft/train") == {"steps": 20}
    assert count_lines(run.journal) == 2
    with pytest.raises(RunError, match="the finished unit rsft/eval"):
        run.facts("rsft/eval")


def test_resume_repairs_torn_logs_and_journal(tmp_path: Path) -> None:
    """kill -9 in the middle of a write leaves half a line; the unit it announces is not done."""
    run = RunDirectory.create(tmp_path, "a", RunConfig())
    append_jsonl(run.train_log, [_line(1)])
    run.mark("sft/train")
    for log in (run.journal, run.train_log):
        with log.open("a") as stream:
            stream.write('{"unit": "sft/ev')
    again = RunDirectory.resume(tmp_path, "a", RunConfig())
    assert [entry.unit for entry in again.entries()] == ["sft/train"]
    assert _steps(again.train_log) == [1]
    again.mark("sft/eval")
    assert again.done("sft/eval")


def test_roll_back_drops_the_unit_in_flight(tmp_path: Path) -> None:
    run = RunDirectory.create(tmp_path, "a", RunConfig())
    append_jsonl(run.train_log, [_line(1), _line(2)])
    run.mark("sft/train")
    append_jsonl(run.train_log, [_line(1, "rsft"), _line(2, "rsft")])
    append_jsonl(run.candidates, [_line(0)])
    assert run.roll_back(except_for=["train_log.jsonl"]) == {"candidates.jsonl": 1}
    assert _steps(run.train_log) == [1, 2, 1, 2]
    assert run.roll_back() == {"train_log.jsonl": 2}
    assert _steps(run.train_log) == [1, 2]
    assert run.roll_back() == {}


def test_an_interrupted_run_ends_with_the_same_files(tmp_path: Path) -> None:
    def work(run: RunDirectory, kill_after: int | None = None) -> None:
        for unit in ("one", "two"):
            if run.done(unit):
                continue
            for step in range(4):
                if unit == "two" and step == kill_after:
                    return
                append_jsonl(run.episodes, [_line(step, unit)])
            run.mark(unit, steps=4)

    whole = RunDirectory.create(tmp_path, "whole", RunConfig())
    work(whole)
    killed = RunDirectory.create(tmp_path, "killed", RunConfig())
    work(killed, kill_after=2)
    with killed.episodes.open("a") as stream:
        stream.write('{"phase"')
    resumed = RunDirectory.resume(tmp_path, "killed", RunConfig())
    assert resumed.roll_back() == {"episodes.jsonl": 2}
    work(resumed)
    for log in ("episodes.jsonl", "journal.jsonl", "config.yaml"):
        assert (whole.path / log).read_bytes() == (resumed.path / log).read_bytes()


def test_a_log_shorter_than_its_journal_is_refused(tmp_path: Path) -> None:
    run = RunDirectory.create(tmp_path, "a", RunConfig())
    append_jsonl(run.train_log, [_line(1), _line(2)])
    run.mark("sft/train")
    keep_lines(run.train_log, 1)
    with pytest.raises(RunError, match="at least 2 lines"):
        run.roll_back()


def test_cut_after_step_keeps_what_the_checkpoint_holds(tmp_path: Path) -> None:
    log = tmp_path / "train_log.jsonl"
    append_jsonl(log, [_line(s) for s in (1, 2, 3)])
    append_jsonl(log, [_line(s, "rsft", 1) for s in (1, 2, 3)])
    append_jsonl(log, [_line(s, "rsft", 2) for s in (1, 2, 3)])
    with log.open("a") as stream:
        stream.write('{"phase": "rs')
    assert cut_after_step(log, "rsft", step=1, round_number=2) == 2
    assert _steps(log) == [1, 2, 3, 1, 2, 3, 1]
    assert cut_after_step(log, "rsft", step=1, round_number=2) == 0
    assert cut_after_step(log, "rsft", step=0, round_number=1) == 4
    assert cut_after_step(tmp_path / "missing.jsonl", "sft", step=0) == 0
