"""A tiny Llama with random weights, saved once, and the engines that the contract is held to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from graphtutor.backends.base import TextModel, TrainRequest
from graphtutor.backends.registry import get_backend
from graphtutor.completion.completion import Prompt
from graphtutor.config import ModelConfig, TrainConfig
from graphtutor.tasks.prompt import completion_text, prompt_text

_ASKED = [
    ("Which tool stops Leak?", ["Pump", "Rope", "Drill", "Valve"], "Leak", "A"),
    ("Which cause has Alarm?", ["Rust", "Storm", "Rope", "Leak"], "Alarm", "B"),
    ("Name the last effect.", ["Flood", "Rust", "Fire", "Smoke"], "Flood", "C"),
    ("What ends it?", ["Dusk", "Dawn", "Noon", "Night"], "Dawn", "D"),
]
PAIRS = [
    (prompt_text(question, options), completion_text(f"{name} is it.", letter))
    for question, options, name, letter in _ASKED
]
WINDOW = 256


@dataclass(frozen=True)
class Engine:
    """An engine with the settings under which the contract is checked."""

    name: str
    model: ModelConfig
    train: TrainConfig

    @property
    def is_real(self) -> bool:
        """Whether it runs a network, and not the fake that answers from memory."""
        return self.name != "fake"

    @property
    def writes_adapters(self) -> bool:
        return self.name.endswith("-lora")

    def load(self, adapter: Path | None = None) -> Any:
        return get_backend(self.model.backend).load(self.model, adapter)

    def read_by(self, folder: Path) -> Engine:
        """Return the same engine for the model in another folder; the fake has none."""
        if not self.is_real:
            return self
        return replace(self, model=self.model.model_copy(update={"name": str(folder)}))

    def tokenizer(self) -> Any:
        """Return the model's own tokenizer, as transformers reads it."""
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(self.model.name)

    def request(
        self, model: TextModel, steps: int = 8, seed: int = 1, **changes: Any
    ) -> TrainRequest:
        """Two examples a step, all four in two steps."""
        examples = [model.encode(prompt, answer) for prompt, answer in PAIRS]
        batches = [[(2 * step + k) % 4 for k in range(2)] for step in range(steps)]
        config = self.train.model_copy(update={"steps": steps})
        return TrainRequest(examples, batches, config, seed, **changes)


@pytest.fixture
def pairs() -> list[tuple[str, str]]:
    """Four prompts with their completions: what the engines are trained on."""
    return list(PAIRS)


@pytest.fixture
def prompts() -> list[Prompt]:
    """Prompts of different lengths, keyed by position."""
    texts = [*(prompt for prompt, _ in PAIRS), "Short.", "One two three four five."]
    return [Prompt(f"p{i}", text) for i, text in enumerate(texts)]


@pytest.fixture(scope="session")
def llama_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hugging Face folder of a Llama with 2 layers of 32 and nano's tokenizer."""
    torch = pytest.importorskip("torch")
    from transformers import LlamaConfig, LlamaForCausalLM

    from graphtutor.models.nano import build_tokenizer
    from graphtutor.models.pretrained import import_torch

    torch.set_num_threads(1)
    import_torch()  # imports transformers with its bars switched off
    folder = tmp_path_factory.mktemp("llama")
    tokenizer = build_tokenizer()
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=WINDOW,
        initializer_range=0.2,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def llama(llama_folder: Path) -> Any:
    """The tiny Llama in the torch engine; one token in nine ends a completion.

    A model that has learned nothing would hardly ever draw the one end token.
    """
    model = get_backend("torch").load(ModelConfig(name=str(llama_folder), device="cpu"))
    model.network.generation_config.eos_token_id = list(range(2, len(model.tokenizer), 9))
    return model


@pytest.fixture(scope="session")
def often_ending_folder(llama_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny Llama with settings by which one token in nine ends a completion.

    Of what is drawn from it, rows leave a batch at different times.
    """
    folder = Path(shutil.copytree(llama_folder, tmp_path_factory.mktemp("often") / "llama"))
    path = folder / "generation_config.json"
    settings = json.loads(path.read_text("utf-8"))
    settings["eos_token_id"] = list(range(2, 5632, 9))
    path.write_text(json.dumps(settings), "utf-8")
    return folder


# unsloth wants an environment of its own; where that is this one, it is held to the same.
ENGINES = ["fake", "torch-full", "torch-lora", "mlx-full", "mlx-lora"]
ENGINES += ["unsloth-lora"] if find_spec("unsloth") else []


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Every engine in turn."""
    common = {"batch_size": 2, "checkpoint_every": 2, "warmup": 0.0}
    if request.param == "fake":
        return Engine("fake", ModelConfig(name="none", backend="fake"), TrainConfig(**common))
    library, _, method = request.param.partition("-")
    if library == "mlx" and not find_spec("mlx_lm"):
        pytest.skip("mlx-lm is not installed")
    folder: Path = request.getfixturevalue("llama_folder")
    lora = {"lora_r": 16, "lora_alpha": 32, "lora_dropout": 0.05}
    lr = 1e-2 if method == "full" else 2e-2
    config = TrainConfig(method=method, lr=lr, **lora, **common)
    model = ModelConfig(name=str(folder), backend=library, device="cpu")
    return Engine(request.param, model, config)


@pytest.fixture
def saved() -> Callable[[Path], dict[str, bytes]]:
    """Read the weights that a model has saved: bytes by file name."""

    def read(folder: Path) -> dict[str, bytes]:
        files = [*folder.glob("*.safetensors"), *folder.glob("fake.json")]
        assert files
        return {file.name: file.read_bytes() for file in files}

    return read
