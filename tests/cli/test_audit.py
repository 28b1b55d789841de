"""``graphtutor audit`` from the command line: sources, output, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphtutor.cli.main import main
from graphtutor.config import dump_config, load_config
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation

KINDS = ("cause", "tool")


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    """Two kinds of eight; each cause leads to the tool of its number."""
    file = GraphFile(
        version="1.0",
        domain="small",
        entities=tuple(
            Entity(id=f"{kind.title()}{n}", label=f"{kind} {n}", type=kind)
            for kind in KINDS
            for n in range(8)
        ),
        relations=(Relation(id="needs", label="needs"),),
        edges=tuple(Edge(src=f"Cause{n}", rel="needs", dst=f"Tool{n}") for n in range(8)),
    )
    KnowledgeGraph.from_file(file)
    path = tmp_path / "kg.json"
    path.write_text(file.model_dump_json(exclude_none=True), encoding="utf-8")
    return path


def task(number: int, wrong: str = "") -> dict[str, object]:
    """A task about the tool of a cause; ``wrong`` takes the place of a wrong option."""
    names = [f"Tool{(number + step) % 8}" for step in range(4)]
    names[1] = wrong or names[1]
    names = names[-(number % 4) :] + names[: -(number % 4)] if number % 4 else names
    return {
        "id": f"t{number}",
        "question": f"Cause{number} needs a tool. Which tool is it?",
        "options": dict(zip("ABCD", names, strict=True)),
        "answer_star": "ABCD"[number % 4],
        "path_star": {"edges": [{"src": f"Cause{number}", "rel": "needs", "dst": f"Tool{number}"}]},
    }


def write(path: Path, *tasks: dict[str, object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(each) + "\n" for each in tasks), encoding="utf-8")
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """All eight facts taught; two asked in other words."""
    write(tmp_path / "tasks" / "train.jsonl", *map(task, range(8)))
    asked = [
        {**task(n), "id": f"e{n}", "question": f"Which tool does Cause{n} need?"} for n in (0, 5)
    ]
    write(tmp_path / "tasks" / "eval.jsonl", *asked)
    return tmp_path / "tasks"


def test_a_folder_that_passes(
    folder: Path, graph: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["audit", str(folder), "--graph", str(graph), "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "Passes: all" in printed
    assert {path.name for path in out.iterdir()} >= {"audit.json", "audit.md", "audit.html"}


def test_a_failing_gate_is_code_one_and_names_ids(
    folder: Path, graph: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder / "eval.jsonl", task(0, wrong="Cause3"), task(5))
    out = tmp_path / "out"
    assert main(["audit", str(folder), "--graph", str(graph), "--out", str(out)]) == 1
    printed = capsys.readouterr().out
    assert "FAILS options of several types, eval.jsonl" in printed
    assert "tasks t0" in printed
    assert "FAILS: " in printed.splitlines()[-2]


def test_json_is_the_record(
    folder: Path, graph: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["audit", str(folder), "--graph", str(graph), "--out", str(out), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record == json.loads((out / "audit.json").read_text("utf-8"))
    assert [file["role"] for file in record["files"]] == ["train", "evaluated"]


def test_files_named_one_by_one_without_a_graph(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    files = ["--train", str(folder / "train.jsonl"), "--eval", str(folder / "eval.jsonl")]
    assert main(["audit", *files]) == 0
    assert "could not be looked at" in capsys.readouterr().out
    page = (tmp_path / "audit" / "audit.md").read_text("utf-8")
    assert "there is no graph" in page


def test_a_run_is_audited_in_place(
    folder: Path, graph: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "runs" / "first"
    run.mkdir(parents=True)
    folder.rename(run / "tasks")
    config = load_config(None, None, [f"graph={graph}"])
    (run / "config.yaml").write_text(dump_config(config), encoding="utf-8")
    root = ["--root", str(tmp_path / "runs")]
    for source in ("first", str(run)):
        assert main(["audit", source, *root]) == 0
        record = json.loads((run / "audit.json").read_text("utf-8"))
        assert record["source"] == "first"
        assert record["graph"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "wanted a run, a folder of task files, or --train and --eval"),
        (["nowhere"], "wanted a run directory"),
        (["{folder}", "--eval", "{folder}/eval.jsonl"], "wanted either a run or folder"),
        (["--eval", "{folder}/none.jsonl"], "none.jsonl"),
        (["--eval", "{folder}/bad.jsonl"], "bad.jsonl line 2, options.D"),
        (["{folder}", "--graph", "nowhere.json"], "nowhere.json"),
    ],
)
def test_bad_input_is_one_line_and_code_two(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    write(folder / "bad.jsonl", task(0), {**task(1), "options": {"A": "x", "B": "y", "C": "z"}})
    filled = [argument.format(folder=folder) for argument in arguments]
    code = main(["audit", *filled, "--root", str(tmp_path / "runs"), "--out", str(tmp_path / "o")])
    problem = capsys.readouterr().err.strip().splitlines()
    assert code == 2
    assert problem[-1].startswith("graphtutor: ")
    assert message in problem[-1]
    assert not (tmp_path / "o").exists()


def test_help_shows_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--help"]) == 0
    text = capsys.readouterr().out
    assert "graphtutor audit run_0001\n" in text
    assert "graphtutor audit --train train.jsonl --eval test.jsonl --graph kg.json\n" in text
    assert "Exit code" in text
