"""The openai engine against servers that work: what is asked, what comes of it, what is counted."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graphtutor.backends.openai import OpenAIBackend, OpenAIModel, request_seed
from graphtutor.backends.openai_usage import Usage
from graphtutor.backends.registry import get_backend
from graphtutor.completion.completion import Prompt, Sampling
from graphtutor.config import ModelConfig
from graphtutor.config.model import ServerConfig
from graphtutor.errors import BackendError, ModelError

from .fault_server import TOKENS, FaultServer, dead_url, echo, refuse

GREEDY = Sampling(max_new_tokens=40)
DRAWN = Sampling(n=3, temperature=0.7, top_p=0.9, max_new_tokens=40, seed=5)
PROMPTS = [Prompt(f"p{i}", f"prompt number {i}") for i in range(12)]


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as one:
        yield one


def _load(*urls: str, name: str = "served", **settings: Any) -> OpenAIModel:
    config = ServerConfig(urls=urls, **settings)
    return OpenAIBackend().load(ModelConfig(name=name, backend="openai", server=config))


def _texts(rows: list[list[Any]]) -> list[list[str]]:
    return [[one.text for one in row] for row in rows]


def test_the_registry_knows_the_engine(server: FaultServer) -> None:
    """By the name that the settings give it."""
    config = ModelConfig(name="served", backend="openai", server=ServerConfig(urls=(server.url,)))
    assert _texts(get_backend("openai").load(config).generate(PROMPTS[:1], GREEDY)) == [
        [echo(PROMPTS[0].text)]
    ]


def test_greedy_asks_once_a_prompt_and_repeats(server: FaultServer) -> None:
    """Neither n nor a seed is sent: there is nothing to draw."""
    counted: list[int] = []
    model = _load(server.url)
    rows = model.generate(PROMPTS, replace(GREEDY, n=3), counted.append)
    assert _texts(rows) == [[echo(prompt.text)] * 3 for prompt in PROMPTS]
    assert counted == [1] * len(PROMPTS)
    assert len(server.requests) == len(PROMPTS)
    [first] = [asked for asked in server.requests if _asks(asked, PROMPTS[0])]
    assert first == {
        "model": "served",
        "messages": [{"role": "user", "content": PROMPTS[0].text}],
        "max_tokens": 40,
        "temperature": 0.0,
        "top_p": 1.0,
    }
    assert {*server.paths} == {"/v1/chat/completions"}
    assert all(one.tokens == TOKENS and one.seconds > 0 for row in rows for one in row)


def _asks(asked: dict[str, Any], prompt: Prompt) -> bool:
    return asked["messages"][0]["content"] == prompt.text


def test_samples_come_by_one_seeded_request(server: FaultServer) -> None:
    """The seed depends on sampling seed and key alone: not on order, neighbours or concurrency."""
    model = _load(server.url)
    rows = _texts(model.generate(PROMPTS, DRAWN))
    seeds = [request_seed(5, prompt.key) for prompt in PROMPTS]
    assert rows == [
        [echo(prompt.text, seed, k) for k in range(3)]
        for prompt, seed in zip(PROMPTS, seeds, strict=True)
    ]
    assert len({*seeds}) == len(PROMPTS)
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert len(server.requests) == len(PROMPTS)
    assert {(a["n"], a["temperature"], a["top_p"]) for a in server.requests} == {(3, 0.7, 0.9)}
    alone = _load(server.url, concurrency=1)
    assert _texts(alone.generate(PROMPTS[::-1], DRAWN)) == rows[::-1]
    assert _texts(alone.generate(PROMPTS, replace(DRAWN, seed=6))) != rows
    assert alone.generate([], DRAWN) == []


def test_plain_completions_have_no_template(server: FaultServer) -> None:
    """For base models: the prompt goes as it is to the other path."""
    model = _load(server.url, chat=False)
    assert _texts(model.generate(PROMPTS[:2], GREEDY)) == [[echo(p.text)] for p in PROMPTS[:2]]
    assert {*server.paths} == {"/v1/completions"}
    assert {asked["prompt"] for asked in server.requests} == {p.text for p in PROMPTS[:2]}
    assert model.chat_template() == ""
    assert _load(server.url).chat_template()


def test_a_cut_completion_says_so(server: FaultServer) -> None:
    """No answer is ever cut silently."""
    [[short], [long]] = _load(server.url).generate(
        [Prompt("a", "short"), Prompt("b", "long")], GREEDY
    )
    assert (short.cut, long.cut) == (False, True)


def test_usage_counts_tokens_requests_and_cost(server: FaultServer) -> None:
    """Over all calls since loading; the tokens are the server's own counts."""
    model = _load(server.url, price_in=2.0, price_out=10.0)
    assert model.usage() == Usage()
    model.generate(PROMPTS[:4], DRAWN)
    model.generate(PROMPTS[:2], GREEDY)
    tokens_in, tokens_out = 3 * 6, TOKENS * (4 * 3 + 2)
    cost = (2 * tokens_in + 10 * tokens_out) / 1e6
    assert model.usage() == Usage(
        requests=6, prompt_tokens=tokens_in, completion_tokens=tokens_out, cost=pytest.approx(cost)
    )


def test_concurrency_is_bounded_for_each_url(server: FaultServer) -> None:
    """And reached, at both servers."""
    with FaultServer() as other:
        server.think = other.think = 0.02
        model = _load(server.url, other.url, concurrency=3)
        model.generate([Prompt(str(i), f"prompt {i}") for i in range(40)], GREEDY)
        assert server.most_in_flight == other.most_in_flight == 3
        assert server.answered + other.answered == 40
        assert min(server.answered, other.answered) >= 10


def test_the_key_comes_from_its_variable(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes into the header of every request; without a key there is no header."""
    monkeypatch.setenv("MY_KEY", " sk-secret-0123 ")
    _load(server.url, key_variable="MY_KEY").generate(PROMPTS[:1], GREEDY)
    assert server.keys == ["Bearer sk-secret-0123"] * 2
    monkeypatch.delenv("MY_KEY")
    _load(server.url, key_variable="MY_KEY").generate(PROMPTS[:1], GREEDY)
    assert server.keys[2:] == [None] * 2
    monkeypatch.setenv("MY_KEY", "sk-secret\n0123")
    with pytest.raises(BackendError, match="environment variable MY_KEY: wanted") as raised:
        _load(server.url, key_variable="MY_KEY")
    assert "secret" not in str(raised.value)


def test_this_machine_is_not_asked_through_a_proxy(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy in the environment cannot know our loopback."""
    monkeypatch.setenv("HTTP_PROXY", dead_url())
    monkeypatch.setenv("ALL_PROXY", dead_url())
    assert len(_load(server.url).generate(PROMPTS, GREEDY)) == len(PROMPTS)


def test_ctrl_c_ends_the_call_and_its_connections(server: FaultServer) -> None:
    """At once, though servers are still busy; the model can be used again."""
    model = _load(server.url)
    server.think = 1.5
    # What runs in the background of a shell has been told to pass over Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
    began = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            model.generate(PROMPTS, GREEDY)
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - began < 1.2
    assert model.usage().requests == 0
    server.think = 0.0
    assert len(model.generate(PROMPTS, GREEDY)) == len(PROMPTS)
    end = time.monotonic() + 5
    while server.connections and time.monotonic() < end:
        time.sleep(0.02)
    assert server.connections == 0


@pytest.mark.parametrize("kind", [KeyboardInterrupt, ValueError])
def test_what_a_hook_raises_comes_out_as_it_is(
    server: FaultServer, kind: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    """Not as a group of exceptions, and with nothing said about tasks that nobody asked after."""

    def fail(_: int) -> None:
        raise kind("from the hook")

    with pytest.raises(kind, match="from the hook"):
        _load(server.url).generate(PROMPTS, GREEDY, fail)
    gc.collect()
    assert [record.message for record in caplog.records if record.name == "asyncio"] == []


def test_what_only_engines_with_weights_can_do_is_refused(server: FaultServer) -> None:
    """In one line that says which engines can, when called and not later."""
    model: Any = _load(server.url, window=512)
    assert model.window() == 512
    calls = [
        lambda: model.encode("a", "b"),
        lambda: model.log_probs(["a b"]),
        lambda: model.train(None),
        lambda: model.save_adapter(Path("nowhere")),
    ]
    for call in calls:
        with pytest.raises(BackendError, match=r"got one that only generates\..*torch, mlx") as one:
            call()
        assert "\n" not in str(one.value)
    with pytest.raises(ModelError, match=r"phase: wanted .* serve the merged model or the adapter"):
        OpenAIBackend().load(ModelConfig(name="served"), Path("phase"))


def test_a_missing_library_is_named_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, as for the other engines."""
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(BackendError, match=r"package httpx.*pip install 'graphtutor\[openai\]'"):
        _load("http://localhost:1/v1")


@pytest.mark.parametrize(
    ("urls", "got"),
    [
        ([], "got none"),
        (["localhost:8000/v1"], "without http:// or host"),
        (["ftp://host/v1"], "without http:// or host"),
        (["http:///v1"], "without http:// or host"),
        (["http://host:port/v1"], "cannot be read"),
        (["http://one/v1", "http://me:hunter2@host/v1"], "number 2: .* a name or password"),
        (["http://host/v1?key=hunter2"], "with '\\?'"),
        (["http://ho st/v1"], "blanks"),
    ],
)
def test_addresses_are_checked_first(urls: list[str], got: str) -> None:
    """Before anything is asked, and without showing what may be a secret."""
    with pytest.raises(BackendError, match=f"model.server.urls.*{got}") as raised:
        _load(*urls)
    assert "hunter2" not in str(raised.value)


def test_an_unreachable_pool_is_reported_at_once() -> None:
    """With each URL and what is wrong there."""
    gone = [dead_url(), dead_url()]
    with FaultServer() as loading:
        loading.listing = refuse(503, "Loading model")
        with pytest.raises(BackendError) as raised:
            _load(*gone, loading.url)
    message = str(raised.value)
    assert all(f"{url}: ConnectError" in message for url in gone)
    assert f"{loading.url}: HTTP 503: Loading model" in message
    assert "wanted a server that answers" in message


def test_one_server_that_answers_is_enough(server: FaultServer) -> None:
    """The others may come up later."""
    assert _load(dead_url(), f"{server.url}/").generate(PROMPTS[:1], GREEDY)


def test_a_model_that_is_not_served_is_refused_with_those_that_are() -> None:
    """Up to five of them."""
    with FaultServer(tuple(f"model-{i}" for i in range(7))) as many:
        with pytest.raises(ModelError) as raised:
            _load(many.url)
        assert str(raised.value) == (
            f"{many.url}: wanted a server of served, got one of model-0, model-1, model-2, "
            "model-3, model-4 and 2 more. What to do: set model.name to a name that the server "
            "knows"
        )
        _load(many.url, name="model-6")
        _load(many.url, name="default_model")  # what mlx_lm.server has loaded, unlisted


@pytest.mark.parametrize("models", [None, (), ("served:latest",)])
def test_servers_without_a_list_are_taken_as_they_are(models: tuple[str, ...] | None) -> None:
    """No such path, or an empty list; Ollama lists its default tag."""
    with FaultServer(models) as one:
        assert _load(one.url).generate(PROMPTS[:1], GREEDY)


def test_a_refused_key_is_reported_before_anything_is_generated(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the variable's name; the server repeats the key, we do not."""
    monkeypatch.setenv("MY_KEY", "sk-secret-0123")
    server.listing = refuse(401, "Incorrect API key provided: sk-secret-0123")
    with pytest.raises(BackendError) as raised:
        _load(server.url, key_variable="MY_KEY")
    assert str(raised.value) == (
        f"{server.url}: wanted an answer, got HTTP 401: Incorrect API key provided: ***. What to "
        "do: check the key that the environment variable MY_KEY holds"
    )
