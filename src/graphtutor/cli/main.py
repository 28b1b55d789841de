"""The command line's front door: a table of commands, each imported when it is called for.

``graphtutor --help`` has to answer at once, so it reads names and help lines from :data:`COMMANDS`
and imports no command. A command's module, ``graphtutor.cli.<name>`` with a function ``run``, is
imported when that command is run, asked for help, or completed in a shell. Commands of one matter
form a group (:data:`GROUPS`); their modules are ``graphtutor.cli.<group>_<name>``.

This is also the only place that turns exceptions into exit codes: 2 for bad input (one line, no
traceback), 130 for Ctrl-C, 1 with a traceback for a bug.

>>> main(["--version"])  # doctest: +ELLIPSIS
graphtutor ...
0
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any, ClassVar, Final

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from graphtutor import __version__
from graphtutor.errors import GraphtutorError

__all__ = ["COMMANDS", "main"]

COMMANDS: Final[dict[str, str]] = {
    "init": "Start a project from your own graph",
    "graph": "Show a graph's statistics and what tasks it can yield",
    "data": "Make the task files from a graph",
    "infer": "Answer tasks with a model and log the episodes",
    "sft": "Supervised fine-tuning on the reference traces",
    "rsft": "Sample, verify against the graph, train on the winners",
    "eval": "Evaluate a phase without the graph",
    "run": "The whole job: data, base, SFT, RSFT, evaluation, report",
    "audit": "Look for leaks, ill-posed tasks and shortcuts",
    "report": "Render run directories as Markdown, HTML and plots",
    "harness": "Tasks for lm-eval, inspect, reasoning-gym, verifiers, TRL",
    "serve": "Show the runs in the browser",
    "web": "Write the web app as a static site",
    "export": "Write a trained model for hf, mlx, gguf or ollama, checked",
    "adapter": "Convert an adapter between PEFT and mlx-lm",
    "study": "Run an experiment: distribution, k, depth, drift",
    "blueprint": "Reasoning blueprints: data on how to think in a domain",
    "rag": "Retrieval: documents and graph in, cited answers out",
    "pretrain": "Make the embedded nano model again",
}
"""Command name to help line, in the order of ``graphtutor --help``."""

GROUPS: Final[dict[str, dict[str, str]]] = {
    "blueprint": {
        "list": "What is built in",
        "init": "Write a starter blueprint to fill in",
        "build": "Make a blueprint with a language model, or from a graph",
        "check": "Count what breaks the quality gate",
        "show": "Draw a blueprint or a topic, here and as SVG",
        "expand": "Make training and preference data",
        "train": "Train a model on expanded data, then evaluate it",
        "eval": "Score a model's answers on held-out topics",
        "schema": "Print the JSON Schema of frameworks or domains",
    },
    "rag": {
        "add": "Read documents, folders, arXiv papers or a graph into a store",
        "list": "What a store holds",
        "remove": "Take documents out of a store",
        "search": "Find passages by words, by meaning, or both",
        "ask": "Answer a question, with the sources it rests on",
        "chat": "Ask again and again",
        "eval": "Score retrieval, citations and abstention",
    },
}
"""The commands of each group of :data:`COMMANDS`, likewise."""

BAD_INPUT: Final = GraphtutorError.exit_code
INTERRUPTED: Final = 130
"""128 + SIGINT, what shells expect; typer itself turns Ctrl-C into this code."""
_BUG: Final = 1


def main(args: Sequence[str] | None = None) -> int:
    """Run the command line on ``args`` (default: the process's own) and return the exit code."""
    try:
        code = _dispatch(args)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has left ("graphtutor ... | head"); nothing more can be said to it, and
        # Python must not try to when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BUG
    return code


def _dispatch(args: Sequence[str] | None) -> int:
    try:
        result = _app()(
            args=None if args is None else list(args),
            prog_name="graphtutor",
            standalone_mode=False,
        )
    except GraphtutorError as problem:
        return _complain(str(problem), problem.exit_code)
    except TyperException as problem:
        context = getattr(problem, "ctx", None)
        path = context.command_path if context is not None else "graphtutor"
        message = problem.format_message()
        stop = "" if message.endswith((".", "?")) else "."
        return _complain(f"{message}{stop} What to do: see '{path} --help'", BAD_INPUT)
    except typer.Abort:
        return _complain("aborted", INTERRUPTED)
    except OSError as problem:
        if problem.filename is None:
            raise
        return _complain(f"{problem.filename}: {problem.strerror}", BAD_INPUT)
    if result == INTERRUPTED:
        return _complain("interrupted; the same command goes on, a run with --resume", INTERRUPTED)
    return result if isinstance(result, int) else 0


def _complain(message: str, code: int) -> int:
    typer.echo(f"graphtutor: {message}", err=True)
    return code


class _LazyGroup(TyperGroup):
    """A group that lists placeholders and puts the real command in place when it is needed."""

    table: ClassVar[dict[str, str]] = COMMANDS
    prefix: ClassVar[str] = ""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Import the command that ``args`` begins with, then resolve as usual."""
        if args and args[0] in self.table:
            self.commands[args[0]] = _load(self.prefix, args[0], self.table[args[0]])
        return super().resolve_command(ctx, args)


_CONTEXT: Final = {"help_option_names": ["--help", "-h"]}


def _load(prefix: str, name: str, line: str) -> Any:
    if not prefix and name in GROUPS:
        return typer.main.get_command(_group(name, line))
    single = typer.Typer(add_completion=False, rich_markup_mode=None, context_settings=_CONTEXT)
    module = import_module(f"graphtutor.cli.{prefix}{name}".replace("-", "_"))
    single.command(name, short_help=line)(module.run)
    return typer.main.get_command(single)


def _group(name: str, line: str) -> typer.Typer:
    """Return a group of lazily imported commands; called without one it shows its help."""
    kind = type(f"_{name.title()}", (_LazyGroup,), {"table": GROUPS[name], "prefix": f"{name}_"})
    app = typer.Typer(
        name=name,
        cls=kind,
        help=line + ".",
        invoke_without_command=True,
        add_completion=False,
        rich_markup_mode=None,
        context_settings=_CONTEXT,
    )
    app.callback()(_show_help)
    for command, about in GROUPS[name].items():
        app.command(command, help=about)(_placeholder)
    return app


def _app() -> typer.Typer:
    app = typer.Typer(
        cls=_LazyGroup,
        invoke_without_command=True,
        rich_markup_mode=None,  # rich alone would take a third of the time that --help may take
        pretty_exceptions_enable=False,
        context_settings=_CONTEXT,
    )
    app.callback()(_top)
    for name, line in COMMANDS.items():
        app.command(name, help=line)(_placeholder)
    return app


def _top(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """A knowledge graph tutors a small language model, then leaves the room.

    Start with 'graphtutor run' (the whole job) or 'graphtutor init' (your own graph).
    """
    if version:
        typer.echo(f"graphtutor {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _show_help(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _placeholder() -> None:
    """Stand in the list of commands; :class:`_LazyGroup` replaces it before anything runs it."""
