"""``graphtutor pretrain``: make the embedded model again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["run"]


def run(
    out: Annotated[Path, typer.Argument(help="Folder for the model and its training state.")],
    steps: Annotated[
        int, typer.Option(min=1, help="Optimiser steps; 0.3-1 s each on one core.")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights and examples.")] = 0,
    threads: Annotated[int, typer.Option(min=0, help="CPU threads; 0 leaves the default.")] = 0,
    compile_: Annotated[
        bool,
        typer.Option("--compile", help="Compile the model first: faster, needs a C++ compiler."),
    ] = False,
    half: Annotated[
        bool,
        typer.Option("--half", help="Multiply in bfloat16: faster on processors that have it."),
    ] = False,
) -> None:
    """Pretrain the embedded nano model as a general reader over generated worlds.

    The checkpoint goes to OUT/model in Hugging Face format, the log to OUT/pretrain_log.jsonl. A
    stopped training goes on from OUT. It takes about 85 minutes of
    one core with --compile --half, where the processor multiplies bfloat16 itself.
    """
    import json
    import os

    # oneDNN keeps the kernels that it makes for each shape; the default drops them too soon.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "20000")
    from graphtutor.cli.progress import RichWatch
    from graphtutor.training.pretrain import PretrainSettings, pretrain

    defaults = PretrainSettings()
    settings = PretrainSettings(
        steps=steps or defaults.steps,
        seed=seed,
        threads=threads,
        compile=compile_,
        half=half,
    )
    out.mkdir(parents=True, exist_ok=True)
    watch = RichWatch()
    with watch.bar("pretraining", settings.steps) as advance:
        last = 0

        def on_log(line: dict[str, object]) -> None:
            nonlocal last
            with (out / "pretrain_log.jsonl").open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(line) + "\n")
            step = int(str(line["step"]))
            advance(step - last, f"letters right {line.get('binding_letter', 0):.2f}")
            last = step

        pretrain(out, settings, on_log)
    watch.say(f"model {out / 'model'}")
