"""Records of a run: the seed's sample files read unchanged, newer majors are refused."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from graphtutor.config import RunConfig
from graphtutor.errors import RunError
from graphtutor.io.jsonl import append_jsonl
from graphtutor.runs.episodes import CurvePoint, Episode, iter_episodes, read_curve
from graphtutor.runs.machine import PhaseUsage, measured, package_versions, source_commit
from graphtutor.runs.meta import GraphMeta, RunMeta, build_meta
from graphtutor.runs.metrics import RunMetrics, curves_from
from graphtutor.runs.record_file import read_record, write_record

SEED_EPISODE = {
    "phase": "base",
    "step": 0,
    "ex_id": "ex_000123",
    "split": "eval",
    "prompt": "....",
    "completion": "TRACE: ...\nANSWER: B",
    "parsed": {
        "answer": "B",
        "trace_text": "Rain causes Flood",
        "trace_entities": ["Rain", "Flood"],
        "path_entities": ["Rain", "Flood", "Mud"],
        "valid_format": True,
    },
    "reward": {
        "correctness": 1.0,
        "path_coverage": 0.67,
        "path_reward": 0.67,
        "spam_penalty": 0.0,
        "total": 1.34,
    },
    "debug": {
        "hits": 2,
        "unique_entity_mentions": 2,
        "entity_repeat_counts": {"Rain": 1, "Flood": 1},
    },
}
SEED_META = {
    "run_id": "run_0001",
    "created_at": "2026-01-27T12:00:00-08:00",
    "platform": "apple_m3pro_mlx",
    "model": {"base": "m", "tokenizer": "m"},
    "training": {
        "seed": 1234,
        "phases": ["base", "sft", "rsft"],
        "sft": {"lora_r": 16, "lora_alpha": 16, "lr": 1e-4, "steps": 1000, "batch_size": 8},
        "rsft": {"k_samples": 8, "keep_top": 1, "steps": 500},
    },
    "reward": {
        "version": "1.0",
        "weights": {"correctness": 1.0, "path": 0.5},
        "correct": 1.0,
        "incorrect": -2.0,
        "min_hits": 2,
        "max_path_reward": 1.0,
        "spam_penalty": {"repeat_entity_max": 2, "repeat_penalty": 0.5},
    },
}


def test_the_seed_episode_reads_and_is_right() -> None:
    episode = Episode.model_validate(SEED_EPISODE)
    assert episode.right
    assert episode.start == "Rain"
    assert episode.hops is None


def test_an_episode_without_debug_and_with_unknown_fields_reads(tmp_path: Path) -> None:
    bare = {key: value for key, value in SEED_EPISODE.items() if key != "debug"}
    path = tmp_path / "episodes.jsonl"
    path.write_text(json.dumps({**bare, "new_in_1.1": 5}) + "\n")
    (episode,) = iter_episodes(path)
    assert episode.debug is None
    assert json.loads(episode.model_dump_json())["new_in_1.1"] == 5


def test_a_broken_episode_names_file_line_and_field(tmp_path: Path) -> None:
    path = tmp_path / "episodes.jsonl"
    broken = {**SEED_EPISODE, "reward": {**SEED_EPISODE["reward"], "total": "much"}}
    path.write_text(json.dumps(SEED_EPISODE) + "\n" + json.dumps(broken) + "\n")
    with pytest.raises(RunError, match=r"episodes\.jsonl line 2, reward\.total"):
        list(iter_episodes(path))


def test_right_needs_a_valid_format_and_the_right_letter() -> None:
    episode = Episode.model_validate({**SEED_EPISODE, "answer_star": "C"})
    assert not episode.right
    invalid = {**SEED_EPISODE["parsed"], "valid_format": False}
    assert not Episode.model_validate({**SEED_EPISODE, "parsed": invalid}).right


def test_half_a_surrogate_from_a_model_is_a_record_not_an_exception(tmp_path: Path) -> None:
    episode = Episode.model_validate({**SEED_EPISODE, "completion": "TRACE: \ud800"})
    append_jsonl(tmp_path / "e.jsonl", [episode])
    assert [e.completion for e in iter_episodes(tmp_path / "e.jsonl")] == ["TRACE: ?"]


def test_the_seed_meta_reads(tmp_path: Path) -> None:
    path = tmp_path / "meta.json"
    path.write_text(json.dumps(SEED_META))
    assert read_record(path, RunMeta).training.sft["lora_r"] == 16


def test_a_built_meta_has_the_seeds_fields_and_reads_again(tmp_path: Path) -> None:
    graph = GraphMeta(name="g", digest="d" * 64)
    meta = build_meta("r", RunConfig(seed=5), graph=graph, chat_template="c" * 64)
    write_record(tmp_path / "meta.json", meta)
    written = json.loads((tmp_path / "meta.json").read_text())
    assert {*SEED_META} <= {*written}
    assert written["reward"] == SEED_META["reward"]
    assert {*SEED_META["training"]["rsft"]} <= {*written["training"]["rsft"]}
    assert written["packages"]["graphtutor"]
    assert written["hardware"]["cpu_count"] >= 1
    assert read_record(tmp_path / "meta.json", RunMeta) == meta


def test_phases_of_a_meta_add_up() -> None:
    meta = build_meta("r", RunConfig())
    meta = meta.with_phase("sft", files={"train.jsonl": "a"}, usage=PhaseUsage(2.0, 100))
    meta = meta.with_phase("sft", files={"eval.jsonl": "b"}, usage=PhaseUsage(1.5, 90))
    phase = meta.phases["sft"]
    assert phase.files == {"train.jsonl": "a", "eval.jsonl": "b"}
    assert (phase.seconds, phase.peak_memory_bytes) == (3.5, 100)


def test_measured_fills_in_time_and_memory_even_after_an_exception() -> None:
    with pytest.raises(KeyError), measured() as usage:
        raise KeyError
    assert usage.seconds > 0
    assert usage.peak_memory_bytes is None or usage.peak_memory_bytes > 1 << 20


def test_installed_packages_are_listed_with_versions() -> None:
    assert package_versions()["numpy"].count(".") >= 1


def test_source_commit_is_none_outside_version_control(tmp_path: Path) -> None:
    assert source_commit(tmp_path) is None


def test_source_commit_does_not_take_a_foreign_repository(tmp_path: Path) -> None:
    """Installed under somebody's project, the package is not tracked there."""

    def git(*arguments: str) -> None:
        author = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        subprocess.run(["git", "-C", str(tmp_path), *author, *arguments], check=True)

    git("init", "-q")
    (tmp_path / "own.txt").write_text("x")
    git("add", "own.txt")
    git("commit", "-q", "-m", "c")
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "package.py").write_text("")
    assert source_commit(tmp_path / "venv") is None
    found = source_commit(tmp_path)
    assert found is not None
    assert len(found.commit) == 40
    assert not found.modified
    (tmp_path / "own.txt").write_text("y")
    changed = source_commit(tmp_path)
    assert changed is not None
    assert changed.modified


def test_source_commit_copes_without_git(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert source_commit() is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "metrics.json, the file"),
        ('{"run_id": "r"}', "metrics.json, splits"),
        ('{"run_id": "r", "splits": {}, "version": "2.0"}', "install a newer graphtutor"),
    ],
)
def test_a_bad_metrics_file_says_where_and_what_to_do(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "metrics.json"
    path.write_text(text)
    with pytest.raises(RunError, match=message):
        read_record(path, RunMetrics)


def test_a_missing_metrics_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="--resume"):
        read_record(tmp_path / "metrics.json", RunMetrics)


def test_a_newer_minor_version_keeps_its_fields(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    path.write_text('{"run_id": "r", "splits": {}, "version": "1.7", "new": [1]}')
    write_record(path, read_record(path, RunMetrics))
    assert json.loads(path.read_text())["new"] == [1]


def test_curves_are_the_seeds_parallel_lists(tmp_path: Path) -> None:
    points = [
        CurvePoint(phase="sft", step=50, total_step=50, n=40, accuracy=0.28, path_coverage=0.1),
        CurvePoint(phase="rsft", step=50, total_step=100, n=40, accuracy=0.6, path_coverage=0.5),
    ]
    assert read_curve(tmp_path / "curve.jsonl") == []
    append_jsonl(tmp_path / "curve.jsonl", points)
    curves = curves_from(read_curve(tmp_path / "curve.jsonl"))
    assert curves.steps == (50, 100)
    assert curves.eval_accuracy == (0.28, 0.6)
    assert curves.eval_path_coverage == (0.1, 0.5)
    assert curves.phases == ("sft", "rsft")
