"""GraphML, read as a stream of tags; a document type declaration is refused.

Which properties name a node, type it, and name an edge's relation is told by the names in common
use (TinkerPop's ``labelV`` and ``labelE``, Neo4j's ``labels`` and ``label``, plain ``name`` and
``type``) or by the user's mapping (roles name, type, rel).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from graphtutor.errors import GraphError
from graphtutor.graph.readers.builder import GraphBuilder
from graphtutor.graph.readers.columns import Columns

__all__ = ["read_graphml"]

_NAME: Final = ("name", "label", "title", "desc", "description", "code")
_TYPE: Final = ("labelv", "labels", "type", "kind", "category", "class")
_RELATION: Final = ("labele", "relation", "rel", "predicate", "relationship", "interaction",
                    "label", "type", "kind", "name")  # fmt: skip
_BLOCK: Final = 1 << 16
_UNREAD: Final = frozenset({"hyperedge", "port"})


def read_graphml(path: Path, builder: GraphBuilder, columns: Columns | None = None) -> None:
    """Add nodes and edges; an undirected edge stands for both directions.

    Edges without a relation property are named after the file. Raises GraphError for what is not
    well-formed (with line and column), for a DTD, and for a file without a GraphML root.
    """
    target = _Target(path, builder, columns or {})
    parser = ElementTree.XMLParser(target=target)
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                parser.feed(block)
        parser.close()
    except OSError as problem:
        raise GraphError(
            str(path),
            wanted="a readable GraphML file",
            got=problem.strerror or str(problem),
            remedy="check the path",
        ) from None
    except ElementTree.ParseError as problem:
        line, column = problem.position
        raise GraphError(
            f"{path} line {line} column {column + 1}",
            wanted="well-formed XML",
            got=str(problem).partition(":")[0],
            remedy="correct the file at this place",
        ) from None
    target.finish()


class _Target:
    """Receives the parser's events; holds one element's properties at a time."""

    def __init__(self, path: Path, builder: GraphBuilder, columns: Columns) -> None:
        self._path, self._builder = path, builder
        self._mapping = {role: column.casefold() for role, column in columns.items()}
        self._keys: dict[str, str] = {}
        self._is_graphml: bool | None = None
        self._directed = True
        self._element: tuple[str, Mapping[str, str]] | None = None
        self._data: dict[str, str] = {}
        self._data_key: str | None = None
        self._text: list[str] = []
        self._edges: list[tuple[str, str, str, bool]] = []

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        """Refuse: entities declared in a DTD can expand without limit or read other files."""
        raise GraphError(
            str(self._path),
            wanted="GraphML without a document type declaration",
            got=f"<!DOCTYPE {name}>",
            remedy="remove the declaration",
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        tag = tag.rpartition("}")[2]
        if self._is_graphml is None:
            self._is_graphml = tag == "graphml"
            if not self._is_graphml:
                raise GraphError(str(self._path), wanted="a <graphml> root element", got=f"<{tag}>")
        if tag == "key":
            self._keys[attributes.get("id", "")] = attributes.get("attr.name", "").casefold()
        elif tag == "graph":
            self._directed = attributes.get("edgedefault", "directed") == "directed"
        elif tag in ("node", "edge"):
            # A nested graph begins inside its node: the node is then complete.
            self._flush()
            self._element, self._data = (tag, attributes), {}
        elif tag == "data" and self._element is not None:
            key = attributes.get("key", "")
            self._data_key, self._text = self._keys.get(key) or key.casefold(), []
        elif tag in _UNREAD:
            self._builder.skips.add(f"<{tag}> element", str(dict(attributes)))

    def data(self, text: str) -> None:
        """Take character data."""
        if self._data_key is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        """End an element."""
        tag = tag.rpartition("}")[2]
        if tag == "data" and self._data_key is not None:
            self._data[self._data_key] = " ".join("".join(self._text).split())
            self._data_key = None
        elif tag in ("node", "edge"):
            self._flush()

    def close(self) -> None:
        """End the document."""

    def finish(self) -> None:
        """Add the edges, now that all nodes are known: a file may list them in any order."""
        for source, relation, target, directed in self._edges:
            unknown = [key for key in (source, target) if not self._builder.knows(key)]
            if unknown:
                self._builder.skips.add("edge to an unknown node", f"{source} to {target}")
                continue
            if not directed:
                self._builder.relation(relation, symmetric=True)
            self._builder.edge(source, relation, target)
            if not directed and source != target:
                self._builder.edge(target, relation, source)

    def _flush(self) -> None:
        if self._element is None:
            return
        (tag, attributes), self._element = self._element, None
        if tag == "node":
            self._node(attributes)
        else:
            self._edge(attributes)

    def _first(self, role: str, usual: tuple[str, ...]) -> str:
        names = (self._mapping[role],) if role in self._mapping else usual
        return next((self._data[name] for name in names if self._data.get(name)), "")

    def _node(self, attributes: Mapping[str, str]) -> None:
        key = attributes.get("id", "")
        if not key:
            self._builder.skips.add("node without an id", str(self._data)[:80])
            return
        labels = [part for part in self._first("type", _TYPE).split(":") if part]
        self._builder.entity(
            key, label=self._first("name", _NAME) or key, type=labels[0] if labels else ""
        )

    def _edge(self, attributes: Mapping[str, str]) -> None:
        source, target = attributes.get("source", ""), attributes.get("target", "")
        if not source or not target:
            self._builder.skips.add("edge without source or target", str(dict(attributes)))
            return
        stated = attributes.get("directed")
        relation = self._first("rel", _RELATION) or attributes.get("label") or self._path.stem
        directed = self._directed if stated is None else stated == "true"
        self._edges.append((source, relation, target, directed))
