"""The mlx engine: mlx-lm for models on Apple silicon, transformers for tokenizers.

The same code runs on Linux with mlx's CPU build, which is what the tests do; nothing here has been
run on Metal. Adapters are written in PEFT's layout, so that a run can go on with another engine,
and read in that of mlx-lm too. ``model.threads`` has no meaning here: mlx decides by itself.

On a CPU weights are float32 unless ``model.precision`` says otherwise; on a GPU ``auto`` keeps the
type that the checkpoint has. What is trained is always float32.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from graphtutor.backends import tokens
from graphtutor.backends.base import Example, TokenLogProbs, TrainRequest
from graphtutor.backends.batches import complete
from graphtutor.backends.window import refuse_unreadable
from graphtutor.completion.completion import Completion, Prompt, Sampling
from graphtutor.config import ModelConfig, TrainConfig
from graphtutor.errors import BackendError, ModelError
from graphtutor.models.adapters import layout_of, read_adapter, write_adapter
from graphtutor.models.registry import resolve_model

if TYPE_CHECKING:
    from graphtutor.backends.mlx_load import Loaded
    from graphtutor.backends.mlx_lora import Shape

__all__ = ["MlxBackend", "MlxModel", "import_mlx", "pick_device", "weight_type"]

_TYPES: Final = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}


class MlxBackend:
    """Loads models for mlx; see :class:`graphtutor.backends.base.Backend`."""

    name = "mlx"

    def load(self, model: ModelConfig, adapter: Path | None = None) -> MlxModel:
        """Load a base model, with the adapter or the whole weights that ``adapter`` holds."""
        source = resolve_model(model.name)  # first: it takes no time, importing mlx does
        mlx = import_mlx()
        device = pick_device(mlx, model.device)
        precision = weight_type(device, model.precision)
        mlx.set_default_device(getattr(mlx, device))
        from graphtutor.backends.mlx_load import load_pretrained

        where = f"model {model.name}"
        layout = None if adapter is None else layout_of(adapter)
        if adapter is None or layout:
            loaded = load_pretrained(source, where, precision, model.revision)
        elif (adapter / "config.json").is_file():
            loaded = load_pretrained(str(adapter), str(adapter), precision)
        else:
            raise ModelError(
                str(adapter),
                wanted="an adapter or a whole model that a training saved",
                got="a folder with neither" if adapter.is_dir() else "no such folder",
                remedy="train that phase again",
            )
        shape = _attach(loaded.network, adapter) if adapter and layout else None
        return MlxModel(
            loaded,
            source,
            model.revision,
            model.batch_rows,
            shape=shape,
            whole=adapter is not None and layout is None,
        )


class MlxModel:
    """A loaded model; see :class:`graphtutor.backends.base.TextModel`."""

    def __init__(
        self,
        loaded: Loaded,
        source: str,
        revision: str = "",
        batch_rows: int = 256,
        *,
        shape: Shape | None = None,
        whole: bool = False,
    ) -> None:
        """Wrap what was loaded; ``batch_rows`` completions are decoded together.

        ``source`` and ``revision`` are what an adapter notes as its base, ``shape`` is that of the
        adapter on the network. ``whole`` says that all weights have been trained.
        """
        self.network: Any = loaded.network
        self.tokenizer: Any = loaded.tokenizer
        self.batch_rows, self.shape, self.whole = batch_rows, shape, whole
        self._loaded, self._source, self._revision = loaded, source, revision

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        on_done: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        """Complete ``prompts`` in batches of similar length; see the protocol."""
        from graphtutor.backends.mlx_decode import decode_ids

        self.network.eval()
        ends = self._loaded.ends
        return complete(
            prompts,
            [tokens.prompt_ids(self.tokenizer, one.text, one.system) for one in prompts],
            sampling,
            window=self.window(),
            batch_rows=self.batch_rows,
            tokenizer=self.tokenizer,
            decode=lambda some, ids: decode_ids(self.network, ends, some, ids, sampling),
            on_done=on_done,
        )

    def encode(self, prompt: str, completion: str, system: str = "") -> Example:
        """Tokenise prompt and completion apart, as they come apart in generation."""
        return tokens.encode(self.tokenizer, prompt, completion, system)

    def window(self) -> int:
        """Return how many tokens the model can read and write together."""
        return self._loaded.window

    def log_probs(self, texts: Sequence[str]) -> Iterator[TokenLogProbs]:
        """Read ``texts`` one by one; see the protocol."""
        from graphtutor.backends.mlx_decode import read_tokens

        ids: list[list[int]] = [list(self.tokenizer(text)["input_ids"]) for text in texts]
        refuse_unreadable([len(row) for row in ids], self.window())
        return (read_tokens(self.network, row) for row in ids)

    def train(self, request: TrainRequest) -> None:
        """Train all weights, or an adapter that is made on the first call."""
        from graphtutor.backends.mlx_train import fit

        self._prepare(request.config, request.seed)
        fit(self.network, request)

    def save_adapter(self, folder: Path) -> None:
        """Write the adapter in PEFT's layout, or the whole model, with its tokenizer."""
        from graphtutor.backends.mlx_lora import extract
        from graphtutor.backends.mlx_save import save_model

        if self.shape is None:
            save_model(self.network, self._loaded.folder, folder)
        else:
            adapter = extract(self.network, self.shape, self._source, self._revision)
            write_adapter(adapter, folder, "peft")
        self.tokenizer.save_pretrained(str(folder))

    def about(self) -> str:
        """Say how large the model is, where it runs and in what precision its weights lie."""
        from graphtutor.backends.mlx_load import describe

        return describe(self.network)

    def chat_template(self) -> str:
        """Return the template that prompts are rendered with; empty for a plain base model."""
        return tokens.chat_template(self.tokenizer)

    def _prepare(self, config: TrainConfig, seed: int) -> None:
        """Leave exactly those weights unfrozen that ``config.method`` names."""
        from graphtutor.backends.mlx_lora import Shape, add_adapter, lora_layers
        from graphtutor.backends.mlx_save import refuse_unsavable

        if config.method == "full":
            if self.shape is not None:
                raise _mixed("method lora, as the model that it starts from", "full")
            refuse_unsavable(self.network, self._loaded.folder)
            self.network.set_dtype(import_mlx().float32)
            self.network.unfreeze()
            self.whole = True
            return
        if self.whole:
            raise _mixed("method full, as the model that it starts from", "lora")
        if self.shape is None:
            shape = Shape(config.lora_r, config.lora_alpha, config.lora_dropout)
            add_adapter(self.network, shape, seed)
            self.shape = shape
        self.network.freeze()
        for layer in lora_layers(self.network).values():
            layer.unfreeze(recurse=False, keys=["lora_a", "lora_b"])


def import_mlx() -> Any:
    """Import mlx and mlx-lm, quiet and without telemetry; return ``mlx.core``.

    On Linux the wheel brings a slow reference BLAS; where the system has OpenBLAS it is put in
    front of that. Raises BackendError with the command that installs the packages.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if sys.platform == "linux":
        with suppress(OSError):
            ctypes.CDLL("libopenblas.so.0", mode=ctypes.RTLD_GLOBAL)
    try:
        import mlx.core as mlx
        import mlx_lm  # noqa: F401 # pyright: ignore[reportUnusedImport]
        import transformers
    except ImportError as problem:
        raise BackendError(
            "backend mlx",
            wanted="the packages mlx and mlx-lm",
            got=str(problem),
            remedy="pip install 'graphtutor[mlx]'",
        ) from None
    if sys.platform == "linux" and not mlx.is_available(mlx.gpu):
        mlx.disable_compile()  # there it calls a C++ compiler for every kernel
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    return mlx


def pick_device(mlx: Any, wanted: str) -> str:
    """Return "gpu" or "cpu"; ``auto`` takes the GPU where there is one.

    ``mlx`` is the library. Raises BackendError when the wanted device is not there.
    """
    present = ["gpu", "cpu"] if mlx.is_available(mlx.gpu) else ["cpu"]
    if wanted == "auto":
        return present[0]
    if wanted not in present:
        raise BackendError(
            "model.device",
            wanted=f"auto or one of {', '.join(present)} for the mlx engine",
            got=repr(wanted),
        )
    return wanted


def weight_type(device: str, precision: str) -> str:
    """Return mlx's name of the weights' type; "" keeps that of the checkpoint.

    >>> weight_type("cpu", "auto"), weight_type("gpu", "auto"), weight_type("gpu", "bf16")
    ('float32', '', 'bfloat16')

    Raises BackendError for 4bit.
    """
    if precision == "4bit":
        raise BackendError(
            "model.precision",
            wanted="auto, fp32, bf16 or fp16 for the mlx engine",
            got="4bit",
            remedy="use a base model that mlx-lm has quantised, with precision auto",
        )
    if precision == "auto":
        return "float32" if device == "cpu" else ""
    return _TYPES[precision]


def _attach(network: Any, adapter: Path) -> Shape:
    """Put the adapter of a folder onto its base model. Raises ModelError if it does not fit."""
    from graphtutor.backends.mlx_lora import Shape, attach

    read = read_adapter(adapter)
    try:
        attach(network, read)
    except ValueError as problem:
        raise ModelError(
            str(adapter),
            wanted="a LoRA adapter of this base model",
            got=str(problem),
            remedy="check model.name, or train that phase again",
        ) from None
    return Shape(read.rank, read.alpha, read.dropout)


def _mixed(wanted: str, got: str) -> BackendError:
    return BackendError(
        "training", wanted=wanted, got=got, remedy="give sft.method and rsft.method the same value"
    )
