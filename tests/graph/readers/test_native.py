"""kg.json: read, refused with a place, rendered and read again."""

from __future__ import annotations

import json

import pytest

from graphtutor.errors import GraphError
from graphtutor.graph.readers.native import parse_native, read_text, render_native
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation

FILE = GraphFile(
    version="1.0",
    domain="weather",
    entities=(
        Entity(id="Flood", label="Flood", type="event", aliases=("High water",)),
        Entity(id="Rain", label='"Rain"', type="event", description="drops\nfall"),
    ),
    relations=(Relation(id="causes", label="causes", phrase="brings about"),),
    edges=(Edge(src="Rain", rel="causes", dst="Flood"),),
)


def test_what_is_rendered_reads_the_same() -> None:
    text = render_native(FILE)
    assert parse_native(text, "kg.json") is not None
    assert parse_native(text, "kg.json")[0] == FILE  # type: ignore[index]
    assert text == (
        '{"version": "1.0",\n "domain": "weather",\n "entities": [\n'
        '  {"id": "Flood", "label": "Flood", "type": "event", "aliases": ["High water"]},\n'
        '  {"id": "Rain", "label": "\\"Rain\\"", "type": "event", "description": "drops\\nfall"}\n'
        ' ],\n "relations": [\n'
        '  {"id": "causes", "label": "causes", "phrase": "brings about"}\n ],\n'
        ' "edges": [\n  {"src": "Rain", "rel": "causes", "dst": "Flood"}\n ]}\n'
    )


def test_fields_of_a_newer_minor_version_are_kept() -> None:
    data = json.loads(render_native(FILE))
    data["version"] = "1.7"
    data["entities"][0]["colour"] = "grey"
    file, _ = parse_native(json.dumps(data), "kg.json")  # type: ignore[misc]
    assert json.loads(render_native(file)) == data


def test_broken_json_names_line_and_column() -> None:
    with pytest.raises(GraphError) as error:
        parse_native('{"version": "1.0",\n "edges": [,]}', "kg.json")
    assert error.value.where == "kg.json line 2 column 12"
    assert "Expecting value" in error.value.got


@pytest.mark.parametrize("version", ["2.0", "10"])
def test_a_newer_major_version_is_refused_with_the_upgrade_hint(version: str) -> None:
    """Even when a field no longer fits: the version is the reason to name."""
    text = json.dumps({"version": version, "entities": 5, "edges": []})
    with pytest.raises(GraphError, match=r"wanted version 1\.x, got .*upgrade with 'pip install"):
        parse_native(text, "kg.json")


@pytest.mark.parametrize("version", [None, 1, "one", ""])
def test_a_version_that_is_none(version: object) -> None:
    with pytest.raises(GraphError, match=r"kg\.json, version: wanted a version such as"):
        parse_native(json.dumps({"version": version, "entities": [], "edges": []}), "kg.json")


def test_fields_that_do_not_fit_are_named_together() -> None:
    data = json.loads(render_native(FILE))
    del data["entities"][1]["type"]
    data["edges"][0]["dst"] = 7
    with pytest.raises(GraphError) as error:
        parse_native(json.dumps(data), "kg.json")
    assert "entities.1.type: Field required" in str(error.value)
    assert "edges.0.dst: Input should be a valid string" in str(error.value)


def test_another_json_object_is_left_to_others() -> None:
    assert parse_native('{"type": "bundle", "objects": []}', "x.json") is None


@pytest.mark.parametrize("text", ["[]", "7", '"kg"'])
def test_no_object(text: str) -> None:
    with pytest.raises(GraphError, match="wanted a JSON object"):
        parse_native(text, "kg.json")


def test_deep_nesting_is_an_error_not_a_crash() -> None:
    with pytest.raises(GraphError):
        parse_native("[" * 200_000, "kg.json")


def test_text_that_cannot_be_read(tmp_path) -> None:
    latin = tmp_path / "kg.json"
    latin.write_bytes('{"domain": "Größe"}'.encode("latin-1"))
    with pytest.raises(GraphError, match=r"wanted UTF-8 text, got .* at byte 14"):
        read_text(latin)
    with pytest.raises(GraphError, match="No such file"):
        read_text(tmp_path / "none.json")
    marked = tmp_path / "bom.json"
    marked.write_bytes(b"\xef\xbb\xbf{}")
    assert read_text(marked) == "{}"
