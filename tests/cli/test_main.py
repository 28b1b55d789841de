"""The front door: what it lists, what it says when something is wrong, and its exit codes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated

import pytest
import typer

from graphtutor import __version__
from graphtutor.cli.main import COMMANDS, GROUPS, main
from graphtutor.errors import GraphError


@pytest.fixture
def graph_command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[..., None]], None]:
    """Let a test stand in for the module behind ``graphtutor graph``."""

    def install(run: Callable[..., None]) -> None:
        module = ModuleType("graphtutor.cli.graph")
        module.__dict__["run"] = run
        monkeypatch.setitem(sys.modules, "graphtutor.cli.graph", module)

    return install


def test_help_lists_every_command_with_its_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No command is missing, and no line is cut, at the width of a plain terminal."""
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["--help"]) == 0
    listed = capsys.readouterr().out.split("Commands:\n")[1].splitlines()
    assert listed == [f"  {name:<9}  {line}" for name, line in COMMANDS.items()]


def test_no_arguments_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody who only types the name wants to know what there is."""
    assert main([]) == 0
    assert "Commands:\n" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """One line, for bug reports."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"graphtutor {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_exists_and_explains_itself(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table is not ahead of the code: each name has a module with a documented ``run``."""
    assert name in GROUPS or import_module(f"graphtutor.cli.{name}").run.__doc__
    assert main([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: graphtutor {name} [OPTIONS]")


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_alone_shows_its_commands(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    """As the program itself does; no line is cut at the width of a plain terminal."""
    assert main([group]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"Usage: graphtutor {group} [OPTIONS] COMMAND")
    assert [line.split(maxsplit=1) for line in shown.split("Commands:\n")[1].splitlines()] == [
        [name, about] for name, about in GROUPS[group].items()
    ]


@pytest.mark.parametrize(("group", "name"), [(g, n) for g, names in GROUPS.items() for n in names])
def test_every_command_of_a_group_explains_itself(
    group: str, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert import_module(f"graphtutor.cli.{group}_{name}").run.__doc__
    assert main([group, name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: graphtutor {group} {name} [OPTIONS]")


def test_unknown_command_suggests_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    """A typo costs one look, not a search through the help."""
    assert main(["evl"]) == 2
    assert capsys.readouterr().err == (
        "graphtutor: No such command 'evl'. Did you mean 'eval'? "
        "What to do: see 'graphtutor --help'\n"
    )


def test_unknown_option_names_the_command_to_ask(
    graph_command: Callable[[Callable[..., None]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """The hint points at the help of the command that was called."""
    graph_command(lambda: None)
    assert main(["graph", "--nope"]) == 2
    assert capsys.readouterr().err == (
        "graphtutor: No such option: --nope. What to do: see 'graphtutor graph --help'\n"
    )


def test_arguments_reach_the_command(
    graph_command: Callable[[Callable[..., None]], None],
) -> None:
    """Options are parsed by the command's own annotations."""
    seen: list[tuple[Path, int]] = []

    def run(
        path: Annotated[Path, typer.Argument()], top: Annotated[int, typer.Option()] = 3
    ) -> None:
        """Show it."""
        seen.append((path, top))

    graph_command(run)
    assert main(["graph", "kg.json", "--top", "5"]) == 0
    assert seen == [(Path("kg.json"), 5)]


def test_bad_input_is_one_line_and_exit_code_2(
    graph_command: Callable[[Callable[..., None]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Where, what was wanted, what came, what to do; no traceback."""

    def run() -> None:
        raise GraphError("kg.json", wanted="a graph", got="nothing", remedy="write one")

    graph_command(run)
    assert main(["graph"]) == 2
    said = capsys.readouterr()
    assert said.err == "graphtutor: kg.json: wanted a graph, got nothing. What to do: write one\n"
    assert said.out == ""


def test_a_file_that_the_system_refuses_is_bad_input(
    graph_command: Callable[[Callable[..., None]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that may not be written is the user's to mend, so it needs no traceback either."""

    def run() -> None:
        raise PermissionError(13, "Permission denied", "/locked/kg.json")

    graph_command(run)
    assert main(["graph"]) == 2
    assert capsys.readouterr().err == "graphtutor: /locked/kg.json: Permission denied\n"


def test_ctrl_c_says_how_to_go_on(
    graph_command: Callable[[Callable[..., None]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 130 is what a shell expects of a program stopped by Ctrl-C."""

    def run() -> None:
        raise KeyboardInterrupt

    graph_command(run)
    assert main(["graph"]) == 130
    assert (
        capsys.readouterr().err
        == "graphtutor: interrupted; the same command goes on, a run with --resume\n"
    )


def test_a_bug_keeps_its_traceback(
    graph_command: Callable[[Callable[..., None]], None],
) -> None:
    """An error of the program itself is not dressed up as bad input."""

    def run() -> None:
        raise ZeroDivisionError

    graph_command(run)
    with pytest.raises(ZeroDivisionError):
        main(["graph"])


def test_a_command_may_choose_its_exit_code(
    graph_command: Callable[[Callable[..., None]], None],
) -> None:
    """``typer.Exit`` passes through."""

    def run() -> None:
        raise typer.Exit(3)

    graph_command(run)
    assert main(["graph"]) == 3


def _environment(**more: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | more


WRITES_AND_LEAVES = """
import sys, types
module = types.ModuleType("graphtutor.cli.graph")
module.run = lambda: print("a line that stays in the buffer")
sys.modules[module.__name__] = module
from graphtutor.cli.main import main
sys.exit(main(["graph"]))
"""


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize("arguments", [["-m", "graphtutor", "--help"], ["-c", WRITES_AND_LEAVES]])
def test_a_reader_that_leaves_is_no_error(arguments: list[str]) -> None:
    """``graphtutor ... | head -1``: no BrokenPipeError, neither at once nor when Python exits."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed_pipe:
        done = subprocess.run(
            [sys.executable, *arguments],
            stdout=closed_pipe,
            stderr=subprocess.PIPE,
            env=_environment(PYTHONUNBUFFERED=""),
            check=False,
        )
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("graphtutor r", ["rsft", "run", "report", "rag"]),
        ("graphtutor ev", ["eval"]),
        ("graphtutor --ver", ["--version"]),
    ],
)
def test_the_shell_completes(words: str, expected: list[str]) -> None:
    """What bash asks for when the tab key is pressed."""
    done = subprocess.run(
        [sys.executable, "-m", "graphtutor"],
        capture_output=True,
        text=True,
        env=_environment(
            _GRAPHTUTOR_COMPLETE="complete_bash",
            COMP_WORDS=words,
            COMP_CWORD=str(len(words.split()) - 1),
        ),
        check=True,
    )
    assert done.stdout.split() == expected


def test_the_shell_completes_the_options_of_a_command(
    graph_command: Callable[[Callable[..., None]], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Completion imports the one command whose options it is asked for."""

    def run(top: Annotated[int, typer.Option(help="how many to show")] = 3) -> None:
        """Show it."""

    graph_command(run)
    monkeypatch.setenv("_GRAPHTUTOR_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", "graphtutor graph --to")
    monkeypatch.setenv("COMP_CWORD", "2")
    with pytest.raises(SystemExit):
        main([])
    assert capsys.readouterr().out.split() == ["--top"]


def test_the_completion_script_can_be_shown() -> None:
    """``--show-completion bash`` prints a script that names the program's variable."""
    done = subprocess.run(
        [sys.executable, "-m", "graphtutor", "--show-completion", "bash"],
        capture_output=True,
        text=True,
        env=_environment(_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1"),
        check=True,
    )
    assert "_GRAPHTUTOR_COMPLETE=complete_bash" in done.stdout
