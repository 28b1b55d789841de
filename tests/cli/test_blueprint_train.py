"""``graphtutor blueprint train`` and ``eval``: as a user calls them, with the fake engine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphtutor.cli.main import main

Captured = pytest.CaptureFixture[str]
ANSWER = "Final Principle: {0}\nExplanatory Principle: {1}\nCore Logic Principle: {2}\n" + (
    "Principles Compression: {2}"
)
FAKE = [
    word
    for setting in (
        "model.name=any",
        "model.backend=fake",
        "sft.steps=2",
        "evaluation.max_new_tokens=2000",
    )
    for word in ("--set", setting)
]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setattr("graphtutor.report.write.plots_available", lambda: False)
    monkeypatch.setattr("graphtutor.report.blueprint_page.plots_available", lambda: False)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A topic to train on and another to be asked about."""
    why = "Wetted proteins link into long strands when they are moved, since motion joins them."
    for name, topic in (("train", "kneading"), ("valid", "folding")):
        row = {
            "system": "Tersely.",
            "prompt": f"Take {topic} apart.",
            "response": ANSWER.format("Network", why, "Motion knits"),
            "meta": {
                "kind": "whole",
                "framework": "first-principles",
                "domain": "bread",
                "topic": topic,
            },
        }
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    return tmp_path


def test_a_model_is_trained_and_the_table_shows_before_and_after(
    data: Path, capsys: Captured
) -> None:
    root = data / "runs"
    train = ["blueprint", "train", str(data), "--root", str(root), "--run-id", "one", *FAKE]
    assert main(train) == 0
    said = capsys.readouterr().out
    assert "one: held-out topics" in said
    rows = [[c.strip() for c in x.split("│")[1:-1]] for x in said.splitlines() if "│" in x]
    assert [row[:4] for row in rows] == [["base", "1", "1", "0.0%"], ["sft", "1", "1", "100.0%"]]
    assert f"report {root / 'one' / 'report.md'}" in said
    assert main(train) == 2
    assert "--resume or another --run-id" in capsys.readouterr().err
    assert main([*train, "--resume"]) == 0
    assert main(["blueprint", "train", str(data), "--root", str(root), "--run-id", "one",
                 "--resume"]) == 0  # fmt: skip
    capsys.readouterr()
    assert main(["blueprint", "eval", "one", "--root", str(root)]) == 0
    assert "100.0%" in capsys.readouterr().out


def test_other_data_are_scored_beside_the_run(data: Path, capsys: Captured) -> None:
    root = data / "runs"
    assert main(["blueprint", "train", str(data), "--root", str(root), *FAKE]) == 0
    other = data / "other"
    other.mkdir()
    (other / "valid.jsonl").write_bytes((data / "valid.jsonl").read_bytes())
    evaluate = ["blueprint", "eval", "demo", "--root", str(root), "--data", str(other)]
    assert main([*evaluate, "--out", str(data / "scores")]) == 0
    assert "demo on other: held-out topics" in capsys.readouterr().out
    assert main(evaluate) == 0
    assert (root / "demo" / "elsewhere" / "other" / "report.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["train", "{tmp}/nowhere"], "nowhere"),
        (["train", "{tmp}", "--run-id", "../up"], "--run-id"),
        (["train", "{tmp}", "--set", "sft.steps=none"], "sft.steps"),
        (["train", "{tmp}", "--resume"], "wanted a run to resume"),
        (["train", "{tmp}", "--curriculum", "--set", "sft.steps=0"], "sft.steps"),
        (["eval", "missing"], "wanted a run to resume"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    data: Path, arguments: list[str], expected: str, capsys: Captured
) -> None:
    before = sorted(data.rglob("*"))
    words = [word.format(tmp=data) for word in arguments]
    more = FAKE if words[0] == "train" else []
    assert main(["blueprint", words[0], *more, *words[1:], "--root", str(data / "runs")]) == 2
    said = capsys.readouterr().err
    assert expected in said
    assert said.count("\n") == 1
    assert sorted(data.rglob("*")) == before
