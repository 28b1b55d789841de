"""``graphtutor --help`` answers at once: in a fifth of a second, without any heavy library."""

from __future__ import annotations

import os
import subprocess
import sys

HEAVY = ["torch", "transformers", "tokenizers", "peft", "accelerate", "datasets", "trl", "mlx"]
HEAVY += ["matplotlib", "pyarrow", "pyoxigraph", "networkx", "numpy", "pydantic", "yaml", "rich"]

LIST_MODULES = """
import sys
from graphtutor.cli.main import main
code = main({arguments!r})
print(*sorted(sys.modules), sep=",", file=sys.stderr)
sys.exit(code)
"""


def _loaded_by(*arguments: str) -> set[str]:
    """Run the command line in a new interpreter and return the modules that it has imported."""
    done = subprocess.run(
        [sys.executable, "-c", LIST_MODULES.format(arguments=list(arguments))],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        check=True,
    )
    return set(done.stderr.strip().split(","))


def test_help_imports_no_library_and_no_command() -> None:
    """Names and help lines come from a table; the modules behind it stay unread."""
    loaded = _loaded_by("--help")
    assert not loaded & set(HEAVY)
    assert {name for name in loaded if name.startswith("graphtutor.")} == {
        "graphtutor.cli",
        "graphtutor.cli.main",
        "graphtutor.errors",
    }


def test_help_answers_within_a_fifth_of_a_second() -> None:
    """Best of five, in processor time, which is what it takes on an idle machine.

    Wall time would fail on a machine that is busy with something else, such as the other tests.
    """

    def spent_by_children() -> float:
        times = os.times()
        return times.children_user + times.children_system

    def seconds() -> float:
        before = spent_by_children()
        subprocess.run(
            [sys.executable, "-m", "graphtutor", "--help"],
            stdout=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            check=True,
        )
        return spent_by_children() - before

    runs = [seconds() for _ in range(5)]
    assert 0 < min(runs) < 0.2, f"runs took {', '.join(f'{run:.2f}' for run in runs)} s"


def test_a_command_loads_no_engine_for_its_help() -> None:
    """``graphtutor run --help`` reads the command's own module and still no torch."""
    loaded = _loaded_by("run", "--help")
    assert "graphtutor.cli.run" in loaded
    assert not loaded & {"torch", "transformers", "peft", "accelerate", "matplotlib", "pyarrow"}
