"""GraphML: property names of several tools, directions, and XML that is not to be trusted."""

from __future__ import annotations

from pathlib import Path

import pytest

from graphtutor.errors import GraphError
from graphtutor.graph.load import read_graph
from graphtutor.graph.readers.report import Skipped
from graphtutor.graph.records import Edge, Entity, Relation

HEAD = '<?xml version="1.0"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
TINKER = (
    HEAD
    + """<key id='labelV' for='node' attr.name='labelV' attr.type='string'/>
<key id='desc' for='node' attr.name='desc' attr.type='string'/>
<key id='code' for='node' attr.name='code' attr.type='string'/>
<key id='labelE' for='edge' attr.name='labelE' attr.type='string'/>
<graph id='g' edgedefault='directed'>
<edge id='e' source='1' target='2'><data key='labelE'>route</data></edge>
<node id='1'><data key='labelV'>airport</data><data key='desc'>Rome &amp;
  Fiumicino</data><data key='code'>FCO</data></node>
<node id='2'><data key='labelV'>airport</data><data key='code'>VIE</data></node>
<edge id='f' source='2' target='9'><data key='labelE'>route</data></edge>
<edge id='h' source='2'/>
<hyperedge id='x'/>
</graph></graphml>"""
)


def _write(folder: Path, text: str) -> Path:
    path = folder / "g.graphml"
    path.write_text(text, "utf-8")
    return path


def test_tinkerpop(tmp_path) -> None:
    file, report = read_graph(_write(tmp_path, TINKER))
    assert file.entities == (
        Entity(id="RomeFiumicino", label="Rome & Fiumicino", type="airport"),
        Entity(id="VIE", label="VIE", type="airport"),
    )
    assert file.relations == (Relation(id="route", label="route"),)
    assert file.edges == (Edge(src="RomeFiumicino", rel="route", dst="VIE"),)
    assert report.skipped == (
        Skipped("<hyperedge> element", 1, ("{'id': 'x'}",)),
        Skipped("edge to an unknown node", 1, ("2 to 9",)),
        Skipped("edge without source or target", 1, ("{'id': 'h', 'source': '2'}",)),
    )


def test_a_mapping_of_properties(tmp_path) -> None:
    file, _ = read_graph(_write(tmp_path, TINKER), {"name": "code"})
    assert [e.id for e in file.entities] == ["FCO", "VIE"]


def test_neo4j_labels_and_edge_labels(tmp_path) -> None:
    text = HEAD + (
        '<key id="labels" attr.name="labels"/><key id="name" attr.name="name"/>'
        '<graph edgedefault="directed"><node id="n0" labels=":A:B"><data key="labels">:A:B</data>'
        '<data key="name">x</data></node><node id="n1"/>'
        '<edge source="n0" target="n1" label="ACTED_IN"/></graph></graphml>'
    )
    file, _ = read_graph(_write(tmp_path, text))
    assert [(e.label, e.type) for e in file.entities] == [("n1", "entity"), ("x", "A")]
    assert file.edges == (Edge(src="X", rel="acted_in", dst="N1"),)


def test_undirected_edges_stand_for_both_directions(tmp_path) -> None:
    text = HEAD + (
        '<graph edgedefault="undirected"><node id="a"/><node id="b"/><node id="c"/>'
        '<edge source="a" target="b"/></graph></graphml>'
    )
    file, _ = read_graph(_write(tmp_path, text))
    assert file.relations == (Relation(id="g", label="g", symmetric=True),)
    assert [(e.src, e.dst) for e in file.edges] == [("A", "B"), ("B", "A")]


def test_a_nested_graph_does_not_swallow_its_node(tmp_path) -> None:
    text = HEAD + (
        '<key id="n" attr.name="name"/><graph edgedefault="directed">'
        '<node id="a"><data key="n">Outer</data><graph edgedefault="directed">'
        '<node id="b"><data key="n">Inner</data></node></graph></node>'
        '<edge source="a" target="b"/></graph></graphml>'
    )
    file, _ = read_graph(_write(tmp_path, text))
    assert file.edges == (Edge(src="Outer", rel="g", dst="Inner"),)


def test_a_document_type_is_refused_before_anything_expands(tmp_path) -> None:
    """The billion laughs: ten levels of ten entities each would take gigabytes."""
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    text = f'<!DOCTYPE g [<!ENTITY l0 "lol">{levels}]><graphml>&l9;</graphml>'
    with pytest.raises(GraphError, match=r"without a document type declaration, got <!DOCTYPE g>"):
        read_graph(_write(tmp_path, text))
    outside = '<!DOCTYPE g SYSTEM "file:///etc/passwd"><graphml/>'
    with pytest.raises(GraphError, match="document type"):
        read_graph(_write(tmp_path, outside))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            HEAD + "<graph>\n<node></graph>",
            "line 4 column 9: wanted well-formed XML, got mismatched",
        ),
        ("", "wanted well-formed XML, got no element found"),
        ("<html/>", "wanted a <graphml> root element, got <html>"),
        (HEAD + "</graphml>", "wanted statements between entities"),
    ],
)
def test_malformed(tmp_path, text: str, said: str) -> None:
    with pytest.raises(GraphError, match=said):
        read_graph(_write(tmp_path, text))
