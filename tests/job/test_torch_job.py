"""The whole job on the torch engine with a tiny model: killed in every training, and not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphtutor.backends.registry import get_backend
from graphtutor.config import RunConfig, TrainConfig
from graphtutor.graph.load import load_graph
from graphtutor.job.job import Job, open_job
from graphtutor.job.main_job import run_job
from graphtutor.job.watch import Silence
from graphtutor.tasks.generate import generate_splits
from graphtutor.training.progress import TrainProgress
from graphtutor.training.sft import train_sft

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def llama_folder(
    tmp_path_factory: pytest.TempPathFactory, configure: Callable[..., RunConfig]
) -> Path:
    """A Llama of 2 layers of 64 that knows the format, so that some of its samples win."""
    torch = pytest.importorskip("torch")
    from transformers import LlamaConfig, LlamaForCausalLM

    from graphtutor.backends.torch import TorchModel
    from graphtutor.models.nano import build_tokenizer

    folder = tmp_path_factory.mktemp("llama")
    tokenizer = build_tokenizer()
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=512,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    model = TorchModel(LlamaForCausalLM(config), tokenizer)
    small = configure()
    tasks = generate_splits(load_graph(small.graph), small.tasks)["train"]
    taught = TrainConfig(method="full", lr=5e-3, steps=80, batch_size=16)
    train_sft(model, tasks, taught, 0, TrainProgress())
    model.save_adapter(folder)
    return folder


def _open(root: Path, config: RunConfig, *, resume: bool) -> Job:
    return open_job(root, "r", config, get_backend("torch"), Silence(), resume=resume)


@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_killed_job_ends_with_the_same_weights(
    method: str,
    llama_folder: Path,
    configure: Callable[..., RunConfig],
    contents: Callable[[Path], dict[str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each training is killed once, between two checkpoints; nothing of it can be told at the end.

    The right letter is enough for a winner here: a model that small does not learn the chains.
    """
    config = configure(
        *("model.backend=torch", f"model.name={llama_folder}", "model.device=cpu"),
        *("model.threads=1", f"sft.method={method}", f"rsft.method={method}"),
        *("sft.lr=1e-3", "sft.steps=20", "sft.batch_size=16", "sft.checkpoint_every=6"),
        *("rsft.steps=12", "rsft.checkpoint_every=5", "rsft.k_samples=4", "rsft.rounds=1"),
        *("reward.select=spec-1.0", "evaluation.max_new_tokens=80"),
    )
    whole = _open(tmp_path / "whole", config, resume=False)
    run_job(whole)

    from graphtutor.job import phases

    plain, killed = phases.append_jsonl, set()

    def append(path: Path, records: Any) -> None:
        records = list(records)
        plain(path, records)
        if path.name == "train_log.jsonl":
            [line] = records
            if line.phase not in killed and line.step == {"sft": 15, "rsft": 8}[line.phase]:
                killed.add(line.phase)
                raise KeyboardInterrupt

    monkeypatch.setattr(phases, "append_jsonl", append)
    for attempt in range(3):
        job = _open(tmp_path / "killed", config, resume=attempt > 0)
        if attempt < 2:
            with pytest.raises(KeyboardInterrupt):
                run_job(job)
            assert (job.run.path / "checkpoints").is_dir()
        else:
            run_job(job)
    assert killed == {"sft", "rsft"}
    models = sorted(p.relative_to(job.run.path) for p in job.run.path.glob("models/*/*"))
    assert {p.suffix for p in models} >= {".safetensors"}
    for name in models:
        ours, wanted = job.run.path / name, whole.run.path / name
        assert ours.read_bytes() == wanted.read_bytes(), name
    for run in (job.run, whole.run):
        shutil.rmtree(run.path / "models")
    assert contents(job.run.path) == contents(whole.run.path)
