"""Writes the folder of an export, whole or not at all; needs none of the programs it is for.

Every export has ``tasks.jsonl``, ``export.json`` and ``README.md``, and ``kg.json`` where the graph
is known, beside the files that its program reads. All of them find each other by their own place,
so the folder can be moved.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, Final

from graphtutor import __version__
from graphtutor.errors import ConfigError, GraphError, LeakError, TaskError
from graphtutor.harness.folder import GRAPH_FILE, HELD_OUT_FILE, TASKS_FILE
from graphtutor.harness.lm_eval_yaml import yaml_files
from graphtutor.harness.manifest import KINDS, MANIFEST_FILE, Kind, Manifest
from graphtutor.harness.pattern import STRICT_ANSWER
from graphtutor.harness.readme import readme
from graphtutor.harness.source import HELD_OUT_SPLITS, Source
from graphtutor.harness.trl import prompt_rows
from graphtutor.io.atomic import write_text
from graphtutor.io.jsonl import write_jsonl
from graphtutor.runs.record_file import write_record

__all__ = ["checked_kind", "default_split", "write_export"]

_WITHOUT_GRAPH: Final = ("lm-eval", "inspect")
"""Programs whose export is of use without a graph: letters need none."""


def checked_kind(kind: str) -> Kind:
    """Return ``kind``, or raise ConfigError with the programs there are."""
    for known in KINDS:
        if kind == known:
            return known
    raise ConfigError("KIND", wanted=f"one of {', '.join(KINDS)}", got=repr(kind))


def default_split(kind: Kind) -> str:
    """Return the split that ``kind`` exports unless told otherwise.

    What evaluates takes the evaluation; what trains takes the long training tasks.
    """
    return "eval" if kind in _WITHOUT_GRAPH else "train_long"


def write_export(kind: Kind, source: Source, out: Path, name: str | None = None) -> Manifest:
    """Write the folder ``out`` for ``kind`` and return its manifest.

    ``name`` is what the tasks are called there, by default after the graph and the split. Raises
    TaskError when ``out`` exists, GraphError when ``kind`` needs a graph and none is known,
    LeakError when held-out tasks would be trained on.
    """
    _check(kind, source, out)
    domain = source.graph.domain if source.graph else "tasks"
    manifest = Manifest(
        graphtutor=__version__,
        kind=kind,
        name=_identifier(name or f"graphtutor_{domain}_{source.split}"),
        split=source.split,
        tasks=len(source.tasks),
        hops=source.hops,
        domain=source.graph.domain if source.graph else None,
        graph=source.graph.digest if source.graph else None,
        answer_pattern=STRICT_ANSWER,
        reward=source.reward,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    try:
        draft.chmod(0o755)
        _WRITERS[kind](draft, source, manifest)
        package = _package(manifest)
        write_text(draft / "README.md", readme(manifest, package, len(source.held_out)))
        if out.is_dir():
            out.rmdir()
        draft.rename(out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return manifest


def _check(kind: Kind, source: Source, out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise TaskError(
            str(out),
            wanted="a new folder",
            got="one that exists",
            remedy="nothing is overwritten: give another name, or delete it",
        )
    if source.graph is None and kind not in _WITHOUT_GRAPH:
        raise GraphError(
            source.where,
            wanted=f"tasks with their graph, for the reward of {kind}",
            got="tasks of an unknown graph",
            remedy="name it with --graph",
        )
    held_out = sorted({task.split for task in source.tasks} & set(HELD_OUT_SPLITS))
    if kind == "trl" and held_out:
        raise LeakError(
            source.where,
            wanted="training tasks: what TRL reads, it trains on",
            got=f"tasks of {', '.join(held_out)}",
            remedy="export train_long or train",
        )


def _write_data(folder: Path, source: Source, manifest: Manifest) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_jsonl(folder / TASKS_FILE, source.tasks)
    write_record(folder / MANIFEST_FILE, manifest)
    if source.graph is not None:
        write_record(folder / GRAPH_FILE, source.graph.to_file())


def _write_lm_eval(folder: Path, source: Source, manifest: Manifest) -> None:
    _write_data(folder, source, manifest)
    _copy("lm_eval_tasks.py", folder)
    for file, text in yaml_files(manifest.name, manifest.hops):
        write_text(folder / file, text)


def _write_inspect(folder: Path, source: Source, manifest: Manifest) -> None:
    _write_data(folder, source, manifest)
    _copy("inspect_task.py", folder)
    _write_lines(
        folder / "samples.jsonl",
        (
            {
                "id": task.id,
                "input": task.prompt,
                "target": task.answer_star,
                "metadata": {
                    "start": task.start,
                    "hop_len": task.hop_len,
                    "tier": task.meta.tier,
                    "split": task.split,
                    "options": task.options.model_dump(),
                },
            }
            for task in source.tasks
        ),
    )


def _write_gym(folder: Path, source: Source, manifest: Manifest) -> None:
    _write_data(folder, source, manifest)
    write_jsonl(folder / HELD_OUT_FILE, source.held_out)
    _copy("gym_data.py", folder)


def _write_verifiers(folder: Path, source: Source, manifest: Manifest) -> None:
    package = _package(manifest)
    _write_data(folder / package / "data", source, manifest)
    _copy("verifiers_package.py", folder / package, "__init__.py")
    write_text(
        folder / "pyproject.toml",
        "[project]\n"
        f'name = "{package.replace("_", "-")}"\n'
        'version = "0.1.0"\n'
        f'description = "{manifest.tasks} multi-hop questions over a knowledge graph"\n'
        'requires-python = ">=3.11"\n'
        'dependencies = ["graphtutor", "openai>=2.54,<3", "verifiers>=0.4,<0.5"]\n\n'
        "[build-system]\n"
        'requires = ["hatchling>=1.27,<2"]\n'
        'build-backend = "hatchling.build"\n\n'
        "[tool.hatch.build.targets.wheel]\n"
        f'packages = ["{package}"]\n',
    )


def _write_trl(folder: Path, source: Source, manifest: Manifest) -> None:
    _write_data(folder, source, manifest)
    _copy("trl_grpo.py", folder)
    for file, conversational in (("prompts.jsonl", False), ("prompts_chat.jsonl", True)):
        _write_lines(folder / file, prompt_rows(source.tasks, conversational=conversational))


_WRITERS: Final[Mapping[Kind, Callable[[Path, Source, Manifest], None]]] = {
    "lm-eval": _write_lm_eval,
    "inspect": _write_inspect,
    "reasoning-gym": _write_gym,
    "verifiers": _write_verifiers,
    "trl": _write_trl,
}


def _copy(template: str, folder: Path, name: str | None = None) -> None:
    text = resources.files("graphtutor.harness.templates").joinpath(template).read_text("utf-8")
    write_text(folder / (name or template), text)


def _write_lines(file: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    write_text(file, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def _package(manifest: Manifest) -> str:
    return f"{manifest.name}_env"


def _identifier(name: str) -> str:
    """Return ``name`` as a Python identifier in lower case.

    >>> _identifier("My graph-2")
    'my_graph_2'
    """
    plain = re.sub(r"[^a-z0-9_]+", "_", name.lower()).strip("_")
    if not plain:
        raise ConfigError("--name", wanted="letters and digits", got=repr(name))
    return plain if plain[0].isalpha() else f"graph_{plain}"
