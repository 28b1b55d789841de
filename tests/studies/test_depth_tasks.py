"""The tasks of the depth study: quotas, what is kept apart, and that nano can read and write them.

Overlaps are recomputed here from the records alone, not by the code that avoids them.
"""

from __future__ import annotations

from collections import Counter

import pytest

from graphtutor.config import EvaluationConfig, ModelConfig
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.load import load_graph
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
from graphtutor.studies.depth_tasks import (
    EVALUATED_HOPS,
    TRAINED_DEPTHS,
    TRAINED_HOPS,
    depth_shortfalls,
    depth_splits,
    trained_to,
)
from graphtutor.tasks.candidates import usable_edges
from graphtutor.tasks.checks import check_splits, check_task
from graphtutor.tasks.task import LETTERS, Task

Splits = dict[str, list[Task]]
Triple = tuple[str, str, str]

EVALUATED, PER_HOP = 41, 150


def triples(task: Task) -> tuple[Triple, ...]:
    return tuple((edge.src, edge.rel, edge.dst) for edge in task.path_star.edges)


@pytest.fixture(scope="module")
def graph() -> KnowledgeGraph:
    return load_graph("software_troubleshooting")


@pytest.fixture(scope="module")
def splits(graph: KnowledgeGraph) -> Splits:
    return depth_splits(graph, evaluated=EVALUATED, train_per_hop=PER_HOP)


def test_quotas_are_met_and_tiers_are_halved(graph: KnowledgeGraph, splits: Splits) -> None:
    """41 evaluated tasks are 21 determined ones and 20 with two to four answers."""
    cells = Counter((task.hop_len, task.meta.tier) for task in splits["eval"])
    assert cells == {(hops, tier): 22 - tier for hops in EVALUATED_HOPS for tier in (1, 2)}
    lengths = Counter(task.hop_len for task in splits["train"])
    assert lengths.pop(1) == 2 * int(usable_edges(graph).sum())
    assert lengths == dict.fromkeys(TRAINED_HOPS, PER_HOP)
    assert all((task.meta.answer_set_size or 9) <= 4 for task in splits["train"])
    asked = {"evaluated": EVALUATED, "train_per_hop": PER_HOP}
    assert depth_shortfalls(splits, **asked) == []


def test_every_task_passes_every_check(graph: KnowledgeGraph, splits: Splits) -> None:
    """The evaluation is held to the strict rules: one chain, no shorter way."""
    assert [p for tasks in splits.values() for task in tasks for p in check_task(graph, task)] == []
    assert check_splits(splits) == []
    for task in splits["eval"]:
        assert task.meta.unique_path
        assert task.meta.shortest_distance == task.hop_len


def test_no_training_task_shares_a_question_or_a_pair(splits: Splits) -> None:
    """Of any length: the same two ends are the same answer, however they are asked for."""
    longer = [task for task in splits["train"] if task.hop_len > 1]
    questions = {(task.start, task.chain) for task in splits["eval"]}
    pairs = {(task.start, task.answer) for task in splits["eval"]}
    assert len(questions) == len(splits["eval"])
    assert not questions & {(task.start, task.chain) for task in longer}
    assert not pairs & {(task.start, task.answer) for task in splits["train"]}
    texts = {task.question for task in splits["train"]}
    assert not texts & {task.question for task in splits["eval"]}


def test_no_training_path_contains_an_evaluated_one(splits: Splits) -> None:
    """Or the model trained on 5 hops would have read the 2-hop chains that it is asked for."""
    evaluated = {triples(task) for task in splits["eval"]}
    for task in splits["train"]:
        path = triples(task)
        parts = {path[i:j] for i in range(len(path)) for j in range(i + 2, len(path) + 1)}
        assert not parts & evaluated


def test_every_evaluated_edge_is_taught_alone(splits: Splits) -> None:
    taught = {triples(task)[0] for task in splits["train"] if task.hop_len == 1}
    assert {edge for task in splits["eval"] for edge in triples(task)} <= taught


def test_depths_are_nested(splits: Splits) -> None:
    """Every depth has the single edges; a deeper one only adds."""
    cut = {depth: trained_to(splits["train"], depth) for depth in TRAINED_DEPTHS}
    assert {max(task.hop_len for task in tasks) for tasks in cut.values()} == {*TRAINED_DEPTHS}
    sizes = [len(cut[depth]) for depth in TRAINED_DEPTHS]
    assert [size - sizes[0] for size in sizes] == [0, PER_HOP, 2 * PER_HOP, 4 * PER_HOP]


def test_letters_are_balanced_by_hop_length(splits: Splits) -> None:
    for tasks in splits.values():
        for hops in {task.hop_len for task in tasks}:
            counts = Counter(task.answer_star for task in tasks if task.hop_len == hops)
            assert max(counts.values()) - min(counts[letter] for letter in LETTERS) <= 1


def test_starts_and_answers_are_spread(splits: Splits) -> None:
    """41 tasks of 8 hops from 260 entities: no hub takes them all."""
    for hops in EVALUATED_HOPS:
        tasks = [task for task in splits["eval"] if task.hop_len == hops]
        assert max(Counter(task.start for task in tasks).values()) <= 5
        assert max(Counter(task.answer for task in tasks).values()) <= 8


def test_same_seed_same_tasks_and_other_seed_others(graph: KnowledgeGraph, splits: Splits) -> None:
    again = depth_splits(graph, evaluated=EVALUATED, train_per_hop=PER_HOP)
    assert again == splits
    other = depth_splits(graph, evaluated=EVALUATED, train_per_hop=PER_HOP, seed=1)
    ours, theirs = ({task.key for task in made["eval"]} for made in (splits, other))
    assert len(ours & theirs) <= 5
    assert check_splits(other) == []


def chain_graph(length: int, rows: int = 30) -> KnowledgeGraph:
    """Disjoint chains of ``length`` edges: every answer is determined."""
    names = [[f"N{row:02d}{place}" for place in range(length + 1)] for row in range(rows)]
    return KnowledgeGraph.from_file(
        GraphFile(
            version="1.0",
            domain="chains",
            entities=tuple(Entity(id=n, label=n, type="t") for row in names for n in row),
            relations=(Relation(id="next", label="precedes"),),
            edges=tuple(
                Edge(src=row[n], rel="next", dst=row[n + 1]) for row in names for n in range(length)
            ),
        )
    )


def test_one_tier_makes_up_for_the_other() -> None:
    """Without branching all tasks are determined, and there are as many as asked for."""
    graph = chain_graph(8)
    splits = depth_splits(graph, evaluated=10, train_per_hop=5)
    assert Counter(task.hop_len for task in splits["eval"]) == dict.fromkeys(EVALUATED_HOPS, 10)
    assert {task.meta.tier for task in splits["eval"]} == {1}
    assert [p for tasks in splits.values() for task in tasks for p in check_task(graph, task)] == []
    assert check_splits(splits) == []


def test_a_shallow_graph_gives_what_it_has() -> None:
    """Chains of 3 edges hold 60 questions of two hops and 30 of three; the rest is said."""
    splits = depth_splits(chain_graph(3), evaluated=20, train_per_hop=20)
    assert {task.hop_len for task in splits["eval"]} == {2, 3}
    lines = depth_shortfalls(splits, evaluated=20, train_per_hop=20)
    assert "eval: 0 of 20 tasks of 4 hops" in lines
    assert "train: 0 of 20 tasks of 5 hops" in lines
    nothing = depth_splits(chain_graph(1), evaluated=20, train_per_hop=20)
    assert nothing["eval"] == []
    assert {task.hop_len for task in nothing["train"]} == {1}


def test_nano_reads_and_writes_eight_hops(splits: Splits) -> None:
    """The longest prompt fits the window with the limit that completions have by default."""
    pytest.importorskip("torch")
    from graphtutor.backends.torch import TorchBackend

    model = TorchBackend().load(ModelConfig(name="nano", device="cpu", threads=1))
    limit = EvaluationConfig().max_new_tokens
    examples = [model.encode(t.prompt, t.ref.trace) for t in splits["eval"] if t.hop_len == 8]
    # Names that the model may write by mistake are longer or shorter: a fifth is left for them.
    assert max(sum(example.mask) for example in examples) <= 0.8 * limit
    prompts = [example.mask.index(True) for example in examples]
    assert max(prompts) + limit <= model.window()
