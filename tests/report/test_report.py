"""Reports of run directories made by hand: what they say, their plots, that they repeat."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from graphtutor.cli.report import run as report_command
from graphtutor.errors import RunError
from graphtutor.io.jsonl import append_jsonl
from graphtutor.report import write as writing
from graphtutor.report.summary import read_summary
from graphtutor.report.terminal import headline_table
from graphtutor.report.write import write_comparison, write_report
from graphtutor.runs.directory import RunDirectory
from graphtutor.runs.episodes import Episode
from graphtutor.runs.metrics import RunMetrics
from graphtutor.runs.record_file import read_record

PLOTS = ["accuracy", "by_hop", "by_tier", "candidates", "curve", "loss"]
MakeRun = Callable[..., RunDirectory]


def _row(text: str, *starts: str) -> list[str]:
    """Return the cells of the first table row that begins with ``starts``."""
    prefix = f"| {' | '.join(starts)} |"
    line = next(line for line in text.splitlines() if line.startswith(prefix))
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def test_the_headline_has_n_and_intervals(reported: RunDirectory) -> None:
    text = reported.report_markdown.read_text()
    assert text.startswith("# Run run\\_0001\n")
    assert _row(text, "RSFT", "800") == [
        "RSFT",
        "800",
        "99.0 %",
        "87.0 % (81.0-93.0)",
        "78.3 % (72.9-83.7)",
        "-",
    ]
    assert _row(text, "base", "800")[3] == "0.0 % (0.0-6.0)"
    order = [text.index(f"| {name} | 800 |") for name in ("base", "SFT", "SFT, further steps")]
    assert order == sorted(order)


def test_paired_tests_stand_in_the_report(reported: RunDirectory) -> None:
    text = reported.report_markdown.read_text()
    against = "SFT, further steps"
    assert _row(text, "RSFT", against, "right")[3:] == ["800", "120", "40", "+10.0", "\\< 0.0001"]
    assert _row(text, "RSFT", against, "grounded")[-1] == "0.031"


def test_small_cells_are_marked(reported: RunDirectory) -> None:
    text = reported.report_markdown.read_text()
    assert _row(text, "5 or more", "RSFT")[2:] == [
        "_20_",
        "_43.5 % (37.5-49.5)_",
        "_39.1 % (33.8-44.5)_",
    ]
    assert _row(text, "2-4 possible answers", "RSFT")[2] == "380"
    assert "fewer than 30 tasks" in text
    assert _row(text, "5 hops, 5 or more", "RSFT")[2] == "_20_"
    assert _row(text, "5 hops", "RSFT")[2] == "400"


def test_samples_are_five_right_and_five_wrong_with_verdicts(reported: RunDirectory) -> None:
    text = reported.report_markdown.read_text()
    assert text.count(": right**") == 5
    assert text.count(": wrong**") == 5
    assert "1. Rain causes Flood: **true edge**" in text
    assert "2. Flood causes ?: **unknown entity**" in text
    assert "answered A) Fog; right is B) Flood" in text
    assert "Question: " not in text  # the rules above the question are not repeated
    assert "Rain causes an event. Which?\nA) Fog\nB) Flood" in text


def test_sampling_provenance_and_configuration_are_told(reported: RunDirectory) -> None:
    text = reported.report_markdown.read_text()
    assert _row(text, "RSFT", "2")[2:5] == ["600", "8", "95.0 %"]
    assert _row(text, "SFT", "train.jsonl") == ["SFT", "train.jsonl", "1234567890abcdef"]
    assert "| graph | weather, abcdef0123456789 |" in text
    assert "```yaml\ngraph: software_troubleshooting\nseed: 0\n" in text
    assert "graphtutor run --config config.yaml" in text


def test_the_report_holds_no_times_and_no_paths(reported: RunDirectory) -> None:
    """A resumed run ends with the same report as an uninterrupted one."""
    text = reported.report_markdown.read_text() + reported.report_html.read_text()
    created = json.loads(reported.meta.read_text())["created_at"]
    for word in (created, created[:10], "12.34", str(reported.path.parent)):
        assert word not in text


def test_html_holds_every_plot_and_the_figures(reported: RunDirectory) -> None:
    page = reported.report_html.read_text()
    assert page.count("data:image/svg+xml;base64,") == len(PLOTS)
    assert "87.0 % (81.0-93.0)" in page
    assert page.count("<article") == 10


def test_plots_are_written_as_svg_and_png(reported: RunDirectory) -> None:
    assert sorted(p.stem for p in reported.plots.glob("*.svg")) == PLOTS
    for name in PLOTS:
        png = (reported.plots / f"{name}.png").read_bytes()
        assert png.startswith(b"\x89PNG\r\n\x1a\n")
        assert len(png) > 5000
        svg = ElementTree.parse(reported.plots / f"{name}.svg").getroot()
        assert len(list(svg.iter("{http://www.w3.org/2000/svg}path"))) > 20


def test_equal_runs_have_equal_reports(reported: RunDirectory, tmp_path: Path) -> None:
    write_report(reported, tmp_path)
    names = ["report.md", "report.html", *(f"plots/{n}.{e}" for n in PLOTS for e in ("svg", "png"))]
    for name in names:
        assert (tmp_path / name).read_bytes() == (reported.path / name).read_bytes(), name


def test_a_run_of_the_seed_format_has_a_report(tmp_path: Path) -> None:
    """Only metrics.json, only the seed's fields."""
    folder = tmp_path / "run_0001"
    folder.mkdir()
    phase = {"accuracy": 0.28, "avg_path_coverage": 0.11, "avg_total_reward": -1.2}
    metrics = {"run_id": "run_0001", "splits": {"eval": {"base": phase}}}
    (folder / "metrics.json").write_text(json.dumps(metrics))
    text = write_report(RunDirectory.find(tmp_path, "run_0001")).read_text()
    assert _row(text, "base", "-") == ["base", "-", "-", "28.0 %", "-", "-"]
    assert _row(text, "base", "11.0 %")[2] == "-1.20"
    assert "Sample episodes" not in text


def test_a_run_without_metrics_is_refused_and_nothing_is_written(make_run: MakeRun) -> None:
    run = make_run()
    run.metrics.unlink()
    with pytest.raises(RunError, match="finish the run"):
        write_report(run)
    assert not run.report_markdown.exists()
    assert not run.plots.exists()


def test_without_matplotlib_the_report_says_so(
    make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "plots_available", lambda: False)
    run = make_run()
    text = write_report(run).read_text()
    assert "pip install 'graphtutor\\[plots\\]'" in text
    assert "![" not in text
    assert not run.plots.exists()


def test_samples_do_not_depend_on_the_order_or_number_of_lines(
    make_run: MakeRun, make_episode: Callable[..., Episode]
) -> None:
    one, other = make_run("one"), make_run("other")
    episodes = [make_episode(i, "AB"[i % 2]) for i in range(300)]
    for run, lines in ((one, episodes), (other, episodes[::-1])):
        run.episodes.unlink()
        append_jsonl(run.episodes, lines)
    found = [[e.ex_id for e in read_summary(run).samples] for run in (one, other)]
    assert found[0] == found[1]
    assert len(set(found[0])) == 10
    assert found[0] != [f"ev_{i}" for i in range(10)]


def _comparison(make_run: MakeRun, out: Path) -> str:
    runs = [make_run(f"run_{seed}", seed) for seed in range(3)]
    return write_comparison(runs, out).read_text()


def test_the_comparison_has_mean_spread_and_tests(make_run: MakeRun, tmp_path: Path) -> None:
    out = tmp_path / "comparison"
    text = _comparison(make_run, out)
    assert text.startswith("# Comparison of 3 runs\n")
    # 87, 88 and 89 %: mean 88, standard deviation 1.
    assert _row(text, "RSFT", "3", "800")[3:5] == ["88.0 ± 1.0 (87.0-89.0)"] * 2
    assert _row(text, "base", "3", "800")[3] == "0.0 ± 0.0 (0.0-0.0)"
    assert _row(text, "RSFT", "3", "800")[-1].startswith("_44.0")  # 20 tasks only
    grounded = text[text.index("## Grounded") :]
    assert _row(grounded, "RSFT", "3", "800")[3] == "79.2 ± 0.9 (78.3-80.1)"
    rows = [line for line in text.splitlines() if line.startswith("| RSFT | SFT, further steps |")]
    assert [row.split(" | ")[3:5] for row in rows] == [
        [f"run\\_{seed}", str(seed)] for seed in (0, 1, 2, 0, 1, 2)
    ]
    assert "unlike those of" not in text
    assert sorted(p.name for p in (out / "plots").iterdir()) == ["spread.png", "spread.svg"]
    assert (out / "report.html").read_text().count("data:image/svg+xml;base64,") == 1


def test_the_comparison_tells_what_else_differs(make_run: MakeRun, tmp_path: Path) -> None:
    one, other = make_run("one"), make_run("two")
    text = other.config.read_text()
    other.config.write_text(text.replace("source: long", "source: short"))
    shown = write_comparison([one, other], tmp_path / "out").read_text()
    assert _row(shown, "two") == ["two", "rsft.source"]


def test_a_comparison_needs_runs(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="at least one run"):
        write_comparison([], tmp_path)


def test_the_terminal_table_fits_80_columns(reported: RunDirectory) -> None:
    console = Console(width=80, record=True, force_terminal=False, file=None, quiet=False)
    with console.capture() as captured:
        console.print(headline_table(read_record(reported.metrics, RunMetrics)))
    text = captured.get()
    assert max(len(line) for line in text.splitlines()) <= 80
    assert "…" not in text
    assert "87.0" in text
    assert "81.0-93.0" in text
    assert "SFT, further" in text


def test_the_command_writes_reports_and_prints_where(
    make_run: MakeRun,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Plots have tests of their own and take seconds.
    monkeypatch.setattr(writing, "plots_available", lambda: False)
    for seed in range(2):
        make_run(f"run_{seed}", seed)
    report_command(["run_0", "run_1"], root=tmp_path / "runs")
    printed = capsys.readouterr().out.replace("\n", "")
    for folder in ("runs/run_0", "runs/run_1", "comparison"):
        path = tmp_path / folder / "report.md"
        assert path.is_file()
        assert str(path) in printed
    out = tmp_path / "elsewhere"
    (tmp_path / "runs" / "run_0" / "report.md").unlink()
    report_command(["run_0"], root=tmp_path / "runs", out=out)
    assert (out / "report.html").is_file()
    assert not (tmp_path / "runs" / "run_0" / "report.md").exists()


def test_the_command_refuses_a_missing_run_before_writing(
    make_run: MakeRun, tmp_path: Path
) -> None:
    run = make_run("run_0")
    with pytest.raises(RunError, match="runs here: run_0"):
        report_command(["run_0", "run_9"], root=tmp_path / "runs")
    with pytest.raises(RunError, match="named twice"):
        report_command(["run_0", "run_0"], root=tmp_path / "runs")
    assert not run.report_markdown.exists()
