"""The retrieval study with the fake engine: its cells, its facts, its figures, going on."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from graphtutor.errors import RunError
from graphtutor.evaluation.intervals import wilson
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.load import load_graph
from graphtutor.io.jsonl import append_jsonl, read_jsonl
from graphtutor.job.data import make_data
from graphtutor.runs.directory import RunDirectory
from graphtutor.runs.episodes import Episode
from graphtutor.runs.record_file import read_record
from graphtutor.runs.studies import RetrievalStudy
from graphtutor.studies.registry import STUDIES
from graphtutor.studies.retrieval_figures import QUESTIONS, cells
from graphtutor.studies.retrieved import SOURCES, STATEMENTS, Asked, asked_from, choice
from graphtutor.studies.study import Study
from graphtutor.tasks.task import Task
from graphtutor.tasks.variants import with_facts

MakeStudy = Callable[..., Study]


@pytest.fixture
def graph(graph_file: Path) -> KnowledgeGraph:
    return load_graph(str(graph_file))


@pytest.fixture
def tasks(make_study: MakeStudy, tmp_path: Path) -> list[Task]:
    study = make_study(out=tmp_path / "data")
    job = study.open(0, study.config)
    make_data(job)
    return job.tasks("eval")


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def test_every_cell_is_asked_and_reported(make_study: MakeStudy) -> None:
    """Eleven cells of five tasks; the base is never right, for the fake base writes no letter."""
    study = make_study()
    report = STUDIES["retrieval"](study)
    record = read_record(study.out / "study.json", RetrievalStudy)
    assert (record.tasks, record.trained, record.k) == (5, ("rsft", "rsft"), STATEMENTS)
    asked = {(cell.answerer, cell.source): cell for cell in record.cells}
    expected = {("none", s) for s in SOURCES[1:]}
    assert {*asked} == expected | {(a, s) for a in ("base", "trained") for s in SOURCES}
    assert {key: cell.n for key, cell in asked.items() if key[0] != "none"} == {
        key: 10 for key in asked if key[0] != "none"
    }
    assert all(asked["none", source].n == 5 for source in SOURCES[1:])
    assert all(asked["base", source].valid == 0 for source in SOURCES)
    assert asked["base", "closed"].intervals["accuracy"] == wilson(0, 5)
    hops = asked["trained", "graph"].by_hop
    assert sum(cell.n for cell in hops.values()) == 10
    pairs = [(c.question, c.arm, c.against) for c in record.contrasts]
    assert pairs[::2] == [(q, *pair) for q, found in QUESTIONS.items() for pair in found]
    text = report.read_text("utf-8")
    assert all(question in text for question in QUESTIONS)
    assert (study.out / "plots" / "retrieval.svg").exists()


def test_a_stopped_study_goes_on_and_ends_alike(make_study: MakeStudy) -> None:
    """A log cut in the middle of a line is filled up; whole logs are not asked again."""
    study = make_study("evaluation.batch_size=2", seeds=(0,))
    STUDIES["retrieval"](study)
    answers = study.out / "answers"
    whole = {path.name: path.read_text("utf-8") for path in answers.iterdir()}
    prompts = {name: [e.prompt for e in read_jsonl(answers / name, Episode)] for name in whole}
    torn = answers / "s0-rsft-graph.jsonl"
    lines = _lines(torn)
    torn.write_text("\n".join(lines[:3]) + "\n" + lines[3][:50], "utf-8")
    (answers / "s0-rsft-gold.jsonl").unlink()
    kept = answers / "s0-base-closed.jsonl"
    stamp = kept.stat().st_mtime_ns
    STUDIES["retrieval"](study)
    # Wall times aside, the same lines.
    assert _lines(torn)[:2] == lines[:2]
    assert {
        p.name: [e.prompt for e in read_jsonl(p, Episode)] for p in answers.iterdir()
    } == prompts
    assert kept.stat().st_mtime_ns == stamp


def test_logs_of_other_prompts_are_refused(make_study: MakeStudy) -> None:
    """Another run's answers under the same name are not taken for this one's."""
    study = make_study(seeds=(0,))
    STUDIES["retrieval"](study)
    log = study.out / "answers" / "s0-base-words.jsonl"
    first, *others = read_jsonl(log, Episode)
    log.unlink()
    append_jsonl(log, [first.model_copy(update={"prompt": "Something else?"}), *others])
    with pytest.raises(RunError, match="answers to others"):
        STUDIES["retrieval"](study)


def test_runs_have_to_be_trained_and_to_share_their_tasks(
    make_study: MakeStudy, tmp_path: Path
) -> None:
    """The same questions in every cell, or none."""
    one = make_study(out=tmp_path / "one", seeds=(0,))
    two = make_study("tasks.seed=5", out=tmp_path / "two", seeds=(1,))
    for study in (one, two):
        study.jobs(("sft",))
    runs = tuple(RunDirectory(s.out / "runs" / f"s{n}") for n, s in enumerate((one, two)))
    single = make_study(out=tmp_path / "study", runs=runs[:1], seeds=(0,))
    STUDIES["retrieval"](single)
    assert read_record(single.out / "study.json", RetrievalStudy).trained == ("sft",)
    with pytest.raises(RunError, match="the tasks of"):
        STUDIES["retrieval"](make_study(out=tmp_path / "both", runs=runs, seeds=(0, 1)))
    with pytest.raises(RunError, match="different names"):
        STUDIES["retrieval"](make_study(out=tmp_path / "twice", runs=(runs[0],) * 2))
    empty = RunDirectory.create(tmp_path, "empty", one.config)
    with pytest.raises(RunError, match="phase rsft or sft"):
        STUDIES["retrieval"](make_study(out=tmp_path / "none", runs=(empty,)))


def test_only_the_facts_differ_between_prompts(tasks: list[Task], graph: KnowledgeGraph) -> None:
    """Closed book is the task's prompt, gold the probe's; retrieved ones hold true statements."""
    asked = asked_from(graph, tasks)
    assert [item.task for item in asked["closed"]] == tasks
    assert [item.task for item in asked["gold"]] == [with_facts(task, graph) for task in tasks]
    for source in ("words", "graph"):
        for item, plain in zip(asked[source], tasks, strict=True):
            told = item.task.prompt.splitlines()
            facts = [line for line in told if line.startswith("Facts: ")]
            assert [line for line in told if line not in facts] == plain.prompt.splitlines()
            assert 0 < len(item.facts) == facts[0].count(".") <= STATEMENTS
            ends = [
                (graph.entity_index[e.src], graph.relation_index[e.rel], graph.entity_index[e.dst])
                for e in item.facts
            ]
            assert all(graph.has_edge(*end) for end in ends)
            assert item.task.model_copy(update={"prompt": plain.prompt}) == plain


def test_retrieval_does_not_see_the_answer(tasks: list[Task], graph: KnowledgeGraph) -> None:
    """Other options, letters and gold paths change nothing of what is found."""
    blind = [
        first.model_copy(update={"question": second.question}) for first, second in pairwise(tasks)
    ]
    found, expected = asked_from(graph, blind), asked_from(graph, tasks[1:])
    for source in ("words", "graph"):
        assert [i.facts for i in found[source]] == [i.facts for i in expected[source]]


def test_the_graph_finds_the_chain_that_words_cannot(
    tasks: list[Task], graph: KnowledgeGraph
) -> None:
    """Entities between start and end stand in no question; the linker walks to them."""
    asked = asked_from(graph, tasks)

    def whole(source: str) -> int:
        return sum(all(e in i.facts for e in i.task.path_star.edges) for i in asked[source])

    assert whole("graph") > len(tasks) / 2
    assert whole("words") < len(tasks) / 2
    assert whole("gold") == len(tasks)


def test_facts_answer_by_themselves_or_abstain(tasks: list[Task], graph: KnowledgeGraph) -> None:
    """The gold facts lead to the right option, grounded; without their last there is none."""
    for item in asked_from(graph, tasks)["gold"]:
        text = choice(item, graph)
        assert text.endswith(f"ANSWER: {item.task.answer_star}")
        assert all(name in text for name in item.task.path_star.entities)
        short = Asked(item.task, item.facts[:-1])
        assert choice(short, graph) == "Abstained: the statements lead to 0 of the options."
        last = item.facts[-1]
        other = next(n for n in item.task.options.names() if n != item.task.answer)
        two = Asked(item.task, (*item.facts, last.model_copy(update={"dst": other})))
        assert choice(two, graph) == "Abstained: the statements lead to 2 of the options."


def test_figures_of_a_cell_by_hand(make_study: MakeStudy) -> None:
    """Shares over all runs; without a model the one set of answers counts once."""
    study = make_study(seeds=(0,))
    STUDIES["retrieval"](study)
    log = study.out / "answers" / "no-model-gold.jsonl"
    gold = read_jsonl(log, Episode)
    wrong = [e.model_copy(update={"answer_star": "?", "grounded": False}) for e in gold]
    arms = {"none/gold": gold, "trained/gold": gold}
    found = cells([arms, {**arms, "trained/gold": wrong}])
    assert [(c.n, c.accuracy, c.grounded_accuracy) for c in found] == [(5, 1, 1), (10, 0.5, 0.5)]
    assert found[0].intervals["accuracy"] == wilson(5, 5)
    low, high = found[1].intervals["accuracy"]
    assert low == high == 0.5  # every start is right in one run and wrong in the other
