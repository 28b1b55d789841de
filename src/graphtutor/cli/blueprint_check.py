"""``graphtutor blueprint check``: the quality gate."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import typer

from graphtutor.cli.blueprint_domain import counts, load
from graphtutor.errors import ConfigError

__all__ = ["run"]


def run(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME_OR_FILE", help="Built-in domains or .yaml files.")
    ],
) -> None:
    """Count what breaks the quality gate, for each domain.

    Exit code: 0 where every check holds, 1 where one fails, 2 for a file that cannot be used; the
    other files are checked all the same.
    """
    from graphtutor.blueprint.diagram import visible
    from graphtutor.blueprint.gate import CHECKS, check_domain

    code = 0
    for name in names:
        try:
            domain, framework = load(name)
        except ConfigError as problem:
            typer.echo(f"graphtutor: {problem}", err=True)
            code = problem.exit_code
            continue
        findings = check_domain(domain, framework)
        counted = Counter(finding.check for finding in findings)
        typer.echo(f"{name}: {visible(domain.title)}, {counts(domain)}")
        typer.echo("  " + ", ".join(f"{check} {counted[check]}" for check in CHECKS))
        for finding in findings:
            typer.echo(f"  {finding.check}: {finding.where}: {visible(finding.what)}")
        code = max(code, 1 if findings else 0)
    if code:
        raise typer.Exit(code)
