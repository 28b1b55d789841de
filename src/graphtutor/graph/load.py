"""From a name or a path to a graph: bundled graphs, ``kg.json`` and every format with a reader.

The format is told by the file's suffix, and by its content where a suffix serves several. A folder
is one graph whose files all have one format.

>>> "software_troubleshooting" in bundled_names()
True
"""

from __future__ import annotations

import gc
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Final

from graphtutor.errors import GraphError
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.readers.builder import GraphBuilder
from graphtutor.graph.readers.columns import Columns, find_columns
from graphtutor.graph.readers.graphml import read_graphml
from graphtutor.graph.readers.naming import relation_token
from graphtutor.graph.readers.native import parse_json, parse_native, read_text
from graphtutor.graph.readers.neo4j import is_neo4j_header, read_neo4j
from graphtutor.graph.readers.parquet import (
    header_of,
    read_parquet_folder,
    read_parquet_triples,
)
from graphtutor.graph.readers.rdf import RDF_SUFFIXES, read_rdf
from graphtutor.graph.readers.report import ReadReport
from graphtutor.graph.readers.stix import is_bundle, read_stix
from graphtutor.graph.readers.triples import first_row, read_triples
from graphtutor.graph.records import GraphFile

__all__ = ["bundled_names", "load_graph", "read_graph"]

_TABLES: Final = frozenset({".tsv", ".csv", ".txt"})
_FORMATS: Final = "kg.json, STIX .json, .tsv/.csv/.txt, .parquet, .ttl/.nt/.rdf/.owl, .graphml"


def bundled_names() -> list[str]:
    """Return the names of the graphs that come with the package."""
    folder = resources.files("graphtutor") / "graph" / "data"
    if not folder.is_dir():
        return []
    names = (entry.name for entry in folder.iterdir())
    return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))


def load_graph(source: str) -> KnowledgeGraph:
    """Load a bundled graph by name, or a file or folder by path.

    Raises GraphError when there is no such graph (with the bundled names), when it is malformed, or
    when it contradicts itself.
    """
    if source in bundled_names():
        entry = resources.files("graphtutor") / "graph" / "data" / f"{source}.json"
        with resources.as_file(entry) as path:
            file, _ = read_graph(path)
        return KnowledgeGraph.from_file(file, source)
    if not Path(source).exists():
        raise GraphError(
            source or "graph",
            wanted=f"a bundled graph ({', '.join(bundled_names())}) or the path of a graph",
            got="neither",
            remedy="check the spelling; 'graphtutor init' reads a graph of another format",
        )
    file, _ = read_graph(Path(source))
    return KnowledgeGraph.from_file(file, source)


def read_graph(
    path: Path, columns: Columns | None = None, domain: str | None = None
) -> tuple[GraphFile, ReadReport]:
    """Read a file or folder of any format into the records of ``kg.json``.

    ``columns`` maps roles (src, rel, dst, src_type, dst_type; name, type) to the source's column or
    property names; ``domain`` names the result, by default after the path. The records are not
    checked against each other: ``KnowledgeGraph.from_file`` does that. Raises GraphError.
    """
    path = Path(path)
    files = _files(path)
    suffix = files[0].suffix.lower()
    if suffix == ".json":
        found = _read_json(files[0], domain)
        if found is not None:
            return found
    builder = GraphBuilder()
    with _without_collection():
        format = _read_into(builder, files, columns)
        file = builder.build(domain or relation_token(path.resolve().stem) or "graph")
    if not file.edges:
        raise GraphError(
            str(path),
            wanted="statements between entities",
            got="none"
            + "".join(f"; {s.count} x {s.reason} skipped" for s in builder.skips.entries()),
            remedy="check the format, or name the columns with --columns",
        )
    return file, builder.report(file, format, (str(name) for name in files))


@contextmanager
def _without_collection() -> Generator[None, None, None]:
    """Pause the cyclic collector: it would walk millions of new records that hold no cycles."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _read_json(path: Path, domain: str | None) -> tuple[GraphFile, ReadReport] | None:
    """Read ``kg.json``; None when the object is another format's."""
    native = parse_native(read_text(path), str(path))
    if native is None:
        return None
    file, report = native
    return (file.model_copy(update={"domain": domain}) if domain else file), report


def _read_into(builder: GraphBuilder, files: Sequence[Path], columns: Columns | None) -> str:
    """Add ``files`` to ``builder`` and return the name of their format."""
    suffix = files[0].suffix.lower()
    if suffix == ".json":
        return _read_bundle(builder, files[0])
    if suffix == ".parquet":
        return _read_parquet(builder, files, columns)
    if suffix in _TABLES:
        if columns is None and any(is_neo4j_header(first_row(file)) for file in files):
            read_neo4j(files, builder)
            return "Neo4j CSV"
        for file in files:
            read_triples(file, builder, columns)
        return "triples"
    for file in files:
        if suffix == ".graphml":
            read_graphml(file, builder, columns)
        else:
            read_rdf(file, builder)
    return "GraphML" if suffix == ".graphml" else "RDF"


def _read_bundle(builder: GraphBuilder, path: Path) -> str:
    data = parse_json(read_text(path), str(path))
    if not is_bundle(data):
        raise GraphError(
            str(path),
            wanted="kg.json (entities, relations, edges) or a STIX bundle (objects)",
            got=f"an object with {', '.join(list(data)[:6]) or 'no fields'}",
            remedy="see the documentation of kg.json",
        )
    read_stix(data, str(path), builder)
    return "STIX"


def _read_parquet(builder: GraphBuilder, files: Sequence[Path], columns: Columns | None) -> str:
    if len(files) > 1 and columns is None and not _all_triples(files):
        read_parquet_folder(files, builder)
        return "Parquet tables"
    for file in files:
        read_parquet_triples(file, builder, columns)
    return "Parquet triples"


def _all_triples(files: Sequence[Path]) -> bool:
    """Tell whether every Parquet file names source, relation and target columns."""
    found = [find_columns(header_of(file), None) for file in files]
    return all(places is not None and "rel" in places for places in found)


def _files(path: Path) -> list[Path]:
    """Return the graph files behind ``path``: itself, or those of a folder, all of one format."""
    if not path.exists():
        raise GraphError(
            str(path), wanted="a graph file or folder", got="nothing there", remedy="check the path"
        )
    if path.is_file():
        if path.suffix.lower() not in _TABLES | RDF_SUFFIXES | {".json", ".graphml", ".parquet"}:
            raise GraphError(
                str(path),
                wanted=f"a graph ({_FORMATS})",
                got=f"a file with the suffix {path.suffix or '(none)'}",
                remedy="rename the file after its format",
            )
        return [path]
    known = _TABLES | RDF_SUFFIXES | {".json", ".graphml", ".parquet"}
    found = sorted(f for f in path.iterdir() if f.is_file() and f.suffix.lower() in known)
    # A licence or a note beside the data is text too: only a table counts.
    found = [f for f in found if f.suffix.lower() != ".txt" or len(first_row(f)) > 2]
    groups = {_group(file) for file in found}
    if len(groups) != 1 or (groups == {".json"} and len(found) > 1):
        raise GraphError(
            str(path),
            wanted="files of one graph format",
            got=", ".join(file.name for file in found[:6]) or "no graph file",
            remedy="give one file, or a folder with the files of one graph only",
        )
    return found


def _group(file: Path) -> str:
    suffix = file.suffix.lower()
    return "table" if suffix in _TABLES else "rdf" if suffix in RDF_SUFFIXES else suffix
