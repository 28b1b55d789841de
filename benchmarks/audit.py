"""How long an audit takes: 90,000 training and 10,000 evaluation tasks, reading included.

    OMP_NUM_THREADS=1 taskset -c 1 python benchmarks/audit.py

Makes a graph and its tasks in a temporary folder (not timed), then reads and audits them in one
thread, and prints seconds by part and tasks per second.
"""

from __future__ import annotations

import argparse
import platform
import resource
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

from graphtutor.audit.audit import audit
from graphtutor.audit.dataset import read_dataset
from graphtutor.audit.sources import sources_in
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.paths import fan_out, sample_paths, walk_table
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
from graphtutor.tasks.build import Builder, Draft
from graphtutor.tasks.gold import gold_set

KINDS = 8
Clocks = tuple[float, float]
TEMPLATES = ("that", "steps", "begin")


def clock() -> Clocks:
    """Return wall and processor seconds: they differ where the core is shared."""
    return time.perf_counter(), time.process_time()


def since(began: Clocks, ended: Clocks) -> str:
    """Write both differences."""
    wall, spent = (after - before for before, after in zip(began, ended, strict=True))
    return f"{wall:7.2f} s {spent:7.2f} s"


def make_graph(entities: int, edges: int, stream: np.random.Generator) -> KnowledgeGraph:
    """Draw a graph with two relations for each type that they lead to."""
    kind = stream.integers(KINDS, size=entities)
    ends = stream.integers(entities, size=(edges, 2))
    way = stream.integers(2, size=edges)
    triples = {
        (f"Thing{s:06d}", f"kind{kind[t]}_way{w}", f"Thing{t:06d}")
        for (s, t), w in zip(ends.tolist(), way.tolist(), strict=True)
        if s != t
    }
    names = sorted({relation for _, relation, _ in triples})
    return KnowledgeGraph.from_file(
        GraphFile(
            version="1.0",
            domain="benchmark",
            entities=tuple(
                Entity(id=f"Thing{n:06d}", label=f"Thing {n:06d}", type=f"kind{kind[n]}")
                for n in range(entities)
            ),
            relations=tuple(Relation(id=name, label=f"leads by {name} to") for name in names),
            edges=tuple(Edge(src=s, rel=r, dst=t) for s, r, t in sorted(triples)),
        )
    )


def write_file(
    path: Path, graph: KnowledgeGraph, hops: dict[int, int], stream: np.random.Generator
) -> None:
    """Write tasks of random paths; ``hops`` maps a hop length to their number."""
    by_kind = [np.flatnonzero(graph.entity_type == kind) for kind in range(len(graph.types))]
    builder = Builder(graph)
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for length, wanted in hops.items():
            table = walk_table(graph, length, 1.0 / fan_out(graph))
            paths = sample_paths(
                graph, table, stream.integers(len(graph.entities), size=3 * wanted), stream
            )
            gold = gold_set(graph, path.stem, paths.take(np.arange(min(wanted, len(paths)))))
            for number, answer in enumerate(gold.answer.tolist()):
                pool = by_kind[int(graph.entity_type[answer])]
                wrong = [e for e in stream.choice(pool, 8).tolist() if e != answer][:3]
                draft = Draft(gold, number, wrong, number % 4, TEMPLATES[number % 3])
                task = builder.build(draft, f"{path.stem}_{count:06d}")
                file.write(task.model_dump_json(exclude_none=True) + "\n")
                count += 1


def main() -> None:
    """Make the data, audit it, print the times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--train", type=int, default=90_000)
    parser.add_argument("--evaluated", type=int, default=10_000)
    parser.add_argument("--entities", type=int, default=20_000)
    parser.add_argument("--edges", type=int, default=60_000)
    sizes = parser.parse_args()
    stream = np.random.default_rng(0)
    graph = make_graph(sizes.entities, sizes.edges, stream)
    with tempfile.TemporaryDirectory() as name:
        folder, third = Path(name), sizes.train // 3
        write_file(folder / "train.jsonl", graph, dict.fromkeys((1, 2, 3), third), stream)
        half = sizes.evaluated // 2
        write_file(folder / "eval.jsonl", graph, dict.fromkeys((4, 5), half), stream)
        parts: list[tuple[str, Clocks]] = [("reading", clock())]
        dataset = read_dataset(sources_in(folder))
        parts.append(("preparing", clock()))
        record = audit(dataset, graph, on_progress=lambda part: parts.append((part, clock())))
        parts.append(("", clock()))
    print("     wall  processor")
    for (part, began), (_, ended) in pairwise(parts):
        print(f"{since(began, ended)}  {part}")
    first, last = parts[0][1], parts[-1][1]
    shortcuts = next(began for part, began in parts if part == "shortcuts")
    n = len(dataset.tasks)
    print(f"{since(first, last)}  in all: {n / (last[0] - first[0]):.0f} tasks/s of {n}")
    print(f"{since(first, shortcuts)}  of it before the shortcuts")
    print(
        f"{len(record.checks)} checks, {len(record.shortcuts)} shortcuts; "
        f"{len(graph.entities)} entities, {len(graph)} edges"
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"peak memory {peak} MiB, making the data included")
    print(f"Python {platform.python_version()}, numpy {np.__version__}, {platform.machine()}")


if __name__ == "__main__":
    main()
