"""The runbooks that ship with the package and their questions: what both promise holds."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from tests.retrieval.runbook_pdfs import RUNBOOKS, SOURCES, pdf_of, read_source

from graphtutor.errors import RetrievalError
from graphtutor.graph.load import load_graph
from graphtutor.graph.records import GraphFile
from graphtutor.io.jsonl import read_jsonl
from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.chunking import chunk_document, word_spans
from graphtutor.retrieval.document import Document
from graphtutor.retrieval.gold import GoldQuestion, find_gold
from graphtutor.retrieval.loading import Found, find_documents, load_document
from graphtutor.reward.matcher import EntityMatcher

CORPUS = RUNBOOKS.parent
NAMES = sorted(path.name for path in RUNBOOKS.iterdir())

# What the text would have to say somewhere if it answered these after all.
ABSENT = {
    "u01": r"on call|weekend",
    "u02": r"\bprice|\beuro|\bdollar",
    "u03": r"2380|\bpeers\b",
    "u04": r"\bstaging\b",
    "u05": r"\bvendor|manufactur|cisco|juniper|arista",
    "u06": r"\bbackups?\b",
    "u07": r"\bregions?\b|data cent",
    "u08": r"\bhash|bcrypt|argon2|scrypt",
    "u09": r"compression|zstd|lz4|snappy",
    "u10": r"redis \d|redis version",
    "u11": r"parallelgc|\bcms\b|zgc|shenandoah",
    "u12": r"\braid",
    "u13": r"virtual user|\bvus\b",
    "u14": r"stratum",
    "u15": r"certificate authority|let's encrypt|signed by|\bissuer",
    "u16": r"\brsa\b|\brs256|\bes256|2048|4096|key length",
    "u17": r"august",
    "u18": r"stock-sync (is|was) written|\bpython\b|\bgolang|\brust\b",
    "u19": r"stopped retrying|mobile client \d|version of the mobile",
    "u20": r"statement_timeout",
    "u21": r"skopeo (copy|sync)|docker://mirror",
    "u22": r"\bswap",
    "u23": r"availability|\bslo\b|99\.9",
    "u24": r"encrypt|at rest",
    "u25": r"\bmet(er|re)s?\b|longest",
    "d13": r"vrrp",
    "d14": r"\bquota",
    "d15": r"operating system|debian|ubuntu|rocky",
    "d16": r"last year|used break-glass",
    "d17": r"sampling",
    "d18": r"kafka \d|version of kafka",
}

# What stands between two names, and the relation it tells: from the first to the second, or back.
SAID = {
    "leads to": ("leads_to", True),
    "affects": ("affects", True),
    "which affects": ("affects", True),
    "which affect": ("affects", True),
    "prevents": ("prevents", True),
    "is caused by": ("caused_by", True),
    "depends on": ("depends_on", True),
    "uses": ("uses", True),
    "inspects": ("inspects", True),
    "confirms": ("confirmed_by", False),
}


@cache
def document(name: str) -> Document:
    return load_document(RUNBOOKS / name, f"corpus/runbooks/{name}")


@cache
def chunks(most: int) -> tuple[Chunk, ...]:
    return tuple(
        chunk
        for name in NAMES
        for chunk in chunk_document(document(name), word_spans, most, most // 8)
    )


@cache
def questions(name: str) -> tuple[GoldQuestion, ...]:
    return tuple(read_jsonl(CORPUS / name, GoldQuestion, RetrievalError))


def both() -> tuple[GoldQuestion, ...]:
    return questions("questions.jsonl") + questions("dev_questions.jsonl")


@cache
def plain(name: str) -> str:
    return " ".join(document(name).text.split())


@cache
def graph() -> GraphFile:
    return load_graph("software_troubleshooting").to_file()


@cache
def matcher() -> EntityMatcher:
    return EntityMatcher.from_graph(load_graph("software_troubleshooting"), labels=True)


def test_the_folder_holds_thirty_documents_of_three_kinds() -> None:
    found = list(find_documents([RUNBOOKS]))
    assert all(isinstance(entry, Found) for entry in found)
    kinds = [document(name).kind for name in NAMES]
    assert [kinds.count(kind) for kind in ("markdown", "text", "pdf")] == [20, 6, 4]
    files = [path for path in CORPUS.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert sum(path.stat().st_size for path in files) < 400_000
    assert max(path.stat().st_size for path in RUNBOOKS.glob("*.pdf")) < 20_000


@pytest.mark.parametrize("name", NAMES)
def test_a_document_loads_whole_and_names_entities(name: str) -> None:
    loaded = document(name)
    assert not loaded.notes
    assert loaded.title == loaded.sections[0].path[0]
    assert len(loaded.sections) >= 5
    assert 250 <= len(loaded.text.split()) <= 600
    # Plain text has nowhere to say its date.
    assert bool(loaded.date) == (loaded.kind != "text")
    assert loaded.text.isascii()
    assert len({mention.entity for mention in matcher().find(loaded.text)}) >= 4


def test_no_document_tells_what_the_graph_does_not() -> None:
    """Wherever two names and a relation's words stand side by side, the graph has that edge."""
    edges = {(edge.src, edge.rel, edge.dst) for edge in graph().edges}
    told: set[tuple[str, str, str]] = set()
    for name in NAMES:
        text = plain(name)
        here: set[tuple[str, str, str]] = set()
        for first, second in pairwise(matcher().find(text)):
            between = re.sub(r"\b(a|an|the|it)\b", " ", text[first.end : second.start])
            relation, forward = SAID.get(" ".join(between.split()), ("", True))
            ends = (first.entity, second.entity) if forward else (second.entity, first.entity)
            here |= {(ends[0], relation, ends[1])} if relation else set()
        assert here <= edges, (name, here - edges)
        told |= here
    assert len(told) >= 50


@pytest.mark.parametrize("name", NAMES)
def test_a_document_tells_edges_of_the_graph(name: str) -> None:
    """Both ends of at least four edges stand under one heading."""
    ends: set[tuple[str, str]] = set()
    for section in document(name).sections:
        text = document(name).text[section.start : section.end]
        found = {mention.entity for mention in matcher().find(text)}
        for edge in graph().edges:
            if edge.src in found and edge.dst in found:
                ends.add((edge.src, edge.dst))
    assert len(ends) >= 4


def test_ids_and_questions_are_unique_and_of_all_kinds() -> None:
    rows = both()
    assert len({row.id for row in rows}) == len(rows)
    assert len({row.question.casefold() for row in rows}) == len(rows)
    main = questions("questions.jsonl")
    kinds = [row.kind for row in main]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "fact": 26,
        "howto": 12,
        "chain": 12,
        "unanswerable": 25,
    }
    assert len(rows) - len(main) == 18


def test_dev_questions_are_on_other_facts() -> None:
    main = {gold.evidence for row in questions("questions.jsonl") for gold in row.gold}
    dev = {gold.evidence for row in questions("dev_questions.jsonl") for gold in row.gold}
    assert main.isdisjoint(dev)


@pytest.mark.parametrize("most", [96, 256])
def test_evidence_stands_in_its_document_and_in_one_chunk(most: int) -> None:
    for row in both():
        assert bool(row.gold) == bool(row.answer) == (row.kind != "unanswerable")
        held = find_gold(row, chunks(most)).holds
        for passage, ids in zip(row.gold, held, strict=True):
            assert " ".join(passage.evidence.split()) in plain(Path(passage.doc).name), row.id
            texts = [" ".join(c.text.split()) for c in chunks(most) if c.id in ids]
            assert any(passage.evidence in text for text in texts), row.id


def test_answers_stand_in_the_evidence_or_in_the_graph() -> None:
    names = {entity.label for entity in graph().entities}
    for row in both():
        evidence = " ".join(gold.evidence for gold in row.gold)
        for answer in row.answer:
            assert answer in evidence or (row.kind == "chain" and answer in names), row.id


def test_each_document_answers_a_question() -> None:
    gold = {Path(p.doc).name for row in questions("questions.jsonl") for p in row.gold}
    assert gold == set(NAMES)


def test_no_document_answers_what_it_should_not() -> None:
    corpus = "\n".join(plain(name) for name in NAMES)
    assert {row.id for row in both() if row.kind == "unanswerable"} == set(ABSENT)
    for id, pattern in ABSENT.items():
        found = re.search(pattern, corpus, re.IGNORECASE)
        assert not found, (id, found)


@pytest.mark.parametrize("source", sorted(SOURCES.glob("*.txt")), ids=lambda path: path.stem)
def test_pdfs_are_what_their_sources_make(source: Path) -> None:
    """Made anew they are the same bytes, and read again they are the same words."""
    parts = read_source(source.read_text(encoding="utf-8"))
    shipped = (RUNBOOKS / f"{source.stem}.pdf").read_bytes()
    assert pdf_of(parts) == shipped
    words = " ".join(text for _, text in parts.parts).replace(r"\-", "")
    assert plain(f"{source.stem}.pdf") == words


def test_a_word_is_parted_at_the_end_of_a_line() -> None:
    """Otherwise the mending of hyphens would go untried."""
    pytest.importorskip("pypdfium2")
    import pypdfium2 as pdfium

    pdf = pdfium.PdfDocument((RUNBOOKS / "publishing.pdf").read_bytes())
    pages = [page.get_textpage().get_text_range() for page in pdf]
    pdf.close()
    raw = "".join(pages)
    assert raw.count("Event bus handbook") == len(pages) >= 2
    assert re.search(r"\w[-\x02\ufffe]\r?\n?\w", raw)
    assert "Event bus handbook" not in document("publishing.pdf").text
