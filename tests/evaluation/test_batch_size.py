"""The same tasks give the same completions and scores, whatever the batch they are answered in."""

from __future__ import annotations

import pytest

from graphtutor.backends.torch import TorchBackend
from graphtutor.config import EvaluationConfig, ModelConfig, RewardConfig, TasksConfig
from graphtutor.evaluation.evaluate import evaluate
from graphtutor.evaluation.probes import ask, probe_variants
from graphtutor.graph.load import load_graph
from graphtutor.reward.profiles import Scorer
from graphtutor.runs.episodes import Episode
from graphtutor.tasks.generate import generate_splits

TASKS = 22


@pytest.fixture(scope="module")
def answered() -> dict[int, tuple[list[Episode], list[Episode]]]:
    """Greedy answers and samples of the embedded model, by batch size."""
    graph = load_graph("software_troubleshooting")
    sizes = {"train_two_hop": 0, "train_three_hop": 0, "train_long": 0, "dev": 0, "search": 0}
    tasks = generate_splits(graph, TasksConfig(eval=TASKS // 2, train_one_hop=1, **sizes))["eval"]
    scorer, model = Scorer(graph, RewardConfig()), TorchBackend().load(ModelConfig())
    found: dict[int, tuple[list[Episode], list[Episode]]] = {}
    for size in (1, 5, TASKS):
        config = EvaluationConfig(batch_size=size, max_new_tokens=24, samples=2, temperature=0.1)
        greedy = evaluate(model, tasks, scorer, "base", 0, config)
        variants = probe_variants("samples", tasks, graph)
        found[size] = greedy, ask(model, variants, scorer, "base", 0, config, seed=0)
    return found


def _timeless(episodes: list[Episode]) -> list[Episode]:
    return [episode.model_copy(update={"seconds": None}) for episode in episodes]


def test_greedy_answers_do_not_depend_on_the_batch(
    answered: dict[int, tuple[list[Episode], list[Episode]]],
) -> None:
    """Prompts differ in length, so a batch pads them; a batch of one does not."""
    alone, some, all_ = (_timeless(answered[size][0]) for size in (1, 5, TASKS))
    assert len({len(episode.prompt) for episode in alone}) > 5
    assert len({episode.completion for episode in alone}) > 5
    assert alone == some == all_


def test_samples_do_not_depend_on_the_batch(
    answered: dict[int, tuple[list[Episode], list[Episode]]],
) -> None:
    """A sample's random stream is its prompt's own.

    At a low temperature: this model is untrained, and between thousands of tokens of nearly one
    chance a draw may fall on either side of a border that moves with the rounding of a product.
    """
    alone, some, all_ = (_timeless(answered[size][1]) for size in (1, 5, TASKS))
    assert len(alone) == 2 * TASKS
    pairs = zip(alone[::2], alone[1::2], strict=True)
    assert any(one.completion != two.completion for one, two in pairs)
    assert alone == some == all_
