"""The task: one multiple-choice question with its chain, its options and its reference answer."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from graphtutor.io.digest import digest_of

__all__ = ["LETTERS", "Letter", "Options", "PathEdge", "PathStar", "Reference", "Task", "TaskMeta"]

Letter = Literal["A", "B", "C", "D"]
LETTERS: tuple[Letter, ...] = ("A", "B", "C", "D")


class TaskRecord(BaseModel):
    """Frozen; fields that a newer minor version adds are kept."""

    model_config = ConfigDict(frozen=True, extra="allow")


class Options(BaseModel):
    """Exactly four options, by letter, each an entity id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    A: str
    B: str
    C: str
    D: str

    def names(self) -> tuple[str, str, str, str]:
        """Return the four entity ids in the order A, B, C, D."""
        return (self.A, self.B, self.C, self.D)

    def of(self, letter: Letter) -> str:
        """Return the entity id behind ``letter``."""
        return self.names()[LETTERS.index(letter)]


class PathEdge(TaskRecord):
    """One hop: subject, relation, object, by id."""

    src: str
    rel: str
    dst: str


class PathStar(TaskRecord):
    """The gold path: ``hop_len + 1`` entities in order of travel, ``hop_len`` edges."""

    entities: tuple[str, ...]
    edges: tuple[PathEdge, ...]


class Reference(TaskRecord):
    """The reference completion, parsed by the same parser as a model's."""

    trace: str
    style_rules: tuple[str, ...] = ()


class TaskMeta(TaskRecord):
    """What is known of a task beyond its text.

    ``answer_set_size`` counts the entities that (start, relations) reaches in the graph; ``tier``
    groups it: 1 (determined), 2 (2-4, branching), 3 (more, search).
    """

    topic: str = ""
    difficulty: str = ""
    distractor_type: str = "near_miss"
    relations: tuple[str, ...] = ()
    unique_path: bool | None = None
    shortest_distance: int | None = None
    template: str = ""
    answer_set_size: int | None = None
    tier: int | None = None
    answer_type: str = ""


class Task(TaskRecord):
    """One line of train.jsonl, train_long.jsonl, dev.jsonl, eval.jsonl or eval_search.jsonl."""

    id: str
    split: str
    hop_len: int = Field(ge=1)
    question: str
    options: Options
    answer_star: Letter
    path_star: PathStar
    prompt: str
    ref: Reference
    meta: TaskMeta
    key: str = ""
    graph: str = ""

    @property
    def start(self) -> str:
        """The entity that the question starts from."""
        return self.path_star.entities[0]

    @property
    def answer(self) -> str:
        """The entity id behind the right letter."""
        return self.options.of(self.answer_star)

    @property
    def chain(self) -> tuple[str, ...]:
        """The relations asked for, in order."""
        return self.meta.relations or tuple(edge.rel for edge in self.path_star.edges)

    def content_key(self) -> str:
        """Hash what the task asks (start, chain, options, letter), not how it is numbered."""
        return digest_of([self.question, list(self.options.names()), self.answer_star])[:16]
