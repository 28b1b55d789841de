"""Each preset on a tiny random model of its architecture, tokenizer type and chat template."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.backends.tiny_models import save_tiny
from tests.job.conftest import SETTINGS

from graphtutor.backends.registry import get_backend
from graphtutor.config import load_config, preset_names
from graphtutor.job.job import open_job
from graphtutor.job.main_job import run_job
from graphtutor.job.watch import Silence
from graphtutor.runs.meta import RunMeta
from graphtutor.runs.metrics import RunMetrics
from graphtutor.runs.record_file import read_record

KINDS = {
    "smollm-135m": "smollm",
    "smollm-360m": "smollm",
    "qwen-0.5b": "qwen2",
    "qwen-1.5b": "qwen2",
    "mistral-7b": "mistral",
}
SMALL = [
    *("sft.steps=2", "sft.batch_size=2", "sft.checkpoint_every=1", "evaluation.limit=3"),
    *("rsft.steps=2", "rsft.batch_size=2", "rsft.max_tasks=2", "rsft.k_samples=2"),
    *("evaluation.max_new_tokens=12", "evaluation.curve_points=0", "model.device=cpu"),
    "phases=[base, sft]",
]


def test_every_preset_but_those_of_the_embedded_model_is_tried() -> None:
    assert {*KINDS, "nano", "blueprint-nano"} == {*preset_names()}


@pytest.mark.parametrize("preset", sorted(KINDS))
def test_a_preset_trains_and_answers(preset: str, tmp_path: Path, graph_file: Path) -> None:
    """Base, SFT, evaluation with the preset's own adapter, passes and checkpointing."""
    pytest.importorskip("torch")
    tiny = save_tiny(KINDS[preset], tmp_path / "tiny", window=4096)
    small = [item for item in SETTINGS if item.startswith(("tasks.", "evaluation.probes"))]
    config = load_config(
        preset=preset, overrides=[f"graph={graph_file}", *small, *SMALL, f"model.name={tiny}"]
    )
    wanted = load_config(preset=preset)
    assert config.sft.micro_tokens == wanted.sft.micro_tokens
    job = open_job(tmp_path / "runs", "r", config, get_backend("torch"), Silence(), resume=False)
    run_job(job)
    metrics = read_record(job.run.metrics, RunMetrics)
    assert [phase.n for phase in metrics.phases.values()] == [3, 3]
    adapter = json.loads((job.run.model("sft") / "adapter_config.json").read_text())
    shape = (adapter["r"], adapter["lora_alpha"], adapter["lora_dropout"])
    assert shape == (wanted.sft.lora_r, wanted.sft.lora_alpha, wanted.sft.lora_dropout)
    adapted = {name.rpartition(".")[2] for name in adapter["target_modules"]}
    assert adapted == {*"q_proj k_proj v_proj o_proj gate_proj up_proj down_proj".split()}
    meta = read_record(job.run.meta, RunMeta)
    assert meta.model.chat_template
