"""Generate tasks from real graphs and try every shortcut on them.

    python benchmarks/audit_real_graphs.py GRAPH [GRAPH ...] [--inverse] [--all]
        [--eval 1000] [--seeds 1]

For each graph file or folder: how many tasks per hop length fit, how long it took, how many tasks
are left out so that the gates hold, which gates fail, and every guesser on an evaluated file
outside 0.2-0.3. With --inverse every edge is also told from its other end; with --all no task is
left out, and the gates show what the graph itself gives away. The exit status is 1 when a gate
fails.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from graphtutor.audit.audit import option_tables
from graphtutor.audit.dataset import dataset_of
from graphtutor.audit.facts import graph_facts
from graphtutor.audit.record import AuditTask
from graphtutor.audit.selection import fair_splits
from graphtutor.audit.shortcuts import shortcuts
from graphtutor.config import TasksConfig
from graphtutor.graph.inverse import with_inverses
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.load import bundled_names, load_graph, read_graph
from graphtutor.runs.audit import Shortcut
from graphtutor.tasks.fitting import fitting_config, for_size
from graphtutor.tasks.generate import generate_splits
from graphtutor.tasks.task import Task
from graphtutor.tasks.wording import phrase_of

EVALUATED = ("dev", "eval", "eval_search")


def graph_of(source: str, inverse: bool) -> KnowledgeGraph:
    """Load a bundled graph by name, or any file or folder that ``graphtutor init`` takes."""
    if source in bundled_names():
        return load_graph(source)
    file, _ = read_graph(Path(source))
    if inverse:
        KnowledgeGraph.from_file(file, source)
        file, _ = with_inverses(file, phrase_of)
    return KnowledgeGraph.from_file(file, source)


def audited(graph: KnowledgeGraph, splits: Mapping[str, Sequence[Task]]) -> list[Shortcut]:
    """Try every shortcut on the files, as ``graphtutor audit`` does."""
    dataset = dataset_of(
        [
            (
                name,
                "evaluated" if name in EVALUATED else "train",
                str(number),
                [AuditTask.model_validate(task.model_dump()) for task in tasks],
            )
            for number, (name, tasks) in enumerate(splits.items())
        ]
    )
    facts = graph_facts(dataset, graph)
    train, evaluated = (option_tables(dataset, facts, role) for role in ("train", "evaluated"))
    return shortcuts(train, evaluated, graph)


def show(found: Sequence[Shortcut]) -> int:
    """Print what is worth reading; return the number of gates that fail."""
    shown = [item for item in found if item.file in EVALUATED and item.accuracy is not None]
    for item in shown:
        assert item.accuracy is not None
        assert item.interval is not None
        if item.passed is False or not 0.2 <= item.accuracy <= 0.3:
            verdict = {False: "FAIL", True: "ok", None: "told"}[item.passed]
            low, high = item.interval
            print(
                f"  {verdict:4} {item.file:11} {item.name:26} {item.accuracy:.3f} "
                f"[{low:.3f}, {high:.3f}] n={item.n}"
            )
    gates = sum(item.passed is not None for item in shown)
    failed = sum(item.passed is False for item in shown)
    print(f"  {failed} of {gates} gates fail", flush=True)
    return failed


def look_at(source: str, inverse: bool, wanted: TasksConfig, every: bool) -> int:
    """Generate, audit and print one graph at one seed; return the number of gates that fail."""
    graph = graph_of(source, inverse)
    config = fitting_config(graph, wanted)
    size = f"{len(graph.entities)} entities, {len(graph)} edges"
    name = f"{Path(source).stem}{' with inverses' if inverse else ''}, seed {wanted.seed}"
    if config is None:
        print(f"{name} ({size}): no chains to evaluate on")
        return 0
    config, _ = for_size(config, len(graph))
    begun = time.perf_counter()
    splits = generate_splits(graph, config)
    made = time.perf_counter()
    fair = splits if every else fair_splits(graph, splits, EVALUATED)
    chosen = time.perf_counter()
    found = audited(graph, fair)
    done = time.perf_counter()
    count = sum(len(tasks) for tasks in splits.values())
    kept = ", ".join(f"{n} {len(fair[n])} of {len(splits[n])}" for n in EVALUATED)
    print(
        f"{name} ({size}): {count} tasks, made in {made - begun:.1f} s, chosen in "
        f"{chosen - made:.1f} s, audited in {done - chosen:.1f} s; kept {kept}"
    )
    return show(found)


def main() -> int:
    """Read the command line and look at every graph."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("graphs", nargs="+", help="bundled names, graph files or folders")
    parser.add_argument("--inverse", action="store_true", help="tell edges from both ends")
    parser.add_argument("--all", action="store_true", help="leave no task out")
    parser.add_argument("--eval", type=int, default=1000, help="eval tasks per hop length")
    parser.add_argument("--seeds", type=int, default=1, help="seeds 0 to this minus 1")
    options = parser.parse_args()
    failed = 0
    for source in options.graphs:
        for seed in range(options.seeds):
            wanted = TasksConfig(eval=options.eval, seed=seed)
            failed += look_at(source, options.inverse, wanted, options.all)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
