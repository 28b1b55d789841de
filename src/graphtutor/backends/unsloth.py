"""The unsloth engine: unsloth's loading, adapters and kernels, graphtutor's training.

It runs on CUDA, and on a CPU for tests, from an environment of its own (docs/unsloth.md). Masks,
batches, checkpoints and the training loop are those of the torch engine, on the network that
unsloth has rewritten; adapters are PEFT's and go on in either engine.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from graphtutor.backends.base import TokenLogProbs, TrainRequest
from graphtutor.backends.torch import TorchModel
from graphtutor.backends.unsloth_library import Library, compute, import_unsloth, quiet
from graphtutor.backends.unsloth_load import Base, find_base, load_network
from graphtutor.completion.completion import Prompt, Sampling
from graphtutor.config import ModelConfig, TrainConfig
from graphtutor.errors import ModelError
from graphtutor.io.seed import derive_seed
from graphtutor.models.registry import resolve_model

__all__ = ["UnslothBackend", "UnslothModel"]


class UnslothBackend:
    """Loads models for unsloth; see :class:`graphtutor.backends.base.Backend`."""

    name = "unsloth"

    def load(self, model: ModelConfig, adapter: Path | None = None) -> UnslothModel:
        """Load a base model, with the adapter or the whole weights that ``adapter`` holds."""
        resolve_model(model.name)  # first: it takes no time, importing unsloth takes ten seconds
        whole = adapter is not None and not (adapter / "adapter_config.json").is_file()
        if adapter is not None and whole and not (adapter / "config.json").is_file():
            raise ModelError(
                str(adapter),
                wanted="an adapter or a whole model that a training saved",
                got="a folder with neither" if adapter.is_dir() else "no such folder",
                remedy="train that phase again",
            )
        library = import_unsloth(model.device)
        if model.threads:
            library.torch.set_num_threads(model.threads)
        base = find_base(model, adapter if whole else None)
        network = load_network(library, model, base, None if whole else adapter, full=False)
        return UnslothModel(library, model, base, network, whole=whole)


class UnslothModel(TorchModel):
    """A loaded model; see :class:`graphtutor.backends.base.TextModel`."""

    def __init__(
        self, library: Library, model: ModelConfig, base: Base, network: Any, *, whole: bool
    ) -> None:
        """Wrap a network that unsloth loaded from ``base``; ``whole`` as in :class:`TorchModel`."""
        super().__init__(
            network, base.tokenizer, model.batch_rows, whole=whole, precision=model.precision
        )
        self.library, self.model, self.base = library, model, base
        self.full = False
        """Whether unsloth has prepared the network for training of all weights."""

    def _decode(
        self, prompts: Sequence[Prompt], ids: Sequence[Sequence[int]], sampling: Sampling
    ) -> list[tuple[list[int], bool]]:
        from graphtutor.backends.torch_decode import end_ids
        from graphtutor.backends.unsloth_decode import generate_ids

        self.library.fast.for_inference(self.network)
        with compute(self.library, self.network):
            ends = end_ids(self.network, self.tokenizer)
            return generate_ids(self.network, ends, prompts, ids, sampling)

    def window(self) -> int:
        """Return the number of positions that unsloth was told of: it cuts what is longer."""
        return self.base.window

    def log_probs(self, texts: Sequence[str]) -> Iterator[TokenLogProbs]:
        """Read ``texts`` one by one; see the protocol."""
        return self._read(super().log_probs(texts))

    def train(self, request: TrainRequest) -> None:
        """Train all weights, or an adapter that is made on the first call."""
        from graphtutor.backends.torch_train import fit

        self._prepare(request.config, request.seed)
        keep_less = "unsloth" if request.config.gradient_checkpointing else False
        self._switch_to_training(keep_less)

        def evaluate(step: int) -> None:
            if request.on_evaluate:
                request.on_evaluate(step)
            self._switch_to_training(keep_less)

        # unsloth has a way of its own to keep fewer activations.
        config = request.config.model_copy(update={"gradient_checkpointing": False})
        with compute(self.library, self.network):
            fit(
                self.network,
                replace(request, config=config, on_evaluate=evaluate),
                self.precision,
            )

    def save_adapter(self, folder: Path) -> None:
        """Write the adapter, or the whole model after full training, with its tokenizer."""
        adapters: dict[str, Any] = getattr(self.network, "peft_config", {})
        for notes in adapters.values():
            notes.base_model_name_or_path = self.base.name
            notes.revision = self.model.revision or None
        # Embeddings are not trained; asked whether they have grown, PEFT would go to the hub.
        options = {"save_embedding_layers": False} if adapters else {}
        self.network.save_pretrained(str(folder), safe_serialization=True, **options)
        self.tokenizer.save_pretrained(str(folder))

    def _read(self, rows: Iterator[TokenLogProbs]) -> Iterator[TokenLogProbs]:
        while True:
            with compute(self.library, self.network):
                row = next(rows, None)
            if row is None:
                return
            yield row

    def _switch_to_training(self, keep_less: str | bool) -> None:
        self.library.fast.for_training(self.network, use_gradient_checkpointing=keep_less)

    def _prepare(self, config: TrainConfig, seed: int) -> None:
        """Make exactly the weights trainable that ``config.method`` names."""
        is_adapter = hasattr(self.network, "peft_config")
        if config.method == "lora" and not is_adapter and not self.whole:
            self._add_adapter(config, seed)
            return
        fresh = not is_adapter and not self.full
        if config.method == "full" and fresh and self.model.precision != "4bit":
            del self.network  # there may be no room for two
            self.network = load_network(self.library, self.model, self.base, full=True)
            self.full = True
        super()._prepare(config, seed)

    def _add_adapter(self, config: TrainConfig, seed: int) -> None:
        """Put LoRA on all linear layers but the head, as the torch engine does."""
        head = self.network.get_output_embeddings()
        layers = {
            name.rpartition(".")[2]
            for name, layer in self.network.named_modules()
            if isinstance(layer, self.library.torch.nn.Linear) and layer is not head
        }
        with quiet():
            self.network = self.library.fast.get_peft_model(
                self.network,
                r=config.lora_r,
                target_modules=sorted(layers),
                lora_alpha=config.lora_alpha,
                lora_dropout=config.lora_dropout,
                bias="none",
                use_gradient_checkpointing="unsloth",
                random_state=derive_seed("lora", seed) % 2**32,  # numpy is seeded too
            )
