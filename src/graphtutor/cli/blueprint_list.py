"""``graphtutor blueprint list``: what is built in."""

from __future__ import annotations

import typer

from graphtutor.cli.blueprint_domain import counts

__all__ = ["run"]


def run() -> None:
    """List the built-in frameworks and domains."""
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
        typer.echo(f"domain {name}: {counts(load_domain(name))}")
