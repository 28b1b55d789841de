"""The recipes of blueprints, each on a tiny model of the architecture, tokenizer and template."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.backends.tiny_models import save_tiny

from graphtutor.backends.registry import get_backend
from graphtutor.blueprint.example import write_examples
from graphtutor.blueprint.expand import expand
from graphtutor.blueprint.load import load_domain, load_framework
from graphtutor.blueprint.split import split_by_topic
from graphtutor.config import load_config
from graphtutor.job.blueprint import open_blueprint_job, run_blueprint
from graphtutor.job.watch import Silence
from graphtutor.runs.blueprint import BlueprintMetrics
from graphtutor.runs.record_file import read_record

RECIPES = Path(__file__).parents[2] / "recipes"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    domain = load_domain("physics")
    examples = expand(domain, load_framework(domain.framework), 0).examples
    split = split_by_topic([e for e in examples if e.meta.kind in {"whole", "recover"}], 0.2, 0)
    folder = tmp_path / "data"
    folder.mkdir()
    write_examples(folder / "train.jsonl", split.train[:40])
    write_examples(folder / "valid.jsonl", split.valid)
    return folder


def test_mistral_7b_from_data_to_adapter_and_scores(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LoRA r 16, alpha 32, dropout 0.05, cosine, checkpointed activations: as the recipe says."""
    monkeypatch.setattr("graphtutor.report.write.plots_available", lambda: False)
    monkeypatch.setattr("graphtutor.report.blueprint_page.plots_available", lambda: False)
    tiny = save_tiny("mistral", tmp_path / "mistral", window=4096)
    config = load_config(
        RECIPES / "blueprint-mistral-7b" / "config.yaml",
        overrides=[
            f"model.name={tiny}",
            "model.revision=''",
            "model.device=cpu",
            "sft.steps=2",
            "sft.batch_size=2",
            "evaluation.max_new_tokens=8",
            "evaluation.limit=6",
        ],
    )
    backend = get_backend(config.model.backend)
    job = open_blueprint_job(
        tmp_path / "runs", "m7", data, config, backend, Silence(), resume=False
    )
    run_blueprint(job)
    adapter = (job.run.model("sft") / "adapter_config.json").read_text("utf-8")
    for setting in ('"r": 16', '"lora_alpha": 32', '"lora_dropout": 0.05'):
        assert setting in adapter
    phases = read_record(job.run.metrics, BlueprintMetrics).phases
    assert set(phases) == {"base", "sft"}
    whole = phases["sft"].well_formed
    asked = (whole.n if whole else 0) + sum(rate.n for rate in phases["sft"].closed.values())
    assert asked == 6
