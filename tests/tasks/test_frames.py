"""Free wordings: many, checkable by their names, and nothing in them that is held out."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.tasks.checks import check_task
from graphtutor.tasks.frames import draw_frame, frame_question, is_frame
from graphtutor.tasks.generate import generate_splits
from graphtutor.tasks.task import Task
from graphtutor.tasks.wording import HELD_OUT_TEMPLATES, TEMPLATES, question

from .conftest import SMALL

PHRASES = ["runs by", "is held to", "opens"]
NOUNS = ["river", "apple", "stone"]


@given(st.integers(0, 1 << 32), st.integers(1, 3))
def test_a_frame_names_start_relations_and_what_is_asked_for(seed: int, hops: int) -> None:
    """The relations in order, the types behind them, no double spaces, a mark at the end."""
    frame = draw_frame(np.random.default_rng(seed))
    asked = frame_question("BlueGarden", PHRASES[:hops], NOUNS[:hops], frame)
    assert is_frame(frame)
    assert "BlueGarden" in asked
    pairs = zip(PHRASES[:hops], NOUNS[:hops], strict=True)
    assert re.search(".*".join(rf"\b{phrase} (\w+ )?{noun}\b" for phrase, noun in pairs), asked)
    assert "  " not in asked
    assert asked[-1] in ".?"


def test_hardly_two_frames_are_alike() -> None:
    """A thousand draws: what repeats is chance."""
    stream = np.random.default_rng(0)
    asked = {frame_question("S", PHRASES, NOUNS, draw_frame(stream)) for _ in range(1000)}
    assert len(asked) > 950


def test_nothing_of_the_held_out_templates_is_in_them() -> None:
    """Neither their lead, nor their joints, nor their close; they measure what is new."""
    stream = np.random.default_rng(1)
    asked = " ".join(frame_question("S", PHRASES, NOUNS, draw_frame(stream)) for _ in range(5000))
    held_out = [question("S", PHRASES, NOUNS, template) for template in HELD_OUT_TEMPLATES]
    joints = [f"{joint} {PHRASES[1]}" for joint in ("and this", "and the latter")]
    for piece in (*joints, "Consider", "the final", "called", "latter", "comes out", "For S"):
        assert any(piece in text for text in held_out)
        assert piece not in asked


@pytest.mark.parametrize("name", ["free-", "free-0-0-0", "free-0-0-0-99", "free-a-0-0-0", "that"])
def test_a_name_that_names_no_frame_is_refused(name: str) -> None:
    """A task that bears one is not checked against it."""
    assert not is_frame(name)
    with pytest.raises(KeyError):
        frame_question("S", PHRASES, NOUNS, name)


def test_training_tasks_are_worded_freely_and_others_are_not(graph: KnowledgeGraph) -> None:
    """About the share asked for; every task passes its checks; paths and letters stay."""
    plain = generate_splits(graph, SMALL)
    free = generate_splits(graph, SMALL.model_copy(update={"free_wording": 0.5}))
    train = free["train"]
    share = sum(is_frame(task.meta.template) for task in train) / len(train)
    assert 0.42 < share < 0.58
    assert all(check_task(graph, task) == [] for task in train)
    assert {t.meta.template for t in train if not is_frame(t.meta.template)} == {*TEMPLATES}

    def rest(tasks: list[Task]) -> list[object]:
        return [(t.id, t.answer_star, t.path_star) for t in tasks]

    assert {name: rest(tasks) for name, tasks in free.items()} == {
        name: rest(tasks) for name, tasks in plain.items()
    }
    # Distractors are balanced against the words of training, so they may differ; wordings may not.
    templates = {name: {t.meta.template for t in free[name]} for name in free if name != "train"}
    assert all(found <= {*TEMPLATES} for found in templates.values())
