"""``graphtutor blueprint schema``: the JSON Schema of the files."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

__all__ = ["run"]


class Kind(StrEnum):
    """What a file can hold."""

    framework = "framework"
    domain = "domain"


def run(kind: Annotated[Kind, typer.Argument(help="Which file's schema.")]) -> None:
    """Print the JSON Schema of frameworks or domains, for an editor to complete by."""
    import json

    from graphtutor.blueprint.schema import schema_of

    typer.echo(json.dumps(schema_of(kind.value), indent=2, ensure_ascii=False))
