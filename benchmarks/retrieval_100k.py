"""Search in 10,000 and 100,000 chunks: ingest rate, latency, memory and disk, by engine.

    OMP_NUM_THREADS=1 python benchmarks/retrieval_100k.py [--sizes 10000 100000] [--optimize]

The chunks are made up: texts of about 150 words (log-normal), their words drawn by Zipf's law from
50,000; unit vectors of 384 numbers around 500 centres; 20 chunks a document. Questions are six
words of a chunk and a vector near its own. What is timed is what the program does: terms and
weights of each text, points into the store, searches through the store with the chunks' texts read.
Embedding is not in it. Each engine runs in a process of its own; memory is what that process holds
after the searches, files that it maps into memory included. Times are by the clock and, in
brackets, of processor, which a busy machine changes little.

Qdrant Edge is the store in a folder; "client" is qdrant-client's local mode with a path, called as
its documentation shows, and left out above --client-most chunks, where it takes many minutes.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from made_up_chunks import BATCH, SIZE, Question, corpus, question

from graphtutor.retrieval import store_edge
from graphtutor.retrieval.bm25 import document_terms, query_terms
from graphtutor.retrieval.store import RRF_K, Filter, Point, StoreInfo, VectorStore
from graphtutor.retrieval.stores import Place, create_store, open_store

MEAN = 150.0
Row = dict[str, Any]


def weighed(points: list[Point]) -> list[Point]:
    """Weigh the terms, as an ingest does."""
    return [Point(p.chunk, p.dense, document_terms(p.chunk.indexed, MEAN)) for p in points]


def some(batch: list[Point], count: int, asked: int) -> list[Question]:
    """Ask about some chunks of each batch, ``asked`` in all or a few more."""
    return [question(of) for of in batch[: -(-asked * BATCH // count)]]


def timed(call: Callable[..., Any], asked: list[Any]) -> str:
    """Return p50 and p95 in milliseconds, by the clock and of processor; the first ten warm up."""
    took: list[tuple[float, float]] = []
    warming = asked[:10]
    for one in [*warming, *asked]:
        began = clock()
        call(*one)
        took.append(since(began))
    measured = np.array(took[len(warming) :]) * 1e3
    wall, spent = (np.percentile(column, (50, 95)) for column in measured.T)
    return f"{wall[0]:.1f} / {wall[1]:.1f} ({spent[0]:.1f} / {spent[1]:.1f})"


def clock() -> tuple[float, float]:
    """Return wall and processor seconds: they differ where the core is shared."""
    return time.perf_counter(), time.process_time()


def since(began: tuple[float, float]) -> tuple[float, float]:
    """Return what has passed of both."""
    wall, spent = clock()
    return wall - began[0], spent - began[1]


def rate(count: int, took: list[tuple[float, float]]) -> str:
    """Return chunks a second, by the clock and of processor."""
    wall, spent = np.array(took).sum(axis=0)
    return f"{count / wall:.0f} ({count / max(spent, 1e-9):.0f})"


def memory() -> str:
    """Return this process's resident memory in MB, and its largest so far."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    held = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
    return f"{int(held['VmRSS']) // 1000} ({int(held['VmHWM']) // 1000})"


def disk(folder: Path) -> str:
    """Return what ``folder`` takes on disk in MB; files with holes count as what they take."""
    taken = sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file())
    return f"{taken / 1e6:.0f}"


def edge(count: int, asked: int, folder: Path, optimize: bool) -> list[Row]:
    """Measure the store in a folder; with ``optimize`` once more with an index, however small."""
    if optimize:
        store_edge.INDEX_ABOVE_KB = 1
    made = create_store(Place(folder), StoreInfo("made up", SIZE, MEAN))
    weigh: list[tuple[float, float]] = []
    write: list[tuple[float, float]] = []
    ask: list[Question] = []
    for batch in corpus(count):
        ask += some(batch, count, asked)
        began = clock()
        points = weighed(batch)
        weigh.append(since(began))
        began = clock()
        made.upsert(points)
        write.append(since(began))
    began = clock()
    made.close()
    write.append(since(began))
    rates = {"weigh, chunks/s": rate(count, weigh), "store, chunks/s": rate(count, write)}
    rows = [{"engine": "edge", "chunks": count, **rates, **edge_searches(folder, ask)}]
    if optimize:
        store = open_store(Place(folder))
        began = clock()
        store.optimize()
        wall, spent = since(began)
        build = f"index in {wall:.0f} ({spent:.0f}) s"
        store.close()
        row = {"engine": "edge, indexed", "chunks": count, "weigh, chunks/s": build}
        rows.append(row | edge_searches(folder, ask))
    return rows


def edge_searches(folder: Path, ask: list[Question]) -> Row:
    """Time the searches of an open store."""
    began = time.perf_counter()
    store: VectorStore = open_store(Place(folder))
    opened = (time.perf_counter() - began) * 1e3
    every = Filter()
    row: Row = {
        "open ms": f"{opened:.0f}",
        "bm25 ms": timed(lambda text, _, __: store.bm25(query_terms(text), 10, every), ask),
        "dense ms": timed(lambda _, near, __: store.dense(near, 10, every), ask),
        "hybrid ms": timed(
            lambda text, near, __: store.hybrid(near, query_terms(text), 10, every), ask
        ),
        "hybrid in one document ms": timed(
            lambda text, near, doc: store.hybrid(near, query_terms(text), 10, Filter(docs=(doc,))),
            ask,
        ),
        "memory MB (peak)": memory(),
        "disk MB": disk(folder),
    }
    store.close()
    return row


def client(count: int, asked: int, folder: Path) -> list[Row]:
    """Measure qdrant-client's local mode."""
    from qdrant_client import QdrantClient, models

    local = QdrantClient(path=str(folder))
    local.create_collection(
        "c",
        vectors_config={"dense": models.VectorParams(size=SIZE, distance=models.Distance.COSINE)},
        sparse_vectors_config={"bm25": models.SparseVectorParams(modifier=models.Modifier.IDF)},
    )
    took: list[tuple[float, float]] = []
    ask: list[Question] = []
    for batch in corpus(count):
        ask += some(batch, count, asked)
        points = [
            models.PointStruct(
                id=p.chunk.id,
                vector={
                    "dense": p.dense.tolist() if p.dense is not None else [],
                    "bm25": models.SparseVector(
                        indices=list(p.sparse.indices), values=list(p.sparse.values)
                    ),
                },
                payload=p.chunk.payload(),
            )
            for p in weighed(batch)
        ]
        began = clock()
        local.upsert("c", points)
        took.append(since(began))

    def words(text: str) -> models.SparseVector:
        found = query_terms(text)
        return models.SparseVector(indices=list(found.indices), values=list(found.values))

    def search(query: Any, using: str) -> None:
        local.query_points("c", query=query, using=using, limit=10)

    def hybrid(text: str, near: np.ndarray, doc: str = "") -> None:
        only = models.FieldCondition(key="doc", match=models.MatchValue(value=doc))
        where = models.Filter(must=[only]) if doc else None
        halves = [(near.tolist(), "dense"), (words(text), "bm25")]
        local.query_points(
            "c",
            prefetch=[
                models.Prefetch(query=query, using=using, limit=100, filter=where)
                for query, using in halves
            ],
            query=models.RrfQuery(rrf=models.Rrf(k=RRF_K)),
            limit=10,
        )

    row: Row = {
        "engine": "client",
        "chunks": count,
        "weigh, chunks/s": "as above",
        "store, chunks/s": rate(count, took),
        "bm25 ms": timed(lambda text, _, __: search(words(text), "bm25"), ask),
        "dense ms": timed(lambda _, near, __: search(near.tolist(), "dense"), ask),
        "hybrid ms": timed(lambda text, near, _: hybrid(text, near), ask),
        "hybrid in one document ms": timed(hybrid, ask),
        "memory MB (peak)": memory(),
        "disk MB": disk(folder),
    }
    local.close()
    began = time.perf_counter()
    QdrantClient(path=str(folder)).close()
    return [row | {"open ms": f"{(time.perf_counter() - began) * 1e3:.0f}"}]


COLUMNS = (
    "engine",
    "chunks",
    "weigh, chunks/s",
    "store, chunks/s",
    "open ms",
    "bm25 ms",
    "dense ms",
    "hybrid ms",
    "hybrid in one document ms",
    "memory MB (peak)",
    "disk MB",
)


def main() -> None:
    """Run each engine and size in a process of its own and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--asked", type=int, default=200, help="questions for edge")
    parser.add_argument("--client-asked", type=int, default=20, help="questions for client")
    parser.add_argument("--client-most", type=int, default=10_000)
    parser.add_argument("--optimize", action="store_true", help="measure edge with an index too")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        engine, count = options.one[0], int(options.one[1])
        with tempfile.TemporaryDirectory() as folder:
            where = Path(folder) / "store"
            rows = (
                edge(count, options.asked, where, options.optimize)
                if engine == "edge"
                else client(count, options.client_asked, where)
            )
        print(json.dumps(rows))
        return
    asked = f"edge {options.asked}, client {options.client_asked} questions"
    print(f"p50 / p95 in ms by the clock (in brackets of processor, all threads); {asked}")
    print("|" + "|".join(COLUMNS) + "|\n" + "|---" * len(COLUMNS) + "|", flush=True)
    for count in options.sizes:
        for engine in ("edge", "client"):
            if engine == "client" and count > options.client_most:
                continue
            command = [sys.executable, __file__, *sys.argv[1:], "--one", engine, str(count)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            for row in json.loads(done.stdout.splitlines()[-1]):
                print("|" + "|".join(str(row.get(name, "")) for name in COLUMNS) + "|", flush=True)


if __name__ == "__main__":
    main()
