"""The card: names without paths, figures with n and interval, what was not done said as such."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graphtutor.config import load_config
from graphtutor.export.card import Card, card_text, public_name
from graphtutor.export.check import Comparison
from graphtutor.runs.audit import AuditRecord, Check
from graphtutor.runs.metrics import PhaseMetrics, RunMetrics


def phase(accuracy: float, grounded: float) -> PhaseMetrics:
    return PhaseMetrics(
        accuracy=accuracy,
        avg_path_coverage=0.0,
        avg_total_reward=0.0,
        n=800,
        format_rate=1.0,
        grounded_accuracy=grounded,
        intervals={"accuracy": (accuracy - 0.02, accuracy + 0.02)},
    )


FIGURES = RunMetrics(
    run_id="r",
    splits={"eval": {"base": phase(0.2, 0.1), "sft": phase(0.6, 0.5), "rsft": phase(0.8, 0.7)}},
)
GATE = Check(name="n", group="leaks", title="t", file="f", found=0, n=1, passed=True)
PLAIN = Card(
    target="hf",
    base="HuggingFaceTB/SmolLM-135M-Instruct",
    hub=True,
    run_id="run_0001",
    phase="sft",
    dtype="fp32",
    config=load_config(),
    meta=None,
    metrics=FIGURES,
    audit=AuditRecord(source="run_0001", checks=(GATE,)),
    check=Comparison("transformers", n=20, own_right=15, right=15, same=20),
    unchecked="",
    shift=3e-6,
    license="apache-2.0",
    template="ab" * 32,
    files={"model.safetensors": "cd" * 32},
)


def test_the_figures_are_those_of_the_phase_and_the_ones_before() -> None:
    text = card_text(PLAIN)
    assert "| SFT | 800 | 60.0 % (58.0-62.0) | 50.0 % | 100.0 % |" in text
    assert "| base | 800 | 20.0 % (18.0-22.0) | 10.0 % | 100.0 % |" in text
    assert "| RSFT |" not in text
    assert "Merging moved no logit by more than 3.0e-06." in text
    assert "Export: 20 tasks asked of both: own model 15 right" in text
    assert "Audit of the data: Passes: all 1 gates hold." in text
    assert text.startswith(
        "---\nbase_model: HuggingFaceTB/SmolLM-135M-Instruct\nlicense: apache-2.0\n"
    )


def test_what_is_not_known_is_said() -> None:
    text = card_text(
        replace(
            PLAIN,
            metrics=None,
            audit=None,
            check=None,
            unchecked="llama.cpp is not installed",
            shift=None,
            license="",
            template="",
            hub=False,
        )
    )
    assert "This phase has not been evaluated." in text
    assert "The data has not been audited." in text
    assert "- Export: not run, llama.cpp is not installed." in text
    assert "Merging" not in text
    assert "| licence of the base model | see the base model |" in text
    assert "| chat template | none: prompts are plain text |" in text
    assert "base_model:" not in text
    assert "license:" not in text


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("hf", "AutoModelForCausalLM"),
        ("mlx", "from mlx_lm import generate, load"),
        ("gguf", "llama-cli -m model-f32.gguf"),
        ("ollama", "ollama create run_0001 -f Modelfile"),
    ],
)
def test_every_target_says_how_it_is_used(target: str, expected: str) -> None:
    text = card_text(replace(PLAIN, target=target, main_file="model-f32.gguf"))
    assert expected in text
    assert ("Ollama itself has not been run" in text) == (target == "ollama")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("nano", "nano"),
        ("Qwen/Qwen2.5-0.5B-Instruct", "Qwen/Qwen2.5-0.5B-Instruct"),
        ("/home/someone/models/mine", "mine"),
        ("~/models/mine/", "mine"),
        ("C:\\Users\\someone\\mine", "mine"),
    ],
)
def test_a_name_carries_no_folder_of_this_machine(name: str, shown: str) -> None:
    assert public_name(name) == shown
