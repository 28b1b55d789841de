"""A small store of documents with a graph, hostile ones among them, for the tests of Ask."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from tests.retrieval.library import DOCS, GRAPH, chunks_of

from graphtutor.retrieval.bm25 import document_terms, length, mean_length
from graphtutor.retrieval.graph_source import graph_document, statement_chunks
from graphtutor.retrieval.store import Point, StoreInfo
from graphtutor.retrieval.stores import Place, create_store

__all__ = ["HOSTILE", "QUESTION", "fill_shelf"]

QUESTION = "At how many degrees does the pump trip?"
SCRIPT = "<img src=x onerror=window.__ran=1><script>window.__ran=1</script><b>bold</b>"
HOSTILE = {
    f"evil{SCRIPT}.md": [
        (f"Gate {SCRIPT}", f"The gate is oak {SCRIPT}."),
        ("Turn\u202e", "The turnstile is \u202egreen\u2066 and javascript:alert(1) [3] long."),
        ("Bell", "The bell rings " + "W" * 400 + "."),
    ],
}


def fill_shelf(folder: Path) -> Path:
    """Make a store for search by words in ``folder``/rag, and the graph's file beside it."""
    plant = folder / "plant.json"
    plant.write_text(GRAPH.to_file().model_dump_json(), "utf-8")
    chunks = chunks_of({**DOCS, **HOSTILE})
    chunks += statement_chunks(GRAPH, graph_document(GRAPH, str(plant)))
    mean = mean_length(sum(length(c.indexed) for c in chunks), len(chunks))
    place = Place(folder / "rag")
    with closing(create_store(place, StoreInfo("", 0, mean))) as store:
        store.upsert([Point(c, None, document_terms(c.indexed, mean)) for c in chunks])
    return place.folder
