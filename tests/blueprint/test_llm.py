"""The route through a language model, against a real server on loopback: replies and failures."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graphtutor.blueprint.gate import check_domain
from graphtutor.blueprint.llm_question import Tokens
from graphtutor.blueprint.load import load_domain
from graphtutor.blueprint.save import domain_yaml

from .llm_orders import FIRST, OUTLINE, TOPICS, made, order, whole
from .llm_tutor import SENT, WRITTEN, Fault, Tutor, refuse, strands


def test_a_list_of_topics_becomes_a_blueprint(tmp_path: Path) -> None:
    with Tutor() as tutor:
        tutor.think = 0.1
        built = made(tutor, tmp_path)
    assert whole(built)
    assert built.domain
    assert built.domain.hierarchy[1].title == "Roof"
    assert [tuple(t.strands) for t in built.domain.topics if t.title == TOPICS[0]] == [
        tuple(strands(TOPICS[0]))
    ]
    assert tutor.topics[0] == "hierarchy"
    assert sorted(tutor.topics[1:]) == sorted(TOPICS)
    assert 1 < tutor.most_in_flight <= 4
    assert built.usage.calls == 7
    assert built.usage.tokens == Tokens(7 * SENT, 7 * WRITTEN)
    sent = tutor.requests[1]
    assert sent["response_format"]["json_schema"]["strict"] is True
    assert sent["max_tokens"] == 2000
    # The blueprint is the same after a file.
    path = tmp_path / "bread.yaml"
    path.write_text(domain_yaml(built.domain, FIRST), "utf-8")
    assert load_domain(str(path)) == built.domain


def test_an_outline_needs_no_question_about_the_hierarchy(tmp_path: Path) -> None:
    with Tutor() as tutor:
        built = made(tutor, tmp_path, order(OUTLINE))
    assert built.domain
    assert "hierarchy" not in tutor.topics
    assert built.domain.hierarchy[0].builds == "Flour, water and time."
    assert built.domain.hierarchy[1].builds == "Builds on Dough: Rise, Crust."
    assert [topic.id for topic in built.domain.topics] == [
        "kneading", "yeast", "oven-spring", "browning",
    ]  # fmt: skip


LONG = [strands(TOPICS[2])[0] | {"core": "many more words than there may be"}]
BAD_PLACES = json.dumps(
    {
        "evolutions": [
            {
                "title": name,
                "builds": "Something.",
                "subtopics": [{"title": f"{name}{n}", "topics": [1]} for n in (1, 2)],
            }
            for name in ("One", "Two")
        ]
    }
)


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (Fault(content='{"strands": [{"final": "A"'), "unusable", "not one JSON object"),
        (Fault(content='{"strands": [], "strands": []}'), "unusable", "a key stands twice"),
        (Fault(content='{"layers": []}'), "unusable", "strands: Field required"),
        (Fault(content='{"strands": [{"final": "A law"}]}'), "unusable", "has the levels final"),
        (Fault(content='{"strands": "' + "[" * 9 + '"}'), "unusable", "valid list"),
        (Fault(content='{"strands": ' + "[" * 99999), "unusable", "not one JSON object"),
        (Fault(content=json.dumps({"strands": LONG})), "unusable", "lengths: Core Logic"),
        (Fault(content='{"strands": [{"final": "\\ud800"}]}'), "unusable", "control characters"),
        (Fault(content="I would rather talk about cats."), "refused", "no JSON object"),
        (Fault(content=""), "refused", "no JSON object"),
        (Fault(refusal="I cannot help with that."), "refused", "a refusal"),
        (Fault(content="{", finish="content_filter"), "refused", "a refusal"),
        (Fault(content='{"strands": [', finish="length"), "cut off", "it was cut off"),
    ],
)
def test_a_reply_that_cannot_be_used_is_told_why_and_asked_again(
    tmp_path: Path, fault: Fault, kind: Any, said: str
) -> None:
    with Tutor() as tutor:
        tutor.faults[TOPICS[2]] = [fault]
        built = made(tutor, tmp_path)
        assert whole(built)
        assert built.usage.faults == {kind: 1}
        assert built.usage.calls == 8
        again = [r for r, topic in zip(tutor.requests, tutor.topics, strict=True)
                 if topic == TOPICS[2]][1]  # fmt: skip
        roles = [message["role"] for message in again["messages"]]
        assert roles == ["system", "user", "assistant", "user"]
        assert said in again["messages"][-1]["content"]
        # The bad reply was paid as well and is kept: built again, nothing is asked.
        calls = len(tutor.requests)
        second = made(tutor, tmp_path)
        assert len(tutor.requests) == calls
    assert second.domain == built.domain
    assert second.usage.reused == 8
    assert second.usage.calls == 0


def test_a_fenced_reply_counts_and_one_with_words_around_it_does_not(tmp_path: Path) -> None:
    good = json.dumps({"strands": strands(TOPICS[2])})
    with Tutor() as tutor:
        tutor.faults[TOPICS[2]] = [Fault(content=f"```json\n{good}\n```\n")]
        tutor.faults[TOPICS[3]] = [Fault(content=f"Here you are: {good}")]
        built = made(tutor, tmp_path)
    assert whole(built)
    assert built.usage.faults == {"unusable": 1}


def test_a_hierarchy_has_to_place_every_topic_once(tmp_path: Path) -> None:
    with Tutor() as tutor:
        tutor.faults["hierarchy"] = [Fault(content=BAD_PLACES)]
        assert whole(made(tutor, tmp_path))
    told = tutor.requests[1]["messages"][-1]["content"]
    assert "topic 1 stands 4 times" in told
    assert "topic 2 stands 0 times" in told


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (refuse(429, "slow down", Retry_After="0.2"), "HTTP 429: slow down"),
        (refuse(500), "HTTP 500: as told"),
        (refuse(503), "HTTP 503: as told"),
        (refuse(504), "HTTP 504: as told"),
        (Fault(delay=2.0), "no answer within 1 s"),
        (Fault(drip=True), "no answer within 1 s"),
        (Fault(cut=True), "connection lost: RemoteProtocolError"),
        (Fault(body=b"<html>"), "an answer that is no JSON"),
        (Fault(body=b"{}"), "an answer without choices: {}"),
        (Fault(body=b'{"choices": [{"message": {"content": 7}}]}'), "a message whose content"),
    ],
)
def test_a_failure_that_may_pass_is_tried_again(tmp_path: Path, fault: Fault, said: str) -> None:
    with Tutor() as tutor:
        tutor.faults[TOPICS[1]] = [fault, fault]
        built = made(tutor, tmp_path, seconds=1.0 if "1 s" in said else 5.0)
    assert whole(built)
    ((failure, count),) = built.usage.failures.items()
    assert failure.startswith(said)
    assert count == 2
    assert tutor.topics.count(TOPICS[1]) == 3


def test_retry_after_is_waited_for_by_all(tmp_path: Path) -> None:
    with Tutor() as tutor:
        tutor.faults[TOPICS[0]] = [refuse(429, Retry_After="0.5")]
        assert whole(made(tutor, tmp_path, concurrency=1))
    number = tutor.topics.index(TOPICS[0])
    assert tutor.arrivals[number + 1] - tutor.arrivals[number] >= 0.5


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_server_that_will_not_answer_stops_it_at_once(
    tmp_path: Path, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_KEY", "sk-very-secret")
    with Tutor() as tutor:
        tutor.always = refuse(status, "no good: sk-very-secret")
        built = made(tutor, tmp_path, order(OUTLINE), key_variable="SOME_KEY", concurrency=1)
    assert built.domain is None
    assert len(tutor.requests) == 1
    assert tutor.keys == ["Bearer sk-very-secret"]
    assert built.usage.tokens == Tokens()
    assert f"HTTP {status}: no good: ***" in str(built.problem)
    assert ("SOME_KEY" in str(built.problem)) is (status != 404)
    assert "sk-very-secret" not in (tmp_path / "out.calls.jsonl").read_text()


def test_a_server_that_is_dead_is_not_asked_for_every_topic(tmp_path: Path) -> None:
    with Tutor() as tutor:
        tutor.always = refuse(500)
        built = made(tutor, tmp_path, order(OUTLINE, tries=2), concurrency=1)
    assert built.domain is None
    assert "wanted an answer within 2 tries" in str(built.problem)
    assert len(tutor.requests) <= 7


def test_what_a_server_takes_is_found_out(tmp_path: Path) -> None:
    """Neither JSON Schema nor max_tokens: asked again without, and from then on at once."""
    with Tutor() as tutor:
        tutor.takes_schema, tutor.limit = False, "max_completion_tokens"
        built = made(tutor, tmp_path, concurrency=1)
        assert whole(built)
        assert len(tutor.requests) == 7 + 2
        assert "response_format" not in tutor.requests[-1]
        assert tutor.requests[-1]["max_completion_tokens"] == 2000
        made(tutor, tmp_path)
        assert len(tutor.requests) == 7 + 2


def test_a_topic_that_fails_for_good_is_named_and_goes_on_with_more_tries(tmp_path: Path) -> None:
    bad = Fault(content="no")
    with Tutor() as tutor:
        tutor.faults[TOPICS[4]] = [bad, bad, bad]
        built = made(tutor, tmp_path, order(tries=2))
        assert built.left_out == {TOPICS[4]: "it holds no JSON object."}
        assert built.domain
        assert len(built.domain.topics) == 5
        assert check_domain(built.domain, FIRST) == []
        calls = len(tutor.requests)
        assert made(tutor, tmp_path, order(tries=2)).left_out
        assert len(tutor.requests) == calls
        assert whole(made(tutor, tmp_path, order(tries=4)))
        assert len(tutor.requests) == calls + 2


def test_a_longer_limit_pays_nothing_again(tmp_path: Path) -> None:
    cut = Fault(content='{"strands": [', finish="length")
    with Tutor() as tutor:
        tutor.faults[TOPICS[4]] = [cut, cut]
        assert made(tutor, tmp_path, order(tries=2)).left_out == {
            TOPICS[4]: "it was cut off. Write less."
        }
        assert whole(made(tutor, tmp_path, replace(order(tries=3), max_tokens=4000)))
    assert len(tutor.requests) == 9
    assert tutor.requests[-1]["max_tokens"] == 4000


def test_time_is_bounded(tmp_path: Path) -> None:
    """What is under way is stopped waiting for as soon as nothing will be sent any more."""
    with Tutor() as tutor:
        tutor.faults["kneading"] = [refuse(429, Retry_After="60")]
        tutor.faults["yeast"] = [Fault(status=401, body=b"no", delay=0.3)]
        began = time.monotonic()
        assert made(tutor, tmp_path, order(OUTLINE), concurrency=2).problem
    assert time.monotonic() - began < 5
