"""Models that do not reason, and one that cannot fail, score in every figure as theory says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from graphtutor.completion.completion import Completion, Generator, Prompt, Sampling
from graphtutor.config import EvaluationConfig, RewardConfig, TasksConfig
from graphtutor.evaluation.composition import composition_gap
from graphtutor.evaluation.evaluate import evaluate
from graphtutor.evaluation.metrics import compare, fact_recall, summarise
from graphtutor.evaluation.oracle import GraphOracle
from graphtutor.evaluation.probe_metrics import rotation_metrics, sample_metrics, variant_metrics
from graphtutor.evaluation.probes import ask, probe_variants
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.load import load_graph
from graphtutor.reward.profiles import Scorer
from graphtutor.runs.episodes import Episode
from graphtutor.runs.metrics import PhaseMetrics
from graphtutor.tasks.distractors import linked
from graphtutor.tasks.generate import generate_splits
from graphtutor.tasks.task import LETTERS, Task

CONFIG = EvaluationConfig(samples=4, batch_size=50)
N = 240


@dataclass(frozen=True)
class World:
    """The bundled graph, tasks of eval, and one 1-hop task of each edge they use."""

    graph: KnowledgeGraph
    scorer: Scorer
    tasks: list[Task]
    facts: list[Task]


@pytest.fixture(scope="module")
def world() -> World:
    """120 tasks of 4 and of 5 hops."""
    graph = load_graph("software_troubleshooting")
    sizes = {"train_two_hop": 0, "train_three_hop": 0, "train_long": 0, "dev": 0, "search": 0}
    splits = generate_splits(graph, TasksConfig(eval=N // 2, train_one_hop=1, **sizes))
    used = {(e.src, e.rel, e.dst) for task in splits["eval"] for e in task.path_star.edges}
    one = {(e.src, e.rel, e.dst): t for t in splits["train"] for e in t.path_star.edges}
    return World(
        graph,
        Scorer(graph, RewardConfig()),
        splits["eval"],
        [task for edge, task in one.items() if edge in used],
    )


class Says:
    """Answers each prompt with what a function makes of it."""

    def __init__(self, answer: Callable[[str], str]) -> None:
        self.answer = answer

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        on_done: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        del on_done
        texts = [self.answer(prompt.text) for prompt in prompts]
        return [[Completion(text, len(text), False)] * sampling.n for text in texts]


def _options(prompt: str) -> list[str]:
    return [line[3:] for line in prompt.splitlines() if line[:3] in ("A) ", "B) ", "C) ", "D) ")]


def _most_central(graph: KnowledgeGraph) -> Says:
    """Pick the option with the most other options within two hops; a tie goes by name."""

    def answer(prompt: str) -> str:
        names = _options(prompt)
        links = linked(graph, np.array([graph.entity_index[name] for name in names]))
        best = max(range(4), key=lambda i: (int(links[i].sum()), names[i]))
        return f"TRACE: It is in the middle.\nANSWER: {LETTERS[best]}"

    return Says(answer)


@dataclass(frozen=True)
class Figures:
    """Everything that is computed of a model."""

    phase: PhaseMetrics
    episodes: list[Episode]


def _figures(model: Generator, facts: Generator, world: World) -> Figures:
    plain = evaluate(model, world.tasks, world.scorer, "sft", 0, CONFIG)
    known = evaluate(facts, world.facts, world.scorer, "sft", 0, CONFIG)

    def asked(probe: str, answerer: Generator = model) -> list[Episode]:
        variants = probe_variants(probe, world.tasks, world.graph)  # type: ignore[arg-type]
        if isinstance(answerer, GraphOracle):
            answerer = GraphOracle(world.graph, [task for _, task in variants])
        return ask(answerer, variants, world.scorer, "sft", 0, CONFIG, seed=0)

    further = {
        "rotation": rotation_metrics(plain, asked("rotation")),
        "wording": {
            name: variant_metrics(plain, [e for e in asked("wording") if e.probe == name])
            for name in ("wording/consider", "wording/outcome")
        },
        "retrieval": variant_metrics(plain, asked("retrieval")),
        "samples": sample_metrics(asked("samples")),
        "composition": composition_gap(plain, known),
        "fact_recall": fact_recall(known),
    }
    return Figures(summarise(plain).model_copy(update=further), plain)


def test_the_graph_oracle_is_right_in_every_figure(world: World) -> None:
    """If it is not, the tasks or the scoring are wrong: nothing else can be."""
    oracle = GraphOracle(world.graph, world.tasks)
    found = _figures(oracle, GraphOracle(world.graph, world.facts), world).phase
    ones = ("accuracy", "format_rate", "accuracy_given_parse", "grounded_accuracy")
    ones += ("edge_precision", "bridge_recall", "relation_order", "letter_match")
    ones += ("avg_path_coverage",)
    # Tier 2 may be answered over other bridges than the reference's: only what names them is less.
    free = {"bridge_recall", "avg_path_coverage"}
    assert {name: getattr(found, name) for name in ones if name not in free} == dict.fromkeys(
        [name for name in ones if name not in free], 1.0
    )
    assert found.bridge_recall == found.avg_path_coverage == 1.0  # the chain is unique in eval
    assert (found.spam_rate, found.avg_total_reward) == (0.0, 1.5)
    assert found.rotation
    assert (found.rotation.accuracy, found.rotation.consistency) == (1.0, 1.0)
    assert found.rotation.recall == dict.fromkeys("ABCD", 1.0)
    for variant in (*found.wording.values(), found.retrieval):
        assert variant
        assert (variant.n, variant.accuracy, variant.grounded_accuracy) == (N, 1.0, 1.0)
        assert [test.p_value for test in variant.paired] == [1.0, 1.0]
    assert found.samples
    assert found.samples.grounded == {"1": 1.0, "2": 1.0, "4": 1.0}
    assert {gap.gap for gap in found.composition.values()} == {0.0}
    assert {gap.of_known for gap in found.composition.values()} == {1.0}


def test_always_c_is_right_in_exactly_a_quarter(world: World) -> None:
    """Letters are balanced, so a fixed letter has 25 %, wherever the right option stands."""
    always = Says(lambda prompt: "TRACE: It is C.\nANSWER: C")
    found = _figures(always, always, world).phase
    assert (found.accuracy, found.format_rate, found.accuracy_given_parse) == (0.25, 1.0, 0.25)
    assert (found.grounded_accuracy, found.bridge_recall, found.avg_path_coverage) == (0, 0, 0)
    assert (found.edge_precision, found.letter_match) == (None, None)
    assert found.avg_total_reward == 0.25 * 1 + 0.75 * -2
    assert found.rotation
    assert (found.rotation.accuracy, found.rotation.consistency) == (0.25, 0.0)
    assert found.rotation.recall == {"A": 0, "B": 0, "C": 1, "D": 0}
    assert [asked.accuracy for asked in found.wording.values()] == [0.25, 0.25]
    assert found.samples
    assert found.samples.right == {"1": 0.25, "2": 0.25, "4": 0.25}
    assert found.samples.guess == {"1": 0.25, "2": 0.4375, "4": 1 - 0.75**4}
    assert found.fact_recall
    assert found.fact_recall.grounded_accuracy == 0.0
    assert {(gap.known, gap.gap, gap.n_known) for gap in found.composition.values()} == {(0, 0, 0)}


def test_the_most_central_option_is_no_better_than_chance(world: World) -> None:
    """And it does not care for letters: what it gets right it gets right at all four."""
    central = _most_central(world.graph)
    found = _figures(central, central, world).phase
    low, high = found.intervals["accuracy"]
    assert low < 0.25 < high
    assert (found.format_rate, found.grounded_accuracy) == (1.0, 0.0)
    assert found.rotation
    assert found.rotation.accuracy == found.rotation.consistency == found.accuracy
    assert set(found.rotation.recall.values()) == {found.accuracy}
    assert found.retrieval
    variants = [*found.wording.values(), found.retrieval]
    assert [asked.accuracy for asked in variants] == [found.accuracy] * 3
    assert all(test.p_value == 1 for asked in variants for test in asked.paired)
    assert found.samples
    assert set(found.samples.right.values()) == {found.accuracy}


def test_repeating_the_question_earns_nothing(world: World) -> None:
    """Without the format it is an invalid answer; with it, only the start counts as covered."""
    echo = Says(lambda prompt: prompt)
    found = _figures(echo, echo, world).phase
    assert (found.accuracy, found.format_rate, found.accuracy_given_parse) == (0, 0, None)
    assert (found.grounded_accuracy, found.avg_path_coverage) == (0, 0)
    assert found.avg_total_reward == -2.0
    assert found.rotation
    assert (found.rotation.accuracy, found.rotation.consistency) == (0, 0)

    def question(prompt: str) -> str:
        return prompt.partition("Question: ")[2].splitlines()[0]

    formatted = Says(lambda prompt: f"TRACE: {question(prompt)}\nANSWER: A")
    found = _figures(formatted, formatted, world).phase
    assert (found.accuracy, found.grounded_accuracy, found.bridge_recall) == (0.25, 0, 0)
    # Of the 5 or 6 entities on a path it names one, the start.
    assert found.avg_path_coverage == pytest.approx((1 / 5 + 1 / 6) / 2)


def test_the_oracle_beats_always_c_where_c_is_wrong(world: World) -> None:
    """The paired test counts exactly the three quarters that differ."""
    always = Says(lambda prompt: "TRACE: It is C.\nANSWER: C")
    before = evaluate(always, world.tasks, world.scorer, "base", 0, CONFIG)
    oracle = GraphOracle(world.graph, world.tasks)
    after = evaluate(oracle, world.tasks, world.scorer, "sft", 0, CONFIG)
    right, grounded = compare(before, after)
    assert (right.gained, right.lost, right.difference) == (N * 3 // 4, 0, 0.75)
    assert (grounded.gained, grounded.lost) == (N, 0)
    assert right.p_value < 1e-50
