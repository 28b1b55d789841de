"""Run directories made by hand, with every file that a report reads."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphtutor.config import load_config
from graphtutor.io.jsonl import append_jsonl
from graphtutor.report.write import write_report
from graphtutor.runs.directory import RunDirectory
from graphtutor.runs.episodes import CandidateRecord, Episode, RewardRecord, TrainLogLine
from graphtutor.runs.machine import PhaseUsage
from graphtutor.runs.meta import GraphMeta, build_meta
from graphtutor.runs.metrics import RunMetrics
from graphtutor.runs.record_file import write_record

PHASES = {"base": 0.0, "sft": 0.42, "sft_more": 0.5, "rsft_short": 0.61, "rsft": 0.87}


def _cell(n: int, share: float) -> dict[str, Any]:
    ends = (max(0.0, share - 0.06), min(1.0, share + 0.06))
    return {
        "n": n,
        "accuracy": share,
        "grounded_accuracy": share * 0.9,
        "intervals": {"accuracy": ends, "grounded_accuracy": tuple(0.9 * end for end in ends)},
    }


def _paired(against: str, p_value: float = 1e-6) -> list[dict[str, Any]]:
    common = {"against": against, "n": 800, "gained": 120, "lost": 40, "difference": 0.1}
    return [
        {**common, "figure": "accuracy", "p_value": p_value},
        {**common, "figure": "grounded_accuracy", "p_value": 0.0312},
    ]


def _phase(name: str, share: float) -> dict[str, Any]:
    before = {"sft": ["base"], "sft_more": ["sft"], "rsft": ["sft", "sft_more", "rsft_short"]}
    return {
        **_cell(800, share),
        "avg_path_coverage": share,
        "avg_total_reward": 3.5 * share - 2,
        "format_rate": 0.0 if name == "base" else 0.99,
        "spam_rate": 0.01,
        "edge_precision": None if name == "base" else 0.93,
        "by_hop": {"4": _cell(400, share), "5": _cell(400, share * 0.9)},
        "by_tier": {
            "1": _cell(400, share),
            "2": _cell(380, share * 0.8),
            "3": _cell(20, share / 2),
        },
        "by_hop_tier": {"4/1": _cell(200, share), "5/3": _cell(20, share / 2)},
        "paired": [test for other in before.get(name, []) for test in _paired(other)],
    }


def _metrics(run_id: str, lift: float) -> RunMetrics:
    steps = list(range(0, 280, 40))
    return RunMetrics.model_validate(
        {
            "run_id": run_id,
            "splits": {
                "eval": {
                    name: _phase(name, share + (lift if share else 0))
                    for name, share in PHASES.items()
                }
            },
            "curves": {
                "steps": steps,
                "eval_accuracy": [1 - math.exp(-s / 90) for s in steps],
                "eval_path_coverage": [1 - math.exp(-s / 60) for s in steps],
                "phases": ["sft"] * 5 + ["rsft"] * 2,
                "n": [40] * 7,
            },
            "sampling": [
                {
                    "phase": "rsft",
                    "round": number,
                    "tasks": 600,
                    "samples": 4800,
                    "k": 8,
                    "pass_at_k": 0.95,
                    "grounded_at_k": 0.8,
                    "no_winner": 0.2,
                    "only_winners": 0.11,
                    "kept": 480,
                    "distinct_share": 0.4,
                }
                for number in (1, 2)
            ],
        }
    )


def make_run_episode(number: int, answer: str | None, trace: str = "Rain causes Flood.") -> Episode:
    """Return an eval episode of the last phase whose right letter is B."""
    right = answer == "B"
    return Episode.model_validate(
        {
            "phase": "rsft",
            "step": 280,
            "ex_id": f"ev_{number}",
            "split": "eval",
            "prompt": "RULES\n\nQuestion: Rain causes an event. Which?\nA) Fog\nB) Flood\n",
            "completion": f"TRACE: {trace}\nANSWER: {answer}" if answer else "nonsense ```` <b>",
            "parsed": {
                "answer": answer,
                "trace_text": trace,
                "path_entities": ["Rain", "Flood"],
                "valid_format": answer is not None,
            },
            "reward": {
                "correctness": 1.0 if right else -2.0,
                "path_coverage": 1.0,
                "path_reward": 1.0,
                "spam_penalty": 0.0,
                "total": 1.5 if right else -1.5,
            },
            "answer_star": "B",
            "options": {"A": "Fog", "B": "Flood"},
            "answer_set_size": 1,
            "grounded": right,
            "hops": [
                {"source": "Rain", "relation": "causes", "target": "Flood", "verdict": "true edge"},
                {"source": "Flood", "relation": "causes", "verdict": "unknown entity", "text": "x"},
            ],
        }
    )


def _candidates() -> list[CandidateRecord]:
    totals = [-3.0, -2.0, -1.5, -0.5, 1.0, 1.25, 1.5]
    return [
        CandidateRecord(
            ex_id=f"t{i}",
            round=1 + i % 2,
            k=0,
            completion="",
            reward=RewardRecord(
                correctness=1.0,
                path_coverage=1.0,
                path_reward=1.0,
                spam_penalty=0.0,
                total=totals[i % 7],
            ),
            grounded=i % 7 > 4,
            kept=i % 7 > 4,
            reason="kept" if i % 7 > 4 else "wrong answer",
        )
        for i in range(280)
    ]


def _train_log() -> list[TrainLogLine]:
    units = [("sft", None, 200), ("rsft", 1, 40), ("rsft", 2, 40)]
    return [
        TrainLogLine(
            phase=phase,
            round=number,
            step=step,
            loss=0.2 + 3 * math.exp(-step / 40) + 0.2 * math.sin(step * 1.7) ** 2,
            lr=1e-3,
            tokens=100,
            seconds=step,
        )
        for phase, number, steps in units
        for step in range(1, steps + 1)
    ]


def build_run(root: Path, run_id: str = "run_0001", seed: int = 0) -> RunDirectory:
    """Make a finished run; runs of other seeds are a little better."""
    config = load_config(overrides=[f"seed={seed}"])
    run = RunDirectory.create(root, run_id, config)
    graph = GraphMeta(name="weather", digest="abcdef0123456789" * 4)
    meta = build_meta(run_id, config, graph=graph)
    for phase in ("sft", "rsft"):
        files = {"train.jsonl": "1234567890abcdef" * 4}
        meta = meta.with_phase(phase, files=files, usage=PhaseUsage(12.3456, 1 << 28))
    write_record(run.meta, meta)
    write_record(run.metrics, _metrics(run_id, 0.01 * seed))
    answers = ["B"] * 9 + ["A"] * 8 + [None]
    append_jsonl(run.episodes, [make_run_episode(i, answer) for i, answer in enumerate(answers)])
    append_jsonl(run.candidates, _candidates())
    append_jsonl(run.train_log, _train_log())
    return run


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., RunDirectory]:
    """The maker of runs under ``tmp_path / "runs"``."""

    def make(run_id: str = "run_0001", seed: int = 0) -> RunDirectory:
        return build_run(tmp_path / "runs", run_id, seed)

    return make


@pytest.fixture
def make_episode() -> Callable[..., Episode]:
    """The maker of eval episodes."""
    return make_run_episode


@pytest.fixture(scope="session")
def reported(tmp_path_factory: pytest.TempPathFactory) -> RunDirectory:
    """One run with its report, for tests that only read: drawing takes seconds."""
    run = build_run(tmp_path_factory.mktemp("runs"))
    assert write_report(run) == run.report_markdown
    return run
