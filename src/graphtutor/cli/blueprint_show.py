"""``graphtutor blueprint show``: a blueprint as a diagram."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graphtutor.cli.blueprint_domain import load
from graphtutor.errors import ConfigError

if TYPE_CHECKING:
    from graphtutor.blueprint.domain import Domain, Topic

__all__ = ["run"]


def run(
    name: Annotated[str, typer.Argument(metavar="NAME_OR_FILE", help="A domain or .yaml file.")],
    wanted: Annotated[
        str | None, typer.Argument(metavar="TOPIC", help="Only this topic: its id or title.")
    ] = None,
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Also draw it here.")
    ] = None,
) -> None:
    """Show the hierarchy of a domain with its topics, or one topic level by level."""
    if svg and svg.suffix.lower() != ".svg":
        raise ConfigError(str(svg), wanted="a .svg file", got=svg.suffix or "no suffix")
    from rich.console import Console

    from graphtutor.blueprint.diagram import draw_hierarchy, draw_topic
    from graphtutor.cli.blueprint_trees import hierarchy_tree, topic_tree
    from graphtutor.io.atomic import write_text

    domain, framework = load(name)
    if wanted is None:
        tree, picture = hierarchy_tree(domain), draw_hierarchy(domain)
    else:
        topic = _topic(domain, wanted)
        tree, picture = topic_tree(topic, framework), draw_topic(topic, framework)
    Console(highlight=False).print(tree)
    if svg:
        write_text(svg, picture)
        typer.echo(f"Drew {svg}")


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
