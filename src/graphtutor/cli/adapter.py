"""``graphtutor adapter``: an adapter from PEFT's layout to that of mlx-lm, and back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graphtutor.errors import ConfigError, ModelError

__all__ = ["run"]


def run(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="Folder of an adapter, as a training saved it.")
    ],
    target: Annotated[Path, typer.Argument(metavar="TARGET", help="A new folder.")],
    to: Annotated[str, typer.Option(metavar="LAYOUT", help="The layout to write: peft or mlx.")],
    base: Annotated[
        str,
        typer.Option(metavar="NAME", help="Base model to note in it. Default: what SOURCE says."),
    ] = "",
) -> None:
    """Convert an adapter between PEFT (torch, Unsloth, vLLM) and mlx-lm, without loss.

    Matrices are renamed and transposed, and keep type and bits; alpha / r becomes the scale and the
    other way round. What the other layout cannot express is refused.
    """
    from graphtutor.models.adapters import mlx_to_peft, peft_to_mlx

    if to not in ("peft", "mlx"):
        raise ConfigError("--to", wanted="peft or mlx", got=repr(to))
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ModelError(str(target), wanted="a new folder", got="one that is there already")
    convert = peft_to_mlx if to == "mlx" else mlx_to_peft
    convert(source, target, base)
    typer.echo(f"adapter for {to}: {target}")
