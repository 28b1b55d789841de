"""The longest stretch of an evaluated chain on a training path, against all pairs of stretches."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from graphtutor.evaluation.seen import by_longest_seen, longest_seen
from graphtutor.runs.episodes import Episode
from graphtutor.tasks.task import Task


def _task(name: str, path: list[int]) -> Task:
    names = [f"E{number}" for number in path]
    edges = [{"src": a, "rel": "r", "dst": b} for a, b in pairwise(names)]
    return Task.model_validate(
        {
            "id": name,
            "split": "eval",
            "hop_len": len(edges),
            "question": "?",
            "options": {"A": "A", "B": "B", "C": "C", "D": "D"},
            "answer_star": "A",
            "path_star": {"entities": names, "edges": edges},
            "prompt": "?",
            "ref": {"trace": ""},
            "meta": {},
        }
    )


PATHS = st.lists(st.integers(0, 3), min_size=2, max_size=6)


@given(st.lists(PATHS, max_size=4), st.lists(PATHS, max_size=4))
def test_it_is_the_longest_common_stretch(asked: list[list[int]], trained: list[list[int]]):
    """As strings: the longest common substring of the two paths' edges."""

    def edges(path: list[int]) -> list[tuple[int, int]]:
        return list(pairwise(path))

    def common(one: list[tuple[int, int]], two: list[tuple[int, int]]) -> int:
        found = 0
        for i in range(len(one)):
            for j in range(len(two)):
                k = 0
                while i + k < len(one) and j + k < len(two) and one[i + k] == two[j + k]:
                    k += 1
                found = max(found, k)
        return found

    tasks = [_task(f"t{i}", path) for i, path in enumerate(asked)]
    training = [_task(f"x{i}", path) for i, path in enumerate(trained)]
    expected = {
        f"t{i}": max((common(edges(path), edges(other)) for other in trained), default=0)
        for i, path in enumerate(asked)
    }
    assert longest_seen(tasks, training) == expected


def test_rates_stand_by_hops_and_stretch(episode: Callable[..., Episode]) -> None:
    """Tasks of one length apart from those of another, and unknown ones nowhere."""
    episodes = [
        episode("a", hop_len=4),
        episode("b", hop_len=4, answer="B", grounded=False),
        episode("c", hop_len=5),
        episode("d", hop_len=5),
    ]
    found = by_longest_seen(episodes, {"a": 3, "b": 3, "c": 2})
    assert {key: (cell.n, cell.accuracy) for key, cell in found.items()} == {
        "4/3": (2, 0.5),
        "5/2": (1, 1.0),
    }
