"""How good answers are, without a judge: retrieval, citations, answers, abstention.

Each question is asked of the store as it is. Those that have an answer are asked once more with
their gold passages taken away: then the right answer is that there is none, unless another document
says the same. A citation is right if the source that it names supports its sentence by itself
(:mod:`graphtutor.retrieval.groundedness`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from pydantic import BaseModel, ConfigDict

from graphtutor.evaluation.intervals import wilson
from graphtutor.retrieval.answer import Answer
from graphtutor.retrieval.asking import Asker
from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.gold import GoldChunks, GoldQuestion, find_gold
from graphtutor.retrieval.groundedness import unsupported
from graphtutor.retrieval.linking import Linker
from graphtutor.retrieval.measures import mean_interval, mrr, ndcg, recall

__all__ = ["DEPTH", "MEASURES", "AnswerReport", "Mean", "Outcome", "Rate", "evaluate_answers"]

MEASURES: Final[Mapping[str, str]] = {
    "gold_retrieved": "answerable questions with a gold chunk among what was retrieved",
    "gold_complete": "answerable questions with every gold passage among what was retrieved",
    "right": "answerable questions whose answer holds all that is expected",
    "gold_cited": "answered answerable questions that cite a gold chunk",
    "citation_precision": "citations whose source supports the sentence",
    "citation_recall": "sentences that are supported by what they cite",
    "false_abstention": "answerable questions that were not answered",
    "abstention_gold_removed": "answerable questions not answered with the gold passages removed",
    "right_elsewhere": "answers with the gold passages removed that hold all that is expected",
    "abstention_unanswerable": "unanswerable questions that were not answered",
}
"""What is reported, and what it is a share of."""

DEPTH: Final = 10
"""How far down what was retrieved is looked at; statements of the graph's chains stand first."""


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Rate(_Record):
    """``count`` of ``n``, with a 95 % Wilson interval; citations count one by one."""

    count: int
    n: int
    low: float
    high: float

    @property
    def share(self) -> float | None:
        """The share, None where there was nothing to count."""
        return self.count / self.n if self.n else None


class Mean(_Record):
    """A mean over ``n`` answerable questions with its 95 % bootstrap interval."""

    mean: float
    low: float
    high: float
    n: int


class Outcome(_Record):
    """What became of one question; fields about removal are None where nothing was removed.

    ``ndcg``, ``recall`` and ``reciprocal_rank`` are those of the gold chunks among the first
    :data:`DEPTH` that were retrieved.
    """

    id: str
    kind: str
    gold_retrieved: bool
    gold_complete: bool
    ndcg: float
    recall: float
    reciprocal_rank: float
    abstained: bool
    reason: str
    right: bool
    gold_cited: bool
    citations: int
    citations_right: int
    sentences: int
    sentences_right: int
    removed_abstained: bool | None
    removed_right: bool | None
    answer: str


class AnswerReport(_Record):
    """All figures; ``settings`` is what they were made with."""

    settings: dict[str, str]
    questions: int
    means: dict[str, Mean]
    rates: dict[str, Rate]
    kinds: dict[str, dict[str, Rate]]
    outcomes: tuple[Outcome, ...]


def evaluate_answers(
    asker: Asker,
    questions: Sequence[GoldQuestion],
    chunks: Sequence[Chunk],
    settings: Mapping[str, str],
    on_done: Callable[[int], None] | None = None,
) -> AnswerReport:
    """Ask all ``questions``; ``chunks`` are all that the store holds, among them the gold ones.

    Raises RetrievalError for a gold passage that is not there, before anything is asked.
    """
    gold = [find_gold(question, chunks) for question in questions]
    outcomes: list[Outcome] = []
    for question, held in zip(questions, gold, strict=True):
        outcomes.append(_outcome(asker, question, held))
        if on_done:
            on_done(1)
    asked = [outcome for outcome in outcomes if outcome.kind != "unanswerable"]
    kinds = dict.fromkeys(outcome.kind for outcome in outcomes)
    return AnswerReport(
        settings=dict(settings),
        questions=len(questions),
        means={
            f"ndcg@{DEPTH}": _mean([outcome.ndcg for outcome in asked]),
            f"recall@{DEPTH}": _mean([outcome.recall for outcome in asked]),
            f"mrr@{DEPTH}": _mean([outcome.reciprocal_rank for outcome in asked]),
        },
        rates=_rates(outcomes),
        kinds={kind: _rates([o for o in outcomes if o.kind == kind]) for kind in kinds},
        outcomes=tuple(outcomes),
    )


def _outcome(asker: Asker, question: GoldQuestion, gold: GoldChunks) -> Outcome:
    found = asker.find(question.question)
    answer = asker.answerer.answer(found)
    retrieved = [chunk.id for chain in found.chains for chunk in chain]
    retrieved += [hit.chunk.id for hit in found.hits]
    retrieved = [*dict.fromkeys(retrieved)]
    again = _without(asker, question, gold.all)
    linker = asker.graph.linker if asker.graph else None
    checked = [] if answer.abstained else _checked(answer, linker)
    return Outcome(
        id=question.id,
        kind=question.kind,
        gold_retrieved=not gold.ids.isdisjoint(retrieved),
        gold_complete=bool(gold.holds)
        and all(not held.isdisjoint(retrieved) for held in gold.holds),
        ndcg=ndcg(retrieved, gold.ids, DEPTH),
        recall=recall(retrieved, gold.ids, DEPTH),
        reciprocal_rank=mrr(retrieved, gold.ids, DEPTH),
        abstained=answer.abstained,
        reason=answer.reason,
        right=_is_right(answer, question),
        gold_cited=not answer.abstained
        and any(source.chunk.id in gold.ids for source in answer.cited),
        citations=len(checked),
        citations_right=sum(checked),
        sentences=0 if answer.abstained else len(answer.sentences),
        sentences_right=0 if answer.abstained else sum(s.supported for s in answer.sentences),
        removed_abstained=again.abstained if again else None,
        removed_right=_is_right(again, question) if again else None,
        answer=answer.text,
    )


def _without(asker: Asker, question: GoldQuestion, removed: Collection[str]) -> Answer | None:
    if not removed:
        return None
    return asker.answerer.answer(asker.find(question.question, removed))


def _checked(answer: Answer, linker: Linker | None) -> list[bool]:
    """Tell of each citation whether its source alone supports the sentence."""
    texts = {source.number: source.chunk.indexed for source in answer.sources}
    return [
        not unsupported(sentence.text, texts[number], linker)
        for sentence in answer.sentences
        for number in sentence.citations
    ]


def _is_right(answer: Answer, question: GoldQuestion) -> bool:
    said = _plain(answer.text)
    wanted = [_plain(part) for part in question.answer]
    return not answer.abstained and bool(wanted) and all(part in said for part in wanted)


def _plain(text: str) -> str:
    return "".join(text.casefold().split())


def _rates(outcomes: Sequence[Outcome]) -> dict[str, Rate]:
    asked = [o for o in outcomes if o.kind != "unanswerable"]
    answered = [o for o in asked if not o.abstained]
    removed = [o for o in asked if o.removed_abstained is not None]
    kept = [o for o in removed if not o.removed_abstained]
    others = [o for o in outcomes if o.kind == "unanswerable"]
    counts = {
        "gold_retrieved": (sum(o.gold_retrieved for o in asked), len(asked)),
        "gold_complete": (sum(o.gold_complete for o in asked), len(asked)),
        "right": (sum(o.right for o in asked), len(asked)),
        "gold_cited": (sum(o.gold_cited for o in answered), len(answered)),
        "citation_precision": (
            sum(o.citations_right for o in outcomes),
            sum(o.citations for o in outcomes),
        ),
        "citation_recall": (
            sum(o.sentences_right for o in outcomes),
            sum(o.sentences for o in outcomes),
        ),
        "false_abstention": (len(asked) - len(answered), len(asked)),
        "abstention_gold_removed": (len(removed) - len(kept), len(removed)),
        "right_elsewhere": (sum(bool(o.removed_right) for o in kept), len(kept)),
        "abstention_unanswerable": (sum(o.abstained for o in others), len(others)),
    }
    return {name: _rate(*counts[name]) for name in MEASURES}


def _rate(count: int, n: int) -> Rate:
    low, high = wilson(count, n)
    return Rate(count=count, n=n, low=low, high=high)


def _mean(values: Sequence[float]) -> Mean:
    if not values:
        return Mean(mean=0.0, low=0.0, high=0.0, n=0)
    found = mean_interval(values)
    return Mean(mean=found.mean, low=found.low, high=found.high, n=len(values))
