"""The published JSON Schema of an exported frame, and frames of a run against it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from graphtutor.web.frame_schema import frame_schema, schema_text

from .asking import Browser
from .records import line, seed_line, write_run

Browse = Callable[..., Browser]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = frame_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def frames_of(page: Browser) -> Iterator[dict[str, Any]]:
    for row in page.get("/api/runs/small/episodes?limit=200").json()["rows"]:
        yield page.get(f"/api/runs/small/episodes/{row['phase']}/{row['ex_id']}").json()


def drawn(frame: dict[str, Any]) -> dict[str, Any]:
    """Put a frame into what the page exports, its nodes in a row."""
    box = {"x": 0.0, "y": 0.0, "w": 90.5, "h": 24}
    nodes = [
        {"id": node["id"], "kind": node["kind"], "box": {**box, "x": 100 * place}}
        for place, node in enumerate(frame["graph"]["nodes"])
    ]
    edges = [
        {**{k: edge[k] for k in ("source", "target", "relation", "kind")}, "label": label}
        for edge, label in zip(frame["graph"]["edges"], [box, None] * 99, strict=False)
    ]
    layout = {"width": 800, "height": 480, "text_size": 18, "nodes": nodes, "edges": edges}
    return {"version": "1.0", "frame": frame, "layout": layout}


def test_it_is_published_with_the_server_and_with_the_static_export(
    finished: Path, browse: Browse
) -> None:
    answer = browse(finished).get("/api/frame.schema.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.body.decode() == schema_text()
    assert json.loads(schema_text()) == frame_schema()
    assert frame_schema()["$schema"] == Draft202012Validator.META_SCHEMA["$id"]


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for part in schema.values():
            yield from objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects(part)


def test_no_object_may_have_more_or_fewer_fields() -> None:
    found = list(objects(frame_schema()))
    assert len(found) > 15
    for schema in found:
        if "properties" in schema:
            assert schema["additionalProperties"] is False, schema["title"]
            assert sorted(schema["required"]) == sorted(schema["properties"]), schema["title"]
        else:  # names given by the data, such as the letters of the options
            assert schema["additionalProperties"] == {"type": "string"}, schema


def test_every_frame_of_a_run_fits(
    finished: Path, browse: Browse, validator: Draft202012Validator
) -> None:
    frames = list(frames_of(browse(finished)))
    assert len(frames) == 24
    assert any(frame["hops"] for frame in frames)
    for frame in frames:
        validator.validate(drawn(frame))
        validator.validate({"version": "1.0", "frame": frame, "layout": None})


def test_frames_of_sparse_records_fit(
    tmp_path: Path, browse: Browse, validator: Draft202012Validator
) -> None:
    bare = {"phase": "sft", "ex_id": "bare"}
    hop = {"source": None, "relation": None, "target": "Sun", "verdict": "unknown entity"}
    nothing = {**line("sft", "none"), "reward": {"total": float("nan")}, "hops": [hop]}
    lines = [bare, nothing, seed_line("sft", "old"), seed_line("sft", "out of format", None)]
    write_run(tmp_path, "small", lines)
    frames = list(frames_of(browse(tmp_path)))
    assert [frame["ex_id"] for frame in frames] == ["bare", "none", "old", "out of format"]
    for frame in frames:
        validator.validate(drawn(frame))


def test_nothing_on_show_fits(validator: Draft202012Validator) -> None:
    validator.validate({"version": "1.0", "frame": None, "layout": None})


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "a field more": lambda x: x["frame"].update(surprise=1),
    "a field more in a hop": lambda x: x["frame"]["hops"][0].update(surprise=1),
    "a field less": lambda x: x["frame"].pop("completion"),
    "another version": lambda x: x.update(version="2.0"),
    "no layout": lambda x: x.pop("layout"),
    "a node without a box": lambda x: x["layout"]["nodes"][0].pop("box"),
    "a box without a width": lambda x: x["layout"]["nodes"][0]["box"].pop("w"),
    "a box of a negative width": lambda x: x["layout"]["nodes"][0]["box"].update(w=-1),
    "a box of text": lambda x: x["layout"]["nodes"][0]["box"].update(x="0"),
    "an unknown kind of node": lambda x: x["layout"]["nodes"][0].update(kind="golden"),
    "an unknown verdict": lambda x: x["frame"]["hops"][0].update(verdict="perhaps"),
    "an edge without its label": lambda x: x["layout"]["edges"][0].pop("label"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_not_as_it_should_be_does_not_fit(
    finished: Path, browse: Browse, validator: Draft202012Validator, name: str
) -> None:
    whole = next(drawn(frame) for frame in frames_of(browse(finished)) if frame["hops"])
    assert validator.is_valid(whole)
    changed = copy.deepcopy(whole)
    CHANGES[name](changed)
    assert not validator.is_valid(changed)
