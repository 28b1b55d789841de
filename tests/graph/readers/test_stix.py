"""STIX bundles: live objects only, tactics, references, everything else counted."""

from __future__ import annotations

import json

import pytest

from graphtutor.errors import GraphError
from graphtutor.graph.load import read_graph
from graphtutor.graph.records import Edge, Entity, Relation


def _object(id: str, name: str | None = None, **fields: object) -> dict[str, object]:
    entry = {"type": id.partition("--")[0], "id": id, **fields}
    return entry if name is None else {**entry, "name": name}


def _relation(number: int, source: str, kind: str, target: str, **fields: object) -> dict:
    return _object(f"relationship--{number}", source_ref=source, relationship_type=kind,
                   target_ref=target, **fields)  # fmt: skip


def _bundle(tmp_path, *objects: dict):
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps({"type": "bundle", "id": "b", "objects": objects}), "utf-8")
    return path


def test_a_bundle(tmp_path) -> None:
    path = _bundle(
        tmp_path,
        _object(
            "attack-pattern--1", "Spearphishing Attachment", description="Mail.",
            external_references=[{"source_name": "m", "external_id": "T0865", "url": "http://m/1"}],
            kill_chain_phases=[{"kill_chain_name": "m-ics", "phase_name": "initial-access"}],
            created_by_ref="identity--1", object_marking_refs=["marking-definition--1"],
            granular_markings=[{"marking_ref": "marking-definition--1"}],
        ),
        _object("attack-pattern--2", "Old Way", revoked=True),
        _object("attack-pattern--3", "Older Way", x_mitre_deprecated=True),
        _object("intrusion-set--1", "Sandworm", aliases=["Sandworm", "ELECTRUM"]),
        _object("x-acme-tactic--1", "Initial Access", x_mitre_shortname="initial-access",
                x_mitre_domains=["other"]),
        _object("x-acme-tactic--2", "Initial Access", x_mitre_shortname="initial-access",
                x_mitre_domains=["ics"]),
        _object("x-acme-matrix--1", "Matrix", tactic_refs=["x-acme-tactic--2"]),
        _object("identity--1", "ACME"),
        _object("marking-definition--1"),
        _relation(1, "intrusion-set--1", "uses", "attack-pattern--1"),
        _relation(2, "intrusion-set--1", "uses", "attack-pattern--2"),
        _relation(3, "intrusion-set--1", "uses", "attack-pattern--9"),
        _relation(4, "intrusion-set--1", "uses", "attack-pattern--1"),
        _relation(5, "intrusion-set--1", "uses", "attack-pattern--1", revoked=True),
        _relation(6, "intrusion-set--1", "", "attack-pattern--1"),
    )  # fmt: skip
    file, report = read_graph(path, domain="demo")
    assert file.entities == (
        Entity(id="ACME", label="ACME", type="identity"),
        Entity(id="InitialAccess", label="Initial Access", type="tactic"),
        Entity(id="InitialAccess2", label="Initial Access", type="tactic"),
        Entity(id="Matrix", label="Matrix", type="matrix"),
        Entity(id="Sandworm", label="Sandworm", type="intrusion-set", aliases=("ELECTRUM",)),
        Entity(id="SpearphishingAttachment", label="Spearphishing Attachment",
               type="attack-pattern", aliases=("T0865",), description="Mail.",
               source="http://m/1"),
    )  # fmt: skip
    assert file.relations == (
        Relation(id="belongs_to", label="belongs to"),
        Relation(id="has_tactic", label="has tactic", phrase="has as tactic"),
        Relation(id="uses", label="uses"),
    )
    assert file.edges == (
        Edge(src="Matrix", rel="has_tactic", dst="InitialAccess2"),
        Edge(src="Sandworm", rel="uses", dst="SpearphishingAttachment"),
        # Of two tactics with this short name the one whose domain the kill chain names.
        Edge(src="SpearphishingAttachment", rel="belongs_to", dst="InitialAccess2"),
    )
    assert {s.reason: s.count for s in report.skipped} == {
        "revoked or deprecated object": 2,
        "revoked or deprecated relationship": 1,
        "reference to a revoked or deprecated object": 1,
        "reference to an object that is not in the bundle": 1,
        "relationship without source, type or target": 1,
        "object that is no named thing": 1,
        "duplicate statement": 1,
    }
    examples = {s.reason: s.examples for s in report.skipped}
    gone = examples["reference to a revoked or deprecated object"]
    assert gone == ("Sandworm | uses | Old Way",)


def test_a_kill_chain_without_tactic_objects(tmp_path) -> None:
    phase = {"kill_chain_name": "lockheed", "phase_name": "actions-on-objectives"}
    path = _bundle(tmp_path, _object("malware--1", "Bad", kill_chain_phases=[phase]))
    file, _ = read_graph(path)
    assert [(e.id, e.type) for e in file.entities] == [
        ("ActionsOnObjectives", "kill chain phase"), ("Bad", "malware"),
    ]  # fmt: skip
    assert file.edges == (Edge(src="Bad", rel="belongs_to", dst="ActionsOnObjectives"),)


def test_references_at_any_depth_are_one_statement_each(tmp_path) -> None:
    path = _bundle(
        tmp_path,
        _object("x-acme-analytic--1", "Analytic 1", x_acme_log_sources=[
            {"name": "a", "x_acme_data_component_ref": "x-acme-data-component--1"},
            {"name": "b", "x_acme_data_component_ref": "x-acme-data-component--1"},
            {"name": "c", "x_acme_data_component_ref": ""},
            {"name": "d", "x_acme_data_component_ref": "x-acme-data-component--2"},
        ]),
        _object("x-acme-data-component--1", "File Access"),
    )  # fmt: skip
    file, report = read_graph(path)
    assert file.edges == (Edge(src="Analytic1", rel="has_data_component", dst="FileAccess"),)
    assert [(s.reason, s.count) for s in report.skipped] == [
        ("reference to an object that is not in the bundle", 1)
    ]


@pytest.mark.parametrize("broken", [7, None, {"type": "malware"}, {"id": "malware--1"}])
def test_an_object_that_is_none(tmp_path, broken) -> None:
    with pytest.raises(GraphError, match=r"objects\.1: wanted a STIX object with type and id"):
        read_graph(_bundle(tmp_path, _object("malware--1", "Bad"), broken))


def test_another_json_object(tmp_path) -> None:
    path = tmp_path / "x.json"
    path.write_text('{"nodes": [], "links": []}', "utf-8")
    with pytest.raises(GraphError, match="got an object with nodes, links"):
        read_graph(path)
