"""The commands over a run, from the command line: what they write, print and refuse.

Every refusal is one line on standard error that begins with ``graphtutor: ``, exit code 2, no
traceback, and nothing written. Only a graph that is too small gets a table in its line, of what
there is and what was wanted.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphtutor.backends.fake import FakeModel
from graphtutor.cli.main import main

SETTINGS = (
    "model.backend=fake",
    "tasks.train_one_hop=1",
    "tasks.train_two_hop=10",
    "tasks.train_three_hop=10",
    "tasks.train_long=4",
    "tasks.dev=2",
    "tasks.eval=4",
    "tasks.search=4",
    "sft.steps=3",
    "sft.batch_size=64",
    "rsft.steps=2",
    "rsft.batch_size=16",
    "rsft.k_samples=2",
    "rsft.max_tasks=8",
    "rsft.source=short",
    "evaluation.max_new_tokens=600",
    "evaluation.curve_tasks=2",
)


def _graph() -> dict[str, Any]:
    """80 entities of 4 types, two relations a type, one edge in five branches."""
    draw = random.Random(3)
    names = [f"Thing{number:02d}" for number in range(80)]
    edges: list[dict[str, str]] = []
    for number, name in enumerate(names):
        for way in range(2):
            pool = [n for n in range((number + 1 + way) % 4, 80, 4) if n != number]
            for target in draw.sample(pool, 1 if draw.random() < 0.8 else 2):
                edges.append({"src": name, "rel": f"way_{number % 4}{way}", "dst": names[target]})
    phrases = "calls feeds holds joins leads meets needs opens".split()
    ways = [f"way_{kind}{way}" for kind in range(4) for way in range(2)]
    return {
        "version": "1.0",
        "domain": "things",
        "entities": [{"id": n, "label": n, "type": f"kind{i % 4}"} for i, n in enumerate(names)],
        "relations": [
            {"id": w, "label": w, "phrase": p} for w, p in zip(ways, phrases, strict=True)
        ],
        "edges": edges,
    }


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of its own for each test, wide lines, no plots."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setattr("graphtutor.report.write.plots_available", lambda: False)


@pytest.fixture
def graph_file(tmp_path: Path) -> Path:
    path = tmp_path / "kg.json"
    path.write_text(json.dumps(_graph()))
    return path


Call = Callable[..., int]


@pytest.fixture
def call(graph_file: Path) -> Call:
    """Call a command with the small settings and further ones."""

    def run(command: str, *arguments: str, settings: tuple[str, ...] = ()) -> int:
        chosen = (f"graph={graph_file.name}", *SETTINGS, *settings)
        options = [part for setting in chosen for part in ("--set", setting)]
        return main([command, *arguments, *options])

    return run


def _files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which 'graphtutor run' has been run once."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "kg.json").write_text(json.dumps(_graph()))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("graphtutor.report.write.plots_available", lambda: False)
        options = [part for s in ("graph=kg.json", *SETTINGS) for part in ("--set", s)]
        assert main(["run", *options]) == 0
    return folder


@pytest.fixture
def run_folder(finished: Path, tmp_path: Path) -> Path:
    """A copy of the finished run for one test, in its working folder."""
    shutil.copytree(finished / "data", tmp_path / "data")
    return tmp_path / "data" / "runs" / "run_0001"


@pytest.fixture
def refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Callable[[Callable[[], int]], str]:
    """Check that a call is refused as the module's docstring says; return the line."""

    def check(attempt: Callable[[], int]) -> str:
        before = _files(tmp_path)
        folders = sorted(path for path in tmp_path.rglob("*") if path.is_dir())
        capsys.readouterr()
        code = attempt()
        said = capsys.readouterr()
        assert code == 2
        assert said.err.count("\n") == 1 or "chains that pass every check" in said.err
        assert said.err.startswith("graphtutor: ")
        assert "Traceback" not in said.err + said.out
        assert _files(tmp_path) == before
        made = sorted(path for path in tmp_path.rglob("*") if path.is_dir())
        # The folder of the runs may be there, empty; no run may be in it.
        assert [path for path in made if path not in folders and any(path.iterdir())] in (
            [],
            [tmp_path / "data"],
        )
        return said.err

    return check


def test_run_does_the_whole_job(
    call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By default into data/runs/run_0001; the table and the report's place are printed last."""
    assert call("run") == 0
    run = tmp_path / "data" / "runs" / "run_0001"
    names = {path.name for path in run.iterdir()}
    assert {"config.yaml", "meta.json", "metrics.json", "episodes.jsonl", "report.md"} <= names
    out = capsys.readouterr().out
    table = out[out.index("run_0001: evaluation without the graph") :]
    assert [line.split()[0] for line in table.splitlines() if " 8 " in line] == [
        *("base", "SFT", "RSFT"),
    ]
    assert out.splitlines()[-1] == "report data/runs/run_0001/report.md"
    assert "data   train" in out


def test_an_existing_run_is_refused(
    run_folder: Path, call: Call, refused: Callable[..., str]
) -> None:
    del run_folder
    said = refused(lambda: call("run"))
    assert said == (
        "graphtutor: data/runs/run_0001: wanted a run id that is not taken, got an existing run. "
        "What to do: --resume or another --run-id\n"
    )


def test_resuming_a_finished_run_prints_the_table_and_does_nothing(
    run_folder: Path,
    graph_file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It needs no settings: the run knows its own."""

    def fail(*_: Any, **__: Any) -> None:
        raise AssertionError("nothing is left to be done")

    monkeypatch.setattr(FakeModel, "generate", fail)
    monkeypatch.setattr(FakeModel, "train", fail)
    before = _files(run_folder)
    assert main(["run", "--resume"]) == 0
    assert "run_0001: evaluation without the graph" in capsys.readouterr().out
    assert _files(run_folder) == before


def test_resume_names_what_was_changed(
    run_folder: Path, call: Call, refused: Callable[..., str]
) -> None:
    del run_folder
    said = refused(lambda: call("run", "--resume", settings=("sft.steps=4", "seed=1")))
    assert "got other values for seed, sft.steps" in said


def test_resume_without_a_run(call: Call, refused: Callable[..., str]) -> None:
    said = refused(lambda: call("run", "--resume", "--run-id", "other"))
    assert "data/runs/other: wanted a run to resume, got no such folder" in said


def test_ctrl_c_leaves_a_run_that_resumes(
    call: Call,
    tmp_path: Path,
    finished: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One line that says how to go on, exit code 130; then the same episodes as without it."""

    def interrupt(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(FakeModel, "train", interrupt)
        assert call("run") == 130
    assert (
        capsys.readouterr().err
        == "graphtutor: interrupted; the same command goes on, a run with --resume\n"
    )
    assert main(["run", "--resume"]) == 0
    ours = tmp_path / "data" / "runs" / "run_0001"
    whole = finished / "data" / "runs" / "run_0001"
    for name in ("candidates.jsonl", "rsft.jsonl", "metrics.json", "journal.jsonl"):
        assert (ours / name).read_bytes() == (whole / name).read_bytes(), name


def test_the_phases_one_by_one_make_the_same_run(
    call: Call, tmp_path: Path, finished: Path
) -> None:
    """data, infer, sft, rsft on one run: what 'graphtutor run' does at once."""
    for command in ("data", "infer", "sft", "rsft"):
        assert call(command) == 0
    ours = tmp_path / "data" / "runs" / "run_0001"
    whole = finished / "data" / "runs" / "run_0001"
    for name in ("candidates.jsonl", "rsft.jsonl", "metrics.json", "journal.jsonl"):
        assert (ours / name).read_bytes() == (whole / name).read_bytes(), name


def test_data_into_a_folder(
    call: Call, tmp_path: Path, finished: Path, refused: Callable[..., str]
) -> None:
    """The same files as in a run, and no run is begun; a folder that has some is left alone."""
    assert call("data", "--out", "tasks") == 0
    assert not (tmp_path / "data").exists()
    made = _files(tmp_path / "tasks")
    assert made == _files(finished / "data" / "runs" / "run_0001" / "tasks")
    said = refused(lambda: call("data", "--out", "tasks", settings=("tasks.seed=1",)))
    assert "tasks: wanted a new folder, got one with dev.jsonl, eval.jsonl" in said


def test_eval_of_a_missing_run(run_folder: Path, refused: Callable[..., str]) -> None:
    del run_folder
    said = refused(lambda: main(["eval", "--run-id", "run_0002"]))
    assert "data/runs/run_0002: wanted a run directory, got none" in said
    assert "runs here: run_0001" in said


def test_eval_of_a_phase_that_was_not_trained(
    run_folder: Path, graph_file: Path, refused: Callable[..., str]
) -> None:
    del run_folder, graph_file
    said = refused(lambda: main(["eval", "--phase", "sft_more"]))
    assert "--phase: wanted a phase with a model: base, sft, rsft, got sft_more" in said


def test_dry_run_shows_and_writes_nothing(
    call: Call, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Configuration, one example with its mask, lengths; then it stops."""
    before = _files(tmp_path)
    assert call("run", "--dry-run") == 0
    out = capsys.readouterr().out
    assert "k_samples: 2" in out
    assert "»TRACE: " in out
    assert "end token included" in out
    assert "length in tokens" in out
    assert _files(tmp_path) == before
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (("sft.stepz=3",), "sft.stepz"),
        (("sft.steps=many",), "sft.steps"),
        (("sft.steps=0",), "sft.steps"),
        (("sft.steps",), "--set: wanted key.path=value"),
        (("model.backend=jax",), "model.backend"),
        (("graph=nowhere.json",), "nowhere.json: wanted a bundled graph"),
        (("tasks.eval=100000",), "tasks.eval="),
        (("sft.method=full", "rsft.method=lora"), "rsft.method: wanted full"),
        (("sft.method=lora", "rsft.method=full"), "rsft.method: wanted lora"),
    ],
)
def test_bad_settings(
    settings: tuple[str, ...], expected: str, call: Call, refused: Callable[..., str]
) -> None:
    assert expected in refused(lambda: call("run", settings=settings))


def test_a_model_path_that_does_not_exist(call: Call, refused: Callable[..., str]) -> None:
    pytest.importorskip("torch")
    settings = ("model.backend=torch", "model.name=./no-such-model")
    said = refused(lambda: call("run", settings=settings))
    assert "model ./no-such-model: wanted nano, a folder with config.json" in said


def _broken_json(path: Path) -> None:
    text = json.dumps(_graph(), indent=1).splitlines()
    text[6] = '   "label" "no colon"'
    path.write_text("\n".join(text))


def _edit(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        data = _graph()
        change(data)
        path.write_text(json.dumps(data))

    return spoil


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (Path.unlink, "kg.json: wanted a bundled graph"),
        (_broken_json, "kg.json line 7 column 12: wanted valid JSON"),
        (lambda path: path.write_bytes(b'{"a": "\xff"}'), "kg.json: wanted UTF-8 text"),
        (lambda path: path.write_text("[]"), "kg.json: wanted a JSON object"),
        (_edit(lambda data: data["edges"][3].update(dst="Nobody")), "Nobody"),
        (_edit(lambda data: data["entities"].append(data["entities"][5])), "Thing05"),
        (_edit(lambda data: data["edges"].append(data["edges"][0])), "Thing00"),
        (_edit(lambda data: data.update(version="2.0")), "wanted version 1.x, got 2.0"),
        (_edit(lambda data: data.update(edges=data["edges"][:9])), "add edges that lead further"),
    ],
    ids=[
        *("missing", "broken JSON", "not UTF-8", "a list", "unknown entity", "duplicate id"),
        *("duplicate edge", "newer version", "too small"),
    ],
)
@pytest.mark.parametrize("command", ["run", "data"])
def test_bad_graphs(
    command: str,
    spoil: Callable[[Path], None],
    expected: str,
    graph_file: Path,
    call: Call,
    refused: Callable[..., str],
) -> None:
    spoil(graph_file)
    assert expected in refused(lambda: call(command))


@pytest.mark.parametrize("run_id", ["", "../up", "a/b", ".hidden", "with space"])
def test_bad_run_ids(run_id: str, call: Call, refused: Callable[..., str]) -> None:
    assert "--run-id: wanted letters" in refused(lambda: call("run", "--run-id", run_id))


def test_a_root_that_is_a_file(call: Call, tmp_path: Path, refused: Callable[..., str]) -> None:
    (tmp_path / "file").write_text("")
    assert "file" in refused(lambda: call("run", "--root", "file"))


def test_a_task_file_with_a_bad_option_names_the_line(
    run_folder: Path, graph_file: Path, refused: Callable[..., str]
) -> None:
    """Options that are not A-D: file, line and field."""
    del graph_file
    path = run_folder / "tasks" / "eval.jsonl"
    lines = path.read_text().splitlines()
    task = json.loads(lines[2])
    task["options"]["E"] = task["options"].pop("D")
    lines[2] = json.dumps(task)
    path.write_text("\n".join(lines) + "\n")
    for name in ("journal.jsonl", "episodes.jsonl", "facts.jsonl"):
        (run_folder / name).unlink()
    journal = '{"unit": "data", "facts": {}, "lines": {}}\n'
    (run_folder / "journal.jsonl").write_text(journal)
    for name in ("candidates.jsonl", "rsft.jsonl", "train_log.jsonl", "curve.jsonl"):
        (run_folder / name).unlink()
    said = refused(lambda: main(["run", "--resume"]))
    assert "tasks/eval.jsonl line 3, options.D: wanted a valid AuditTask" in said


def test_a_leak_is_refused(run_folder: Path, graph_file: Path, refused: Callable[..., str]) -> None:
    """Somebody has put the evaluation where the training is; nothing is trained."""
    del graph_file
    shutil.copy(run_folder / "tasks" / "eval.jsonl", run_folder / "tasks" / "train.jsonl")
    for path in run_folder.glob("*.jsonl"):
        path.unlink()
    journal = '{"unit": "data", "facts": {}, "lines": {}}\n'
    (run_folder / "journal.jsonl").write_text(journal)
    said = refused(lambda: main(["sft"]))
    assert "a training file that is not evaluated on, got the same content as" in said
