"""``graphtutor blueprint``: how one takes a domain apart, as a file to check and show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graphtutor.errors import ConfigError

if TYPE_CHECKING:
    from rich.tree import Tree

    from graphtutor.blueprint.domain import Domain, Topic
    from graphtutor.blueprint.framework import Framework

__all__ = ["run"]


class Action(StrEnum):
    """What to do."""

    init = "init"
    check = "check"
    show = "show"
    schema = "schema"
    list = "list"


_TAKES = {
    Action.init: ("FILE", 1, 1),
    Action.check: ("NAME_OR_FILE...", 1, None),
    Action.show: ("NAME_OR_FILE [TOPIC]", 1, 2),
    Action.schema: ("framework or domain", 1, 1),
    Action.list: ("nothing more", 0, 0),
}
"""What stands after each action, and how many words that are at least and at most."""


def run(
    action: Annotated[Action, typer.Argument(help="What to do.")],
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="WHAT", help="A built-in domain, or a .yaml file; see above."),
    ] = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="show: also draw it here.")
    ] = None,
) -> None:
    """Start, check and show reasoning blueprints.

    \b
    graphtutor blueprint list
    graphtutor blueprint init mine.yaml
    graphtutor blueprint check mine.yaml physics
    graphtutor blueprint show physics newtons-laws --svg newton.svg
    graphtutor blueprint schema domain

    Exit code: 0 where every check holds, 1 where one fails, 2 for a file that cannot be used.
    """  # noqa: D301 - the backspace tells click to keep the lines of the examples
    words = what or []
    _check_words(action, words, svg)
    match action:
        case Action.init:
            _init(Path(words[0]))
        case Action.check:
            _check(words)
        case Action.show:
            _show(words[0], words[1] if len(words) > 1 else None, svg)
        case Action.schema:
            _schema(words[0])
        case Action.list:
            _list()


def _check_words(action: Action, words: list[str], svg: Path | None) -> None:
    wanted, least, most = _TAKES[action]
    if len(words) < least or (most is not None and len(words) > most):
        raise ConfigError(
            f"blueprint {action.value}",
            wanted=wanted,
            got=" ".join(words) or "nothing",
            remedy="see 'graphtutor blueprint --help'",
        )
    if svg and action is not Action.show:
        raise ConfigError(
            "--svg", wanted="the action show", got=action.value, remedy="leave out --svg"
        )
    if svg and svg.suffix.lower() != ".svg":
        raise ConfigError(str(svg), wanted="a .svg file", got=svg.suffix or "no suffix")


def _init(path: Path) -> None:
    from graphtutor.blueprint.template import TEMPLATE
    from graphtutor.io.atomic import write_text

    if path.suffix not in {".yaml", ".yml"}:
        raise ConfigError(str(path), wanted="a .yaml file", got=path.suffix or "no suffix")
    if path.exists():
        raise ConfigError(
            str(path),
            wanted="a new file",
            got="one that exists",
            remedy="choose another name; nothing was written",
        )
    write_text(path, TEMPLATE)
    typer.echo(f"Wrote {path}, an example to write over.")
    typer.echo(f"Next: graphtutor blueprint check {path}")


def _check(names: list[str]) -> None:
    """Check every domain, the rest too where one cannot be read; the worst exit code counts."""
    from graphtutor.blueprint.diagram import visible
    from graphtutor.blueprint.gate import CHECKS, check_domain

    code = 0
    for name in names:
        try:
            domain, framework = _load(name)
        except ConfigError as problem:
            typer.echo(f"graphtutor: {problem}", err=True)
            code = problem.exit_code
            continue
        findings = check_domain(domain, framework)
        counted = Counter(finding.check for finding in findings)
        typer.echo(f"{name}: {visible(domain.title)}, {_counts(domain)}")
        typer.echo("  " + ", ".join(f"{check} {counted[check]}" for check in CHECKS))
        for finding in findings:
            typer.echo(f"  {finding.check}: {finding.where}: {visible(finding.what)}")
        code = max(code, 1 if findings else 0)
    if code:
        raise typer.Exit(code)


def _show(name: str, wanted: str | None, svg: Path | None) -> None:
    from rich.console import Console

    from graphtutor.blueprint.diagram import draw_hierarchy, draw_topic
    from graphtutor.io.atomic import write_text

    domain, framework = _load(name)
    if wanted is None:
        tree, picture = _hierarchy_tree(domain), draw_hierarchy(domain)
    else:
        topic = _topic(domain, wanted)
        tree, picture = _topic_tree(topic, framework), draw_topic(topic, framework)
    Console(highlight=False).print(tree)
    if svg:
        write_text(svg, picture)
        typer.echo(f"Drew {svg}")


def _schema(kind: str) -> None:
    import json

    from graphtutor.blueprint.schema import schema_of

    typer.echo(json.dumps(schema_of(kind), indent=2, ensure_ascii=False))


def _list() -> None:
    from graphtutor.blueprint.load import (
        domain_names,
        framework_names,
        load_domain,
        load_framework,
    )

    for name in framework_names():
        framework = load_framework(name)
        labels = [level.label for level in framework.levels]
        labels += [framework.merge.label] if framework.merge else []
        typer.echo(f"framework {name}: {', '.join(labels)}")
    for name in domain_names():
        typer.echo(f"domain {name}: {_counts(load_domain(name))}")


def _load(name: str) -> tuple[Domain, Framework]:
    from graphtutor.blueprint.load import load_domain, load_framework

    domain = load_domain(name)
    return domain, load_framework(domain.framework)


def _counts(domain: Domain) -> str:
    subtopics = sum(len(evolution.subtopics) for evolution in domain.hierarchy)
    strands = sum(len(topic.strands) for topic in domain.topics)
    return (
        f"{len(domain.topics)} topics with {strands} strands, {len(domain.hierarchy)} evolutions "
        f"with {subtopics} subtopics"
    )


def _topic(domain: Domain, wanted: str) -> Topic:
    """Find a topic by id or title."""
    for topic in domain.topics:
        if wanted.casefold() in (topic.id, topic.title.casefold()):
            return topic
    near = get_close_matches(wanted.casefold(), [topic.id for topic in domain.topics])
    raise ConfigError(
        f"topic of {domain.domain}",
        wanted="the id or title of a topic",
        got=repr(wanted),
        remedy=f"did you mean {near[0]}?"
        if near
        else f"list them with 'graphtutor blueprint show {domain.domain}'",
    )


def _hierarchy_tree(domain: Domain) -> Tree:
    tree = _tree(domain.title, "bold")
    for evolution in domain.hierarchy:
        number = evolution.evolution
        step = _add(tree, [(f"Evolution {number}: ", ""), (evolution.title, "bold")])
        _add(step, [(evolution.builds, "italic")])
        for place, subtopic in enumerate(evolution.subtopics, 1):
            ids = [topic.id for topic in domain.topics if topic.subtopic == subtopic]
            _add(step, [(f"{number}.{place} {subtopic}: ", ""), (", ".join(ids), "dim")])
    return tree


def _topic_tree(topic: Topic, framework: Framework) -> Tree:
    tree = _tree(topic.title, "bold")
    _add(tree, [(f"Evolution {topic.evolution}, {topic.subtopic}", "dim")])
    for number, strand in enumerate(topic.strands, 1):
        branch = _add(tree, [(f"Strand {number}", "dim")])
        for level in framework.levels:
            _add(branch, [(f"{level.label}: ", "dim"), (strand[level.id], "")])
    if framework.merge:
        short = framework.compressed(topic.strands)
        _add(tree, [(f"{framework.merge.label}: ", "dim"), (short, "bold")])
    return tree


def _tree(title: str, style: str) -> Tree:
    from rich.text import Text
    from rich.tree import Tree

    from graphtutor.blueprint.diagram import visible

    return Tree(Text(visible(title), style))


def _add(tree: Tree, parts: Sequence[tuple[str, str]]) -> Tree:
    """Add a line of (text, style); the text is taken as it is, never as markup."""
    from rich.text import Text

    from graphtutor.blueprint.diagram import visible

    line = Text()
    for text, style in parts:
        # What separates two parts ends the first one, and a visible line has no space there.
        line.append(visible(text) + (" " if text.endswith(" ") else ""), style)
    return tree.add(line)
