"""Evaluation end to end on a three-entity graph with a model that answers from a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from graphtutor.completion.completion import Completion, Prompt, Sampling
from graphtutor.config import EvaluationConfig, RewardConfig
from graphtutor.evaluation.evaluate import evaluate
from graphtutor.evaluation.metrics import summarise
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.records import GraphFile
from graphtutor.reward.profiles import Scorer
from graphtutor.runs.episodes import Episode
from graphtutor.tasks.task import Task

GRAPH = KnowledgeGraph.from_file(
    GraphFile.model_validate(
        {
            "version": "1.0",
            "domain": "weather",
            "entities": [
                {"id": name, "label": name, "type": "event"}
                for name in ("Rain", "Flood", "Mud", "Fog", "Ice", "Heat")
            ],
            "relations": [{"id": "causes", "label": "causes"}],
            "edges": [
                {"src": "Rain", "rel": "causes", "dst": "Flood"},
                {"src": "Flood", "rel": "causes", "dst": "Mud"},
            ],
        }
    )
)
GOOD = "TRACE: Rain causes Flood, which causes Mud.\nANSWER: B"
BACKWARDS = "TRACE: Rain causes Flood, which causes Mud. Mud causes Flood.\nANSWER: B"
WRONG = "TRACE: Rain causes Fog.\nANSWER: A"


def _task(number: int) -> Task:
    return Task.model_validate(
        {
            "id": f"ev_{number}",
            "split": "eval",
            "hop_len": 2,
            "question": "Rain causes an event that causes an event. Which event is it?",
            "options": {"A": "Fog", "B": "Mud", "C": "Ice", "D": "Heat"},
            "answer_star": "B",
            "path_star": {
                "entities": ["Rain", "Flood", "Mud"],
                "edges": [
                    {"src": "Rain", "rel": "causes", "dst": "Flood"},
                    {"src": "Flood", "rel": "causes", "dst": "Mud"},
                ],
            },
            "prompt": f"Question: number {number}",
            "ref": {"trace": GOOD},
            "meta": {"tier": 1, "answer_set_size": 1, "relations": ["causes", "causes"]},
        }
    )


class Table:
    """Answers prompts from a table and notes how it was asked."""

    def __init__(self, answers: dict[str, str]) -> None:
        self.answers = answers
        self.batches: list[list[str]] = []
        self.samplings: set[Sampling] = set()

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        on_done: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        self.batches.append([prompt.key for prompt in prompts])
        self.samplings.add(sampling)
        if on_done:
            on_done(len(prompts))
        return [
            [Completion(self.answers.get(prompt.text[-1], ""), 12, False, 0.1234567)]
            for prompt in prompts
        ]


@pytest.fixture
def model() -> Table:
    return Table({"0": GOOD, "1": BACKWARDS, "2": WRONG, "4": "\ud800" + GOOD})


def _evaluate(model: Table, **config: int) -> tuple[list[Episode], list[int]]:
    done: list[int] = []
    tasks = [_task(number) for number in range(5)]
    scorer = Scorer(GRAPH, RewardConfig())
    settings = EvaluationConfig.model_validate(config)
    return evaluate(model, tasks, scorer, "sft", 40, settings, done.append), done


def test_episodes_come_in_order_with_all_fields(model: Table) -> None:
    episodes, _ = _evaluate(model)
    assert [e.ex_id for e in episodes] == ["ev_0", "ev_1", "ev_2", "ev_3", "ev_4"]
    assert [e.right for e in episodes] == [True, True, False, False, False]
    assert [e.grounded for e in episodes] == [True, False, False, False, False]
    first = episodes[0]
    assert (first.phase, first.step, first.split) == ("sft", 40, "eval")
    assert first.parsed.trace_entities == ("Rain", "Flood", "Mud")
    assert first.parsed.path_entities == ("Rain", "Flood", "Mud")
    assert first.reward.total == 1.5
    assert first.debug is not None
    assert first.debug.hits == 3
    assert first.options == {"A": "Fog", "B": "Mud", "C": "Ice", "D": "Heat"}
    assert (first.tier, first.answer_set_size, first.tokens) == (1, 1, 12)
    assert first.seconds == 0.123457
    assert [h.verdict for h in episodes[1].hops or ()][-1] == "wrong direction"
    assert [h.verdict for h in episodes[2].hops or ()] == ["not in the graph"]
    empty = episodes[3]
    assert empty.parsed.answer is None
    assert not empty.parsed.valid_format
    assert empty.reward.total == -2.0
    assert empty.hops == ()
    assert episodes[4].completion.startswith("?TRACE")


def test_batches_change_the_calls_but_no_result(model: Table) -> None:
    whole, _ = _evaluate(model)
    parts, done = _evaluate(model, batch_size=2)
    assert whole == parts
    assert model.batches[1:] == [["ev_0", "ev_1"], ["ev_2", "ev_3"], ["ev_4"]]
    assert done == [2, 2, 1]


def test_decoding_is_greedy_and_once(model: Table) -> None:
    _evaluate(model, max_new_tokens=77)
    assert model.samplings == {Sampling(n=1, temperature=0.0, max_new_tokens=77)}


def test_limit_takes_the_first_tasks(model: Table) -> None:
    assert [e.ex_id for e in _evaluate(model, limit=2)[0]] == ["ev_0", "ev_1"]


def test_figures_of_the_evaluation(model: Table) -> None:
    figures = summarise(_evaluate(model)[0])
    assert (figures.accuracy, figures.grounded_accuracy, figures.format_rate) == (0.4, 0.2, 0.6)
    assert figures.edge_precision == (2 + 2 + 0) / (2 + 3 + 1)
    assert figures.bridge_recall == 2 / 5
