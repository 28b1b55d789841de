"""llama.cpp itself, in this process, as one more generator: to check a GGUF file by running it.

It comes with the package ``xllamacpp``, whose server answers on the loopback interface alone.
Prompts go in as token ids and completions come back as token ids, so that what is compared is the
model and not how bytes that are no text are printed.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from graphtutor.completion.completion import Completion, Prompt, Sampling
from graphtutor.errors import BackendError

__all__ = ["LlamaCpp", "can_run"]


def can_run() -> bool:
    """Tell whether llama.cpp is there."""
    return find_spec("xllamacpp") is not None


class LlamaCpp:
    """A GGUF file, loaded; greedy only. See :class:`graphtutor.completion.completion.Generator`."""

    def __init__(
        self,
        file: Path,
        to_ids: Callable[[str], Sequence[int]],
        to_text: Callable[[Sequence[int]], str],
        *,
        window: int,
        threads: int = 0,
    ) -> None:
        """Start the server on ``file``.

        ``to_ids`` turns a prompt into its tokens, ``to_text`` those of a completion into text;
        ``window`` is the most tokens of both together. Raises BackendError if llama.cpp refuses the
        file or is not there.
        """
        self.to_ids, self.to_text = to_ids, to_text
        self.server: Any = _serve(file, window, threads)
        self.address = str(self.server.listening_address)

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        on_done: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        """Complete each prompt once, greedily, whatever else ``sampling`` says."""
        done: list[list[Completion]] = []
        for prompt in prompts:
            done.append([self._complete(prompt, sampling.max_new_tokens)])
            if on_done:
                on_done(1)
        return done

    def token_ids(self, text: str, *, add_special: bool) -> list[int]:
        """Return how llama.cpp itself reads ``text``; ``add_special`` adds its begin token."""
        body = {"content": text, "add_special": add_special, "parse_special": True}
        return list(self._ask("/tokenize", body)["tokens"])

    def _complete(self, prompt: Prompt, limit: int) -> Completion:
        began = time.perf_counter()
        answer = self._ask(
            "/completion",
            {
                "prompt": list(self.to_ids(prompt.text)),
                "temperature": 0.0,
                "repeat_penalty": 1.0,
                "n_predict": limit,
                "return_tokens": True,
                "cache_prompt": False,
            },
        )
        ids: list[int] = list(answer["tokens"])
        cut = answer.get("stop_type") == "limit"
        text = self.to_text(ids)
        return Completion(text, len(ids), cut, time.perf_counter() - began)

    def _ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        request = urllib.request.Request(
            self.address + path,
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return json.loads(answer.read())
        except OSError as problem:
            raise BackendError(
                "llama.cpp", wanted=f"an answer to {path}", got=str(problem)
            ) from None


def _serve(file: Path, window: int, threads: int) -> Any:
    try:
        import xllamacpp
    except ImportError as problem:
        raise BackendError(
            "llama.cpp",
            wanted="the package xllamacpp",
            got=str(problem),
            remedy="pip install xllamacpp, or leave the check out with --check 0",
        ) from None
    library: Any = xllamacpp
    settings = library.CommonParams()
    settings.model.path = str(file)
    settings.n_ctx, settings.n_parallel, settings.warmup = window, 1, False
    settings.verbosity, settings.ui, settings.fit_params = -1, False, False
    settings.n_gpu_layers = 0
    # Its defaults round keys and values to float16; weights in float32 deserve to be compared.
    settings.cache_type_k = settings.cache_type_v = library.ggml_type.GGML_TYPE_F32
    settings.flash_attn_type = library.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    if threads:
        settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = threads
    try:
        return library.Server(settings)
    except (RuntimeError, ValueError) as problem:
        raise BackendError(
            str(file), wanted="a GGUF file that llama.cpp loads", got=str(problem)
        ) from None
