"""A causal language model and its tokenizer from a folder or the hub, for whatever reads one.

Weights are read from safetensors only, and no code that comes with a model is executed.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from graphtutor.errors import BackendError, ModelError

__all__ = ["first_line", "import_torch", "load_pretrained", "without_deprecations"]


def import_torch(wanted_by: str = "backend torch") -> Any:
    """Import torch and transformers, quiet and without telemetry.

    Raises BackendError with the command that installs them, in the name of ``wanted_by``.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        import torch
        import transformers
    except ImportError as problem:
        raise BackendError(
            wanted_by,
            wanted="the packages torch and transformers",
            got=str(problem),
            remedy="pip install 'graphtutor[torch]'",
        ) from None
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    return torch


def load_pretrained(
    source: str, where: str, revision: str = "", **settings: Any
) -> tuple[Any, Any]:
    """Load network and tokenizer from ``source``, a folder or a hub id.

    ``settings`` say how the network is to lie: dtype, device_map and the like. Raises ModelError in
    the name of ``where`` on whatever is wrong with them, also for a layer without weights.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    # Loose types: transformers declares its factories only in part.
    tokenizers: Any = AutoTokenizer
    models: Any = AutoModelForCausalLM
    origin: dict[str, Any] = {"trust_remote_code": False}
    if revision:
        origin["revision"] = revision
    try:
        tokenizer = tokenizers.from_pretrained(source, **origin)
        network, report = models.from_pretrained(
            source, use_safetensors=True, output_loading_info=True, **origin, **settings
        )
    except Exception as problem:  # three libraries, each with exceptions of its own
        raise ModelError(
            where,
            wanted="a causal language model in Hugging Face format with safetensors weights",
            got=first_line(problem),
            remedy="check the folder or the hub id; a hub model needs a network the first time",
        ) from None
    missing = sorted(report["missing_keys"])
    if missing:
        # transformers would go on with random numbers in their place.
        raise ModelError(
            where,
            wanted="weights for every layer that config.json names",
            got=f"{len(missing)} missing, for instance {missing[0]}",
            remedy="check that config.json and the weights belong together",
        )
    return network, tokenizer


@contextmanager
def without_deprecations() -> Generator[None, None, None]:
    """Keep what peft uses of an older transformers from the user, who cannot change it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        yield


def first_line(problem: Exception) -> str:
    """Return the first line of what a library says, or its kind where it says nothing."""
    return (str(problem).strip() or type(problem).__name__).splitlines()[0]
