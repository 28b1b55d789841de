"""Figures of hand-made episodes, each worked out on paper."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from graphtutor.evaluation.intervals import wilson
from graphtutor.evaluation.metrics import compare, fact_recall, paired_tests, summarise
from graphtutor.runs.episodes import Episode

Maker = Callable[..., Episode]


def _hops(*verdicts: str) -> list[dict[str, str]]:
    return [{"source": "x", "relation": "r", "target": "y", "verdict": v} for v in verdicts]


def test_summarise_counts_every_figure(episode: Maker) -> None:
    figures = summarise(
        [
            episode("1"),
            episode("2", grounded=False, hops=_hops("true edge", "wrong direction", "true edge")),
            episode("3", answer="B", hop_len=3, tier=2, bridge_recall=0.5),
            episode("4", answer=None, hop_len=3, tier=1, cut=True),
        ]
    )
    assert figures.n == 4
    assert figures.accuracy == 2 / 4
    assert figures.format_rate == 3 / 4
    assert figures.accuracy_given_parse == 2 / 3
    assert figures.grounded_accuracy == 1 / 4
    assert figures.spam_rate == 0
    assert figures.cut_rate == 1 / 4
    assert figures.avg_path_coverage == 3 / 4
    assert figures.avg_total_reward == (1.5 + 1.5 - 2 - 2) / 4
    assert figures.edge_precision == (1 + 2 + 1) / 5  # of claimed triples, not of episodes
    assert figures.bridge_recall == (1 + 1 + 0.5 + 0) / 4
    assert figures.intervals["accuracy"] == wilson(2, 4)
    assert figures.intervals["accuracy_given_parse"] == wilson(2, 3)
    assert figures.intervals["grounded_accuracy"] == wilson(1, 4)
    # One start entity only: the bootstrap has one cluster and knows no spread.
    assert figures.intervals["avg_path_coverage"] == (0.75, 0.75)


def test_relations_are_compared_in_order_and_letters_with_the_last_entity(episode: Maker) -> None:
    def answered(number: str, letter: str | None, *relations: str, end: str = "Mud") -> Episode:
        hops = [
            {"source": "Rain", "relation": name, "target": end, "verdict": "not in the graph"}
            for name in relations
        ]
        options = {"A": "Mud", "B": "Dust"}
        asked = ("wets", "dries")
        return episode(number, answer=letter, hops=hops, options=options, relations=asked)

    figures = summarise(
        [
            answered("1", "A", "wets", "dries"),
            answered("2", "B", "dries", "wets"),
            answered("3", "A", "wets", end="Fog"),  # no option: its letter cannot match
            answered("4", None),
        ]
    )
    assert figures.relation_order == 1 / 4
    assert figures.letter_match == 1 / 2
    assert figures.intervals["letter_match"] == wilson(1, 2)


def test_summarise_tables_by_hop_and_tier(episode: Maker) -> None:
    figures = summarise(
        [
            episode("1", hop_len=10),
            episode("2", hop_len=4, tier=2, grounded=False),
            episode("3", hop_len=4, tier=2, answer="B"),
            episode("4", hop_len=4, tier=1),
        ]
    )
    assert list(figures.by_hop) == ["4", "10"]  # by number, not as text
    assert figures.by_hop["4"].n == 3
    assert figures.by_hop["4"].accuracy == 2 / 3
    assert figures.by_tier["2"].accuracy == 1 / 2
    assert figures.by_tier["2"].grounded_accuracy == 0
    assert figures.by_tier["2"].intervals == {
        "accuracy": wilson(1, 2),
        "grounded_accuracy": wilson(0, 2),
    }
    assert {key: cell.n for key, cell in figures.by_hop_tier.items()} == {
        "4/1": 1,
        "4/2": 2,
        "10/1": 1,
    }


def test_what_is_not_recorded_is_not_zero(episode: Maker) -> None:
    """Episodes of another program have the seed's fields only."""
    bare = {"hop_len": None, "tier": None, "grounded": None, "cut": None, "hops": None}
    figures = summarise([episode("1", answer=None, bridge_recall=None, **bare)])
    assert figures.accuracy == 0
    assert figures.grounded_accuracy is None
    assert figures.accuracy_given_parse is None
    assert figures.edge_precision is None
    assert figures.bridge_recall is None
    assert figures.cut_rate is None
    assert figures.relation_order is None
    assert figures.letter_match is None
    assert (figures.by_hop, figures.by_tier, figures.by_hop_tier) == ({}, {}, {})
    assert "grounded_accuracy" not in figures.intervals


def test_summarise_needs_episodes() -> None:
    with pytest.raises(ValueError, match="no episodes"):
        summarise([])


def test_the_order_of_episodes_changes_nothing(episode: Maker) -> None:
    episodes = [
        episode(
            str(i),
            answer="AB"[i % 2],
            parsed={
                "answer": "AB"[i % 2],
                "valid_format": True,
                "path_entities": (f"s{i % 3}", "y"),
            },
            bridge_recall=i % 4 / 4,
        )
        for i in range(12)
    ]
    assert summarise(episodes) == summarise(episodes[::-1])


def test_compare_pairs_by_task(episode: Maker) -> None:
    before = [episode(str(i), answer="B", phase="base") for i in range(6)]
    after = [episode(str(i)) for i in range(1, 6)] + [episode("only here")]
    accuracy, grounded = compare(before, after)
    assert (accuracy.figure, grounded.figure) == ("accuracy", "grounded_accuracy")
    assert accuracy.against == "base"
    assert (accuracy.n, accuracy.gained, accuracy.lost) == (5, 5, 0)
    assert accuracy.difference == 1.0
    assert accuracy.p_value == 2 / 2**5
    back = compare(after, before)[0]
    assert (back.gained, back.lost, back.difference, back.p_value) == (0, 5, -1.0, 2 / 2**5)


def test_compare_without_common_tasks_or_grounding(episode: Maker) -> None:
    assert compare([episode("1")], [episode("2")]) == []
    found = compare([episode("1", grounded=None)], [episode("1")])
    assert [test.figure for test in found] == ["accuracy"]


def test_paired_tests_take_the_phases_that_were_run(episode: Maker) -> None:
    phases = {
        name: [episode("1", phase=name)]
        for name in ("base", "sft", "sft_more", "rsft_short", "rsft")
    }
    against = [test.against for test in paired_tests(phases, "rsft") if test.figure == "accuracy"]
    assert against == ["sft", "sft_more", "rsft_short"]
    assert [t.against for t in paired_tests(phases, "rsft_short")][::2] == ["sft", "sft_more"]
    assert paired_tests(phases, "base") == ()
    del phases["sft_more"], phases["rsft_short"]
    assert [t.against for t in paired_tests(phases, "rsft")][::2] == ["sft"]


def test_fact_recall_counts_tasks_and_edges(episode: Maker) -> None:
    def fact(ex_id: str, target: str, answer: str) -> Episode:
        parsed = {"answer": answer, "valid_format": True, "path_entities": ["Rain", target]}
        return episode(ex_id, answer=answer, parsed=parsed, relations=["causes"], hop_len=1)

    recall = fact_recall([fact("1", "Mud", "A"), fact("2", "Mud", "B"), fact("3", "Fog", "A")])
    assert (recall.n, recall.edges) == (3, 2)
    assert recall.accuracy == 2 / 3
    assert recall.grounded_accuracy == 2 / 3
    assert recall.intervals["accuracy"] == wilson(2, 3)


def test_fact_recall_refuses_longer_chains(episode: Maker) -> None:
    with pytest.raises(ValueError, match="long is not a 1-hop task"):
        fact_recall([episode("long")])
    with pytest.raises(ValueError, match="no episodes"):
        fact_recall([])
