"""STIX 2.1 bundles, MITRE ATT&CK above all: live objects, their relationships, their references.

Statements come from three places: relationship objects, ``kill_chain_phases`` (an object belongs to
a tactic), and properties that refer to other objects (``..._refs``). Revoked and deprecated objects
are left out, and so is every relationship to one of them or to an object outside the bundle; both
are counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, cast

from graphtutor.errors import GraphError
from graphtutor.graph.readers.builder import GraphBuilder

__all__ = ["is_bundle", "read_stix"]

StixObject = dict[str, Any]

_VENDOR: Final = re.compile(r"^x[-_][a-z0-9]+[-_]")
_NOT_THINGS: Final = frozenset({"relationship", "sighting", "marking-definition",
                                "language-content", "extension-definition"})  # fmt: skip
# Who wrote and who may see an object says nothing about the domain.
_AUTHORSHIP: Final = re.compile(r"(created_by|modified_by|marking)_refs?$")
_REFERENCE: Final = re.compile(r"_refs?$")
_PHASE: Final = "kill chain phase"
_GONE: Final = "revoked or deprecated object"


def is_bundle(data: StixObject) -> bool:
    """Tell whether a JSON object is a STIX bundle."""
    return data.get("type") == "bundle" and isinstance(data.get("objects"), list)


def read_stix(data: StixObject, where: str, builder: GraphBuilder) -> None:
    """Add the live objects of a bundle and what is said between them.

    Raises GraphError when an object has no type or id.
    """
    objects: dict[str, StixObject] = {}
    for number, item in enumerate(cast("list[Any]", data["objects"])):
        if not isinstance(item, dict):
            raise _broken(where, number, item)
        entry = cast("StixObject", item)
        if not isinstance(entry.get("type"), str) or not isinstance(entry.get("id"), str):
            raise _broken(where, number, entry)
        if entry["id"] in objects:
            builder.skips.add("second object of an id", entry["id"])
        objects[entry["id"]] = entry
    live = {id: entry for id, entry in objects.items() if _keep(entry, builder)}
    for id, entry in live.items():
        _add_entity(id, entry, builder)
    _add_relationships(objects, live, builder)
    _add_phases(live, builder)
    _add_references(objects, live, builder)


def _broken(where: str, number: int, item: object) -> GraphError:
    return GraphError(
        f"{where}, objects.{number}",
        wanted="a STIX object with type and id",
        got=repr(item)[:80],
        remedy="check that the file is a STIX 2.1 bundle",
    )


def _is_gone(entry: StixObject) -> bool:
    return bool(entry.get("revoked") or entry.get("x_mitre_deprecated"))


def _keep(entry: StixObject, builder: GraphBuilder) -> bool:
    if entry["type"] == "relationship":
        return False
    if _is_gone(entry):
        builder.skips.add(_GONE, f"{entry['type']} {entry.get('name', entry['id'])}")
        return False
    if entry["type"] in _NOT_THINGS or not (entry.get("name") or entry.get("value")):
        builder.skips.add("object that is no named thing", entry["id"])
        return False
    return True


def _type_of(entry: StixObject) -> str:
    return _VENDOR.sub("", entry["type"])


def _add_entity(id: str, entry: StixObject, builder: GraphBuilder) -> None:
    aliases = [a for key in ("aliases", "x_mitre_aliases") for a in entry.get(key) or ()]
    references = cast("list[StixObject]", entry.get("external_references") or [])
    empty: StixObject = {}
    named = next((ref for ref in references if ref.get("external_id")), empty)
    if named:
        aliases.append(str(named["external_id"]))
    builder.entity(
        id,
        label=str(entry.get("name") or entry["value"]),
        type=_type_of(entry),
        aliases=[str(alias) for alias in aliases],
        description=entry.get("description"),
        source=named.get("url"),
    )


def _unusable(
    keys: tuple[str, ...], objects: dict[str, StixObject], live: dict[str, StixObject]
) -> str | None:
    """Return why a statement between ``keys`` cannot be kept, None when it can."""
    if any(key not in objects for key in keys):
        return "reference to an object that is not in the bundle"
    if any(_is_gone(objects[key]) for key in keys):
        return f"reference to a {_GONE}"
    if any(key not in live for key in keys):
        return "reference to an object that is no named thing"
    return None


def _brief(objects: dict[str, StixObject], source: str, relation: str, target: str) -> str:
    names = [str(objects.get(id, {}).get("name") or id or "(none)") for id in (source, target)]
    return f"{names[0]} | {relation} | {names[1]}"


def _add_relationships(
    objects: dict[str, StixObject], live: dict[str, StixObject], builder: GraphBuilder
) -> None:
    for id, entry in objects.items():
        if entry["type"] != "relationship":
            continue
        source, relation, target = (
            str(entry.get(key) or "") for key in ("source_ref", "relationship_type", "target_ref")
        )
        if not (source and relation and target):
            builder.skips.add("relationship without source, type or target", id)
        elif _is_gone(entry):
            example = _brief(objects, source, relation, target)
            builder.skips.add("revoked or deprecated relationship", example)
        elif reason := _unusable((source, target), objects, live):
            builder.skips.add(reason, _brief(objects, source, relation, target))
        else:
            builder.edge(source, relation, target)


def _add_phases(live: dict[str, StixObject], builder: GraphBuilder) -> None:
    """State for each kill-chain phase that the object belongs to it.

    A phase is the tactic object with its short name; of several (one a domain) the one whose domain
    the kill chain's name holds. A chain without such objects gets entities of its own.
    """
    tactics: dict[str, list[StixObject]] = {}
    for entry in live.values():
        if entry.get("x_mitre_shortname"):
            tactics.setdefault(str(entry["x_mitre_shortname"]), []).append(entry)
    for id, entry in live.items():
        for phase in cast("list[StixObject]", entry.get("kill_chain_phases") or []):
            name, chain = str(phase.get("phase_name")), str(phase.get("kill_chain_name"))
            found = sorted(
                tactics.get(name, []),
                key=lambda tactic: (
                    not any(domain in chain for domain in tactic.get("x_mitre_domains") or ()),
                    tactic["id"],
                ),
            )
            key = found[0]["id"] if found else f"{chain} {name}"
            if not found:
                builder.entity(key, label=name.replace("-", " "), type=_PHASE)
            builder.relation(_PHASE, label="belongs to")
            builder.edge(id, _PHASE, key)


def _references(value: object, name: str = "") -> Iterator[tuple[str, str]]:
    """Yield (property stem, referred id) for every reference property, at any depth."""
    if isinstance(value, dict):
        for key, inner in cast("StixObject", value).items():
            if key != "granular_markings" and not _AUTHORSHIP.search(key):
                yield from _references(inner, key)
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from _references(inner, name)
    elif isinstance(value, str) and value and _REFERENCE.search(name):
        yield _REFERENCE.sub("", _VENDOR.sub("", name)), value


def _add_references(
    objects: dict[str, StixObject], live: dict[str, StixObject], builder: GraphBuilder
) -> None:
    # Several log sources may name one component: the statement is one.
    statements = {(id, stem, ref): None for id, e in live.items() for stem, ref in _references(e)}
    for id, stem, target in statements:
        if reason := _unusable((target,), objects, live):
            builder.skips.add(reason, _brief(objects, id, stem, target))
            continue
        noun = stem.replace("_", " ")
        # "has analytic an analytic" would be no English; "has as analytic an analytic" is.
        builder.relation(f"ref {stem}", label=f"has {noun}", phrase=f"has as {noun}")
        builder.edge(id, f"ref {stem}", target)
