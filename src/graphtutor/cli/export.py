"""``graphtutor export``: a trained model for other programs, merged, checked, with its card."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graphtutor.cli.options import Root

if TYPE_CHECKING:
    from graphtutor.config import RunConfig
    from graphtutor.export.export import Engines

__all__ = ["run"]


def run(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="Run id or run directory.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder.")],
    to: Annotated[str, typer.Option("--to", help="hf, mlx, gguf or ollama.")],
    phase: Annotated[
        str | None, typer.Option(help="Phase whose model to export. Default: the last trained one.")
    ] = None,
    dtype: Annotated[
        str, typer.Option(help="Weights: fp32, bf16 or fp16; for gguf and ollama also q8_0.")
    ] = "fp32",
    check: Annotated[
        int, typer.Option(min=0, help="Held-out tasks asked of the run's model and of the export.")
    ] = 20,
    tolerance: Annotated[
        int, typer.Option(min=0, help="Right answers that a --dtype other than fp32 may cost.")
    ] = 1,
    token_ids: Annotated[
        bool,
        typer.Option(
            "--token-ids", help="Write a GGUF file even if llama.cpp cannot read text as the model."
        ),
    ] = False,
    root: Root = Path("data/runs"),
) -> None:
    """Merge what a phase trained into its base model and write it for another program.

    The same held-out tasks are asked of the run's own model and of what was written. In fp32 every
    completion has to be equal, or nothing is put in place (exit code 2).
    """
    from graphtutor.export.export import export_run
    from graphtutor.export.request import Request, checked, last_phase
    from graphtutor.runs.directory import RunDirectory

    found = RunDirectory.find(root, run_id)
    request = Request(
        run=found,
        phase=phase or last_phase(found),
        target=to,
        out=out,
        dtype=dtype,
        check=check,
        tolerance=tolerance,
        token_ids=token_ids,
    )
    engines = _engines(checked(request), to)
    done = export_run(request, engines, lambda line: typer.echo(line, err=True))
    if done.shift is not None:
        typer.echo(f"merging moved no logit by more than {done.shift:.1e}")
    typer.echo(str(done.check) if done.check else f"not checked: {done.unchecked}")
    typer.echo(str(out / "README.md"))


def _engines(config: RunConfig, target: str) -> Engines:
    """Choose what answers: both sides in float32, so that only the export can make a difference."""
    from importlib.util import find_spec

    from graphtutor.backends.registry import get_backend
    from graphtutor.export.export import Engines

    # What unsloth trains is an adapter in PEFT layout, which torch reads as well.
    own = "mlx" if config.model.backend == "mlx" else "torch"
    reader = "mlx" if target == "mlx" and find_spec("mlx_lm") else "torch"
    settings = config.model.model_copy(update={"precision": "fp32"})
    return Engines(
        own=get_backend(own),
        own_config=settings.model_copy(update={"backend": own}),
        reader=get_backend(reader),
        reader_config=settings.model_copy(update={"backend": reader}),
        reader_name={"mlx": "mlx-lm", "torch": "transformers"}[reader],
    )
