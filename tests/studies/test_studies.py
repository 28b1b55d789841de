"""Each study end to end with the fake engine: what it writes, and that it goes on when stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from graphtutor.errors import RunError
from graphtutor.runs.directory import RunDirectory
from graphtutor.runs.record_file import read_record
from graphtutor.runs.studies import DepthStudy, DistributionStudy, DriftStudy, KStudy
from graphtutor.studies.distribution import ARMS, QUESTIONS
from graphtutor.studies.registry import STUDIES
from graphtutor.studies.samples import KSample, k_figures
from graphtutor.studies.study import Study

MakeStudy = Callable[..., Study]


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_distribution_compares_all_arms_on_all_seeds(make_study: MakeStudy) -> None:
    """Every question has its contrasts in both figures; the report names them; plots are there."""
    study = make_study()
    report = STUDIES["distribution"](study)
    record = read_record(study.out / "study.json", DistributionStudy)
    assert record.seeds == (0, 1)
    assert record.runs == ("s0", "s1")
    assert [arm.phase for arm in record.arms] == [*ARMS]
    assert all(len(arm.accuracy) == 2 and arm.n == 8 for arm in record.arms)
    assert {len(arm.with_winner) for arm in record.arms if arm.phase.startswith("rsft")} == {2}
    asked = [(c.question, c.arm, c.against, c.figure) for c in record.contrasts]
    figures = ("accuracy", "grounded_accuracy")
    assert asked == [(q, *p, f) for q, pairs in QUESTIONS.items() for p in pairs for f in figures]
    text = report.read_text("utf-8")
    assert all(question in text for question in QUESTIONS)
    assert {"plots/arms.svg", "plots/contrasts.png", "report.html"} <= _files(study.out)


def test_distribution_goes_on_and_changes_nothing(make_study: MakeStudy) -> None:
    """Run again, it finds all done and writes the same."""
    study = make_study(seeds=(0,))
    STUDIES["distribution"](study)
    before = {
        name: (study.out / name).read_bytes()
        for name in _files(study.out)
        if not name.endswith("meta.json")
    }
    STUDIES["distribution"](study)
    assert {name: (study.out / name).read_bytes() for name in before} == before


def test_k_counts_from_one_set_of_samples(make_study: MakeStudy) -> None:
    """K beyond the samples is left out; a log that was cut short is filled up, not begun again."""
    study = make_study(seeds=(0,))
    STUDIES["k"](study)
    record = read_record(study.out / "study.json", KStudy)
    assert [row.k for row in record.by_k] == [1, 4]
    assert all(row.n == 5 for row in record.by_k)
    assert record.by_k[0].no_winner == pytest.approx(1 - record.by_k[0].grounded)
    log = study.out / "samples-s0.jsonl"
    whole = log.read_text("utf-8")
    assert len(whole.splitlines()) == 20
    log.write_text(whole[: len(whole) // 2], "utf-8")
    STUDIES["k"](study)
    assert log.read_text("utf-8") == whole


def test_k_figures_by_hand() -> None:
    """Two tasks of four samples: one with two grounded, one with none."""
    samples = [
        KSample(ex_id=t, start=t, k=k, right=k < n, grounded=k < n, completion="")
        for t, n in (("a", 2), ("b", 0))
        for k in range(4)
    ]
    found = k_figures([samples], 2)
    # Of six pairs of a's samples five hold a grounded one, one holds two.
    assert found.grounded == pytest.approx(5 / 6 / 2)
    assert found.no_winner == pytest.approx(1 - 5 / 12)
    assert found.only_winners == pytest.approx(1 / 6 / 2)
    assert found.guess == 1 - 0.75**2


@pytest.mark.slow
def test_depth_trains_each_depth_on_its_tasks(make_study: MakeStudy) -> None:
    """No training beyond its depth; every model answers every hop length."""
    study = make_study("tasks.eval=2")
    STUDIES["depth"](study)
    record = read_record(study.out / "study.json", DepthStudy)
    assert (record.depths, record.hops) == ((1, 2, 3, 5), (2, 3, 4, 5, 6, 7, 8))
    asked = {hops: cell.n for hops, cell in record.cells["1"].items()}
    assert asked
    assert all({h: c.n for h, c in record.cells[d].items()} == asked for d in record.cells)
    assert all(len(seeds) == 2 for row in record.by_seed.values() for seeds in row.values())
    models = {p.name for p in (study.out / "runs" / "s0" / "models").iterdir()}
    assert models == {"depth1", "depth2", "depth3", "depth5"}
    assert {"plots/depth.svg", "report.md"} <= _files(study.out)


def test_drift_measures_every_phase_against_its_base(make_study: MakeStudy) -> None:
    """The base against itself has moved nowhere; what was measured is not measured again."""
    study = make_study(seeds=(0,))
    STUDIES["drift"](study)
    record = read_record(study.out / "study.json", DriftStudy)
    assert [found.phase for found in record.phases] == ["base", "sft", "rsft"]
    base, sft, _ = (found.english.text for found in record.phases)
    assert base
    assert sft
    assert (base.kl, base.agreement) == (0, 1)
    assert sft.kl > 0
    measured = study.out / "measured" / "s0-sft.json"
    stamp = measured.stat().st_mtime_ns
    STUDIES["drift"](study)
    assert measured.stat().st_mtime_ns == stamp


def test_finished_runs_serve_k_and_drift(make_study: MakeStudy, tmp_path: Path) -> None:
    """They are read and not changed; a run without a trained phase is told so."""
    first = make_study(seeds=(0,))
    STUDIES["k"](first)
    run = RunDirectory(first.out / "runs" / "s0")
    before = {name: (run.path / name).read_bytes() for name in _files(run.path)}
    again = make_study(out=tmp_path / "again", runs=(run,), seeds=(0,))
    STUDIES["k"](again)
    STUDIES["drift"](again)
    assert not (again.out / "runs").exists()
    assert {name: (run.path / name).read_bytes() for name in _files(run.path)} == before
    empty = RunDirectory.create(tmp_path, "empty", first.config)
    with pytest.raises(RunError, match="a trained phase"):
        STUDIES["drift"](make_study(out=tmp_path / "none", runs=(empty,), seeds=(0,)))
