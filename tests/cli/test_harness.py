"""``graphtutor harness``: one line on success, one line and code 2 on bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphtutor.cli.main import main
from graphtutor.config import TasksConfig
from graphtutor.graph.load import load_graph
from graphtutor.tasks.generate import generate_splits, write_splits

CONFIG = TasksConfig(
    train_one_hop=1, train_two_hop=4, train_three_hop=4, train_long=4, dev=2, eval=4, search=0
)


@pytest.fixture(scope="module")
def tasks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Task files of the bundled graph, without the graph beside them."""
    folder = tmp_path_factory.mktemp("tasks")
    graph = load_graph("software_troubleshooting")
    write_splits(folder, generate_splits(graph, CONFIG), graph)
    return folder


def test_a_bundled_graph_is_known_by_its_digest(
    tasks: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["harness", "lm-eval", str(tasks), str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert said == f"8 tasks of eval for lm-eval, with a graph: {tmp_path / 'out' / 'README.md'}\n"
    manifest = json.loads((tmp_path / "out" / "export.json").read_text("utf-8"))
    assert manifest["name"] == "graphtutor_software_troubleshooting_eval"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["helm", "{tasks}", "{out}"], "KIND: wanted one of lm-eval, inspect"),
        (["trl", "{tasks}", "{out}", "--split", "eval"], "wanted training tasks"),
        (["trl", "nowhere", "{out}"], "nowhere: wanted a run, a folder with train_long.jsonl"),
        (["inspect", "{tasks}", "{tasks}"], "wanted a new folder"),
        (["inspect", "{tasks}", "{out}", "--graph", "nowhere"], "nowhere: wanted a bundled graph"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str],
    expected: str,
    tasks: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    filled = [word.format(tasks=tasks, out=tmp_path / "out") for word in arguments]
    assert main(["harness", *filled]) == 2
    said = capsys.readouterr().err
    assert expected in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()
