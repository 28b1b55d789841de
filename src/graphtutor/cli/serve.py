"""``graphtutor serve``: the web app on this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graphtutor.cli.options import Root
from graphtutor.cli.rag_store import (
    COLLECTION,
    STORE,
    Collection,
    EmbedderName,
    Store,
    Url,
    place_of,
)

if TYPE_CHECKING:
    from graphtutor.backends.base import TextModel
    from graphtutor.runs.directory import RunDirectory

__all__ = ["load_phase", "run"]


def run(
    root: Root = Path("data/runs"),
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8000,
    open_: Annotated[
        bool, typer.Option("--open/--no-open", help="Open the page in the browser.")
    ] = True,
    demo: Annotated[
        str | None, typer.Option(metavar="RUN", help="Begin with the demo mode of this run.")
    ] = None,
    store: Store = STORE,
    url: Url = "",
    collection: Collection = COLLECTION,
    embedder: EmbedderName = "",
    blueprints: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder of blueprint runs.")
    ] = Path("data/blueprints"),
) -> None:
    """Show the runs in the browser: answers hop by hop, training, candidates, audit, blueprints.

    Runs are only read. Try It loads a run's models with the run's own engine. Where there is a
    store of documents, Ask answers from it. Ctrl-C ends it.
    """
    from graphtutor.web.assets import static_folder
    from graphtutor.web.library import Library
    from graphtutor.web.server import serve
    from graphtutor.web.store import RunStore

    static = static_folder()
    page = ""
    if demo is not None:
        page = f"#/inference?demo=1&run={RunStore(root).get(demo).run_id}"
    serve(
        root,
        load_phase,
        static,
        host,
        port,
        page=page,
        open_browser=open_,
        library=Library(place_of(store, url, collection), embedder),
        blueprints=blueprints,
        say=typer.echo,
    )


def load_phase(run: RunDirectory, phase: str) -> TextModel:
    """Load the model that a phase of ``run`` ended with, by the engine that the run names.

    Raises ConfigError, ModelError or BackendError where that cannot be done.
    """
    from graphtutor.backends.registry import get_backend

    settings = run.read_config().model
    adapter = None if phase == "base" else run.model(phase)
    return get_backend(settings.backend).load(settings, adapter)
