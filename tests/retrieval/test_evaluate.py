"""The evaluation of answers: gold passages, each figure by hand, the report."""

from __future__ import annotations

import pytest
from tests.retrieval.library import SOURCE, asker_of, chunk, chunks_of

from graphtutor.errors import RetrievalError
from graphtutor.evaluation.intervals import wilson
from graphtutor.retrieval.evaluate import AnswerReport, evaluate_answers
from graphtutor.retrieval.evaluation_page import markdown
from graphtutor.retrieval.gold import GoldPassage, GoldQuestion, find_gold

CHUNKS = chunks_of()


def question(
    id: str, text: str, kind: str, *gold: tuple[str, str, str], answer: str = ""
) -> object:
    return GoldQuestion.model_validate(
        {
            "id": id,
            "question": text,
            "kind": kind,
            "gold": [dict(zip(("doc", "section", "evidence"), row, strict=True)) for row in gold],
            "answer": answer.split("|") if answer else [],
        }
    )


def gold_of(*passages: tuple[str, str, str]) -> GoldQuestion:
    made = question("q", "?", "fact", *passages)
    assert isinstance(made, GoldQuestion)
    return made


def test_gold_is_found_by_evidence_whatever_the_white_space() -> None:
    gold = find_gold(gold_of(("pump.md", "Limits", "the pump  trips\nat 80 DEGREES.")), CHUNKS)
    assert gold.ids == {CHUNKS[0].id}
    assert gold.all == {CHUNKS[0].id}


def test_gold_is_found_by_section_alone() -> None:
    assert find_gold(gold_of(("valve.md", "History", "")), CHUNKS).ids == {CHUNKS[3].id}


def test_overlap_and_copies_go_with_the_gold() -> None:
    text = "The pump trips at 80 degrees. Then it cools for an hour. Then it starts again."
    first, second = chunk("a/x.md", text[:57], start=0), chunk("a/x.md", text[20:], start=20)
    copy = chunk("b.md", "Note: the pump trips at 80 degrees.")
    other = chunk("c.md", "The pump is red.")
    gold = find_gold(
        gold_of(("x.md", "", "The pump trips at 80 degrees.")), [first, second, copy, other]
    )
    assert gold.ids == {first.id}
    assert gold.all == {first.id, second.id, copy.id}


def test_evidence_cut_in_two_is_found_by_its_sentences() -> None:
    first, second = chunk("x.md", "It trips at 80 degrees."), chunk("x.md", "It cools for an hour.")
    gold = find_gold(
        gold_of(("x.md", "", "It trips at 80 degrees. It cools for an hour.")), [first, second]
    )
    assert gold.ids == {first.id, second.id}


@pytest.mark.parametrize(
    "passage", [("pump.md", "", "It flies."), ("none.md", "", "trips"), ("pump.md", "None", "")]
)
def test_gold_that_is_not_there_is_named(passage: tuple[str, str, str]) -> None:
    with pytest.raises(RetrievalError, match="question q: wanted a passage of"):
        find_gold(gold_of(passage), CHUNKS)


@pytest.fixture(scope="module")
def report() -> AnswerReport:
    rows = [
        question("1", "At how many degrees does the pump trip?", "fact",
                 ("pump.md", "Limits", "The pump trips at 80 degrees."), answer="80 degrees"),
        question("2", "Where was the valve bought?", "fact",
                 ("valve.md", "History", "The valve was bought in Graz."), answer="Vienna"),
        question("3", "What does the telephone exchange charge?", "fact",
                 ("motor.txt", "", "The motor hums when a phase is missing."), answer="hums"),
        question("4", "How does cavitation end in a seal change?", "chain",
                 ("graph:plant.json", "leads to", "Cavitation leads to Seal Wear."),
                 ("graph:plant.json", "fixed by", "Seal Wear is fixed by Seal Change."),
                 answer="Seal Wear|Seal Change"),
        question("5", "Who painted the motor?", "unanswerable"),
        question("6", "How often is valve V7 greased?", "unanswerable"),
    ]  # fmt: skip
    statements = [c for chain in SOURCE.chains("cavitation, seal change") for c in chain]
    return evaluate_answers(
        asker_of(graph=SOURCE), rows, [*CHUNKS, *statements], {"answers": "`x` | *y*"}
    )


def test_every_figure_is_what_a_hand_counts(report: AnswerReport) -> None:
    counted = {name: (rate.count, rate.n) for name, rate in report.rates.items()}
    assert counted == {
        "gold_retrieved": (3, 4),  # of 3 nothing is found
        "gold_complete": (3, 4),
        "right": (2, 4),  # 1 and 4; 2 expects another town
        "gold_cited": (3, 3),
        "citation_precision": (5, 5),  # one each of 1, 2 and 6, two of 4
        "citation_recall": (5, 5),
        "false_abstention": (1, 4),
        "abstention_gold_removed": (4, 4),
        "right_elsewhere": (0, 0),
        "abstention_unanswerable": (1, 2),  # 6 has an answer after all
    }
    assert report.kinds["chain"]["right"].count == 1


def test_rates_have_their_wilson_intervals(report: AnswerReport) -> None:
    rate = report.rates["right"]
    assert (rate.low, rate.high) == wilson(2, 4)
    assert report.means["mrr@10"].mean == pytest.approx(0.75)
    assert report.means["mrr@10"].n == 4


def test_the_report_reads_back_and_holds_no_markup_of_others(report: AnswerReport) -> None:
    assert AnswerReport.model_validate_json(report.model_dump_json()) == report
    page = markdown(report)
    assert "| right | 50.0 % (15.0-85.0), n = 4 |" in page
    assert "- answers: `\u2032x\u2032 | *y*`" in page
    assert "## Not right (3)" in page


def test_questions_are_checked_as_they_are_read() -> None:
    with pytest.raises(ValueError, match="kind"):
        GoldQuestion.model_validate({"id": "1", "question": "?", "kind": "riddle"})
    with pytest.raises(ValueError, match="Extra"):
        GoldPassage.model_validate({"doc": "x", "page": 3})
