"""``graphtutor blueprint init``: a starter to fill in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphtutor.errors import ConfigError

__all__ = ["run"]


def run(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="A new .yaml file.")],
) -> None:
    """Write a commented starter blueprint that passes the gate; nothing is overwritten."""
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
