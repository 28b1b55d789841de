"""Figures of graphs small enough to count by hand."""

from __future__ import annotations

from itertools import pairwise, permutations

from hypothesis import given
from hypothesis import strategies as st

from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
from graphtutor.graph.statistics import Quantiles, RelationStatistics, statistics


def _graph(edges: list[tuple[str, str, str]], extra: tuple[str, ...] = ()) -> KnowledgeGraph:
    names = sorted({name for s, _, d in edges for name in (s, d)} | set(extra))
    return KnowledgeGraph.from_file(
        GraphFile(
            version="1.0",
            domain="demo",
            entities=tuple(Entity(id=n, label=n, type=n[0].lower()) for n in names),
            relations=tuple(Relation(id=r, label=r) for r in sorted({r for _, r, _ in edges})),
            edges=tuple(Edge(src=s, rel=r, dst=d) for s, r, d in edges),
        )
    )


def test_a_small_graph() -> None:
    figures = statistics(
        _graph(
            [("A1", "causes", "B1"), ("A1", "causes", "B2"), ("A2", "causes", "B1"),
             ("B1", "uses", "C1")],
            extra=("D1",),
        )
    )  # fmt: skip
    assert (figures.entities, figures.relations, figures.edges) == (6, 2, 4)
    assert figures.entities_by_type == (("a", 2), ("b", 2), ("c", 1), ("d", 1))
    assert figures.edges_by_relation == (
        RelationStatistics("causes", "causes", 3, 2, 2, 1.5, 2),
        RelationStatistics("uses", "uses", 1, 1, 1, 1.0, 1),
    )
    assert figures.out_degree == Quantiles(0, 0.0, 0.5, 1.0, 2, 0.667)
    assert figures.in_degree == Quantiles(0, 0.0, 0.5, 1.0, 2, 0.667)
    assert figures.walks == (4, 2, 0, 0, 0)
    assert (figures.deep_starts, figures.deep_starts_exact) == (0, True)
    assert figures.isolated == 1


def test_a_walk_that_turns_back_is_no_deep_start() -> None:
    """Between two entities there are walks of any length and no path of five hops."""
    figures = statistics(_graph([("A1", "r", "B1"), ("B1", "r", "A1")]))
    assert figures.walks == (2, 2, 2, 2, 2)
    assert figures.deep_starts == 0


def test_one_deep_path_among_many_walks_is_found() -> None:
    """The hub offers a hundred ways back for the one way on: sampling alone would miss it."""
    chain = [(f"C{n}", "r", f"C{n + 1}") for n in range(5)]
    hub = [("C0", "r", f"H{n}") for n in range(100)] + [(f"H{n}", "r", "C0") for n in range(100)]
    figures = statistics(_graph(chain + hub))
    # C0 itself; every H goes by C0 and then down the chain.
    assert (figures.deep_starts, figures.deep_starts_exact) == (101, True)


def test_an_empty_graph() -> None:
    figures = statistics(_graph([]))
    assert figures.walks == (0, 0, 0, 0, 0)
    assert figures.out_degree == Quantiles(0, 0.0, 0.0, 0.0, 0, 0.0)


@given(st.sets(st.tuples(st.sampled_from("ABCDEFG"), st.sampled_from("ABCDEFG")), max_size=14))
def test_walks_and_deep_starts_are_those_of_brute_force(pairs) -> None:
    figures = statistics(_graph([(s, "r", d) for s, d in sorted(pairs)]))
    ends = list(pairs)
    for walks in figures.walks:
        assert walks == len(ends)
        ends = [(s, e) for s, d in ends for m, e in pairs if m == d]
    starts = {
        path[0]
        for path in permutations("ABCDEFG", 6)
        if all(step in pairs for step in pairwise(path))
    }
    assert figures.deep_starts == len(starts)
    assert figures.deep_starts_exact
