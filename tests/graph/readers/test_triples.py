"""Triples as text: with and without header, with a mapping, and with rows that do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.errors import GraphError
from graphtutor.graph.load import read_graph
from graphtutor.graph.readers.columns import parse_columns
from graphtutor.graph.readers.report import Skipped
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation


def _write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


WEATHER = GraphFile(
    version="1.0",
    domain="weather",
    entities=(
        Entity(id="Flood", label="flood", type="event"),
        Entity(id="HeavyRain", label="heavy rain", type="weather"),
    ),
    relations=(Relation(id="leads_to", label="leads to"),),
    edges=(Edge(src="HeavyRain", rel="leads_to", dst="Flood"),),
)


def _untyped(file: GraphFile) -> GraphFile:
    entities = tuple(e.model_copy(update={"type": "entity"}) for e in file.entities)
    return file.model_copy(update={"entities": entities})


def test_five_columns_with_types(tmp_path) -> None:
    path = _write(tmp_path, "weather.tsv", "heavy rain\tleads-to\tflood\tweather\tevent\n")
    file, report = read_graph(path)
    assert file == WEATHER
    assert (report.format, report.entities, report.relations, report.edges) == ("triples", 2, 1, 1)
    assert report.skipped == ()


@pytest.mark.parametrize(
    "text",
    [
        "head,relation,tail\nheavy rain,leads-to,flood\n",
        "Tail;Weight;Relation;Head\nflood;0.5;leads-to;heavy rain\n",
        "\ufeffsubject|predicate|object\r\n\r\nheavy rain|leads-to|flood\r\n",
        'head,relation,tail\n"heavy rain","leads-to","flood"\n',
    ],
)
def test_headers_in_common_use(tmp_path, text: str) -> None:
    assert read_graph(_write(tmp_path, "weather.csv", text))[0] == _untyped(WEATHER)


def test_a_mapping_of_columns(tmp_path) -> None:
    path = _write(tmp_path, "weather.csv", "a,b,c,d\nflood,leads-to,heavy rain,weather\n")
    columns = parse_columns("src=c, rel=b, dst=a, src_type=d")
    file, _ = read_graph(path, columns)
    assert [e.type for e in file.entities] == ["entity", "weather"]
    assert file.edges == WEATHER.edges


def test_numbers_of_columns_and_the_file_name_as_relation(tmp_path) -> None:
    path = _write(tmp_path, "leads-to.txt", "heavy rain\tflood\n")
    file, _ = read_graph(path, parse_columns("src=1,dst=2"), domain="weather")
    assert file == _untyped(WEATHER)


def test_rows_that_do_not_fit_are_counted_with_their_lines(tmp_path) -> None:
    text = "a\tr\tb\n# note\na\t\tb\nb\tr\n\na\tr\tb\nb\tr\tc\n"
    file, report = read_graph(_write(tmp_path, "g.tsv", text))
    assert [(e.src, e.dst) for e in file.edges] == [("A", "B"), ("B", "C")]
    assert report.skipped == (
        Skipped("row with too few columns", 2, ("g line 2: # note", "g line 4: b | r")),
        # The first row is judged last, so the repeat is counted for it.
        Skipped("duplicate statement", 1, ("a r b",)),
        Skipped("row with an empty value", 1, ("g line 3: a |  | b",)),
    )


def test_quotes_in_tab_separated_text_are_plain(tmp_path) -> None:
    file, _ = read_graph(_write(tmp_path, "g.tsv", '"a\tr\tb"\n'))
    assert [e.label for e in file.entities] == ['"a', 'b"']


def test_a_header_of_unusual_names_is_found_out(tmp_path) -> None:
    rows = "".join(f"gene{n},causes,disease{n}\n" for n in range(9))
    file, report = read_graph(_write(tmp_path, "g.csv", "gene,how,disease\n" + rows))
    assert len(file.edges) == 9
    assert report.skipped == (
        Skipped("first row taken for a header", 1, ("g.csv: gene | how | disease",)),
    )


def test_a_first_row_that_is_like_the_others_is_kept(tmp_path) -> None:
    rows = "".join(f"gene{n},causes,disease{n}\n" for n in range(9))
    file, report = read_graph(_write(tmp_path, "g.csv", rows))
    assert len(file.edges) == 9
    assert report.skipped == ()


def test_two_types_of_one_entity(tmp_path) -> None:
    text = "a\tr\tb\tx\ty\nb\tr\tc\tz\ty\n"
    file, report = read_graph(_write(tmp_path, "g.tsv", text))
    # Row 1 comes last (see above), so "z" of row 2 is the first type of b.
    assert {e.id: e.type for e in file.entities} == {"A": "x", "B": "z", "C": "y"}
    assert report.skipped == (Skipped("second type of an entity", 1, ("b: y beside z",)),)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "wanted rows of triples, got an empty file"),
        ("\n \n", "wanted rows of triples, got an empty file"),
        ("one,two\n", "wanted three columns .* got 2 column"),
        ("head\trelation\ttail\n", "wanted rows of at least a source"),
        ("head\trelation\ttail\na\n", "1 x row with too few columns"),
    ],
)
def test_nothing_to_read(tmp_path, text: str, said: str) -> None:
    with pytest.raises(GraphError, match=said):
        read_graph(_write(tmp_path, "g.tsv", text))


@pytest.mark.parametrize("columns", [{"src": "x", "dst": "a"}, {"src": "1", "dst": "9"},
                                     {"rel": "a"}])  # fmt: skip
def test_a_mapping_that_does_not_fit(tmp_path, columns) -> None:
    with pytest.raises(GraphError, match=r"g\.csv line 1: wanted columns .* got a, b, c"):
        read_graph(_write(tmp_path, "g.csv", "a,b,c\nd,e,f\n"), columns)


@pytest.mark.parametrize("text", ["", "src", "src=", "source=a", "src=a,,dst=b"])
def test_a_mapping_that_cannot_be_parsed(text: str) -> None:
    with pytest.raises(GraphError, match="--columns: wanted ROLE=COLUMN pairs"):
        parse_columns(text)


def test_bytes_that_are_no_text(tmp_path) -> None:
    path = tmp_path / "g.tsv"
    path.write_bytes(b"a\tr\tb\n" * 3 + b"\xff\xfe\tr\tb\n")
    with pytest.raises(GraphError, match="wanted UTF-8 text"):
        read_graph(path)


def test_a_field_beyond_all_bounds(tmp_path) -> None:
    text = "a,r," + '"' + "b" * 200_000 + '"\n'
    with pytest.raises(GraphError, match=r"g\.csv line 1: wanted a row of a table"):
        read_graph(_write(tmp_path, "g.csv", text))


@given(
    st.lists(
        st.tuples(*[st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=6)] * 3),
        min_size=1,
        max_size=7,
        unique=True,
    )
)
def test_every_row_becomes_one_edge(tmp_path_factory, rows) -> None:
    """Whatever letters the names hold; fewer rows than make a header doubtful."""
    path = tmp_path_factory.mktemp("g") / "g.tsv"
    head = "src\trel\tdst\n"
    _write(path.parent, "g.tsv", head + "".join("\t".join(row) + "\n" for row in rows))
    file, report = read_graph(path)
    labels = {e.id: e.label for e in file.entities}
    assert {(labels[e.src], labels[e.dst]) for e in file.edges} == {(s, d) for s, _, d in rows}
    assert len(file.edges) == len(rows)
    assert report.skipped == ()
