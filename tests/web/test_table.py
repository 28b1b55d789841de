"""The table against a recomputation from the records themselves, and its growth with the log."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphtutor.web.index import EpisodeIndex, IndexBuilder
from graphtutor.web.table import TableQuery, page_of

from .records import line, write_lines

Record = dict[str, Any]


def made_up(tasks: int) -> list[Record]:
    draw = random.Random(2)
    found: list[Record] = []
    for phase in ("base", "sft", "rsft"):
        for number in range(tasks):
            answer = draw.choice(["A", "B", "B", "C", None])
            words = draw.choice(["Straße nach Köln", "a Fox", "the fox and the hen", ""])
            record = line(
                phase,
                f"task_{draw.randrange(10**6) if phase == 'base' else 0}_{number}",
                answer,
                hop_len=draw.choice([4, 5]),
                tier=draw.choice([1, 2, 3]),
                grounded=draw.choice([True, False, None]),
                cut=draw.choice([True, False]),
                tokens=draw.randrange(90),
                completion=words,
            )
            # The same tasks in every phase.
            record["ex_id"] = f"task_{(number * 7919) % tasks:03}"
            found.append(record)
    return found


@pytest.fixture(scope="module")
def records() -> list[Record]:
    return made_up(60)


@pytest.fixture(scope="module")
def index(records: list[Record], tmp_path_factory: pytest.TempPathFactory) -> EpisodeIndex:
    path = tmp_path_factory.mktemp("log") / "episodes.jsonl"
    write_lines(path, records)
    return IndexBuilder(path).read_on()


def is_right(record: Record) -> bool:
    return record["parsed"]["answer"] == record["answer_star"]


FILTERS: dict[str, Callable[[Record], bool]] = {
    "all": lambda r: True,
    "right": is_right,
    "wrong": lambda r: not is_right(r),
    "grounded": lambda r: r["grounded"] is True,
    "ungrounded": lambda r: r["grounded"] is False,
    "invalid": lambda r: not r["parsed"]["valid_format"],
    "cut": lambda r: r["cut"],
}


def ids(index: EpisodeIndex, **query: Any) -> list[str]:
    page = page_of(index, TableQuery(**{"phase": "sft", "limit": 200, **query}))
    assert page.matched == len(page.rows)
    return [row.ex_id for row in page.rows]


@pytest.mark.parametrize("name", FILTERS)
def test_filters(index: EpisodeIndex, records: list[Record], name: str) -> None:
    wanted = [r["ex_id"] for r in records if r["phase"] == "sft" and FILTERS[name](r)]
    assert ids(index, filter=name) == wanted
    assert 0 < len(wanted) <= 60


@pytest.mark.parametrize("against", ["base", "rsft"])
def test_changes(index: EpisodeIndex, records: list[Record], against: str) -> None:
    other = {r["ex_id"]: is_right(r) for r in records if r["phase"] == against}
    mine = [(r["ex_id"], is_right(r)) for r in records if r["phase"] == "sft"]
    assert ids(index, filter="fixed", against=against) == [i for i, ok in mine if ok > other[i]]
    assert ids(index, filter="regressed", against=against) == [i for i, ok in mine if ok < other[i]]
    assert ids(index, filter="same", against=against) == [i for i, ok in mine if ok == other[i]]


def test_without_a_phase_to_compare_with_it_is_the_one_it_started_from(
    index: EpisodeIndex,
) -> None:
    assert ids(index, phase="rsft", filter="fixed") == ids(
        index, phase="rsft", filter="fixed", against="sft"
    )


def test_hops_and_tiers(index: EpisodeIndex, records: list[Record]) -> None:
    wanted = [r["ex_id"] for r in records if (r["phase"], r["hop_len"], r["tier"]) == ("sft", 4, 2)]
    assert ids(index, hop=4, tier=2) == wanted
    assert wanted


@pytest.mark.parametrize("words", ["fox", "FOX", "STRASSE", "köln", "cloud", "what follows", "_01"])
def test_search_is_substring_search_whatever_the_case(
    index: EpisodeIndex, records: list[Record], words: str
) -> None:
    def text(r: Record) -> str:
        return "\n".join(
            (
                r["completion"],
                r["prompt"].partition("Question: ")[2],
                r["ex_id"],
                "Cloud Rain Flood",
            )
        ).casefold()

    wanted = [r["ex_id"] for r in records if r["phase"] == "sft" and words.casefold() in text(r)]
    assert ids(index, q=words) == wanted
    assert wanted


def test_search_does_not_run_from_one_text_into_the_next(index: EpisodeIndex) -> None:
    assert ids(index, q="fox\x1ethe") == []
    assert ids(index, q="foxthe") == []


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("id", lambda r: r["ex_id"]),
        ("reward", lambda r: r["reward"]["total"]),
        ("coverage", lambda r: r["reward"]["path_coverage"]),
        ("length", lambda r: len(r["completion"])),
    ],
)
def test_sorting(
    index: EpisodeIndex, records: list[Record], sort: str, key: Callable[[Record], Any]
) -> None:
    mine = [r for r in records if r["phase"] == "sft"]
    assert ids(index, sort=sort) == [r["ex_id"] for r in sorted(mine, key=key)]
    down = [key({r["ex_id"]: r for r in mine}[i]) for i in ids(index, sort=sort, desc=True)]
    assert down == sorted(down, reverse=True)
    assert ids(index, desc=True) == [r["ex_id"] for r in reversed(mine)]


def test_pages_join_to_the_whole(index: EpisodeIndex) -> None:
    whole = ids(index, sort="reward")
    pages = [
        [
            row.ex_id
            for row in page_of(index, TableQuery("sft", sort="reward", offset=o, limit=7)).rows
        ]
        for o in range(0, 70, 7)
    ]
    assert [i for page in pages for i in page] == whole


def test_an_episode_is_found_in_what_matched(index: EpisodeIndex) -> None:
    whole = ids(index, sort="reward", filter="right")
    for place, ex_id in enumerate(whole):
        query = TableQuery("sft", sort="reward", filter="right", limit=1, find=ex_id)
        assert page_of(index, query).found == place
    assert page_of(index, TableQuery("sft", find="nobody")).found is None


def test_reading_on_equals_reading_at_once(records: list[Record], tmp_path: Path) -> None:
    path = tmp_path / "episodes.jsonl"
    text = "".join(json.dumps(record) + "\n" for record in records)
    path.write_text("", "utf-8")
    builder = IndexBuilder(path)
    draw = random.Random(4)
    at = 0
    while at < len(text):
        at = min(len(text), at + draw.randrange(1, 9000))
        path.write_text(text[:at], "utf-8")
        index = builder.read_on()
        assert index.n == text[:at].count("\n") or text[at - 1] == "}"
        assert index.problem_count == 0
    at_once = IndexBuilder(path).read_on()
    assert index.n == at_once.n == len(records)
    for name, column in at_once.columns.items():
        assert (index.columns[name] == column).all(), name


def test_every_row_leads_to_its_line(index: EpisodeIndex, records: list[Record]) -> None:
    for row in range(index.n):
        episode = index.episode(row)
        assert episode is not None
        assert (episode.ex_id, episode.phase) == (records[row]["ex_id"], records[row]["phase"])
        assert index.column("line")[row] == row + 1
