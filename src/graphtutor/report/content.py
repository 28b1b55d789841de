"""What the report of one run says: result, tests, cells, training, samples, provenance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from graphtutor.config import dump_config
from graphtutor.report.document import (
    Block,
    Code,
    Document,
    Figure,
    Heading,
    Paragraph,
    Table,
    Transcript,
)
from graphtutor.report.figures import (
    ABSENT,
    FIGURE_NAMES,
    SMALL_CELL,
    number,
    p_value,
    phase_label,
    points,
    rate,
    tier_label,
)
from graphtutor.report.probes import probe_blocks, reference_blocks
from graphtutor.report.provenance import provenance
from graphtutor.report.summary import Summary
from graphtutor.runs.episodes import Episode
from graphtutor.runs.metrics import Cell, PhaseMetrics

__all__ = ["run_document"]


def run_document(summary: Summary, plots: Sequence[Figure]) -> Document:
    """Compose the report of one run around the plots that were drawn.

    It holds no times and no paths, so that equal runs have equal reports.
    """
    by_name = {plot.name: plot for plot in plots}
    blocks: list[Block] = [
        *_result(summary, by_name),
        *reference_blocks(summary.metrics, summary.audit),
        *_tests(summary.metrics.phases),
        *_cells(summary.metrics.phases, by_name),
        *probe_blocks(summary.metrics.phases, by_name),
        *_training(summary, by_name),
        *_samples(summary.samples),
        *provenance(summary),
        *_again(summary),
    ]
    return Document(f"Run {summary.run.run_id}", tuple(blocks))


def _result(summary: Summary, plots: Mapping[str, Figure]) -> Iterator[Block]:
    phases = summary.metrics.phases
    yield Paragraph(
        "The tasks of eval, answered greedily and without the graph. Grounded means: the right "
        "letter, reached by a connected chain of true edges in the order asked. In brackets 95 % "
        "intervals: Wilson for rates, for means a bootstrap clustered by start entity."
    )
    yield Heading("Result")
    head = ("phase", "n", "valid format", "right", "grounded", "right where the format is valid")
    yield Table(head, tuple(_headline(name, phases[name]) for name in phases))
    if "accuracy" in plots:
        yield plots["accuracy"]
    yield Heading("Further figures", level=3)
    head = ("phase", "path coverage", "total reward", "spam", "true edges among claimed")
    head += ("bridges named", "relations as asked", "letter matches the last entity")
    head += ("cut by the length limit", "single facts known")
    yield Table(head, tuple(_further(name, phases[name]) for name in phases))


def _headline(phase: str, figures: PhaseMetrics) -> tuple[str, ...]:
    names = ("format_rate", "accuracy", "grounded_accuracy", "accuracy_given_parse")
    n = ABSENT if figures.n is None else str(figures.n)
    rates = (rate(getattr(figures, name), figures.intervals.get(name)) for name in names)
    return (phase_label(phase), n, *rates)


def _further(phase: str, figures: PhaseMetrics) -> tuple[str, ...]:
    ends = figures.intervals
    facts = figures.fact_recall
    known = (
        f"{rate(facts.accuracy, facts.intervals.get('accuracy'))}, n = {facts.n}"
        if facts
        else ABSENT
    )
    return (
        phase_label(phase),
        rate(figures.avg_path_coverage, ends.get("avg_path_coverage")),
        number(figures.avg_total_reward, ends.get("avg_total_reward")),
        rate(figures.spam_rate, ends.get("spam_rate")),
        rate(figures.edge_precision, ends.get("edge_precision")),
        rate(figures.bridge_recall, ends.get("bridge_recall")),
        rate(figures.relation_order, ends.get("relation_order")),
        rate(figures.letter_match, ends.get("letter_match")),
        rate(figures.cut_rate, ends.get("cut_rate")),
        known,
    )


def _tests(phases: Mapping[str, PhaseMetrics]) -> Iterator[Block]:
    rows = tuple(
        (
            phase_label(phase),
            phase_label(test.against),
            FIGURE_NAMES.get(test.figure, test.figure),
            str(test.n),
            str(test.gained),
            str(test.lost),
            points(test.difference),
            p_value(test.p_value),
        )
        for phase, figures in phases.items()
        for test in figures.paired
    )
    if not rows:
        return
    yield Heading("Paired tests")
    yield Paragraph(
        "The same tasks answered by two phases: gained are those that only the first answers so, "
        "lost those that only the second does. Exact McNemar test, two-sided."
    )
    head = ("phase", "against", "figure", "n", "gained", "lost", "difference, points", "p")
    yield Table(head, rows, text_columns=frozenset({0, 1, 2}))


def _cells(phases: Mapping[str, PhaseMetrics], plots: Mapping[str, Figure]) -> Iterator[Block]:
    note = f"Cells of fewer than {SMALL_CELL} tasks are marked: read them as hints."
    for table, title, column in (
        ("by_tier", "By size of the answer set", "answer set"),
        ("by_hop", "By hop length", "hops"),
        ("by_hop_tier", "By hop length and size of the answer set", "hops, answer set"),
        ("by_seen", "By the longest stretch of the chain seen in training", "hops, of them seen"),
    ):
        found: dict[str, dict[str, Cell]] = {p: getattr(f, table) for p, f in phases.items()}
        if not any(found.values()):
            continue
        yield Heading(title)
        if table in plots:
            yield plots[table]
        cells = _cell_table(found, table, column)
        yield cells
        if cells.faint:
            yield Paragraph(note, aside=True)


def _cell_table(found: Mapping[str, Mapping[str, Cell]], table: str, column: str) -> Table:
    keys = list(dict.fromkeys(key for cells in found.values() for key in cells))
    rows: list[tuple[str, ...]] = []
    faint: set[tuple[int, int]] = set()
    for key in sorted(keys, key=lambda name: [int(part) for part in name.split("/")]):
        for phase, cells in found.items():
            cell = cells.get(key)
            if cell is None:
                continue
            if cell.n < SMALL_CELL:
                faint |= {(len(rows), place) for place in (2, 3, 4)}
            shares = [rate(getattr(cell, f), cell.intervals.get(f)) for f in FIGURE_NAMES]
            rows.append((_cell_label(table, key), phase_label(phase), str(cell.n), *shares))
    head = (column, "phase", "n", *FIGURE_NAMES.values())
    return Table(head, tuple(rows), frozenset(faint), text_columns=frozenset({0, 1}))


def _cell_label(table: str, key: str) -> str:
    if table == "by_tier":
        return tier_label(key)
    hops, _, tier = key.partition("/")
    if table == "by_seen":
        return f"{hops} hops, at most {tier} in a row seen"
    return f"{hops} hops, {tier_label(tier)}" if tier else f"{hops} hops"


def _training(summary: Summary, plots: Mapping[str, Figure]) -> Iterator[Block]:
    drawn = [plots[name] for name in ("loss", "curve", "candidates") if name in plots]
    sampling = summary.metrics.sampling
    if not drawn and not sampling:
        return
    yield Heading("Training")
    yield from drawn
    if sampling:
        yield Heading("Rejection sampling", level=3)
        head = ("phase", "round", "tasks", "K", "a right sample", "a grounded sample")
        head += ("no winner", "only winners", "kept", "different completions")
        rows = tuple(
            (
                phase_label(s.phase),
                str(s.round),
                str(s.tasks),
                str(s.k),
                rate(s.pass_at_k, s.intervals.get("pass_at_k")),
                rate(s.grounded_at_k, s.intervals.get("grounded_at_k")),
                rate(s.no_winner, s.intervals.get("no_winner")),
                rate(s.only_winners, s.intervals.get("only_winners")),
                str(s.kept),
                rate(s.distinct_share),
            )
            for s in sampling
        )
        yield Table(head, rows)


def _samples(samples: Sequence[Episode]) -> Iterator[Block]:
    if not samples:
        return
    yield Heading("Sample episodes")
    yield Paragraph(
        f"From the last phase ({phase_label(samples[0].phase)}), drawn by a hash of the task's id: "
        "none was chosen by hand."
    )
    for episode in samples:
        yield _transcript(episode)


def _transcript(episode: Episode) -> Transcript:
    answer = episode.parsed.answer
    facts = [
        f"answered {_option(episode, answer)}; right is {_option(episode, episode.answer_star)}"
    ]
    if not episode.parsed.valid_format:
        facts = [f"no valid answer; right is {_option(episode, episode.answer_star)}"]
    if episode.answer_set_size is not None:
        facts.append(f"possible answers in the graph: {episode.answer_set_size}")
    if episode.parsed.path_entities:
        facts.append(f"reference path: {' → '.join(episode.parsed.path_entities)}")
    if episode.grounded is not None:
        facts.append("grounded" if episode.grounded else "not grounded")
    facts.append(f"reward {episode.reward.total:.3g}")
    claims = tuple(
        (f"{hop.source or '?'} {hop.relation or '?'} {hop.target or '?'}", hop.verdict)
        for hop in episode.hops or ()
    )
    _, found, question = episode.prompt.rpartition("Question: ")
    return Transcript(
        title=episode.ex_id,
        right=episode.right,
        question=question.rstrip() if found else episode.prompt.rstrip(),
        completion=episode.completion,
        facts=tuple(facts),
        hops=claims,
    )


def _option(episode: Episode, letter: str | None) -> str:
    if letter is None:
        return "not recorded"
    name = episode.options.get(letter)
    return f"{letter}) {name}" if name else letter


def _again(summary: Summary) -> Iterator[Block]:
    if summary.config is None:
        return
    yield Heading("Configuration")
    yield Code(dump_config(summary.config), "yaml")
    yield Heading("How to run it again")
    yield Code("graphtutor run --config config.yaml --run-id again", "sh")
    yield Paragraph(
        "config.yaml lies beside this report. On the same machine with the same package versions "
        "every file but the times comes out the same."
    )
