"""One model, two engines: what torch has trained mlx continues, and the other way round.

Same masks, same logits to rounding, same greedy completions, the same training from the same start,
and adapters that go through PEFT's layout, through the converter, and through mlx-lm's own loader.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphtutor.backends.base import StepLog, TrainRequest
from graphtutor.backends.registry import get_backend
from graphtutor.completion.completion import Prompt, Sampling
from graphtutor.config import ModelConfig, TasksConfig, TrainConfig
from graphtutor.graph.load import load_graph
from graphtutor.models.adapters import mlx_to_peft, peft_to_mlx
from graphtutor.tasks.generate import generate_splits
from graphtutor.tasks.task import Task

pytest.importorskip("torch")

from tests.backends.mlx_library import mx

GREEDY = Sampling(max_new_tokens=24)
LORA = TrainConfig(steps=12, lr=2e-2, lora_r=4, lora_alpha=8, warmup=0.0)
ENGINES = ("torch", "mlx")


def load(library: str, folder: Path, adapter: Path | None = None) -> Any:
    model = ModelConfig(name=str(folder), backend=library, device="cpu", precision="fp32")
    return get_backend(library).load(model, adapter)


def texts(model: Any, prompts: list[Prompt]) -> list[str]:
    return [row[0].text for row in model.generate(prompts, GREEDY)]


@pytest.fixture(scope="module")
def tasks(graph_file: Path) -> list[Task]:
    """Fifty tasks of 1 to 5 hops of a made-up graph."""
    settings = TasksConfig(
        train_one_hop=1, train_two_hop=20, train_three_hop=20, train_long=20, dev=0, eval=5
    )
    splits = generate_splits(load_graph(str(graph_file)), settings)
    made = [task for split in splits.values() for task in split]
    chosen = [made[i * len(made) // 50] for i in range(50)]
    assert {task.hop_len for task in chosen} >= {1, 2, 3, 4}
    return chosen


@pytest.fixture(scope="module")
def prompts(tasks: list[Task]) -> list[Prompt]:
    return [Prompt(task.id, task.prompt) for task in tasks]


def request(model: Any, tasks: list[Task], config: TrainConfig = LORA, **changes: Any) -> Any:
    """Four of the first twelve tasks a step; prompts and references of different lengths."""
    examples = [model.encode(task.prompt, task.ref.trace) for task in tasks[:12]]
    batches = [[(4 * step + k) % 12 for k in range(4)] for step in range(config.steps)]
    return TrainRequest(examples, batches, config, 1, **changes)


def test_both_engines_read_the_same_tokens(llama_folder: Path, tasks: list[Task]) -> None:
    """And train on the same of them."""
    one, two = (load(library, llama_folder) for library in ENGINES)
    for task in tasks:
        assert one.encode(task.prompt, task.ref.trace) == two.encode(task.prompt, task.ref.trace)


def test_logits_agree_to_rounding(llama_folder: Path, prompts: list[Prompt]) -> None:
    one, two = (load(library, llama_folder) for library in ENGINES)
    read = [model.log_probs([p.text for p in prompts[:10]]) for model in (one, two)]
    for a, b in zip(*read, strict=True):
        assert (a.tokens == b.tokens).all()
        assert np.abs(a.log_probs - b.log_probs).max() < 1e-4


@pytest.mark.parametrize(("trainer", "reader"), [("torch", "mlx"), ("mlx", "torch")])
@pytest.mark.parametrize("method", ["lora", "full"])
def test_fifty_tasks_are_answered_alike(
    trainer: str,
    reader: str,
    method: str,
    llama_folder: Path,
    tasks: list[Task],
    prompts: list[Prompt],
    tmp_path: Path,
) -> None:
    """SFT in one engine, what it saves loaded in the other: the same greedy completions."""
    config = LORA.model_copy(update={"method": method, "lr": 2e-2 if method == "lora" else 5e-3})
    model = load(trainer, llama_folder)
    before = texts(model, prompts)
    model.train(request(model, tasks, config))
    model.save_adapter(tmp_path / "saved")
    wanted = texts(model, prompts)
    assert wanted != before
    assert len({*wanted}) > 5
    assert texts(load(reader, llama_folder, tmp_path / "saved"), prompts) == wanted


def test_a_converted_adapter_answers_alike(
    llama_folder: Path, tasks: list[Task], prompts: list[Prompt], tmp_path: Path
) -> None:
    """PEFT to MLX by the converter, read by mlx-lm itself and by the engine; and back to torch."""
    from mlx_lm.tuner.utils import load_adapters

    model = load("torch", llama_folder)
    model.train(request(model, tasks))
    model.save_adapter(tmp_path / "peft")
    wanted = texts(model, prompts)
    peft_to_mlx(tmp_path / "peft", tmp_path / "mlx")
    converted = load("mlx", llama_folder, tmp_path / "mlx")
    assert texts(converted, prompts) == wanted
    plain = load("mlx", llama_folder)
    load_adapters(plain.network, str(tmp_path / "mlx"))
    ids = mx.array([plain.tokenizer(prompts[0].text)["input_ids"]])
    plain.network.eval()
    assert mx.allclose(plain.network(ids), converted.network(ids), atol=1e-5).item()
    mlx_to_peft(tmp_path / "mlx", tmp_path / "back")
    assert texts(load("torch", llama_folder, tmp_path / "back"), prompts) == wanted
    weights = "adapter_model.safetensors"
    assert (tmp_path / "back" / weights).read_bytes() == (tmp_path / "peft" / weights).read_bytes()


def test_an_adapter_that_mlx_lm_has_trained_answers_alike_in_torch(
    llama_folder: Path, prompts: list[Prompt], tmp_path: Path
) -> None:
    """Its defaults are of another kind: the last layer only, scale 20, no alpha."""
    from mlx.utils import tree_flatten
    from mlx_lm.tuner.utils import linear_to_lora_layers
    from mlx_lm.utils import save_config

    model = load("mlx", llama_folder)
    model.network.freeze()
    shape = {"rank": 3, "scale": 20.0, "dropout": 0.0, "keys": ["self_attn.v_proj", "mlp.up_proj"]}
    linear_to_lora_layers(model.network, 1, shape)
    mx.random.seed(4)
    weights = {
        name: mx.random.normal(x.shape) * 0.05
        for name, x in tree_flatten(model.network.trainable_parameters())
    }
    model.network.load_weights(list(weights.items()), strict=False)
    (tmp_path / "mlx").mkdir()
    mx.save_safetensors(str(tmp_path / "mlx" / "adapters.safetensors"), weights)
    settings = {"fine_tune_type": "lora", "num_layers": 1, "lora_parameters": shape}
    save_config(settings, tmp_path / "mlx" / "adapter_config.json")
    wanted = texts(model, prompts)
    assert wanted != texts(load("mlx", llama_folder), prompts)
    mlx_to_peft(tmp_path / "mlx", tmp_path / "peft", base=str(llama_folder))
    for library in ENGINES:
        assert texts(load(library, llama_folder, tmp_path / "peft"), prompts) == wanted


@pytest.mark.parametrize("method", ["lora", "full"])
def test_trainings_from_one_start_go_the_same_way(
    method: str, llama_folder: Path, tasks: list[Task], tmp_path: Path
) -> None:
    """Step by step: loss, rate, tokens; with clipping, decay, warm-up and several passes a step."""
    changes = {"method": method, "lr": 5e-3, "weight_decay": 0.1, "warmup": 0.3, "steps": 8}
    changes |= {"micro_tokens": 256, "max_grad_norm": 0.5}
    config = LORA.model_copy(update=changes)
    start = None
    if method == "lora":
        start = tmp_path / "start"
        untrained = load("torch", llama_folder)
        untrained.train(replace(request(untrained, tasks, config), batches=[]))
        untrained.save_adapter(start)
    logs: dict[str, list[StepLog]] = {}
    for library in ENGINES:
        model = load(library, llama_folder, start)
        logs[library] = []
        model.train(request(model, tasks, config, on_step=logs[library].append))
    one, two = logs["torch"], logs["mlx"]
    assert [(log.step, log.lr, log.tokens) for log in one] == [
        (log.step, log.lr, log.tokens) for log in two
    ]
    assert [log.loss for log in two] == pytest.approx([log.loss for log in one], rel=1e-4)
    assert one[-1].loss < one[0].loss
