"""The job over a run directory: what it writes and refuses, and that a refusal leaves nothing."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from graphtutor.backends.fake import FakeBackend, FakeModel
from graphtutor.config import RunConfig
from graphtutor.errors import ConfigError, GraphError, LeakError, ModelError, RunError, TaskError
from graphtutor.graph.load import load_graph
from graphtutor.job import rsft
from graphtutor.job.data import make_data, write_tasks
from graphtutor.job.job import Job, open_job
from graphtutor.job.main_job import evaluate_trained, run_job, run_phase
from graphtutor.job.phases import run_sft
from graphtutor.job.watch import Silence
from graphtutor.runs.audit import AuditRecord
from graphtutor.runs.episodes import iter_candidates, iter_episodes, read_curve, read_train_log
from graphtutor.runs.logs import count_lines
from graphtutor.runs.meta import RunMeta
from graphtutor.runs.metrics import RunMetrics
from graphtutor.runs.record_file import read_record
from graphtutor.tasks.task import Task
from graphtutor.training.winners import Winner

Configure = Callable[..., RunConfig]
Resume = Callable[..., Job]


class Recording(Silence):
    """Remembers bars (title, total, advanced) and lines."""

    def __init__(self) -> None:
        self.bars: list[list[Any]] = []
        self.lines: list[str] = []

    @contextmanager
    def bar(self, title: str, total: int) -> Generator[Any, None, None]:
        entry = [title, total, 0]
        self.bars.append(entry)

        def advance(count: int, note: str = "") -> None:
            del note
            entry[2] += count

        yield advance

    def say(self, line: str) -> None:
        self.lines.append(line)


def _open(root: Path, config: RunConfig, watch: Any = None, *, resume: bool = False) -> Job:
    return open_job(root, "r", config, FakeBackend(), watch or Silence(), resume=resume)


def test_a_run_holds_all_its_files(whole: Path) -> None:
    """Exactly these: a reader of run directories can rely on them."""
    found = sorted(path.relative_to(whole).as_posix() for path in whole.rglob("*.*"))
    models = [f"models/{name}/fake.json" for name in ("rsft", "rsft-round1", "rsft-round2", "sft")]
    tasks = ["dev", "eval", "eval_search", "train", "train_long"]
    assert found == sorted(
        [
            *("audit.html", "audit.json", "audit.md"),
            *("candidates.jsonl", "config.yaml", "curve.jsonl", "episodes.jsonl", "facts.jsonl"),
            *("journal.jsonl", "meta.json", "metrics.json", "report.html", "report.md"),
            *("probes.jsonl", "rsft.jsonl", "train_log.jsonl"),
            *models,
            *(f"tasks/{name}.jsonl" for name in tasks),
        ]
    )


def test_the_files_tell_one_story(whole: Path, resume: Resume, graph_file: Path) -> None:
    """Counts and names agree from the task files to the metrics."""
    job = resume(whole.parent)
    phases = ["base", "sft", "rsft"]
    episodes = list(iter_episodes(job.run.episodes))
    asked = [task.id for task in job.tasks("eval")]
    assert [(e.phase, e.ex_id) for e in episodes] == [(p, i) for p in phases for i in asked]
    assert {e.phase: e.step for e in episodes} == {"base": 0, "sft": 3, "rsft": 5}
    assert not any(e.cut for e in episodes)
    metrics = read_record(job.run.metrics, RunMetrics)
    assert list(metrics.phases) == phases
    assert all(figures.n == 8 for figures in metrics.phases.values())
    # The base model gives no valid answer: it is asked nothing further.
    assert [bool(f.fact_recall) for f in metrics.phases.values()] == [False, True, True]
    assert [f.rotation.n if f.rotation else 0 for f in metrics.phases.values()] == [0, 8, 8]
    assert metrics.references["graph oracle"].grounded_accuracy == 1
    probes = Counter(e.probe for e in iter_episodes(job.run.probes_log) if e.phase == "rsft")
    assert probes == dict.fromkeys(
        (
            *(f"rotation/{shift}" for shift in (1, 2, 3)),
            "wording/consider",
            "wording/outcome",
            "retrieval",
        ),
        8,
    )
    candidates = list(iter_candidates(job.run.candidates))
    assert [(c.round, c.k) for c in candidates] == [
        (number, k) for number in (1, 2) for _ in range(12) for k in (0, 1)
    ]
    kept = {(c.ex_id, c.round, c.k): c.completion for c in candidates if c.kept}
    lines = job.run.winners.read_text().splitlines()
    winners = [Winner.model_validate_json(line) for line in lines]
    assert winners
    assert all(kept[w.ex_id, w.round, w.k] == w.completion for w in winners)
    steps = [(line.phase, line.round, line.step) for line in read_train_log(job.run.train_log)]
    assert steps == [
        *(("sft", None, step) for step in (1, 2, 3)),
        *(("rsft", number, step) for number in (1, 2) for step in (1, 2)),
    ]
    curve = [(p.phase, p.round, p.step, p.total_step) for p in read_curve(job.run.curve)]
    assert curve == [
        *(("sft", None, 1, 1), ("sft", None, 2, 2)),
        *(("rsft", 1, 1, 4), ("rsft", 2, 1, 4)),
    ]
    meta = read_record(job.run.meta, RunMeta)
    assert meta.graph is not None
    assert (meta.graph.entities, meta.graph.digest) == (80, load_graph(str(graph_file)).digest)
    assert set(meta.phases["sft"].files) == {"train.jsonl", "eval.jsonl"}
    assert set(meta.phases["rsft"].files) == {
        *("train.jsonl", "train_long.jsonl", "dev.jsonl", "eval.jsonl"),
    }


def test_single_facts_are_those_that_eval_is_made_of(whole: Path, resume: Resume) -> None:
    """Each edge of eval is asked once, as a 1-hop question of train.jsonl."""
    job = resume(whole.parent)
    used = {(e.src, e.rel, e.dst) for t in job.tasks("eval") for e in t.path_star.edges}
    facts = [e for e in iter_episodes(job.run.facts_log) if e.phase == "sft"]
    asked = {task.id: task for task in job.tasks("train")}
    edges = [asked[fact.ex_id].path_star.edges for fact in facts]
    assert {(e.src, e.rel, e.dst) for [e] in edges} == used
    assert len(facts) == len(used)


def test_bars_are_filled_and_phases_reported(root: Path, resume: Resume) -> None:
    """A bar that stops short, or runs over, tells a person the wrong time left."""
    watch = Recording()
    run_job(resume(root, watch=watch))
    assert watch.bars
    assert [bar for bar in watch.bars if bar[1] != bar[2]] == []
    assert {title.split()[0] for title, _, _ in watch.bars} == {
        *("base", "sft", "rsft", "rsft-round1", "rsft-round2"),
    }
    assert any(line.startswith("rsft   round 1: ") for line in watch.lines)
    assert any(line.startswith("base   n 8: right 0.0%") for line in watch.lines)


def test_the_bar_of_the_data_counts_tasks(configure: Configure, tmp_path: Path) -> None:
    """It ran to 24 times its length: the training tasks were counted, but not expected."""
    watch = Recording()
    counts, left_out = write_tasks(tmp_path / "tasks", configure("tasks.seed=1"), watch)
    assert sorted(counts) == ["dev", "eval", "eval_search", "train", "train_long"]
    [[_, total, advanced]] = watch.bars
    assert sum(counts.values()) + sum(left_out.values()) == advanced
    assert 0.8 * total < advanced <= total


def test_every_phase_runs_from_the_sft_model(configure: Configure, tmp_path: Path) -> None:
    """All five phases in one run; the two RSFT phases keep their logs apart."""
    config = configure(
        "phases=[base, sft, sft_more, rsft_short, rsft]", "rsft.rounds=1", "rsft.max_tasks=8"
    )
    job = _open(tmp_path, config)
    run_job(job)
    metrics = read_record(job.run.metrics, RunMetrics)
    assert list(metrics.phases) == ["base", "sft", "sft_more", "rsft_short", "rsft"]
    short = {task.id for task in job.tasks("train")}
    sampled = {c.ex_id for c in iter_candidates(job.run.candidates) if c.phase == "rsft_short"}
    assert sampled <= short
    assert job.run.model("rsft_short").is_dir()
    assert job.run.entries()[-1].unit == "rsft/probe/retrieval"


def test_the_arms_differ_in_the_selection_alone(configure: Configure, tmp_path: Path) -> None:
    """Grounded, answer-only and placebo winners are chosen among the same samples."""
    config = configure(
        "phases=[sft, rsft, rsft_answer, rsft_placebo]", "rsft.rounds=1", "rsft.k_samples=4"
    )
    job = _open(tmp_path, config)
    run_job(job)
    arms: dict[str, list[Any]] = {}
    for candidate in iter_candidates(job.run.candidates):
        arms.setdefault(candidate.phase, []).append(candidate)
    assert list(arms) == ["rsft", "rsft_answer", "rsft_placebo"]
    said = [[(c.ex_id, c.k, c.completion, c.grounded) for c in arm] for arm in arms.values()]
    assert said[0] == said[1] == said[2]
    first = {}
    for candidate in arms["rsft_answer"]:
        if candidate.right:
            first.setdefault(candidate.ex_id, candidate.k)
    assert {c.ex_id: c.k for c in arms["rsft_answer"] if c.kept} == first
    assert all(c.right for arm in arms.values() for c in arm if c.kept)
    assert all(c.grounded for c in arms["rsft"] if c.kept)
    metrics = read_record(job.run.metrics, RunMetrics)
    assert [test.against for test in metrics.phases["rsft_placebo"].paired[::2]] == ["sft", "rsft"]


def test_one_phase_brings_what_it_needs(configure: Configure, tmp_path: Path) -> None:
    """'graphtutor rsft' on a new run makes the data and SFT first."""

    def probes(phase: str) -> list[str]:
        return [f"{phase}/probe/{name}" for name in ("rotation", "wording", "retrieval")]

    job = _open(tmp_path, configure("rsft.rounds=1"))
    run_phase(job, "rsft")
    units = [entry.unit for entry in job.run.entries()]
    assert units == [
        *("data", "sft/train", "sft/eval", *probes("sft")),
        *("rsft/round1/sample", "rsft/round1/train", "rsft/choice", "rsft/eval", *probes("rsft")),
    ]


def test_the_round_that_dev_likes_best_is_the_model(
    root: Path, resume: Resume, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rounds stop when dev no longer gains; the model is that of the best, not of the last."""
    scores = iter([0.2, 0.5, 0.4])
    monkeypatch.setattr(rsft, "_dev", lambda *_: next(scores))
    job = resume(root)
    object.__setattr__(
        job,
        "config",
        job.config.model_copy(
            update={"rsft": job.config.rsft.model_copy(update={"rounds": 5, "k_samples": 2})}
        ),
    )
    run_job(job)
    assert job.run.facts("rsft/choice") == {"round": 2}
    assert not job.run.model("rsft-round4").exists()
    chosen = (job.run.model("rsft") / "fake.json").read_bytes()
    assert chosen == (job.run.model("rsft-round2") / "fake.json").read_bytes()


def test_a_taken_run_id_is_refused(root: Path, configure: Configure) -> None:
    """And the run that has it is left alone."""
    run = root / "run_0001"
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    with pytest.raises(RunError, match="run_0001: wanted a run id that is not taken"):
        open_job(root, "run_0001", configure(), FakeBackend(), Silence(), resume=False)
    after = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    assert after == before


def test_another_configuration_is_refused_by_its_keys(
    root: Path, configure: Configure, resume: Resume
) -> None:
    with pytest.raises(RunError, match=r"got other values for rsft\.rounds, sft\.steps"):
        resume(root, configure("sft.steps=4", "rsft.rounds=1"))


def test_another_graph_under_the_same_name_is_refused(
    root: Path, resume: Resume, graph_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tasks are of the old graph; judged by the new one they would all be wrong."""
    data = json.loads(graph_file.read_text())
    old = graph_file.read_text()
    data["edges"].pop()
    graph_file.write_text(json.dumps(data))
    try:
        with pytest.raises(RunError, match="wanted the graph that the run began with"):
            resume(root)
    finally:
        graph_file.write_text(old)
    resume(root)


def test_a_kill_before_meta_is_written_can_be_resumed(configure: Configure, tmp_path: Path) -> None:
    """The run has its configuration and nothing else: all that can still be told is made up for."""
    config = configure("phases=[base]")
    job = _open(tmp_path, config)
    job.run.meta.unlink()
    run_job(_open(tmp_path, config, resume=True))
    meta = read_record(job.run.meta, RunMeta)
    assert set(meta.phases) == {"data", "base"}


def test_a_graph_too_small_leaves_nothing(configure: Configure, tmp_path: Path) -> None:
    """Neither of a new run, nor of one that was killed before its data was made."""
    config = configure("tasks.eval=5000")
    with pytest.raises(TaskError, match=r"What to do: .*tasks.eval="):
        run_job(_open(tmp_path, config))
    assert list(tmp_path.iterdir()) == []
    _open(tmp_path, config)
    with pytest.raises(TaskError):
        run_job(_open(tmp_path, config, resume=True))
    assert list(tmp_path.iterdir()) == []


def test_a_bad_task_setting_does_not_take_a_finished_run_back(
    root: Path, resume: Resume, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run with anything in it but its configuration is never removed."""
    job = resume(root)
    job.run.journal.unlink()  # as if the data had not been made

    def fail(*_: Any) -> None:
        raise TaskError("tasks", wanted="more", got="less")

    monkeypatch.setattr("graphtutor.job.data.write_tasks", fail)
    with pytest.raises(TaskError):
        make_data(job)
    assert job.task_file("train").exists()


def test_nothing_is_made_when_graph_or_model_cannot_be_used(
    configure: Configure, tmp_path: Path
) -> None:
    class NoModel(FakeBackend):
        def load(self, model: Any, adapter: Path | None = None) -> FakeModel:
            raise ModelError(model.name, wanted="a model", got="none")

    with pytest.raises(ModelError):
        open_job(tmp_path / "runs", "r", configure(), NoModel(), Silence(), resume=False)
    with pytest.raises(GraphError):
        _open(tmp_path / "runs", configure(f"graph={tmp_path / 'none.json'}"))
    assert list(tmp_path.iterdir()) == []


def test_methods_that_do_not_go_together_are_refused_at_once(
    configure: Configure, tmp_path: Path
) -> None:
    """It used to be found out by RSFT, after SFT had been trained and evaluated."""
    with pytest.raises(ConfigError, match=r"rsft.method: wanted lora, .*--set rsft.method=lora"):
        _open(tmp_path, configure("sft.method=lora", "rsft.method=full"))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ConfigError, match=r"rsft.lora_r: wanted 8, .*got 4"):
        _open(tmp_path, configure("sft.method=lora", "sft.lora_r=8", "rsft.lora_r=4"))
    _open(tmp_path, configure("sft.method=lora", "rsft.method=full", "phases=[base, sft]"))


def test_training_on_what_is_evaluated_is_refused(root: Path, resume: Resume) -> None:
    """Byte for byte the same file, whatever its name."""
    job = resume(root)
    shutil.copy(job.task_file("eval"), job.task_file("train"))
    with pytest.raises(LeakError, match=r"train\.jsonl.*got the same content as .*eval\.jsonl"):
        run_sft(job)
    assert not job.run.model("sft").exists()


def test_rsft_without_tasks_to_sample_on(configure: Configure, tmp_path: Path) -> None:
    """Two empty files are the same file; that was taken for a leak."""
    config = configure("tasks.train_long=0", "tasks.search=0", "rsft.source=long")
    with pytest.raises(TaskError, match="wanted tasks in train_long, got none") as caught:
        run_job(_open(tmp_path, config))
    assert not isinstance(caught.value, LeakError)


def test_rsft_without_a_winner_says_what_to_do(configure: Configure, tmp_path: Path) -> None:
    """Nothing to train on is not a reason to train on nothing."""
    job = _open(tmp_path, configure("rsft.source=long", "rsft.keep_top=1"))
    with pytest.raises(TaskError, match=r"rsft round 1: .*got none among 2 samples of each of 8"):
        run_job(job)
    assert job.run.entries()[-1].unit == "rsft/round1/sample"


def test_evaluating_adds_only_what_is_missing(whole: Path, tmp_path: Path, resume: Resume) -> None:
    """'graphtutor eval' answers phases that have a model and no episodes yet."""
    shutil.copytree(whole, tmp_path / whole.name)
    job = resume(tmp_path)
    lines = count_lines(job.run.episodes)
    evaluate_trained(job, [])
    assert count_lines(job.run.episodes) == lines
    with pytest.raises(RunError, match=r"--phase: wanted .*base, sft, rsft, got sft_more"):
        evaluate_trained(job, ["sft_more"])


def test_a_model_that_is_missing_is_named(root: Path, resume: Resume) -> None:
    with pytest.raises(RunError, match=r"wanted the model of phase rsft-round2.*run phase rsft f"):
        resume(root).load("rsft-round2")


def test_tasks_that_guessers_solve_are_told_of(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the selection leaves out is said on the spot, in meta.json and in the audit."""

    def fair(_: object, splits: dict[str, list[Task]], __: object) -> dict[str, list[Task]]:
        return {**splits, "eval": splits["eval"][:-3]}

    monkeypatch.setattr("graphtutor.job.data.fair_splits", fair)
    watch = Recording()
    job = open_job(tmp_path, "r", configure(), FakeBackend(), watch, resume=False)
    make_data(job)
    made = len(job.tasks("eval")) + 3
    assert f"data   eval: 3 of {made} tasks left out" in "\n".join(watch.lines)
    assert read_record(job.run.meta, RunMeta).phases["data"].left_out == {"eval": 3}
    notes = read_record(job.run.audit, AuditRecord).notes
    assert len(notes) == 1
    assert notes[0].startswith("eval.jsonl: 3 of the tasks made were left out")


def test_the_end_looks_for_leaks_again_but_not_for_shortcuts(
    configure: Configure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shortcuts depend on the files alone; whether a phase trained on eval does not."""
    job = _open(tmp_path, configure())
    make_data(job)
    early = read_record(job.run.audit, AuditRecord)

    def again(*_: object) -> None:
        raise AssertionError("tried again")

    monkeypatch.setattr("graphtutor.audit.audit.shortcuts", again)
    run_job(job)
    late = read_record(job.run.audit, AuditRecord)
    assert late.shortcuts == early.shortcuts
    assert len(late.checks) > len(early.checks)


def test_a_server_is_not_trained(configure: Configure, tmp_path: Path) -> None:
    """Said before the base model has been evaluated, which may have cost money."""
    config = configure("model.backend=openai", "model.server.urls=[http://localhost:1/v1]")
    with pytest.raises(ConfigError, match=r"phases: wanted \[base\], for the openai engine only"):
        open_job(tmp_path, "r", config, FakeBackend(), Silence(), resume=False)
    assert not list(tmp_path.iterdir())
