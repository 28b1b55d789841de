"""What every export has in common: complete, portable folders, and refusals that help."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from graphtutor.errors import ConfigError, GraphError, LeakError, TaskError
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.harness.export import checked_kind, default_split, write_export
from graphtutor.harness.folder import ExportFolder
from graphtutor.harness.manifest import KINDS, Kind
from graphtutor.harness.source import read_source
from graphtutor.harness.unit_score import unit_score
from graphtutor.reward.profiles import GROUNDED, SPEC

FILES = {
    "lm-eval": {"lm_eval_tasks.py", "things_generate.yaml", "things_letter_4hop.yaml"},
    "inspect": {"inspect_task.py", "samples.jsonl"},
    "reasoning-gym": {"gym_data.py", "held_out.jsonl"},
    "verifiers": {"pyproject.toml", "things_env"},
    "trl": {"trl_grpo.py", "prompts.jsonl", "prompts_chat.jsonl"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_export_is_whole_and_portable(
    kind: Kind, make_export: Callable[..., Path], graph: KnowledgeGraph
) -> None:
    """It was moved since it was made, and names no place of this machine."""
    folder = make_export(kind, split=default_split(kind))
    assert FILES[kind] | {"README.md"} <= {path.name for path in folder.iterdir()}
    for path in folder.rglob("*"):
        if path.is_file():
            text = path.read_text("utf-8")
            assert str(folder.parent) not in text
            assert str(Path.home()) not in text
    data = ExportFolder(folder / "things_env/data" if kind == "verifiers" else folder)
    assert data.graph.digest == data.manifest.graph == graph.digest
    assert len(data.tasks) == data.manifest.tasks
    assert data.manifest.hops == (4, 5)
    for task in data.tasks.values():
        scored = data.score(task.id, task.ref.trace)
        assert scored.grounded
        assert re.match(data.manifest.answer_pattern, task.ref.trace)
        for profile in (GROUNDED, SPEC):
            assert unit_score(data.scorer, task, scored, profile) == 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_readmes_say_how_many_and_how(kind: Kind, make_export: Callable[..., Path]) -> None:
    split = default_split(kind)
    text = (make_export(kind, split=split) / "README.md").read_text("utf-8")
    count = "20 tasks" if split == "eval" else "16 tasks"
    assert f"{count} of 4, 5 hops, split {split}, graph things" in text
    assert ("do not train on them" in text) == (split == "eval")
    assert not [field for field in ("name", "package", "grounded") if f"{{{field}}}" in text]


def test_exporting_needs_none_of_the_programs(task_folder: Path, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom pathlib import Path\n"
        "for name in ('lm_eval', 'inspect_ai', 'reasoning_gym', 'verifiers', 'trl', 'datasets'):\n"
        "    sys.modules[name] = None\n"
        "from graphtutor.cli.main import main\n"
        f"for kind in {KINDS!r}:\n"
        f"    assert main(['harness', kind, sys.argv[1], str(Path(sys.argv[2]) / kind)]) == 0\n"
        "assert 'torch' not in sys.modules\n"
    )
    command = [sys.executable, "-c", code, str(task_folder), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(KINDS)


def test_a_missing_program_is_named_with_the_line_that_installs_it(
    make_export: Callable[..., Path],
) -> None:
    folder = make_export("reasoning-gym", split="train_long")
    code = "import sys\nsys.modules['reasoning_gym'] = None\nimport gym_data\n"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "pip install 'graphtutor[harness]'" in done.stderr.splitlines()[-1]


def test_letters_export_without_a_graph(task_folder: Path, tmp_path: Path) -> None:
    """A lone file of a graph that is not at hand still has its letters."""
    file = Path(shutil.copy(task_folder / "eval.jsonl", tmp_path / "mine.jsonl"))
    source = read_source(file, "eval")
    assert source.graph is None
    for kind in ("lm-eval", "inspect"):
        manifest = write_export(kind, source, tmp_path / kind)
        assert manifest.graph is None
        assert not (tmp_path / kind / "kg.json").exists()
        assert "no graph" in (tmp_path / kind / "README.md").read_text("utf-8")
    with pytest.raises(GraphError, match="--graph"):
        write_export("verifiers", source, tmp_path / "verifiers")
    found = read_source(file, "eval", graph=str(task_folder / "kg.json"))
    write_export("verifiers", found, tmp_path / "verifiers")


def test_tasks_of_another_graph_are_refused(task_folder: Path) -> None:
    with pytest.raises(TaskError, match="--graph"):
        read_source(task_folder, "eval", graph="software_troubleshooting")


@pytest.mark.parametrize("split", ["eval", "dev"])
def test_nothing_held_out_goes_where_it_is_trained_on(
    split: str, task_folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(LeakError, match=split):
        write_export("trl", read_source(task_folder, split), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten(task_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    source = read_source(task_folder, "eval")
    write_export("inspect", source, tmp_path / "out")
    with pytest.raises(TaskError, match="new folder"):
        write_export("inspect", source, tmp_path / "out")


def test_a_folder_that_is_no_source_says_what_is_there(task_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(TaskError, match="make the files"):
        read_source(tmp_path, "eval")
    with pytest.raises(TaskError, match=r"dev.*--split"):
        read_source(task_folder, "test")
    twice = tmp_path / "twice.jsonl"
    twice.write_text((task_folder / "dev.jsonl").read_text("utf-8") * 2, "utf-8")
    with pytest.raises(TaskError, match="once"):
        read_source(twice, "dev")
    with pytest.raises(TaskError, match=r"export\.json"):
        _ = ExportFolder(tmp_path).manifest


def test_kinds_and_names_are_checked(task_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="reasoning-gym"):
        checked_kind("helm")
    with pytest.raises(ConfigError, match="--name"):
        write_export("inspect", read_source(task_folder, "eval"), tmp_path / "out", "---")
    manifest = write_export("trl", read_source(task_folder, "train"), tmp_path / "out", "7 Things")
    assert manifest.name == "graph_7_things"


def test_a_run_brings_its_graph_and_its_reward(task_folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "runs" / "mine"
    shutil.copytree(task_folder, run / "tasks")
    (run / "tasks" / "kg.json").rename(run / "graph.json")
    settings = {
        "graph": str(run / "graph.json"),
        "reward": {"grounded": {"invalid_format": -9.0}},
    }
    (run / "config.yaml").write_text(yaml.safe_dump(settings), "utf-8")
    for source in (run, Path("mine"), run / "tasks", run / "tasks" / "eval.jsonl"):
        found = read_source(source, "eval", root=tmp_path / "runs")
        assert found.graph is not None
        assert found.reward.grounded.invalid_format == -9.0
        assert len(found.held_out) == 32
    write_export("inspect", found, tmp_path / "out")
    assert json.loads((tmp_path / "out/export.json").read_text())["reward"]["grounded"][
        "invalid_format"
    ] == pytest.approx(-9.0)
    (run / "graph.json").unlink()
    with pytest.raises(GraphError, match="--graph"):
        read_source(run, "eval")
