"""Reads and scores the answer of a live model; it is scored only where the right one is known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from graphtutor.completion.completion import Completion
from graphtutor.completion.parser import parse
from graphtutor.config import RewardConfig
from graphtutor.reward.matcher import EntityMatcher
from graphtutor.reward.profiles import Scored, Scorer
from graphtutor.tasks.prompt import FORMAT_RULES, prompt_text
from graphtutor.tasks.task import Letter, Options, Task
from graphtutor.web.episode import HopView, RewardView
from graphtutor.web.frame import Hop, Segment, connected, segments
from graphtutor.web.graph_view import GraphView, graph_of
from graphtutor.web.rates import ApiRecord
from graphtutor.web.reward_bars import RewardBars, reward_bars, weights_of
from graphtutor.web.run_files import RunFiles
from graphtutor.web.values import text

__all__ = ["Answer", "Asked", "Judge", "judge_for", "prompt_of"]

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Judge = Callable[[str, Completion], "Answer"]


class AskedOptions(BaseModel):
    """Four options."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    A: Name
    B: Name
    C: Name
    D: Name


class Asked(BaseModel):
    """The body of a question: with ``ex_id`` that of a task, else anything."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run: str
    phases: tuple[str, ...] = Field(min_length=1, max_length=4)
    question: Words
    options: AskedOptions | None = None
    ex_id: str | None = None
    max_new_tokens: int = Field(default=160, ge=1, le=1024)


class Answer(ApiRecord):
    """What a phase answered; ``right`` and ``reward`` only where it is ``scored``."""

    phase: str
    completion: str
    answer: Letter | None
    valid: bool
    cut: bool
    tokens: int
    trace: tuple[Segment, ...]
    hops: tuple[Hop, ...] | None
    scored: bool
    right: bool | None
    grounded: bool | None
    reward: RewardBars | None
    answer_star: Letter | None


def prompt_of(asked: Asked) -> str:
    """Return the prompt as the models were trained on it; without options, the question alone."""
    if asked.options is None:
        return f"{FORMAT_RULES}Question: {asked.question}\n"
    return prompt_text(asked.question, list(asked.options.model_dump().values()))


def judge_for(files: RunFiles, asked: Asked) -> Judge:
    """Return what judges the answers to a question.

    An answer is scored if the question is that of a task of the run, word for word with its
    options; an edited question is another one.
    """
    graph = graph_of(files)
    task = _task(files, asked)

    def judge(phase: str, completion: Completion) -> Answer:
        return _judged(files, phase, completion, task, graph)

    return judge


def _task(files: RunFiles, asked: Asked) -> Task | None:
    task = files.tasks.get(asked.ex_id) if asked.ex_id else None
    if task is None or asked.options is None:
        return None
    same = task.question == asked.question
    return task if same and task.options == Options(**asked.options.model_dump()) else None


def _judged(
    files: RunFiles,
    phase: str,
    completion: Completion,
    task: Task | None,
    graph: GraphView | None,
) -> Answer:
    words = text(completion.text) or ""
    parsed = parse(words)
    trace = parsed.trace or ""
    path = task.path_star.entities if task else ()
    settings = files.settings
    rewards = settings.reward if settings else RewardConfig()
    scored = Scorer(graph.graph, rewards).score(task, words) if task and graph else None
    hops: tuple[HopView, ...] | None = graph.claims(trace) if graph and parsed.valid else None
    matcher = graph.matcher if graph else EntityMatcher(sorted(path))
    return Answer(
        phase=phase,
        completion=words,
        answer=parsed.answer,
        valid=parsed.valid,
        cut=completion.cut,
        tokens=completion.tokens,
        trace=segments(trace or words, set(path), matcher),
        hops=None if hops is None else connected(hops, path),
        scored=task is not None,
        right=parsed.answer == task.answer_star if task else None,
        grounded=scored.grounded if scored else None,
        reward=_bars(scored, files) if scored else None,
        answer_star=task.answer_star if task else None,
    )


def _bars(scored: Scored, files: RunFiles) -> RewardBars | None:
    spec = scored.spec
    recorded = RewardView(
        correctness=spec.correctness,
        path_coverage=spec.path_coverage,
        path_reward=spec.path_reward,
        spam_penalty=spec.spam_penalty,
        false_edge_penalty=None,
        format_penalty=None,
        total=spec.total,
    )
    return reward_bars(
        recorded,
        weights_of(files.meta).of(spec.profile),
        valid=scored.parsed.valid,
        grounded_total=scored.grounded_reward.total,
    )
