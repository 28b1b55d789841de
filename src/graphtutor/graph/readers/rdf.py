"""RDF (Turtle, N-Triples, RDF/XML, ...): statements between named things, ontologies included.

A triple whose object is a named thing is a statement. So is an OWL restriction on a class ("every
X enables some Y" is read as X enables Y). Labels, other names and types are taken from RDFS, SKOS
and OWL; literal values and statements about the schema itself are counted and left out.

A class has no type of its own to speak of. It gets the most specific class above it that covers
enough classes for "of the same type" to mean something.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from graphtutor.errors import BackendError, GraphError
from graphtutor.graph.readers.builder import GraphBuilder
from graphtutor.graph.readers.naming import local_name, readable

if TYPE_CHECKING:
    import pyoxigraph as ox

    Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

__all__ = ["RDF_SUFFIXES", "read_rdf"]

RDF_SUFFIXES: Final = frozenset({".ttl", ".nt", ".n3", ".nq", ".trig", ".rdf", ".owl"})

_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
_OWL: Final = "http://www.w3.org/2002/07/owl#"
_SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
_SCHEMA: Final = (_RDF, _RDFS, _OWL, "http://www.w3.org/2001/XMLSchema#")
_TYPE, _SUBCLASS = f"{_RDF}type", f"{_RDFS}subClassOf"
_LABELS: Final = (f"{_SKOS}prefLabel", f"{_RDFS}label")
_ALIASES: Final = frozenset({f"{_SKOS}altLabel", f"{_SKOS}hiddenLabel"})
_TEXTS: Final = frozenset({f"{_RDFS}comment", f"{_SKOS}definition",
                           "http://purl.org/dc/terms/description"})  # fmt: skip
_LINKS: Final = frozenset({f"{_RDFS}seeAlso", f"{_RDFS}isDefinedBy"})
_NAMELESS: Final = "statement about a thing without a name (blank node)"
_ABOUT_SCHEMA: Final = "statement about the schema"
_FILLERS: Final = tuple(f"{_OWL}{name}" for name in ("someValuesFrom", "allValuesFrom", "hasValue",
                                                     "onClass"))  # fmt: skip
# A type that fewer classes share offers too few near misses for a question.
_ENOUGH_CLASSES: Final = 20


def read_rdf(path: Path, builder: GraphBuilder) -> None:
    """Add what ``path`` says between named things.

    Raises GraphError for a syntax error (with its place), BackendError when pyoxigraph is missing.
    """
    collected = _Collected()
    for subject, predicate, value in _triples(path):
        collected.add(subject, predicate, value, builder)
    collected.fill(builder)


def _triples(path: Path) -> Iterator[tuple[Term, str, Term]]:
    try:
        import pyoxigraph as ox
    except ImportError:
        raise BackendError(
            str(path),
            wanted="pyoxigraph, to read RDF",
            got="it is not installed",
            remedy="pip install 'graphtutor[graphs]'",
        ) from None
    syntax = ox.RdfFormat.from_extension("rdf" if path.suffix == ".owl" else path.suffix[1:])
    try:
        for quad in ox.parse(path=str(path), format=syntax):
            yield quad.subject, quad.predicate.value, quad.object
    except SyntaxError as problem:
        raise GraphError(
            f"{path} line {problem.lineno} column {problem.offset}",
            wanted="valid RDF",
            got=problem.msg,
            remedy="correct the file at this place",
        ) from None
    except (OSError, ValueError) as problem:
        raise GraphError(str(path), wanted="a readable RDF file", got=str(problem)) from None


class _Collected:
    """Everything that can only be judged when the last triple is read."""

    def __init__(self) -> None:
        self.labels: dict[str, tuple[int, str]] = {}
        self.aliases: dict[str, list[str]] = {}
        self.texts: dict[str, str] = {}
        self.types: dict[str, list[str]] = {}
        self.inverses: dict[str, str] = {}
        self.deprecated: set[str] = set()
        self.statements: list[tuple[str, str, str]] = []
        self.unnamed: list[tuple[str, str]] = []
        self.blank: dict[str, dict[str, Term]] = {}

    def add(self, subject: Term, predicate: str, value: Term, builder: GraphBuilder) -> None:
        """Take one triple."""
        kind = type(value).__name__
        if type(subject).__name__ != "NamedNode":
            self.blank.setdefault(str(subject), {})[predicate] = value
            if not predicate.startswith(_SCHEMA):
                example = _brief(predicate, _iri(value) or "(no name)")
                builder.skips.add(_NAMELESS, example)
            return
        name = str(subject.value)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]
        if kind == "NamedNode":
            self._add_named(name, predicate, _iri(value) or "", builder)
        elif kind == "BlankNode":
            self.unnamed.append((name, str(value)))
        else:
            self._add_literal(name, predicate, value, builder)

    def _add_named(self, name: str, predicate: str, value: str, builder: GraphBuilder) -> None:
        if predicate == _TYPE:
            self.types.setdefault(name, []).append(value)
        elif predicate == f"{_OWL}inverseOf":
            self.inverses[name] = value
        elif predicate in _LINKS:
            builder.skips.add("link to documentation", _brief(name, predicate, value))
        elif value.startswith(_SCHEMA) or (
            predicate.startswith(_SCHEMA) and predicate != _SUBCLASS
        ):
            builder.skips.add(_ABOUT_SCHEMA, _brief(name, predicate, value))
        else:
            self.statements.append((name, predicate, value))

    def _add_literal(self, name: str, predicate: str, value: Term, builder: GraphBuilder) -> None:
        text = str(getattr(value, "value", value)).strip()
        language = str(getattr(value, "language", None) or "")
        if predicate in _LABELS:
            # Prefer English or untagged, then prefLabel over label, then what came first.
            rank = 2 * (not language or language.startswith("en")) + (predicate == _LABELS[0])
            if text and rank > self.labels.get(name, (-1, ""))[0]:
                self.labels[name] = (rank, text)
        elif predicate in _ALIASES:
            self.aliases.setdefault(name, []).append(text)
        elif predicate in _TEXTS:
            self.texts.setdefault(name, text)
        elif predicate == f"{_OWL}deprecated":
            if text == "true":
                self.deprecated.add(name)
        else:
            builder.skips.add("literal value", f"{_brief(name, predicate)} {text}")

    def fill(self, builder: GraphBuilder) -> None:
        """Add entities, relations and statements to ``builder``."""
        relations = {n for n, types in self.types.items() if any(_is_property(t) for t in types)}
        self.statements += self._restrictions(builder)
        kept: list[tuple[str, str, str]] = []
        for statement in self.statements:
            subject, _, value = statement
            if subject in relations or value in relations:
                builder.skips.add(_ABOUT_SCHEMA, _brief(*statement))
            elif subject in self.deprecated or value in self.deprecated:
                builder.skips.add("statement about a deprecated thing", _brief(*statement))
            else:
                kept.append(statement)
        type_of_class = self._class_types(kept)
        for subject, predicate, value in kept:
            for name in (subject, value):
                if not builder.knows(name):
                    self._entity(name, type_of_class, builder)
            self._relation(predicate, builder)
            builder.edge(subject, predicate, value)

    def _entity(self, name: str, class_types: dict[str, str], builder: GraphBuilder) -> None:
        types = self.types.get(name, [])
        own = sorted(t for t in types if not t.startswith(_SCHEMA) and t != name)
        is_class = name in class_types or any(t.endswith("#Class") for t in types)
        builder.entity(
            name,
            label=self._label(name),
            type=(class_types.get(name) or "class") if is_class
            else (readable(self._label(own[0])) if own else ""),
            aliases=self.aliases.get(name, ()),
            description=self.texts.get(name),
            source=name,
        )  # fmt: skip

    def _relation(self, predicate: str, builder: GraphBuilder) -> None:
        label = "subclass of" if predicate == _SUBCLASS else self._label(predicate)
        builder.relation(
            predicate,
            label=readable(label),
            inverse_key=self.inverses.get(predicate),
            symmetric=f"{_OWL}SymmetricProperty" in self.types.get(predicate, ()),
        )

    def _label(self, name: str) -> str:
        label = self.labels.get(name)
        return label[1] if label else local_name(name).replace("_", " ")

    def _restrictions(self, builder: GraphBuilder) -> Iterator[tuple[str, str, str]]:
        for subject, node in self.unnamed:
            found = list(self._parts(node, set()))
            if not found:
                builder.skips.add(_NAMELESS, _brief(subject))
            for predicate, value in found:
                yield subject, predicate, value

    def _parts(self, node: str, seen: set[str]) -> Iterator[tuple[str, str]]:
        """Yield (property, thing) of a restriction, also inside an intersection."""
        if node in seen:
            return
        seen.add(node)
        about = self.blank.get(node, {})
        predicate = _iri(about.get(f"{_OWL}onProperty"))
        for name in _FILLERS:
            value = _iri(about.get(name))
            if predicate and value and not value.startswith(_SCHEMA):
                yield predicate, value
        for link in (f"{_OWL}intersectionOf", f"{_RDF}first", f"{_RDF}rest"):
            if link in about:
                yield from self._parts(str(about[link]), seen)

    def _class_types(self, statements: list[tuple[str, str, str]]) -> dict[str, str]:
        """Name for each class the most specific class above it that covers enough classes."""
        parents: dict[str, list[str]] = {}
        for subject, predicate, value in statements:
            if predicate == _SUBCLASS and subject != value:
                parents.setdefault(subject, []).append(value)
        above = {name: _above(name, parents) for name in parents}
        covers = Counter(ancestor for ancestors in above.values() for ancestor in ancestors)
        chosen: dict[str, str] = {}
        for name, ancestors in above.items():
            fitting = [(covers[a], a) for a in ancestors if covers[a] >= _ENOUGH_CLASSES]
            chosen[name] = readable(self._label(min(fitting)[1])) if fitting else "class"
        return chosen


def _above(name: str, parents: dict[str, list[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(parents[name])
    while waiting:
        ancestor = waiting.pop()
        if ancestor not in found and ancestor != name:
            found.add(ancestor)
            waiting += parents.get(ancestor, [])
    return found


def _brief(*iris: str) -> str:
    return " ".join(local_name(iri) for iri in iris)


def _is_property(type_iri: str) -> bool:
    return type_iri.startswith((_RDF, _OWL)) and type_iri.endswith("Property")


def _iri(term: Term | None) -> str | None:
    is_named = type(term).__name__ == "NamedNode"
    return str(getattr(term, "value", "")) if is_named else None
