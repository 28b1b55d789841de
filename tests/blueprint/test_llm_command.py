"""``graphtutor blueprint build`` with a language model: what it takes, says and refuses."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from graphtutor.blueprint.llm_outline import parse_outline
from graphtutor.blueprint.load import load_domain
from graphtutor.cli.main import main
from graphtutor.errors import ConfigError

from .llm_orders import TOPICS
from .llm_tutor import SENT, WRITTEN, Fault, Tutor


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no topic"),
        ("a\n  b", "2 levels of indentation"),
        ("salt\nyeast\nSalt", "line 3"),
        ("A\n  B\n    c\n  D\n    d", "1 evolution"),
        ("A\n  B\n    c\n  D\nE\n  F\n    g\n  H\n    i", "'D' without a topic"),
        ("A\n  B\n    c\nE\n  F\n    g\n  H\n    i", "'A' with fewer than two"),
        ("A\n    c\n  B\n    d", "a topic below a subtopic"),
    ],
)
def test_an_outline_that_cannot_be_used_says_where(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_outline(text, "topics.txt")


@pytest.fixture
def topics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("COLUMNS", "300")
    path = tmp_path / "topics.txt"
    path.write_text("\n".join(TOPICS), "utf-8")
    return path


def command(tutor: Tutor, topics: Path, *more: str) -> int:
    out = str(topics.with_name("out.yaml"))
    given = ["--title", "Bread", "--topics", str(topics), "--llm", tutor.url, "--model", "served"]
    return main(["blueprint", "build", out, *given, "--retries", "1", *more])


Captured = pytest.CaptureFixture[str]


def test_the_command_says_what_it_will_cost_and_what_it_did(topics: Path, capsys: Captured) -> None:
    out = topics.with_name("out.yaml")
    with Tutor() as tutor:
        assert command(tutor, topics, "--price-in", "1", "--price-out", "2") == 0
        said = capsys.readouterr().out
        assert "7 calls, about " in said
        assert "cost about 0.0" in said
        assert f"7 calls, 0 replies known from before, {7 * SENT:,} tokens in" in said
        assert f"cost {7 * (SENT + 2 * WRITTEN) / 1e6:.4f}" in said
        first = out.read_bytes()
        assert main(["blueprint", "check", str(out)]) == 0
        assert command(tutor, topics) == 2
        assert "one that exists" in capsys.readouterr().err
        out.unlink()
        assert command(tutor, topics) == 0
        assert "Nothing to ask" in capsys.readouterr().out
        assert len(tutor.requests) == 7
    assert out.read_bytes() == first
    data = yaml.safe_load(first)
    assert data["style"].startswith("You answer in Bread. Terse and technical. Name what holds")


def test_the_command_writes_a_part_only_when_told_to(topics: Path, capsys: Captured) -> None:
    out = topics.with_name("out.yaml")
    with Tutor() as tutor:
        tutor.faults[TOPICS[4]] = [Fault(content="no")] * 2
        assert command(tutor, topics) == 2
        said = capsys.readouterr().err
        assert f"failed: {TOPICS[4]}: it holds no JSON object." in said
        assert "--partial" in said
        assert not out.exists()
        assert command(tutor, topics, "--partial") == 0
        assert len(tutor.requests) == 8
    assert len(load_domain(str(out)).topics) == 5


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--budget", "1"], "--price-in"),
        (["--graph", "kg.json"], "either --llm or --graph"),
        (["--llm", "ftp://here"], "an address such as"),
        (["--llm", "http://user:word@here/v1"], "that holds a password"),
        (["--id", "Not An Id"], "lower-case letters"),
        (["--framework", "nonsense"], "framework nonsense"),
        (["--topics", "missing.txt"], "missing.txt"),
    ],
)
def test_the_command_refuses_before_it_asks(
    topics: Path, capsys: Captured, more: list[str], said: str
) -> None:
    with Tutor() as tutor:
        assert command(tutor, topics, *more) == 2
        assert tutor.requests == []
    assert said in capsys.readouterr().err


def test_without_the_library_the_command_says_how_to_get_it(
    topics: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "httpx", None)
    with Tutor() as tutor:
        assert command(tutor, topics) == 2
    assert "pip install 'graphtutor[openai]'" in capsys.readouterr().err


def test_titles_that_no_reply_could_mend_are_refused_before_it_asks(
    topics: Path, capsys: Captured
) -> None:
    topics.write_text("\n".join([*TOPICS, "the `if` statement"]), "utf-8")
    with Tutor() as tutor:
        assert command(tutor, topics) == 2
        assert tutor.requests == []
    assert "the `if` statement" in capsys.readouterr().err
