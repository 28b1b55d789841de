"""The report of an evaluation of answers as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from graphtutor.retrieval.evaluate import MEASURES, AnswerReport, Rate

__all__ = ["markdown", "percent"]

_MOST: Final = 20
"""Questions listed that were not answered right."""


def percent(rate: Rate) -> str:
    """Write a rate as a percentage with its interval and n.

    >>> percent(Rate(count=8, n=10, low=0.49, high=0.943))
    '80.0 % (49.0-94.3), n = 10'
    """
    if rate.share is None:
        return "-"
    return f"{100 * rate.share:.1f} % ({100 * rate.low:.1f}-{100 * rate.high:.1f}), n = {rate.n}"


def markdown(report: AnswerReport) -> str:
    """Return the report; what stands in questions and answers is quoted as code."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: AnswerReport) -> Iterator[str]:
    yield "# Answers"
    yield ""
    yield f"{report.questions} questions. Each rate has its 95 % Wilson interval and n; citations "
    yield "and sentences are counted one by one, though those of one answer belong together."
    yield ""
    yield from (f"- {name}: {_code(value)}" for name, value in report.settings.items())
    yield ""
    yield "| measure | is | share of |"
    yield "|---|---|---|"
    for name, meaning in MEASURES.items():
        yield f"| {name.replace('_', ' ')} | {percent(report.rates[name])} | {meaning} |"
    for name, mean in report.means.items():
        figures = f"{mean.mean:.3f} ({mean.low:.3f}-{mean.high:.3f}), n = {mean.n}"
        yield f"| {name} | {figures} | gold chunks among what was retrieved, a mean |"
    yield ""
    yield "| kind | right | false abstention | abstention, gold removed | unanswerable |"
    yield "|---|---|---|---|---|"
    shown = ("right", "false_abstention", "abstention_gold_removed", "abstention_unanswerable")
    for kind, rates in report.kinds.items():
        yield f"| {kind} | " + " | ".join(percent(rates[name]) for name in shown) + " |"
    wrong = [o for o in report.outcomes if not o.right and o.kind != "unanswerable"]
    wrong += [o for o in report.outcomes if not o.abstained and o.kind == "unanswerable"]
    if wrong:
        yield ""
        yield f"## Not right ({len(wrong)})"
        yield ""
        for outcome in wrong[:_MOST]:
            said = f"abstained: {outcome.reason}" if outcome.abstained else outcome.answer
            yield f"- {_code(outcome.id)} ({outcome.kind}): {_code(said)}"
        if len(wrong) > _MOST:
            yield f"- and {len(wrong) - _MOST} more in the JSON file"


def _code(text: str) -> str:
    """Quote text of documents so that none of it is markup."""
    line = "".join(c if c.isprintable() else " " for c in " ".join(text.split()))
    return f"`{line.replace('`', chr(0x2032))}`" if line else "-"
