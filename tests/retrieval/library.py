"""A small library about a pump, its graph, and a store of both, for tests of answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
from graphtutor.io.digest import digest_bytes
from graphtutor.retrieval.answer import Answerer
from graphtutor.retrieval.answerable import Gate
from graphtutor.retrieval.asking import Asker, GraphSource
from graphtutor.retrieval.bm25 import document_terms, length, mean_length
from graphtutor.retrieval.chunk import Chunk, chunk_id
from graphtutor.retrieval.extractive import ExtractiveAnswerer
from graphtutor.retrieval.linking import Linker
from graphtutor.retrieval.rarity import Rarity
from graphtutor.retrieval.rerank import GraphReranker, WordReranker
from graphtutor.retrieval.search import Searcher
from graphtutor.retrieval.store import Point, StoreInfo, VectorStore
from graphtutor.retrieval.store_exact import ExactStore

Docs = Mapping[str, Sequence[tuple[str, str]]]
"""Document id to (heading, text) of each section; the title is the id."""

DOCS: Docs = {
    "pump.md": [
        ("Limits", "The pump trips at 80 degrees. Its seal lasts 4000 hours. Never run it dry."),
        (
            "Seal change",
            "To change the seal:\n\n1. Close valve V7.\n2. Drain the housing.\n3. Press the new "
            "seal in.\n\nWear gloves.",
        ),
    ],
    "valve.md": [
        ("Maintenance", "Grease valve V7 every 30 days. It does not need cleaning."),
        ("History", "The valve was bought in Graz. Nobody remembers the supplier."),
    ],
    "motor.txt": [("", "The motor hums when a phase is missing. Measure all three phases.")],
}

GRAPH = KnowledgeGraph.from_file(
    GraphFile(
        version="1.0",
        domain="pump_plant",
        entities=tuple(
            Entity(id=name, label=label, type=kind, aliases=aliases)
            for name, label, kind, aliases in (
                ("PumpTrip", "Pump Trip", "symptom", ("tripping",)),
                ("LowFlow", "Low Flow", "symptom", ()),
                ("SealWear", "Seal Wear", "cause", ("worn seal",)),
                ("Cavitation", "Cavitation", "cause", ()),
                ("SealChange", "Seal Change", "fix", ()),
                ("Manometer", "Manometer", "tool", ("gauge",)),
                ("DialGauge", "Dial Gauge", "tool", ("gauge",)),
            )
        ),
        relations=(
            Relation(id="caused_by", label="caused by"),
            Relation(id="leads_to", label="leads to"),
            Relation(id="fixed_by", label="fixed by"),
            Relation(id="shows", label="shows"),
        ),
        edges=tuple(
            Edge(src=source, rel=relation, dst=target)
            for source, relation, target in (
                ("PumpTrip", "caused_by", "LowFlow"),
                ("LowFlow", "caused_by", "SealWear"),
                ("LowFlow", "caused_by", "Cavitation"),
                ("SealWear", "fixed_by", "SealChange"),
                ("Cavitation", "leads_to", "SealWear"),
                ("Manometer", "shows", "LowFlow"),
            )
        ),
    )
)
LINKER = Linker(GRAPH)
SOURCE = GraphSource(LINKER, "plant.json")


def chunk(doc: str, text: str, section: str = "", start: int = 0) -> Chunk:
    end = start + len(text)
    return Chunk(
        id=chunk_id(doc, start, end, text),
        doc=doc,
        title=doc,
        section=(section,) if section else (),
        page=None,
        start=start,
        end=end,
        text=text,
        sha256=digest_bytes(text.encode("utf-8", "surrogatepass")),
    )


def chunks_of(docs: Docs = DOCS) -> list[Chunk]:
    made: list[Chunk] = []
    for doc, sections in docs.items():
        start = 0
        for heading, text in sections:
            made.append(chunk(doc, text, heading, start))
            start += len(text) + 2
    return made


def store_of(chunks: Sequence[Chunk]) -> VectorStore:
    mean = mean_length(sum(length(c.indexed) for c in chunks), len(chunks))
    store = ExactStore(StoreInfo("", 0, mean))
    store.upsert([Point(c, None, document_terms(c.indexed, mean)) for c in chunks])
    return store


def asker_of(
    docs: Docs = DOCS, graph: GraphSource | None = None, answerer: Answerer | None = None
) -> Asker:
    store = store_of(chunks_of(docs))
    linker = graph.linker if graph else None
    searcher = Searcher(store)
    return Asker(
        search=lambda question, limit: searcher.search(question, limit),
        reranker=GraphReranker(linker) if linker else WordReranker(),
        answerer=answerer or ExtractiveAnswerer(Gate(Rarity(store), linker)),
        graph=graph,
    )
