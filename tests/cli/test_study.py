"""``graphtutor study``: what it refuses, and that it runs from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphtutor.cli.main import main

FAKE = [
    part
    for setting in (
        "model.backend=fake",
        "model.name=fake",
        "tasks.train_one_hop=1",
        "tasks.train_two_hop=10",
        "tasks.train_three_hop=10",
        "tasks.train_long=6",
        "tasks.dev=2",
        "tasks.eval=4",
        "tasks.search=0",
        "sft.steps=2",
        "sft.batch_size=64",
        "evaluation.max_new_tokens=600",
        "evaluation.samples=4",
        "evaluation.probe_tasks=4",
        "evaluation.curve_points=0",
    )
    for part in ("--set", setting)
]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], "is not one of 'distribution', 'k', 'depth', 'drift'"),
        (["k", "--seeds", "0,zero"], "--seeds: wanted different whole numbers with commas"),
        (["k", "--seeds", "1,1"], "--seeds: wanted different whole numbers with commas"),
        (["depth", "--run", "x"], "--run: wanted the study k, drift or retrieval, got depth"),
        (["drift", "--run", "no-such-run"], "wanted a run directory"),
    ],
)
def test_it_refuses_with_one_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Exit code 2, one line that names the option."""
    assert main(["study", *arguments, "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "Traceback" not in error
    assert not (tmp_path / "out").exists()


def test_the_k_study_from_the_command_line(
    graph_file: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """It trains, samples, and says where the report lies."""
    out = tmp_path / "out"
    arguments = ["study", "k", "--seeds", "0", "--out", str(out), "--set", f"graph={graph_file}"]
    assert main([*arguments, *FAKE]) == 0
    assert f"report {out / 'report.md'}" in capsys.readouterr().out.replace("\n", " ")
    assert (out / "study.json").is_file()
    assert "What K samples a task are worth" in (out / "report.md").read_text("utf-8")
