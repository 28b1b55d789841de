"""What comes from outside as text: whatever it is, it is read, or refused by its own error."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from graphtutor.blueprint.domain import Domain, Evolution, Topic
from graphtutor.blueprint.gate_topic import check_topic
from graphtutor.blueprint.llm_outline import parse_outline
from graphtutor.blueprint.llm_prompts import Place, Subject, topic_messages, topic_schema
from graphtutor.blueprint.llm_question import UnusableError
from graphtutor.blueprint.llm_replies import read_hierarchy, read_strands
from graphtutor.blueprint.llm_wire import MalformedError, error_text, parse_reply
from graphtutor.blueprint.load import load_domain, load_framework
from graphtutor.blueprint.save import domain_yaml, slug
from graphtutor.errors import ConfigError

from .llm_tutor import strands

FIRST = load_framework("first-principles")
TOPIC = Topic(id="t", title="salt", evolution=1, subtopic="s", strands=({},))
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from("strands final explanatory core evolutions title builds".split()),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
STRANDS = st.fixed_dictionaries(
    {"strands": st.lists(st.dictionaries(st.sampled_from(["final", "explanatory", "core"]),
                                         st.text(max_size=60)) | st.just(strands("x")[0]),
                         max_size=5)}
)  # fmt: skip


@given(st.text() | ANY_JSON.map(json.dumps) | STRANDS.map(json.dumps))
@settings(max_examples=100)
@example(json.dumps({"strands": strands("x")}))
@example("[" * 100_000)
@example('{"strands": [{"final": NaN}]}')
def test_a_reply_is_a_good_topic_or_unusable(text: str) -> None:
    with suppress(UnusableError):
        assert check_topic(read_strands(text, TOPIC, FIRST), FIRST) == []
    with suppress(UnusableError):
        assert len(read_hierarchy(text, ["a", "b"], FIRST)) >= 2


@given(st.binary() | ANY_JSON.map(lambda value: json.dumps(value).encode()))
@example(b'{"choices": [{"message": {"content": "\\ud800"}}], "usage": {"prompt_tokens": true}}')
@example(b"[" * 100_000)
def test_an_answer_is_a_reply_that_can_be_kept_or_malformed(body: bytes) -> None:
    with suppress(MalformedError):
        parse_reply(body).model_dump_json().encode()
    assert 0 < len(error_text(body)) <= 240


@given(st.text(alphabet="ab:# -\t\n"))
def test_an_outline_is_whole_or_refused(text: str) -> None:
    with suppress(ConfigError):
        outline = parse_outline(text, "topics.txt")
        assert outline.topics
        placed = [t for b in outline.branches for ts in b.subtopics.values() for t in ts]
        assert not outline.branches or tuple(placed) == outline.topics


WRITABLE = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1, max_size=30)


@given(st.lists(WRITABLE, min_size=8, max_size=8))
@example(["1e-4", "yes", "null", "- a", "a: b", "12:30", "2020-01-01", "=", ])  # fmt: skip
def test_a_file_says_what_was_built(texts: list[str]) -> None:
    title, style, one, two, three, final, core, topic = texts
    names = [f"{text}{n}" for n, text in enumerate((one, two, three, topic))]
    domain = Domain(
        domain=slug(title),
        title=title,
        style=style,
        hierarchy=tuple(
            Evolution(evolution=n, title=one, builds=two, subtopics=tuple(names[2 * n - 2 : 2 * n]))
            for n in (1, 2)
        ),
        topics=(
            Topic(
                id=slug(topic),
                title=topic,
                evolution=1,
                subtopic=names[0],
                strands=({"core": core, "final": final, "explanatory": three},),
            ),
        ),
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "d.yaml"
        path.write_text(domain_yaml(domain, FIRST), "utf-8")
        assert load_domain(str(path)) == domain


def test_a_framework_without_short_form_asks_for_none() -> None:
    plain = FIRST.model_copy(update={"merge": None})
    place = Place("evolution 1 (Dough)", "Gluten", ["salt"])
    asked = topic_messages(Subject("Bread", "Terse.", plain), "kneading", place)[1]["content"]
    assert "short form" not in asked
    assert '"core" (Core Logic Principle): the same in a handful of words; 2 to 5 words' in asked
    assert "answers of their own: salt." in asked
    assert topic_schema(plain)["properties"]["strands"]["items"]["required"] == [
        "final",
        "explanatory",
        "core",
    ]
