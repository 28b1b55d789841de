"""What the report says of the probes, the composition gap, the guessers and the ceilings."""

from __future__ import annotations

from pathlib import Path

from graphtutor.report.document import Document, Heading, Table
from graphtutor.report.markdown import markdown_of
from graphtutor.report.plots_canvas import draw
from graphtutor.report.plots_probes import paint_probes
from graphtutor.report.probes import probe_blocks, reference_blocks
from graphtutor.runs.audit import AuditRecord, Check, Shortcut
from graphtutor.runs.cell import Cell, PairedTest
from graphtutor.runs.metrics import PhaseMetrics, RunMetrics
from graphtutor.runs.probe_metrics import (
    CompositionGap,
    PassAtK,
    RotationMetrics,
    VariantMetrics,
)


def _test(figure: str, gained: int, lost: int) -> PairedTest:
    return PairedTest(
        against="as in the file",
        figure=figure,
        n=100,
        gained=gained,
        lost=lost,
        difference=(gained - lost) / 100,
        p_value=0.031,
    )


SFT = PhaseMetrics(
    accuracy=0.6,
    avg_path_coverage=0.5,
    avg_total_reward=0.1,
    n=100,
    rotation=RotationMetrics(
        n=100,
        accuracy=0.58,
        grounded_accuracy=0.5,
        consistency=0.41,
        recall={"A": 0.7, "B": 0.6, "C": 0.55, "D": 0.47},
        intervals={"consistency": (0.32, 0.51)},
    ),
    wording={
        "consider": VariantMetrics(
            n=100,
            accuracy=0.52,
            grounded_accuracy=0.4,
            before=0.6,
            grounded_before=0.5,
            paired=(_test("accuracy", 2, 10), _test("grounded_accuracy", 1, 11)),
        )
    },
    retrieval=VariantMetrics(
        n=20, accuracy=0.9, grounded_accuracy=0.8, before=0.6, grounded_before=0.5
    ),
    samples=PassAtK(
        n=100,
        samples=8,
        temperature=0.8,
        right={"1": 0.5, "8": 0.95},
        grounded={"1": 0.4, "8": 0.6},
        guess={"1": 0.25, "8": 0.9},
    ),
    composition={
        "4": CompositionGap(
            n=100,
            known=0.9,
            grounded_accuracy=0.6,
            gap=0.3,
            n_known=85,
            of_known=0.66,
            intervals={"gap": (0.2, 0.4)},
        )
    },
)
BASE = PhaseMetrics(accuracy=0.0, avg_path_coverage=0.0, avg_total_reward=-2.0, n=100)


def test_probes_are_told_for_the_phases_that_were_asked() -> None:
    """Every figure stands in its table; the base, which was not asked, in none."""
    blocks = list(probe_blocks({"base": BASE, "sft": SFT}, {}))
    tables = [block for block in blocks if isinstance(block, Table)]
    assert all("base" not in row[0] for table in tables for row in table.rows)
    text = markdown_of(Document("Run", tuple(blocks)))
    said = ["41.0 % (32.0-51.0)", "70.0 %", "-8.0", "0.031", "90.0 %", "95.0 %", "pass@8"]
    said += ["-30.0 (-40.0 to -20.0)", "66.0 %", "temperature 0.8", "guessing letters"]
    assert [word for word in said if word not in text] == []
    assert not list(probe_blocks({"base": BASE}, {}))


def test_the_best_guessers_stand_beside_the_ceilings() -> None:
    """Sorted by accuracy; those that could not be tried are not among them; failed gates named."""
    guesses = [
        Shortcut(
            name=f"guess-{i}",
            title=f"guesser {i}",
            file="eval.jsonl",
            n=100,
            accuracy=0.2 + i / 100,
            interval=(0.1, 0.4),
            passed=True,
        )
        for i in range(9)
    ]
    guesses.append(Shortcut(name="blind", title="blind", file="eval.jsonl", n=100, note="no graph"))
    check = Check(
        name="overlap",
        group="leaks",
        title="shared",
        file="eval.jsonl",
        found=1,
        n=100,
        passed=False,
    )
    audit = AuditRecord(source="r", shortcuts=tuple(guesses), checks=(check,))
    metrics = RunMetrics(
        run_id="r",
        splits={"eval": {"sft": SFT}},
        references={"graph oracle": Cell(n=100, accuracy=1.0, grounded_accuracy=1.0)},
    )
    blocks = list(reference_blocks(metrics, audit))
    [table] = [block for block in blocks if isinstance(block, Table)]
    assert [row[0] for row in table.rows] == [
        *("graph oracle", "SFT, facts in the prompt"),
        *(f"guesser {i}" for i in (8, 7, 6, 5, 4, 3)),
    ]
    text = markdown_of(Document("Run", tuple(blocks)))
    assert "These gates do not hold: overlap (eval.jsonl)." in text
    assert any(isinstance(block, Heading) for block in blocks)
    assert not list(reference_blocks(RunMetrics(run_id="r", splits={}), None))


def test_the_plot_is_drawn(tmp_path: Path) -> None:
    """With one phase asked and one not, and a cell too small to quote."""
    draw(tmp_path, "probes", lambda axes: paint_probes(axes[0], {"base": BASE, "sft": SFT}))
    assert (tmp_path / "probes.svg").stat().st_size > 5000
    assert (tmp_path / "probes.png").stat().st_size > 5000
