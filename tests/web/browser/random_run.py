"""A run of random episodes on the bundled graph: chains of one to five hops, traces true and false.

The same seed gives the same run. Nothing of it comes from a model: a trace is a row of statements,
each an edge of the graph, an edge with another end, or a list of names.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from tests.web.browser.runs import write_lines

from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.load import load_graph
from graphtutor.tasks.wording import phrase_of
from graphtutor.web.graph_view import GraphView

__all__ = ["EPISODES", "GRAPH", "RANDOM", "make_random_run"]

GRAPH = "software_troubleshooting"
RANDOM = "random"
EPISODES, SEED = 500, 20_261_121

Edge = tuple[str, str, str]


def make_random_run(root: Path) -> None:
    """Write the run called ``random``."""
    graph = load_graph(GRAPH)
    view = GraphView.of(graph)
    draw = random.Random(SEED)
    edges = _edges(graph)
    folder = root / RANDOM
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(f"graph: {GRAPH}\n", "utf-8")
    records = [_record(f"eval_{n:06d}", view, edges, draw) for n in range(EPISODES)]
    write_lines(folder / "episodes.jsonl", records)


def _edges(graph: KnowledgeGraph) -> dict[str, list[Edge]]:
    """The edges of the graph by source."""
    found: dict[str, list[Edge]] = {entity.id: [] for entity in graph.entities}
    for edge in graph.to_file().edges:
        found[edge.src].append((edge.src, edge.rel, edge.dst))
    return found


def _chain(edges: dict[str, list[Edge]], hops: int, draw: random.Random) -> list[Edge]:
    """A chain of ``hops`` edges through different entities."""
    while True:
        here = draw.choice(sorted(edges))
        chain: list[Edge] = []
        seen = {here}
        while len(chain) < hops:
            ways = [edge for edge in edges[here] if edge[2] not in seen]
            if not ways:
                break
            chain.append(draw.choice(ways))
            here = chain[-1][2]
            seen.add(here)
        if len(chain) == hops:
            return chain


def _trace(
    chain: list[Edge], view: GraphView, edges: dict[str, list[Edge]], draw: random.Random
) -> str:
    names = sorted(edges)
    said: list[str] = []
    here = chain[0][0]
    for _ in range(draw.choice([0, 1, 2, 3, 5, 8, 12])):
        way = draw.random()
        if way < 0.15:
            said.append(", ".join(draw.sample(names, draw.randint(1, 3))))
            continue
        ahead = [edge for edge in chain if edge[0] == here] or edges[here]
        source, relation, target = draw.choice(ahead or edges[chain[0][0]])
        if way > 0.7:
            target = draw.choice(names)
        said.append(f"{source} {view.phrase(relation)} {target}")
        here = target if draw.random() < 0.7 else draw.choice(names)
    return ". ".join(said)


def _record(
    ex_id: str, view: GraphView, edges: dict[str, list[Edge]], draw: random.Random
) -> dict[str, Any]:
    chain = _chain(edges, draw.randint(1, 5), draw)
    path = [chain[0][0], *(edge[2] for edge in chain)]
    others = draw.sample([name for name in sorted(edges) if name not in path], 3)
    letters = dict(zip(draw.sample("ABCD", 4), [path[-1], *others], strict=True))
    star = next(letter for letter, name in letters.items() if name == path[-1])
    answer = draw.choice([star, star, *"ABCD"])
    trace = _trace(chain, view, edges, draw)
    named = list(dict.fromkeys(one.entity for one in view.matcher.find(trace)))
    claims = view.claims(trace)
    relations = {relation.id: phrase_of(relation) for relation in view.graph.relations}
    asked = ", which ".join(f"{relations[relation]} something" for _, relation, _ in chain)
    options = {letter: letters[letter] for letter in "ABCD"}
    listed = "\n".join(f"{letter}) {name}" for letter, name in options.items())
    coverage = len(set(named) & set(path)) / len(path)
    right = 1.0 if answer == star else -2.0
    return {
        "phase": "rsft",
        "step": 0,
        "ex_id": ex_id,
        "split": "eval",
        "prompt": f"Question: {path[0]} {asked}. Which is it?\n{listed}\n",
        "completion": f"TRACE: {trace}\nANSWER: {answer}",
        "parsed": {
            "answer": answer,
            "trace_text": trace,
            "trace_entities": named,
            "path_entities": path,
            "valid_format": True,
        },
        "reward": {
            "correctness": right,
            "path_coverage": coverage,
            "path_reward": coverage,
            "spam_penalty": 0.0,
            "total": right + 0.5 * coverage,
        },
        "answer_star": star,
        "options": options,
        "hop_len": len(chain),
        "relations": [relation for _, relation, _ in chain],
        "hops": [
            {
                "source": one.source,
                "relation": one.relation,
                "target": one.target,
                "verdict": one.verdict,
                "text": one.text,
            }
            for one in claims
        ],
    }
