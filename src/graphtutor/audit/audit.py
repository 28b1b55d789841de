"""The audit: leaks, well-posedness and shortcuts of a dataset, as one record.

>>> from graphtutor.audit.dataset import dataset_of
>>> from graphtutor.audit.record import AuditTask
>>> task = AuditTask(id="1", question="Which?", answer_star="B",
...                  options=dict(A="W", B="X", C="Y", D="Z"))
>>> dataset = dataset_of([("train", "train", "0", [task]), ("eval", "evaluated", "1", [task])])
>>> sorted({check.name for check in audit(dataset, None).failed})
['question-in-training', 'question-normalised-in-training', 'task-in-training']
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from graphtutor.audit.claims import claim_checks
from graphtutor.audit.coverage import coverage_checks
from graphtutor.audit.dataset import Dataset, Role, read_dataset
from graphtutor.audit.facts import GraphFacts, graph_facts
from graphtutor.audit.letters import letter_checks
from graphtutor.audit.overlap import normalised, overlap_checks, overlaps, repeat_checks
from graphtutor.audit.shortcuts import shortcuts
from graphtutor.audit.sources import left_out_of, sources_in, trained_on
from graphtutor.audit.table import OptionTable
from graphtutor.audit.trained import TrainedOn, training_checks
from graphtutor.audit.wellposed import option_checks, wellposed_checks
from graphtutor.audit.words import giveaway_checks, prompt_checks, wording_checks
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.runs.audit import AuditRecord, Check, Shortcut
from graphtutor.runs.directory import RunDirectory

__all__ = ["audit", "audit_run", "option_tables"]

OnProgress = Callable[[str], None]
_ROLES: Final[tuple[Role, Role]] = ("train", "evaluated")


def audit(
    dataset: Dataset,
    graph: KnowledgeGraph | None,
    *,
    source: str = "",
    trained: TrainedOn | None = None,
    notes: tuple[str, ...] = (),
    baselines: bool = True,
    guessed: Sequence[Shortcut] | None = None,
    on_progress: OnProgress | None = None,
) -> AuditRecord:
    """Look at everything that can be looked at, and say what could not.

    ``trained`` is what a run recorded of its phases; ``on_progress`` is told each part as it
    begins. Without a graph its checks have no verdict; without ``baselines`` no shortcut is tried.
    ``guessed`` are the shortcuts of an audit of the same files, which need not be tried again.
    """
    tell = on_progress or _silent
    words = [normalised(question) for question in dataset.tasks.questions]
    checks = [*_leaks(dataset, words, trained, tell)]
    tell("what the graph says")
    facts = graph_facts(dataset, graph) if graph is not None else None
    checks += _demands(dataset, graph, facts, words, tell)
    guesses: list[Shortcut] = list(guessed or ())
    if baselines and guessed is None:
        tell("shortcuts")
        train, evaluated = (option_tables(dataset, facts, role) for role in _ROLES)
        guesses = shortcuts(train, evaluated, graph, on_progress)
    return AuditRecord(
        source=source,
        graph=graph.digest if graph is not None else "",
        notes=notes,
        files=dataset.described(),
        checks=tuple(checks),
        shortcuts=tuple(guesses),
    )


def audit_run(
    run: RunDirectory,
    graph: KnowledgeGraph | None,
    on_progress: OnProgress | None = None,
    *,
    known: AuditRecord | None = None,
) -> AuditRecord:
    """Audit the task files of a run; nothing is written.

    Of ``known``, an earlier audit, the shortcuts are taken over where files and graph are the same.
    Raises TaskError when they cannot be read, RunError when what the run recorded cannot.
    """
    dataset = read_dataset(sources_in(run.tasks), on_progress)
    digest = graph.digest if graph is not None else ""
    same = known is not None and known.files == dataset.described() and known.graph == digest
    return audit(
        dataset,
        graph,
        source=run.run_id,
        trained=trained_on(run),
        notes=left_out_of(run),
        guessed=known.shortcuts if known is not None and same else None,
        on_progress=on_progress,
    )


def option_tables(
    dataset: Dataset, facts: GraphFacts | None, role: Role
) -> Mapping[str, OptionTable]:
    """Return the files of one role as the shortcut baselines see them, by name.

    Entities and relations are numbers of the graph that ``facts`` are of, or else the dataset's.
    """
    tasks = dataset.tasks
    options, start, chain = tasks.options, tasks.start, tasks.chain
    if facts is not None:
        options, start, chain = facts.options, facts.start, facts.chain
    last = chain[np.arange(len(tasks)), np.maximum(tasks.chain_size - 1, 0)]
    hops = np.where(tasks.hop_len > 0, tasks.hop_len, tasks.hops)
    return {
        file.name: OptionTable(
            ids=tasks.ids[file.rows],
            questions=tasks.questions[file.rows],
            names=tasks.names[file.rows],
            options=options[file.rows],
            right=tasks.right[file.rows],
            start=start[file.rows],
            answer_hops=hops[file.rows],
            last_relation=last[file.rows],
        )
        for file in dataset.of_role(role)
    }


def _leaks(
    dataset: Dataset, words: Sequence[str], trained: TrainedOn | None, tell: OnProgress
) -> Iterator[Check]:
    tell("leaks")
    kinds = overlaps(dataset.tasks, words)
    yield from overlap_checks(dataset, kinds)
    yield from repeat_checks(dataset, kinds)
    yield from training_checks(dataset, trained)
    tell("edge coverage")
    yield from coverage_checks(dataset)


def _demands(
    dataset: Dataset,
    graph: KnowledgeGraph | None,
    facts: GraphFacts | None,
    words: Sequence[str],
    tell: OnProgress,
) -> Iterator[Check]:
    tell("well-posedness")
    yield from option_checks(dataset)
    yield from wellposed_checks(dataset, graph, facts)
    tell("wording")
    yield from wording_checks(dataset, graph, facts, words)
    yield from giveaway_checks(dataset, graph, facts, words)
    yield from prompt_checks(dataset)
    tell("what tasks record of themselves")
    yield from claim_checks(dataset, graph, facts)
    yield from letter_checks(dataset)


def _silent(_: str) -> None:
    """Tell nobody."""
