"""A deterministic engine without dependencies, for tests of everything around a model.

It answers from what it was trained on: a prompt it has seen gets its completion, any other prompt
the completion of the most similar one it has seen, and before training a sentence without format.
Its "weights" are the trained pairs, saved as JSON; its tokens are UTF-8 bytes. A text it reads as a
model of byte pairs would: by how often, in the trained pairs, one byte follows another.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from graphtutor.backends.base import Example, StepLog, TokenLogProbs, TrainRequest
from graphtutor.backends.window import refuse_too_long, refuse_unreadable
from graphtutor.completion.completion import Completion, Prompt, Sampling
from graphtutor.config import ModelConfig
from graphtutor.errors import ModelError
from graphtutor.io.atomic import write_text
from graphtutor.io.seed import random_stream
from graphtutor.models.chat import folded

__all__ = ["FakeBackend", "FakeModel"]

_WINDOW = 4096
_END = 0
_BYTES = 256


class FakeBackend:
    """Loads :class:`FakeModel`; the base model's name may be anything."""

    name = "fake"

    def load(self, model: ModelConfig, adapter: Path | None = None) -> FakeModel:
        """Return an untrained model, or the one saved in ``adapter``."""
        del model
        if adapter is None:
            return FakeModel({})
        try:
            return FakeModel(json.loads((adapter / "fake.json").read_text("utf-8")))
        except (OSError, ValueError) as problem:
            raise ModelError(
                str(adapter), wanted="a folder with fake.json", got=str(problem)
            ) from None


class FakeModel:
    """Remembers pairs of prompt and completion."""

    def __init__(self, pairs: dict[str, str]) -> None:
        """Start from the ``pairs`` that are known."""
        self.pairs = dict(pairs)

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        on_done: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        """Answer by memory; with a temperature, half of the samples answer another prompt."""
        lengths = [len(folded(p.system, p.text).encode()) for p in prompts]
        refuse_too_long(lengths, sampling.max_new_tokens, self.window())
        done: list[list[Completion]] = []
        for prompt in prompts:
            texts = [self._text(prompt, sampling, k) for k in range(sampling.n)]
            done.append([self._completion(text, sampling.max_new_tokens) for text in texts])
            if on_done:
                on_done(1)
        return done

    def encode(self, prompt: str, completion: str, system: str = "") -> Example:
        """Return the bytes of both and an end mark; the mask covers the completion and the mark."""
        head, tail = folded(system, prompt).encode(), completion.encode()
        mask = (False,) * len(head) + (True,) * (len(tail) + 1)
        return Example((*head, *tail, _END), mask)

    def window(self) -> int:
        """Return a window in bytes."""
        return _WINDOW

    def log_probs(self, texts: Sequence[str]) -> Iterator[TokenLogProbs]:
        """Give each byte its add-one smoothed chance to follow the one before (Laplace)."""
        rows = [np.frombuffer(text.encode(), dtype=np.uint8).astype(np.int64) for text in texts]
        refuse_unreadable([len(row) for row in rows], self.window())
        table = self._next_byte()
        return (TokenLogProbs(row, table[row[:-1]]) for row in rows)

    def train(self, request: TrainRequest) -> None:
        """Learn the pairs of each step's batch."""
        for step, batch in enumerate(request.batches, start=1):
            for index in batch:
                example = request.examples[index]
                cut = example.mask.index(True)
                prompt = bytes(example.tokens[:cut]).decode()
                self.pairs[prompt] = bytes(example.tokens[cut:-1]).decode()
            if request.on_step:
                tokens = sum(len(request.examples[index].tokens) for index in batch)
                request.on_step(StepLog(step, 1 / step, request.config.lr, tokens, 0.0))
            if request.on_evaluate and step in request.evaluate_at:
                request.on_evaluate(step)

    def save_adapter(self, folder: Path) -> None:
        """Write the pairs to ``fake.json``."""
        write_text(folder / "fake.json", json.dumps(self.pairs, sort_keys=True, indent=0))

    def _text(self, prompt: Prompt, sampling: Sampling, k: int) -> str:
        if not self.pairs:
            return "I have not been trained."
        if sampling.temperature:
            stream = random_stream("fake", sampling.seed, prompt.key, k)
            if stream.random() < 0.5:
                known = sorted(self.pairs)
                return self.pairs[known[int(stream.integers(len(known)))]]
        asked = folded(prompt.system, prompt.text)
        if asked in self.pairs:
            return self.pairs[asked]
        words = set(asked.split())
        nearest = max(sorted(self.pairs), key=lambda known: len(words & _words(known)))
        return self.pairs[nearest]

    def _next_byte(self) -> NDArray[np.float32]:
        """Return the logarithm of the chance of each byte after each; shape (bytes, bytes)."""
        counts = np.ones((_BYTES, _BYTES))
        for prompt, completion in self.pairs.items():
            known = [*prompt.encode(), *completion.encode(), _END]
            np.add.at(counts, (known[:-1], known[1:]), 1)
        return np.log(counts / counts.sum(axis=1, keepdims=True)).astype(np.float32)

    @staticmethod
    def _completion(text: str, limit: int) -> Completion:
        data = text.encode()
        cut = len(data) > limit
        return Completion(data[:limit].decode(errors="ignore"), min(len(data), limit), cut)


@cache
def _words(prompt: str) -> frozenset[str]:
    return frozenset(prompt.split())
