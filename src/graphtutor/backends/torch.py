"""The torch engine: transformers for models and tokenizers, PEFT for adapters.

It runs on CPU, CUDA or MPS; ``torch_device`` says in what precision. Weights are read from
safetensors only and no code that comes with a model is executed.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from pathlib import Path
from typing import Any

from graphtutor.backends import tokens
from graphtutor.backends.base import Example, TokenLogProbs, TrainRequest
from graphtutor.backends.batches import complete
from graphtutor.backends.torch_device import load_settings, pick_device, place
from graphtutor.backends.window import refuse_too_long, refuse_unreadable
from graphtutor.completion.completion import Completion, Prompt, Sampling
from graphtutor.config import ModelConfig, TrainConfig
from graphtutor.errors import BackendError, ModelError
from graphtutor.io.seed import derive_seed
from graphtutor.models.pretrained import (
    first_line,
    import_torch,
    load_pretrained,
    without_deprecations,
)
from graphtutor.models.registry import resolve_model

__all__ = ["TorchBackend", "TorchModel"]


class TorchBackend:
    """Loads models for torch; see :class:`graphtutor.backends.base.Backend`."""

    name = "torch"

    def load(self, model: ModelConfig, adapter: Path | None = None) -> TorchModel:
        """Load a base model, with the adapter or the whole weights that ``adapter`` holds."""
        folder = resolve_model(model.name)  # first: it takes no time, importing torch does
        torch = import_torch()
        if model.threads:
            torch.set_num_threads(model.threads)
        placement = place(torch, pick_device(torch, model.device), model.precision)
        where, settings = f"model {model.name}", load_settings(placement)
        if adapter is None:
            network, tokenizer = load_pretrained(folder, where, model.revision, **settings)
        elif (adapter / "adapter_config.json").is_file():
            network, tokenizer = load_pretrained(folder, where, model.revision, **settings)
            network = _load_adapter(network, adapter)
        elif (adapter / "config.json").is_file():
            network, tokenizer = load_pretrained(str(adapter), str(adapter), **settings)
        else:
            raise ModelError(
                str(adapter),
                wanted="an adapter or a whole model that a training saved",
                got="a folder with neither" if adapter.is_dir() else "no such folder",
                remedy="train that phase again",
            )
        whole = adapter is not None and not hasattr(network, "peft_config")
        # What an adapter names as its base: as the user does, not where it lies on this machine.
        network.config._name_or_path = network.name_or_path = model.name
        if not placement.four_bit:  # those lie on their device already and cannot be moved
            network = network.to(placement.device)
        return TorchModel(
            network.eval(), tokenizer, model.batch_rows, whole=whole, precision=model.precision
        )


class TorchModel:
    """A loaded model; see :class:`graphtutor.backends.base.TextModel`."""

    def __init__(
        self,
        network: Any,
        tokenizer: Any,
        batch_rows: int = 256,
        *,
        whole: bool = False,
        precision: str = "fp32",
    ) -> None:
        """Wrap a network and its tokenizer; ``batch_rows`` completions are decoded together.

        ``whole`` says that all weights have been trained: an adapter of its own could not be loaded
        onto the base model again. ``precision`` is that of training, see ``torch_products``.
        """
        self.network: Any = network
        self.tokenizer: Any = tokenizer
        self.batch_rows, self.whole, self.precision = batch_rows, whole, precision

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        on_done: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        """Complete ``prompts`` in batches of similar length; see the protocol."""
        self.network.eval()
        return complete(
            prompts,
            [self._prompt_ids(prompt) for prompt in prompts],
            sampling,
            window=self.window(),
            batch_rows=self.batch_rows,
            tokenizer=self.tokenizer,
            decode=lambda some, ids: self._decode(some, ids, sampling),
            on_done=on_done,
        )

    def stream(self, prompt: Prompt, sampling: Sampling) -> Generator[str, None, Completion]:
        """Yield one greedy completion piece by piece as it is decoded, and return it whole.

        Raises ModelError if the prompt does not leave room in the window.
        """
        from graphtutor.backends.torch_decode import end_ids
        from graphtutor.backends.torch_stream import spoken, stream_ids

        ids, limit = self._prompt_ids(prompt), sampling.max_new_tokens
        refuse_too_long([len(ids)], limit, self.window())
        self.network.eval()
        ends = end_ids(self.network, self.tokenizer)
        tokens_ = stream_ids(self.network, ends, ids, limit)
        return (yield from spoken(self.tokenizer, tokens_, limit))

    def encode(self, prompt: str, completion: str, system: str = "") -> Example:
        """Tokenise prompt and completion apart, as they come apart in generation."""
        return tokens.encode(self.tokenizer, prompt, completion, system)

    def window(self) -> int:
        """Return the model's number of positions."""
        return int(getattr(self.network.config, "max_position_embeddings", 1 << 20))

    def log_probs(self, texts: Sequence[str]) -> Iterator[TokenLogProbs]:
        """Read ``texts`` one by one; see the protocol."""
        from graphtutor.backends.torch_logprobs import read_tokens

        ids: list[list[int]] = [list(self.tokenizer(text)["input_ids"]) for text in texts]
        refuse_unreadable([len(row) for row in ids], self.window())
        return (read_tokens(self.network, row) for row in ids)

    def train(self, request: TrainRequest) -> None:
        """Train all weights, or an adapter that is made on the first call."""
        from graphtutor.backends.torch_train import fit

        self._prepare(request.config, request.seed)
        fit(self.network, request, self.precision)

    def save_adapter(self, folder: Path) -> None:
        """Write the adapter, or the whole model after full training, with its tokenizer."""
        more: dict[str, Any] = {}
        if not self.whole:
            # Left to itself, peft looks for the base on the hub to see whether embeddings changed.
            more["save_embedding_layers"] = False
        self.network.save_pretrained(str(folder), safe_serialization=True, **more)
        self.tokenizer.save_pretrained(str(folder))

    def about(self) -> str:
        """Say how large the model is, where it runs and in what precision its weights lie."""
        millions = self.network.num_parameters() / 1e6
        four_bit = getattr(self.network, "is_loaded_in_4bit", False)
        kind = "4 bit" if four_bit else str(self.network.dtype).removeprefix("torch.")
        return f"{millions:.1f} million weights, {kind}, on {self.network.device}"

    def chat_template(self) -> str:
        """Return the template that prompts are rendered with; empty for a plain base model."""
        return tokens.chat_template(self.tokenizer)

    def _decode(
        self, prompts: Sequence[Prompt], ids: Sequence[Sequence[int]], sampling: Sampling
    ) -> list[tuple[list[int], bool]]:
        """Decode one batch; see :data:`graphtutor.backends.batches.Decode`."""
        import torch

        from graphtutor.backends.torch_decode import decode_ids, end_ids

        with torch.inference_mode():
            ends = end_ids(self.network, self.tokenizer)
            return decode_ids(self.network, ends, prompts, ids, sampling)

    def _prompt_ids(self, prompt: Prompt) -> list[int]:
        return tokens.prompt_ids(self.tokenizer, prompt.text, prompt.system)

    def _prepare(self, config: TrainConfig, seed: int) -> None:
        """Make exactly the weights trainable that ``config.method`` names."""
        import torch

        is_adapter = hasattr(self.network, "peft_config")
        if config.method == "full":
            if is_adapter:
                raise _mixed("method lora, as the model that it starts from", "full")
            if getattr(self.network, "is_loaded_in_4bit", False):
                raise BackendError(
                    "training",
                    wanted="method lora on a base in 4 bit",
                    got="full",
                    remedy="--set sft.method=lora, or another model.precision",
                )
            self.network = self.network.float().requires_grad_(True)
            self.whole = True
        elif not is_adapter:
            if self.whole:
                raise _mixed("method full, as the model that it starts from", "lora")
            from peft import LoraConfig, get_peft_model

            torch.manual_seed(derive_seed("lora", seed))  # pyright: ignore[reportUnknownMemberType]
            lora = LoraConfig(
                r=config.lora_r,
                lora_alpha=config.lora_alpha,
                lora_dropout=config.lora_dropout,
                target_modules="all-linear",
                task_type="CAUSAL_LM",
            )
            with without_deprecations():
                self.network = get_peft_model(self.network, lora)


def _mixed(wanted: str, got: str) -> BackendError:
    return BackendError(
        "training", wanted=wanted, got=got, remedy="give sft.method and rsft.method the same value"
    )


def _load_adapter(network: Any, adapter: Path) -> Any:
    """Put the adapter of a folder onto its base model. Raises ModelError if it does not fit."""
    from peft import PeftModel

    models: Any = PeftModel
    try:
        with without_deprecations():
            return models.from_pretrained(network, str(adapter), is_trainable=True)
    except Exception as problem:  # peft, torch and safetensors, each with exceptions of its own
        raise ModelError(
            str(adapter),
            wanted="a LoRA adapter of this base model in PEFT layout",
            got=first_line(problem),
            remedy="check model.name, or train that phase again",
        ) from None
