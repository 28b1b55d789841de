"""``graphtutor blueprint expand``: what it writes, says and refuses."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from graphtutor.blueprint.load import domain_names
from graphtutor.blueprint.template import TEMPLATE
from graphtutor.cli.main import main

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(TEMPLATE, "utf-8")
    return path


def expand(*arguments: str | Path) -> int:
    return main(["blueprint", "expand", *map(str, arguments)])


def test_it_writes_a_data_set_and_shows_its_counts(
    mine: Path, tmp_path: Path, capsys: Captured
) -> None:
    out = tmp_path / "data"
    assert expand("physics", mine, "--out", out, "--seed", "3", "--valid", "0.1") == 0
    said = capsys.readouterr().out
    report = json.loads((out / "report.json").read_text("utf-8"))
    assert [one["domain"] for one in report["domains"]] == ["physics", "bread"]
    assert (report["seed"], report["valid_share"]) == (3, 0.1)
    for name, file in report["files"].items():
        assert len((out / name).read_text("utf-8").splitlines()) == file["rows"] > 0
    whole, missing = report["examples"]["whole"], report["preferences"]["missing-level"]
    assert re.search(rf"whole +│ +{whole['train']} │ +{whole['valid']} ", said)
    assert re.search(rf"missing-level +│ +{missing['train']} │ +{missing['valid']} ", said)
    assert "dropped: same question " in said
    assert f"gate: {len(report['gate'])} checks, no finding" in said
    assert "note: bread: no topic is held out; a split needs ten topics" in said
    assert said.endswith(f"Wrote {out / 'report.md'}\n")
    assert expand("physics", mine, "-o", out, "--seed", "3", "--valid", "0.1") == 0
    assert capsys.readouterr().out.endswith(f"Unchanged: {out / 'report.md'}\n")


def test_kinds_and_pairs_are_chosen_and_force_overwrites(mine: Path, tmp_path: Path) -> None:
    out = tmp_path / "data"
    assert expand(mine, "--out", out) == 0
    assert (out / "preferences_train.jsonl").exists()
    fewer = (mine, "--out", out, "--kinds", "short, subtopics", "--no-preferences")
    assert expand(*fewer) == 2
    assert expand(*fewer, "--force") == 0
    assert sorted(file.name for file in out.iterdir()) == [
        "report.json",
        "report.md",
        "train.jsonl",
        "valid.jsonl",
    ]
    lines = (out / "train.jsonl").read_text("utf-8").splitlines()
    assert {json.loads(line)["meta"]["kind"] for line in lines} == {"short", "subtopics"}


def test_all_stands_for_every_domain_that_is_built_in(tmp_path: Path) -> None:
    assert expand("all", "--out", tmp_path / "data", "--kinds", "whole", "--no-preferences") == 0
    report = json.loads((tmp_path / "data" / "report.json").read_text("utf-8"))
    assert [one["domain"] for one in report["domains"]] == domain_names()


def test_a_failed_gate_is_shown_is_code_1_and_writes_nothing(
    mine: Path, tmp_path: Path, capsys: Captured
) -> None:
    data = yaml.safe_load(mine.read_text("utf-8"))
    data["topics"][0]["strands"][0]["core"] = "\x1b[31mone"
    for topic in data["topics"]:
        for strand in topic["strands"]:
            strand["final"] = "a name that is longer than six words " + strand["final"]
    mine.write_text(yaml.safe_dump(data), "utf-8")
    assert expand(mine, "--out", tmp_path / "data") == 1
    captured = capsys.readouterr()
    first, *findings = captured.err.splitlines()
    assert first.startswith("graphtutor: the quality gate found: lengths ")
    assert first.endswith("; nothing was written")
    assert len(findings) == 11
    assert findings[0].startswith("  lengths: kneading: Final Principle: ")
    assert re.fullmatch(r"  and \d+ more", findings[-1])
    assert "\x1b" not in captured.err
    assert captured.out == ""
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--out", "{tmp}/d"], "expand: wanted all, some of computer-science, devops, economics"),
        (["physics"], "Missing option '--out'"),
        (["alchemy", "--out", "{tmp}/d"], "domain alchemy: wanted one of computer-science"),
        (["{tmp}/none.yaml", "--out", "{tmp}/d"], "none.yaml: wanted a readable YAML file"),
        (["{mine}", "--kinds", "poem", "--out", "{tmp}/d"], "kinds: wanted some of whole, short"),
        (["{mine}", "--valid", "1.5", "--out", "{tmp}/d"], "valid_share: wanted a share between"),
        (["{mine}", "{mine}", "--out", "{tmp}/d"], "domain bread: wanted blueprints with an id"),
        (["{mine}", "--out", "{mine}"], "mine.yaml"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], expected: str, mine: Path, tmp_path: Path, capsys: Captured
) -> None:
    assert expand(*(word.format(tmp=tmp_path, mine=mine) for word in arguments)) == 2
    captured = capsys.readouterr()
    assert expected in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert list(tmp_path.iterdir()) == [mine]
