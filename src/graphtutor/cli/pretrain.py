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
    start: Annotated[
        Path | None,
        typer.Option(
            "--from", exists=True, file_okay=False, help="Begin from this model: stage two."
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Seed of weights and examples; default 0, stage two 1."),
    ] = None,
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

    Two stages: 'pretrain ONE', then 'pretrain TWO --from ONE/model', which asks every question in a
    frame of its own.

    The checkpoint goes to OUT/model in Hugging Face format, the log to OUT/pretrain_log.jsonl. A
    stopped training goes on from OUT. With --compile --half the first stage takes about 85 minutes
    of one core that multiplies bfloat16 itself, the second about a quarter of that.
    """
    import json
    import os
    from dataclasses import replace

    # oneDNN keeps the kernels that it makes for each shape; the default drops them too soon.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "20000")
    from graphtutor.cli.progress import RichWatch
    from graphtutor.training.pretrain import FRAMES, PretrainSettings, pretrain

    stage = PretrainSettings() if start is None else FRAMES
    settings = replace(
        stage,
        start="" if start is None else str(start),
        steps=steps or stage.steps,
        seed=stage.seed if seed is None else seed,
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
