"""``graphtutor blueprint``: each action, what it says, and its exit code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from graphtutor.blueprint.load import domain_names, load_domain
from graphtutor.blueprint.template import TEMPLATE
from graphtutor.cli.main import main

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "300")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A file as ``init`` writes it."""
    path = tmp_path / "mine.yaml"
    path.write_text(TEMPLATE, "utf-8")
    return path


def changed(path: Path, change: Any) -> None:
    data = yaml.safe_load(path.read_text("utf-8"))
    change(data)
    path.write_text(yaml.safe_dump(data), "utf-8")


def test_init_writes_what_check_accepts_and_overwrites_nothing(
    tmp_path: Path, capsys: Captured
) -> None:
    path = tmp_path / "new" / "mine.yaml"
    assert main(["blueprint", "init", str(path)]) == 0
    assert main(["blueprint", "check", str(path)]) == 0
    path.write_text("mine: 1\n", "utf-8")
    capsys.readouterr()
    assert main(["blueprint", "init", str(path)]) == 2
    said = capsys.readouterr().err
    assert "wanted a new file, got one that exists" in said
    assert said.count("\n") == 1
    assert path.read_text("utf-8") == "mine: 1\n"
    assert [file.name for file in path.parent.iterdir()] == ["mine.yaml"]


def test_check_counts_what_there_is(capsys: Captured) -> None:
    assert main(["blueprint", "check", "physics"]) == 0
    lines = capsys.readouterr().out.splitlines()
    topics = load_domain("physics").topics
    strands = sum(len(topic.strands) for topic in topics)
    assert lines == [
        f"physics: Physics, {len(topics)} topics with {strands} strands, "
        "4 evolutions with 23 subtopics",
        "  lengths 0, repeats 0, compression 0, title 0, coverage 0, language 0",
    ]


def test_a_finding_is_named_and_is_code_1(mine: Path, capsys: Captured) -> None:
    changed(mine, lambda d: d["topics"][0]["strands"][0].update(core="\x1b[31mone"))
    assert main(["blueprint", "check", str(mine), "physics"]) == 1
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "  lengths 1, repeats 0, " in said
    assert "  lengths: kneading: Core Logic Principle: 1 words, wanted 2-5: \ufffd[31mone" in said
    assert "physics: Physics" in said


def test_a_file_that_cannot_be_read_is_code_2_and_the_others_are_checked(
    mine: Path, tmp_path: Path, capsys: Captured
) -> None:
    changed(mine, lambda d: d["topics"][0]["strands"][0].update(core="one"))
    files = [str(tmp_path / "none.yaml"), str(mine), "alchemy"]
    assert main(["blueprint", "check", *files]) == 2
    captured = capsys.readouterr()
    assert "none.yaml: wanted a readable YAML file" in captured.err
    assert "domain alchemy: wanted one of computer-science, devops" in captured.err
    assert captured.err.count("\n") == 2
    assert "lengths: kneading" in captured.out


def test_show_draws_the_hierarchy_with_the_ids_of_its_topics(capsys: Captured) -> None:
    assert main(["blueprint", "show", "physics"]) == 0
    said = capsys.readouterr().out
    assert "Evolution 4: Applied and interdisciplinary physics" in said
    assert "1.1 Mechanics: newtons-laws, mechanical-conservation" in said
    assert said.index("Evolution 1") < said.index("Evolution 2") < said.index("4.6 Fusion energy")


@pytest.mark.parametrize("name", ["newtons-laws", "newton's laws of MOTION"])
def test_show_draws_a_topic_and_its_picture(name: str, tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "pictures" / "newton.svg"
    assert main(["blueprint", "show", "physics", name, "--svg", str(out)]) == 0
    said = capsys.readouterr().out
    assert said.count("Explanatory Principle: ") == 3
    short = "Principles Compression: Stays the same / Force changes speed / Equal push back"
    assert short in said
    assert said.endswith(f"Drew {out}\n")
    texts = [element.text for element in ElementTree.parse(out).iter() if element.text]
    assert "Third law" in texts


def test_hostile_text_is_shown_and_not_obeyed(mine: Path, tmp_path: Path, capsys: Captured) -> None:
    text = "[red]a[/red] [/] <script>\x1b]0;title\x07 \u202e :smile: [link=http://x]y"

    def change(data: Any) -> None:
        data["title"] = data["hierarchy"][0]["builds"] = data["topics"][0]["title"] = text
        data["topics"][0]["strands"][0]["explanatory"] = text

    changed(mine, change)
    shown = "[red]a[/red] [/] <script>\ufffd]0;title\ufffd \ufffd :smile: [link=http://x]y"
    for topic in ([], ["kneading"]):
        out = tmp_path / "x.svg"
        assert main(["blueprint", "show", str(mine), *topic, "--svg", str(out)]) == 0
        said = capsys.readouterr().out
        assert said.count(shown) == 2
        assert not {"\x1b", "\x07", "\u202e"} & set(said)
        ElementTree.parse(out)


def test_schema_is_json(capsys: Captured) -> None:
    for kind in ("framework", "domain"):
        assert main(["blueprint", "schema", kind]) == 0
        assert kind in json.loads(capsys.readouterr().out)["required"]


def test_list_names_what_is_built_in(capsys: Captured) -> None:
    assert main(["blueprint", "list"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("framework first-principles: Final Principle, Explanatory Principle, ")
    assert "framework systems-cognition: Evolution, Builds on, Adds, Subtopics, Logical" in said
    assert [line.split()[1].rstrip(":") for line in said.splitlines()[2:]] == domain_names()
    assert f"domain physics: {len(load_domain('physics').topics)} topics" in said


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["check"], "Missing argument"),
        (["init", "{tmp}/a.yaml", "{tmp}/b.yaml"], "unexpected extra argument"),
        (["init", "{tmp}/a.json"], "wanted a .yaml file, got .json"),
        (["list", "physics"], "unexpected extra argument"),
        (["schema", "topic"], "'topic' is not one of"),
        (["show", "physics", "newton-laws"], "did you mean newtons-laws?"),
        (["show", "physics", "zzz"], "list them with 'graphtutor blueprint show physics'"),
        (["show", "physics", "--svg", "{tmp}/a.png"], "a.png: wanted a .svg file, got .png"),
        (["check", "physics", "--svg", "{tmp}/a.svg"], "No such option: --svg"),
        (["expnd", "physics"], "Did you mean 'expand'?"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], expected: str, tmp_path: Path, capsys: Captured
) -> None:
    assert main(["blueprint", *(word.format(tmp=tmp_path) for word in arguments)]) == 2
    captured = capsys.readouterr()
    assert expected in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert list(tmp_path.iterdir()) == []
