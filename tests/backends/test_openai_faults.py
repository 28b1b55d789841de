"""The openai engine against servers that fail: nothing is lost, nothing is counted twice."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphtutor.backends.openai import OpenAIBackend, OpenAIModel, request_seed
from graphtutor.backends.openai_answer import Malformed, error_text, parse_answer, shorten
from graphtutor.backends.openai_pool import Endpoint
from graphtutor.completion.completion import Prompt, Sampling
from graphtutor.config import ModelConfig
from graphtutor.config.model import ServerConfig
from graphtutor.errors import BackendError
from graphtutor.io.pacing import Pacing

from .fault_server import TOKENS, Fault, FaultServer, dead_url, echo, refuse

FAST = Pacing(base=0.004, longest=0.03)
GREEDY = Sampling(max_new_tokens=40)
DRAWN = Sampling(n=3, temperature=1.0, max_new_tokens=40, seed=5)
ONE = Prompt("one", "prompt number one")


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with FaultServer() as one:
        yield one


def _load(*urls: str, pacing: Pacing = FAST, **settings: Any) -> OpenAIModel:
    config = ServerConfig(urls=urls, **settings)
    return OpenAIBackend(pacing).load(ModelConfig(name="served", backend="openai", server=config))


PASSING = {
    **{str(status): refuse(status) for status in (408, 409, 425, 429, 500, 502, 503, 504)},
    "closed": Fault(cut_after=-1),
    "cut midway": Fault(cut_after=25),
    "no JSON": Fault(body=b'{"choices": [{"mess'),
    "no object": Fault(body=b"[1, 2]"),
    "no choices": Fault(body=b'{"object": "chat.completion"}'),
    "none of the choices": Fault(body=b'{"choices": []}'),
    "error under status 200": Fault(body=b'{"error": {"message": "overloaded"}}'),
    "no text": Fault(body=b'{"choices": [{"message": {"role": "assistant"}}]}'),
    "text of another type": Fault(body=b'{"choices": [{"message": {"content": 7}}]}'),
    "given up": Fault(
        body=b'{"choices": [{"message": {"content": "hal"}, "finish_reason": "abort"}]}'
    ),
    "bytes": Fault(body=b"\xff\xfe\x00"),
    "nested too deep": Fault(body=b"[" * 100_000),
    "bad encoding": Fault(headers={"Content-Encoding": "gzip"}, body=b"no gzip"),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_what_may_pass_is_tried_again(server: FaultServer, fault: Fault) -> None:
    """Twice it fails, then it comes, and it is counted once."""
    server.script = [fault, fault]
    model = _load(server.url)
    [[one]] = model.generate([ONE], GREEDY)
    assert one.text == echo(ONE.text)
    usage = model.usage()
    assert (usage.requests, usage.retries, usage.failed) == (1, 2, 2)
    assert usage.completion_tokens == TOKENS
    assert server.answered == 1


def test_slow_answers_are_given_up(server: FaultServer) -> None:
    """The limit is that of the whole request, also where a byte comes now and then."""
    server.script = [Fault(delay=0.8), Fault(drip=0.3)]
    model = _load(server.url, timeout_seconds=0.5)
    began = time.monotonic()
    assert model.generate([ONE], GREEDY)[0][0].text == echo(ONE.text)
    assert time.monotonic() - began < 4
    assert model.usage().failed >= 2
    server.always = Fault(delay=0.8)
    with pytest.raises(BackendError, match=f"{server.url}: no answer within 0.5 s"):
        _load(server.url, timeout_seconds=0.5, retries=0).generate([ONE], GREEDY)


def test_retry_after_is_kept_to(server: FaultServer) -> None:
    """Nobody asks the server in between, though the backoff is shorter."""
    server.script = [refuse(429, "slow down", Retry_After="0.4")]
    model = _load(server.url, concurrency=1)
    model.generate([ONE, Prompt("two", "another")], GREEDY)
    first, second, *_ = server.arrivals
    assert second - first >= 0.4
    assert len(server.arrivals) == 3


def test_another_server_takes_over_while_one_asks_to_wait(server: FaultServer) -> None:
    """At once, without backoff."""
    server.script = [refuse(503, "back in a minute", Retry_After="60")]
    with FaultServer() as other:
        model = _load(server.url, other.url, pacing=Pacing(base=30.0))
        began = time.monotonic()
        [[one]] = model.generate([ONE], GREEDY)
        assert time.monotonic() - began < 5
        assert (one.text, server.answered, other.answered) == (echo(ONE.text), 0, 1)


def test_a_dead_server_is_rested(server: FaultServer) -> None:
    """It costs a few tries, not one for every prompt."""
    server.think = 0.03
    prompts = [Prompt(str(i), f"prompt {i}") for i in range(40)]
    model = _load(dead_url(), server.url, pacing=Pacing(base=0.25), concurrency=4)
    rows = model.generate(prompts, GREEDY)
    assert [row[0].text for row in rows] == [echo(prompt.text) for prompt in prompts]
    assert server.answered == model.usage().requests == 40
    assert 3 <= model.usage().failed <= 12
    assert server.most_in_flight == 4  # no more because of the other's share


def test_a_request_goes_where_it_has_not_failed(server: FaultServer) -> None:
    """Though the first server would be free again."""
    server.always = refuse(500)
    with FaultServer() as other:
        _load(server.url, other.url).generate([ONE], GREEDY)
        assert (len(server.requests), other.answered) == (1, 1)


def test_what_fails_while_a_server_rests_is_no_further_failure(server: FaultServer) -> None:
    """A hiccup under full load does not look like a server that is gone."""
    server.think, server.script = 0.05, [refuse(500)] * 8
    model = _load(server.url, retries=4, concurrency=8)
    prompts = [Prompt(str(i), f"prompt {i}") for i in range(8)]
    assert len(model.generate(prompts, GREEDY)) == 8
    assert model.usage().failed == 8


def test_failures_between_answers_do_not_add_up(server: FaultServer) -> None:
    """A server that fails now and then is not one that is gone."""
    server.script = [refuse(500), Fault()] * 6
    model = _load(server.url, retries=3, concurrency=1)
    assert len(model.generate([Prompt(str(i), f"prompt {i}") for i in range(6)], GREEDY)) == 6
    assert model.usage().failed == 6


def test_a_failing_server_is_tried_with_one_request_at_a_time() -> None:
    """Until it answers again."""
    endpoint = Endpoint("http://host", failures=FAST.rest_after)
    assert endpoint.room(FAST, 8)
    endpoint.busy = 1
    assert not endpoint.room(FAST, 8)
    endpoint.failures = 0
    assert endpoint.room(FAST, 8)


def test_a_server_that_recovers_is_used_again(server: FaultServer) -> None:
    """After a rest, first with one request, then with as many as before."""
    with FaultServer() as other:
        other.script = [refuse(500)] * 4
        server.think = other.think = 0.01
        prompts = [Prompt(str(i), f"prompt {i}") for i in range(50)]
        model = _load(server.url, other.url, concurrency=2, retries=6)
        model.generate(prompts, GREEDY)
        assert other.answered > 5
        assert server.answered + other.answered == model.usage().requests == 50
        assert model.usage().failed == 4


def test_all_dead_is_one_error_with_each_url(server: FaultServer) -> None:
    """The last problem of each; nothing partial is returned, and a later call begins anew."""
    with FaultServer() as other:
        model = _load(server.url, other.url, retries=2)
        server.always, other.always = refuse(500, "out of memory"), Fault(cut_after=-1)
        with pytest.raises(BackendError) as raised:
            model.generate([Prompt(str(i), f"prompt {i}") for i in range(20)], GREEDY)
        message = str(raised.value)
        assert message.startswith("model.server.urls: wanted an answer within 3 tries, got ")
        assert f"{server.url}: HTTP 500: out of memory; " in message
        assert f"{other.url}: RemoteProtocolError: Server disconnected" in message
        assert "\n" not in message
        assert model.usage().requests == 0
        assert len(server.requests) + len(other.requests) < 20 * 3
        server.always = other.always = Fault()
        server.script, other.script = [refuse(500)], [refuse(500)]
        assert model.generate([ONE], GREEDY)[0][0].text == echo(ONE.text)


def test_a_dead_pool_is_given_up_on_by_all_together(server: FaultServer) -> None:
    """Not every request waits for its own tries: eight at once and one after the rest."""
    server.think, server.always = 0.1, refuse(500)
    model = _load(server.url, retries=3, concurrency=8)
    with pytest.raises(BackendError, match="within 4 tries"):
        model.generate([Prompt(str(i), f"prompt {i}") for i in range(8)], GREEDY)
    assert len(server.requests) == 9


def test_a_single_request_has_its_tries_and_no_more(server: FaultServer) -> None:
    """The first and three further ones, over all servers."""
    server.always = refuse(502, "bad gateway")
    with FaultServer() as other:
        other.always = refuse(502, "bad gateway")
        model = _load(server.url, other.url, retries=3)
        with pytest.raises(BackendError, match="within 4 tries"):
            model.generate([ONE], GREEDY)
        assert len(server.requests) + len(other.requests) == 4
    assert (model.usage().retries, model.usage().failed) == (3, 4)


REFUSED = {
    400: ("This model's maximum context length is 64 tokens", r"max_new_tokens"),
    401: ("Incorrect API key provided", "MY_KEY"),
    403: ("not yours", "MY_KEY"),
    404: ("no such model", "model.name"),
    422: ("top_p is not supported", "model.server"),
    307: ("elsewhere", "/v1"),
}


@pytest.mark.parametrize("status", REFUSED)
def test_a_refusal_ends_the_call_at_once(
    server: FaultServer, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line: the server's address and words without the key, and what to do."""
    monkeypatch.setenv("MY_KEY", "sk-secret-0123")
    said, advice = REFUSED[status]
    server.script = [refuse(status, f"{said}\n\nsk-secret-0123 " + "and so on " * 100)]
    model = _load(server.url, key_variable="MY_KEY")
    with pytest.raises(BackendError) as raised:
        model.generate([ONE], GREEDY)
    message = str(raised.value)
    assert message.startswith(f"{server.url}: wanted an answer, got HTTP {status}: {said} *** and ")
    assert advice in message.partition("What to do")[2]
    assert len(message) < 500
    assert "\n" not in message
    assert len(server.requests) == 1
    assert model.usage().requests == 0


def test_missing_choices_are_asked_for_alone(server: FaultServer) -> None:
    """With another seed: a server that repeats itself would give the same completion again."""
    server.always = Fault(choices=1)
    model = _load(server.url)
    [row] = model.generate([ONE], DRAWN)
    assert [asked.get("n") for asked in server.requests] == [3, 2, None]
    assert [one.text for one in row] == [
        echo(ONE.text, request_seed(5, "one", known)) for known in range(3)
    ]
    assert [one.tokens for one in row] == [TOKENS] * 3
    usage = model.usage()
    assert (usage.requests, usage.failed, usage.completion_tokens) == (3, 0, 3 * TOKENS)


def test_more_choices_than_asked_for_are_left_out(server: FaultServer) -> None:
    """They are paid for all the same."""
    body = b'{"choices": [{"message": {"content": "a"}}, {"message": {"content": "b"}}], '
    server.script = [Fault(body=body + b'"usage": {"prompt_tokens": 3, "completion_tokens": 8}}')]
    model = _load(server.url)
    [[one]] = model.generate([ONE], GREEDY)
    assert (one.text, one.tokens, model.usage().completion_tokens) == ("a", 4, 8)


def test_a_server_that_refuses_n_is_asked_one_by_one(server: FaultServer) -> None:
    """It is remembered, so that not every prompt is refused first."""
    server.takes_n = False
    model = _load(server.url, concurrency=2)
    prompts = [Prompt(str(i), f"prompt {i}") for i in range(6)]
    rows = model.generate(prompts, DRAWN)
    assert Counter(one.text for row in rows for one in row) == Counter(server.given)
    assert [len({one.text for one in row}) for row in rows] == [3] * 6
    assert model.usage().requests == server.answered == 18
    assert 1 <= model.usage().failed <= 2


def test_llama_server_of_old_refuses_n_with_status_500(server: FaultServer) -> None:
    """The one 5xx that does not pass by waiting."""
    server.script = [refuse(500, "Only one completion choice is allowed")]
    model = _load(server.url)
    [row] = model.generate([ONE], DRAWN)
    assert len({one.text for one in row}) == 3
    assert [asked.get("n") for asked in server.requests] == [3, None, None, None]


def test_a_refusal_of_something_else_than_n_is_reported(server: FaultServer) -> None:
    """It is found out by asking for one choice."""
    server.always = refuse(400, "prompt too long")
    with pytest.raises(BackendError, match=r"HTTP 400: prompt too long\. What to do: lower"):
        _load(server.url).generate([ONE], DRAWN)
    assert [asked.get("n") for asked in server.requests] == [3, None]


def test_without_usage_tokens_are_unknown(server: FaultServer) -> None:
    """Unknown is 0, and the number of such requests is told."""
    server.script = [Fault(usage=False)]
    model = _load(server.url, concurrency=1)
    [[first], [second]] = model.generate([ONE, Prompt("two", "another")], GREEDY)
    assert (first.tokens, second.tokens) == (0, TOKENS)
    usage = model.usage()
    assert (usage.requests, usage.unmetered, usage.completion_tokens) == (2, 1, TOKENS)


@pytest.mark.parametrize("usage", [b"null", b'"many"', b'{"completion_tokens": -3}', b"[]"])
def test_senseless_usage_is_no_usage(usage: bytes) -> None:
    """It is the answer that counts."""
    body = b'{"choices": [{"text": "yes"}], "usage": ' + usage + b"}"
    answer = parse_answer(body, chat=False)
    assert (answer.choices[0].text, answer.completion_tokens) == ("yes", None)


def test_a_count_of_the_first_choice_alone_is_no_count() -> None:
    """As llama-server gives it; with one choice it is right."""
    usage = b'"usage": {"prompt_tokens": 4, "completion_tokens": 6}, "timings": {}}'
    one, two = b'{"choices": [{"text": "a"}], ', b'{"choices": [{"text": "a"}, {"text": "b"}], '
    assert parse_answer(one + usage, chat=False).shares() == [6]
    answer = parse_answer(two + usage, chat=False)
    assert (answer.prompt_tokens, answer.completion_tokens, answer.shares()) == (4, None, [0, 0])


def test_texts_can_be_written_to_files() -> None:
    """Half a surrogate pair is replaced; a whole one is a character; null is no text."""
    body = rb'{"choices": [{"text": "a\ud83d b\ud83d\ude00"}]}'
    [choice] = parse_answer(body, chat=False).choices
    assert choice.text == "a\N{REPLACEMENT CHARACTER} b\N{GRINNING FACE}"
    null = b'{"choices": [{"message": {"content": null}}]}'
    assert parse_answer(null, chat=True).choices[0].text == ""


@settings(max_examples=30)
@given(body=st.binary(max_size=60) | st.from_regex(rb'\{"(choices|error|data)": .{0,30}\}'))
def test_no_body_brings_the_reader_down(body: bytes) -> None:
    """Whatever comes is an answer or Malformed, and what an error shows of it fits a line."""
    with suppress(Malformed):
        assert parse_answer(body, chat=True).choices
    said = shorten(error_text(body))
    assert 0 < len(said) <= 240
    assert said.isprintable()


_SOME_PASSING = [PASSING[name] for name in ("429", "500", "closed", "cut midway", "no choices")]
_FAULTS = st.sampled_from([*_SOME_PASSING, Fault(choices=1), Fault(choices=2), Fault(usage=False)])


@settings(max_examples=12)
@given(
    scripts=st.tuples(st.lists(_FAULTS, max_size=4), st.lists(_FAULTS, max_size=4)),
    count=st.integers(1, 7),
    n=st.integers(1, 4),
    concurrency=st.integers(1, 4),
)
def test_every_prompt_gets_its_completions_whatever_fails(
    scripts: tuple[list[Fault], list[Fault]], count: int, n: int, concurrency: int
) -> None:
    """Exactly n each, each from an answer to this prompt, and every answer used exactly once."""
    prompts = [Prompt(f"p{i}", f"prompt {i}") for i in range(count)]
    sampling = Sampling(n=n, temperature=1.0, max_new_tokens=40, seed=3)
    counted: list[int] = []
    with FaultServer() as one, FaultServer() as two:
        model = _load(one.url, two.url, retries=8, concurrency=concurrency)
        one.script, two.script = list(scripts[0]), list(scripts[1])
        rows = model.generate(prompts, sampling, counted.append)
        given_out = one.given + two.given
        answered = one.answered + two.answered
        asked = len(one.requests) + len(two.requests)
    for prompt, row in zip(prompts, rows, strict=True):
        possible = {
            echo(prompt.text, request_seed(3, prompt.key, known), index)
            for known in range(n)
            for index in range(n)
        }
        assert len(row) == len({c.text for c in row} & possible) == n
    assert Counter(c.text for row in rows for c in row) == Counter(given_out)
    assert sum(counted) == count
    usage = model.usage()
    assert usage.requests == answered
    assert usage.requests + usage.failed == asked
    assert usage.retries == usage.failed
    assert usage.completion_tokens <= TOKENS * n * count
    if not usage.unmetered:
        assert usage.completion_tokens == TOKENS * n * count
