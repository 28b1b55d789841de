"""The openai engine: models behind OpenAI-compatible servers, for generation and evaluation.

vLLM, SGLang, llama-server, Ollama and mlx_lm.server speak this protocol. The server applies its own
chat template and keeps the weights, so this engine neither trains nor sees tokens.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from graphtutor.backends.base import Example, TokenLogProbs, TrainRequest
from graphtutor.backends.openai_client import (
    Access,
    check_urls,
    open_client,
    read_key,
    require_httpx,
)
from graphtutor.backends.openai_listing import check_served
from graphtutor.backends.openai_pool import Endpoint, Pool, Question
from graphtutor.backends.openai_usage import Meter, Usage
from graphtutor.completion.completion import Completion, Prompt, Sampling
from graphtutor.config import ModelConfig
from graphtutor.errors import BackendError, ModelError
from graphtutor.io.pacing import Pacing
from graphtutor.io.seed import derive_seed, random_stream
from graphtutor.models.chat import folded

__all__ = ["OpenAIBackend", "OpenAIModel", "request_seed"]

_SEED_BITS: Final = 31
_CHECKING_SECONDS: Final = 10.0


class OpenAIBackend:
    """Reaches served models; see :class:`graphtutor.backends.base.Backend`."""

    name = "openai"

    def __init__(self, pacing: Pacing | None = None) -> None:
        """Take the waiting times; the default suits servers, tests want shorter ones."""
        self._pacing = pacing or Pacing()

    def load(self, model: ModelConfig, adapter: Path | None = None) -> OpenAIModel:
        """Look whether the servers answer and have the model. An adapter cannot be loaded here."""
        if adapter is not None:
            raise ModelError(
                str(adapter),
                wanted="a model that a server has loaded",
                got="an adapter on this machine, which the openai engine cannot send there",
                remedy="serve the merged model or the adapter, and name it in model.name",
            )
        require_httpx()
        server = model.server
        urls = check_urls(server.urls)
        access = Access(read_key(server.key_variable), server.key_variable, server.timeout_seconds)
        check_served(
            urls, model.name, replace(access, seconds=min(access.seconds, _CHECKING_SECONDS))
        )
        return OpenAIModel(model, urls, access, self._pacing)


class _HookError(Exception):
    """Carries what a hook raised out of the event loop, which a KeyboardInterrupt would upset."""

    def __init__(self, raised: BaseException) -> None:
        self.raised = raised
        super().__init__(repr(raised))


class OpenAIModel:
    """A served model; see :class:`graphtutor.backends.base.TextModel`."""

    def __init__(
        self, model: ModelConfig, urls: Sequence[str], access: Access, pacing: Pacing
    ) -> None:
        """Take the settings and the servers; nothing is asked yet."""
        self.model, self._access, self._pacing = model, access, pacing
        self._endpoints = [Endpoint(url) for url in urls]
        self._meter = Meter(model.server.price_in, model.server.price_out)

    def generate(
        self,
        prompts: Sequence[Prompt],
        sampling: Sampling,
        on_done: Callable[[int], None] | None = None,
    ) -> list[list[Completion]]:
        """Complete ``prompts`` at the servers; see the protocol.

        Greedy completions are asked for once and repeated. A completion's ``tokens`` are the
        server's count for the request divided over its choices, 0 where it gave none; ``seconds``
        is the time of the whole call divided by its completions. Raises BackendError where a
        server refuses a request or the tries are used up; then nothing is returned.
        """
        if not prompts or not sampling.n:
            return [[] for _ in prompts]
        began = time.perf_counter()
        try:
            rows = asyncio.run(self._complete_all(prompts, sampling, on_done))
        except _HookError as carrier:
            raise carrier.raised from None
        seconds = (time.perf_counter() - began) / (len(prompts) * sampling.n)
        return [[replace(one, seconds=seconds) for one in row] for row in rows]

    def usage(self) -> Usage:
        """Return requests, tokens and cost since the model was loaded.

        Answers are counted when they come, also where the call they belong to fails later.
        """
        return self._meter.usage()

    def window(self) -> int:
        """Return the window that the settings name; servers do not tell."""
        return self.model.server.window

    def chat_template(self) -> str:
        """Return a stand-in where the server applies a template, which it does not show."""
        return "applied by the server" if self.model.server.chat else ""

    def encode(self, prompt: str, completion: str, system: str = "") -> Example:
        """Raise BackendError: the tokenizer is the server's."""
        raise _only_generates("show the tokens of a training example")

    def log_probs(self, texts: Sequence[str]) -> Iterator[TokenLogProbs]:
        """Raise BackendError: servers give the chances of a few tokens only."""
        raise _only_generates("give the log-probabilities of all tokens")

    def train(self, request: TrainRequest) -> None:
        """Raise BackendError: the weights are the server's."""
        raise _only_generates("train")

    def save_adapter(self, folder: Path) -> None:
        """Raise BackendError: there is nothing that training changed."""
        raise _only_generates("save what training changed")

    async def _complete_all(
        self, prompts: Sequence[Prompt], sampling: Sampling, on_done: Callable[[int], None] | None
    ) -> list[list[Completion]]:
        """Answer the prompts by as many workers as requests may be under way."""
        server = self.model.server
        rows: list[list[Completion]] = [[] for _ in prompts]
        waiting = iter(enumerate(prompts))
        async with open_client(self._access) as client:
            pool = Pool(
                client,
                self._endpoints,
                self._access,
                self._meter,
                concurrency=server.concurrency,
                retries=server.retries,
                pacing=self._pacing,
            )

            async def work() -> None:
                for index, prompt in waiting:
                    rows[index] = await self._complete(pool, prompt, sampling)
                    if on_done:
                        _report(on_done)

            workers = min(len(prompts), server.concurrency * len(self._endpoints))
            try:
                async with asyncio.TaskGroup() as group:
                    for _ in range(workers):
                        group.create_task(work())
            except BaseExceptionGroup as several:
                # The first failure cancels the rest; others of the same moment say no more.
                raise several.exceptions[0] from None
        return rows

    async def _complete(self, pool: Pool, prompt: Prompt, sampling: Sampling) -> list[Completion]:
        """Return ``sampling.n`` completions, asking again for those that a server did not give."""
        wanted = sampling.n if sampling.temperature else 1
        done: list[Completion] = []
        while len(done) < wanted:
            answer = await pool.ask(self._question(prompt, sampling, wanted, len(done)))
            missing = wanted - len(done)
            done += [
                Completion(choice.text, tokens, choice.cut)
                for choice, tokens in zip(answer.choices, answer.shares(), strict=True)
            ][:missing]
        return done if sampling.temperature else done * sampling.n

    def _question(self, prompt: Prompt, sampling: Sampling, wanted: int, known: int) -> Question:
        """Ask for the completions from number ``known`` on."""
        chat = self.model.server.chat

        def payload(n: int) -> Mapping[str, Any]:
            asked: dict[str, Any] = {
                "model": self.model.name,
                "max_tokens": sampling.max_new_tokens,
                "temperature": sampling.temperature,
                "top_p": sampling.top_p,
            }
            if chat:
                system = [{"role": "system", "content": prompt.system}] if prompt.system else []
                asked["messages"] = [*system, {"role": "user", "content": prompt.text}]
            else:
                asked["prompt"] = folded(prompt.system, prompt.text)
            if n > 1:
                asked["n"] = n
            if sampling.temperature:
                asked["seed"] = request_seed(sampling.seed, prompt.key, known)
            return asked

        def draw(attempt: int) -> float:
            return random_stream("openai wait", sampling.seed, prompt.key, attempt).random()

        return Question(chat, wanted - known, payload, draw)


def _report(on_done: Callable[[int], None]) -> None:
    try:
        on_done(1)
    except BaseException as raised:
        raise _HookError(raised) from None


def request_seed(seed: int, key: str, known: int = 0) -> int:
    """Return the 31-bit seed of a request for the completions of an item from ``known`` on.

    A server that gives fewer choices than it is asked for is asked again with another seed: with
    the same one it would repeat itself.

    >>> request_seed(1, "task") == request_seed(1, "task", 0) != request_seed(1, "task", 1)
    True
    """
    parts = (seed, key, known) if known else (seed, key)
    return derive_seed("openai", *parts) >> (63 - _SEED_BITS)


def _only_generates(what: str) -> BackendError:
    return BackendError(
        "backend openai",
        wanted=f"an engine that can {what}",
        got="one that only generates",
        remedy="take model.backend torch, mlx or unsloth; this one answers, as in graphtutor infer",
    )
