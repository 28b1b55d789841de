"""Ingest: the store is what the documents are, whatever happened on the way."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("qdrant_edge")
from hypothesis import given, settings
from hypothesis import strategies as st

from graphtutor.errors import RetrievalError
from graphtutor.retrieval import sources as sources_module
from graphtutor.retrieval.bm25 import document_terms, length, mean_length
from graphtutor.retrieval.catalogue import Catalogue, Entry, catalogue_file
from graphtutor.retrieval.chunk import Chunk
from graphtutor.retrieval.ingest import ingest, open_for_adding
from graphtutor.retrieval.settling import remove
from graphtutor.retrieval.sources import find_sources, graph_source, paper_source
from graphtutor.retrieval.store import Filter, StoreInfo
from graphtutor.retrieval.store_edge import EdgeStore
from graphtutor.retrieval.store_exact import ExactStore
from graphtutor.retrieval.stores import Place, open_store

from .small_ingest import HashEmbedder, add, opened

PROGRAM = Path(__file__).with_name("small_ingest.py")
WORDS = "pump valve seal heat oil leak stop start check wire fuse motor belt noise".split()


def _text(seed: int, paragraphs: int, words: int = 30) -> str:
    draw = random.Random(seed)
    body = [" ".join(draw.choices(WORDS, k=words)).capitalize() + "." for _ in range(paragraphs)]
    return f"# Note {seed}\n\n" + "\n\n".join(body) + "\n"


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: flushing to a busy disk takes seconds."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of five documents, named as a user in the folder above would name it."""
    monkeypatch.chdir(tmp_path)
    folder = Path("docs")
    (folder / "sub").mkdir(parents=True)
    for number in range(4):
        (folder / f"{number}.md").write_text(_text(number, 1 + number))
    (folder / "sub" / "deep.txt").write_text("Check the fuse before the motor starts.")
    return folder


def _change(folder: Path) -> None:
    """Change one document, remove one, and add one so long that the mean length is another."""
    (folder / "1.md").write_text(_text(1, 2) + "\nThe belt makes noise.\n")
    (folder / "2.md").unlink()
    (folder / "new.md").write_text(_text(9, 8, words=45))


def _state(store: Path) -> dict[str, Any]:
    """Return all that a store is: points with payload and vectors, settings, catalogue."""
    with closing(open_store(Place(store))) as opened_store:
        assert isinstance(opened_store, EdgeStore)
        ids = [chunk.id for chunk in opened_store.chunks(Filter())]
        found = opened_store._shard.retrieve(ids, True, True)
        points = {
            str(point.id): (
                point.payload,
                point.vector.get("dense"),
                tuple(sorted(zip(*_sparse(point.vector["bm25"]), strict=True))),
            )
            for point in found
        }
        info = opened_store.info
    with Catalogue(catalogue_file(Place(store))) as catalogue:
        return {"points": points, "info": info, "catalogue": catalogue.entries()}


def _sparse(vector: Any) -> tuple[list[int], list[float]]:
    return vector.indices, vector.values


def _fresh(folder: Path, store: Path) -> dict[str, Any]:
    add(folder, store)
    return _state(store)


def test_every_chunk_is_there_with_its_vectors(docs: Path, tmp_path: Path) -> None:
    """Text and place as in the file, dense as embedded, weights by the mean over all chunks."""
    done = add(docs, tmp_path / "store")
    assert done.added == ("docs/0.md", "docs/1.md", "docs/2.md", "docs/3.md", "docs/sub/deep.txt")
    assert (done.failed, done.removed, done.replaced, done.unchanged) == ((), (), (), ())
    state = _state(tmp_path / "store")
    chunks = [Chunk.from_payload(payload) for payload, _, _ in state["points"].values()]
    assert len(chunks) == done.written > 5
    lengths = [length(chunk.indexed) for chunk in chunks]
    average = mean_length(sum(lengths), len(lengths))
    assert state["info"] == StoreInfo("hash@1", 8, average)
    for chunk in chunks:
        _, dense, sparse = state["points"][chunk.id]
        np.testing.assert_allclose(dense, HashEmbedder().embed_query(chunk.indexed), atol=1e-6)
        weights = document_terms(chunk.indexed, average)
        assert [index for index, _ in sparse] == list(weights.indices)
        np.testing.assert_allclose([v for _, v in sparse], weights.values, rtol=1e-6)
    listed = {entry.id: entry for entry in state["catalogue"]}
    assert listed["docs/3.md"].title == "Note 3"
    assert listed["docs/3.md"].kind == "markdown"
    assert sum(entry.chunks for entry in listed.values()) == len(chunks)


def test_what_is_unchanged_is_not_read_again(docs: Path, tmp_path: Path) -> None:
    """Nothing is embedded, nothing changes; a changed document is, where it changed."""
    first = _fresh(docs, tmp_path / "store")
    model = HashEmbedder()
    again = add(docs, tmp_path / "store", model)
    assert (again.written, len(again.unchanged), model.texts) == (0, 5, [])
    assert _state(tmp_path / "store") == first
    _change(docs)
    changed = add(docs, tmp_path / "store", model)
    assert changed.added == ("docs/new.md",)
    assert changed.replaced == ("docs/1.md",)
    assert changed.removed == ("docs/2.md",)
    assert not any("Note 3" in text for text in model.texts)
    assert _state(tmp_path / "store") == _fresh(docs, tmp_path / "other")


def test_the_mean_length_really_changes(docs: Path, tmp_path: Path) -> None:
    """Otherwise the tests around it would not see whether weights follow it."""
    before = _fresh(docs, tmp_path / "store")["info"].average_length
    _change(docs)
    assert _fresh(docs, tmp_path / "other")["info"].average_length != before


def _killed(docs: Path, store: Path, step: int) -> bool:
    """Add in another process that dies before its ``step``-th change; False if it came through."""
    run = subprocess.run([sys.executable, str(PROGRAM), str(docs.resolve()), str(store), str(step)])
    assert run.returncode in (0, -signal.SIGKILL)
    return run.returncode != 0


def _kill_and_resume(docs: Path, tmp_path: Path, steps: list[int]) -> int:
    """Kill an ingest of changes at each of ``steps``; return how many were reached."""
    add(docs, tmp_path / "before")
    _change(docs)
    wanted = _fresh(docs, tmp_path / "wanted")
    for number, step in enumerate(steps):
        store = tmp_path / f"store{step}"
        shutil.copytree(tmp_path / "before", store)
        if not _killed(docs, store, step):
            return number
        add(docs, store)
        assert _state(store) == wanted, f"killed before change {step}"
    return len(steps)


def test_killed_and_started_again(docs: Path, tmp_path: Path) -> None:
    """The same store as in one go, wherever SIGKILL came: here at four places."""
    assert _kill_and_resume(docs, tmp_path, [2, 5, 8, 11]) == 4


@pytest.mark.slow
def test_killed_at_every_change(docs: Path, tmp_path: Path) -> None:
    """Each change to store and catalogue is a place to die at."""
    assert 12 <= _kill_and_resume(docs, tmp_path, list(range(1, 100))) < 99


def test_killed_again_and_again(docs: Path, tmp_path: Path) -> None:
    """From nothing, one change further each time, without ever being let through; then it is."""
    store = tmp_path / "store"
    for step in (3, 5, 6):
        assert _killed(docs, store, step)
    add(docs, store)
    assert _state(store) == _fresh(docs, tmp_path / "wanted")


def test_killed_then_the_file_goes_back_or_goes(docs: Path, tmp_path: Path) -> None:
    """What the kill left of a version that is no more does not stay."""
    before = _fresh(docs, tmp_path / "before")
    kept = (docs / "3.md").read_text()
    for step in (3, 5, 7):
        store = tmp_path / f"store{step}"
        shutil.copytree(tmp_path / "before", store)
        (docs / "3.md").write_text(_text(33, 6))
        (docs / "passing.md").write_text(_text(34, 6))
        assert _killed(docs, store, step)
        (docs / "3.md").write_text(kept)
        (docs / "passing.md").unlink()
        add(docs, store)
        assert _state(store) == before, f"killed before change {step}"


@settings(max_examples=8, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from(["write", "remove", "add"])),
        max_size=8,
    )
)
def test_history_leaves_no_trace(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, str]]
) -> None:
    """Whatever was written, removed and added in between, the end is that of adding once."""
    folder = tmp_path_factory.mktemp("history") / "docs"
    folder.mkdir()
    model = HashEmbedder()
    first, second = _exact(model), _exact(model)
    for number, (name, what) in enumerate(steps):
        file = folder / f"{name}.md"
        if what == "write":
            file.write_text(_text(number, 1 + number))
        elif what == "remove":
            file.unlink(missing_ok=True)
        else:
            _add_to(first, folder, model)
    _add_to(first, folder, model)
    _add_to(second, folder, model)
    assert first[0].info == second[0].info
    assert {i: _plain(p) for i, p in first[0]._points.items()} == {
        i: _plain(p) for i, p in second[0]._points.items()
    }
    assert first[1].entries() == second[1].entries()
    for _, catalogue in (first, second):
        catalogue.__exit__(None, None, None)


def _exact(model: HashEmbedder) -> tuple[ExactStore, Catalogue]:
    return ExactStore(StoreInfo(model.name, model.dimensions, 1.0)), Catalogue(Path(":memory:"))


def _add_to(held: tuple[ExactStore, Catalogue], folder: Path, model: HashEmbedder) -> None:
    ingest(*held, model, find_sources([folder])[0], [folder])


def _plain(point: Any) -> tuple[Any, ...]:
    return point.chunk, point.dense.tolist(), point.sparse


def test_a_bad_file_is_named_and_the_rest_goes_on(docs: Path, tmp_path: Path) -> None:
    """What was there of it goes, for it says something else now; good again, it comes back."""
    store = tmp_path / "store"
    before = _fresh(docs, store)
    good = (docs / "1.md").read_bytes()
    (docs / "1.md").write_bytes(b"\x00\x01\x02" * 50)
    (docs / "empty.md").write_bytes(b"")
    (docs / "broken.pdf").write_bytes(b"%PDF-1.7 and nothing more")
    done = add(docs, store)
    assert [id for id, _ in done.failed] == ["docs/1.md", "docs/broken.pdf", "docs/empty.md"]
    assert all(reason and "\n" not in reason for _, reason in done.failed)
    assert len(done.unchanged) == 4
    with closing(open_store(Place(store))) as held:
        assert held.count(Filter(docs=("docs/1.md",))) == 0
    (docs / "1.md").write_bytes(good)
    (docs / "empty.md").unlink()
    (docs / "broken.pdf").unlink()
    assert add(docs, store).added == ("docs/1.md",)
    assert _state(store) == before


def test_a_crash_in_a_parser_is_a_bad_file(docs: Path, tmp_path: Path) -> None:
    """No document can stop the others, but Ctrl-C can."""
    sources, _ = find_sources([docs])

    def crash(_: object) -> Any:
        raise RecursionError("too\ndeep")

    sources[1] = replace(sources[1], read=crash)
    model = HashEmbedder()
    with opened(tmp_path / "store", model) as (store, catalogue):
        done = ingest(store, catalogue, model, sources)
        assert done.failed == (("docs/1.md", "cannot be read (RecursionError: too deep)"),)
        assert len(done.added) == 4

        def interrupt(_: object) -> Any:
            raise KeyboardInterrupt

        sources[1] = replace(sources[1], read=interrupt)
        with pytest.raises(KeyboardInterrupt):
            ingest(store, catalogue, model, sources)


def test_a_file_that_cannot_be_opened_keeps_its_document(docs: Path, tmp_path: Path) -> None:
    """It may be there again tomorrow, and nobody knows that it changed."""
    model = HashEmbedder()
    with opened(tmp_path / "store", model) as (store, catalogue):
        sources, _ = find_sources([docs])
        ingest(store, catalogue, model, sources, [docs])
        count = store.count(Filter())

        def deny() -> str:
            raise PermissionError(13, "Permission denied", "docs/1.md")

        sources[1] = replace(sources[1], digest=deny)
        done = ingest(store, catalogue, model, sources, [docs])
        assert "Permission denied" in done.failed[0][1]
        assert store.count(Filter()) == count


def test_only_what_vanished_from_an_added_folder_goes(
    docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Adding one file, or another folder, says nothing about the rest."""
    store = tmp_path / "store"
    add(docs, store)
    other = Path("other")
    other.mkdir()
    (other / "o.md").write_text(_text(50, 1))
    (docs / "0.md").unlink()
    (docs / "sub" / "deep.txt").unlink()
    assert add(other, store).removed == ()
    assert add(docs / "1.md", store).removed == ()
    assert add(docs / "sub", store).removed == ("docs/sub/deep.txt",)
    assert add(docs, store).removed == ("docs/0.md",)
    # Under another spelling of its path a file is another document, but not one more.
    monkeypatch.chdir(docs)
    assert add(Path("1.md"), store).removed == ("docs/1.md",)
    with closing(open_store(Place(store))) as held:
        assert {chunk.doc for chunk in held.chunks(Filter())} == {
            "1.md", "docs/2.md", "docs/3.md", "other/o.md",
        }  # fmt: skip


def test_a_store_made_with_another_embedder_is_refused(docs: Path, tmp_path: Path) -> None:
    """With both names; also one with vectors where none are given, and the other way round."""
    add(docs, tmp_path / "store")
    before = _state(tmp_path / "store")
    other = HashEmbedder()
    other.name = "hash@2"
    with pytest.raises(RetrievalError, match=r"hash@1, got hash@2.*another store"):
        add(docs, tmp_path / "store", other)
    place = Place(tmp_path / "store")
    with (
        Catalogue(catalogue_file(place)) as catalogue,
        pytest.raises(RetrievalError, match=r"hash@1, got none"),
    ):
        open_for_adding(place, catalogue, None)
    assert _state(tmp_path / "store") == before  # and it can be opened: nothing is left held


def test_without_an_embedder_words_are_indexed(docs: Path, tmp_path: Path) -> None:
    """BM25 alone: no vectors, chunks counted in words."""
    sources, _ = find_sources([docs])
    with opened(tmp_path / "store", None) as (store, catalogue):
        done = ingest(store, catalogue, None, sources)
        assert done.written == store.count(Filter())
        assert store.info.embedder == ""
        assert ingest(store, catalogue, None, sources).written == 0


def test_a_second_process_gets_one_clear_message(docs: Path, tmp_path: Path) -> None:
    """While the first holds the store; afterwards nothing is in the way."""
    add(docs, tmp_path / "store")
    code = (
        "import sys; from pathlib import Path; from graphtutor.errors import RetrievalError\n"
        "from graphtutor.retrieval.stores import Place, open_store\n"
        "try: open_store(Place(Path(sys.argv[1])), 0.2)\n"
        "except RetrievalError as problem: print(problem)"
    )
    with closing(open_store(Place(tmp_path / "store"))):
        run = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "store")], capture_output=True, text=True
        )
    assert "another process that holds it" in run.stdout
    assert len(run.stdout.splitlines()) == 1
    assert run.stderr == ""


def test_two_processes_can_begin_one_store_together(docs: Path, tmp_path: Path) -> None:
    """One makes it, the other waits, and both leave the same."""
    command = [sys.executable, str(PROGRAM), str(docs.resolve()), str(tmp_path / "store"), "0"]
    both = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert _state(tmp_path / "store") == _fresh(docs, tmp_path / "wanted")


def test_a_lost_catalogue_costs_nothing_but_reading(docs: Path, tmp_path: Path) -> None:
    """The store is asked what it holds; no chunk is embedded again."""
    before = _fresh(docs, tmp_path / "store")
    for file in (tmp_path / "store").glob("catalogue*"):
        file.unlink()
    model = HashEmbedder()
    done = add(docs, tmp_path / "store", model)
    assert (done.written, model.texts) == (0, [])
    assert len(done.replaced) == 5
    assert _state(tmp_path / "store") == before


def test_what_another_machine_wrote_is_replaced_not_doubled(docs: Path, tmp_path: Path) -> None:
    """Two catalogues, one store: each time the store ends as the documents are."""
    model = HashEmbedder()
    held = ExactStore(StoreInfo(model.name, model.dimensions, 1.0))
    with Catalogue(tmp_path / "a.sqlite") as one, Catalogue(tmp_path / "b.sqlite") as two:
        ingest(held, one, model, find_sources([docs])[0], [docs])
        first = {i: _plain(p) for i, p in held._points.items()}
        kept = (docs / "3.md").read_text()
        (docs / "3.md").write_text(_text(40, 4))
        assert "docs/3.md" in ingest(held, two, model, find_sources([docs])[0], [docs]).replaced
        (docs / "3.md").write_text(kept)
        ingest(held, one, model, find_sources([docs])[0], [docs])
        assert {i: _plain(p) for i, p in held._points.items()} == first


def test_removing_is_as_if_it_had_never_been(docs: Path, tmp_path: Path) -> None:
    """The weights of what stays follow too."""
    wanted = _fresh(docs, tmp_path / "wanted")
    (docs / "long.md").write_text(_text(9, 8, words=45))
    add(docs, tmp_path / "store")
    assert _state(tmp_path / "store")["info"] != wanted["info"]
    with opened(tmp_path / "store", HashEmbedder()) as (store, catalogue):
        remove(store, catalogue, ["docs/long.md"])
    assert _state(tmp_path / "store") == wanted


def test_a_graph_is_added_as_statements(tmp_path: Path) -> None:
    """One chunk an edge, with the ids of its entities; unchanged it is passed over."""
    source = graph_source("software_troubleshooting")
    with opened(tmp_path / "store", None) as (store, catalogue):
        done = ingest(store, catalogue, None, [source])
        chunks = list(store.chunks(Filter(kinds=("statement",))))
        assert len(chunks) == done.written > 100
        assert all(chunk.edge and set(chunk.entities) <= {*chunk.edge} for chunk in chunks)
        assert catalogue.entries()[0].kind == "graph"
        assert ingest(store, catalogue, None, [source]).unchanged == (source.id,)


def test_a_paper_is_read_from_where_it_was_loaded(docs: Path, tmp_path: Path) -> None:
    """Without a network, once it is there; with the title and the date that arXiv gives it."""
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "2512.11254.json").write_text('{"title": "On Pumps", "date": "2025-12-12"}')
    text = r"\documentclass{article}\begin{document}\section{Seals}Seals leak.\end{document}"
    (papers / "2512.11254.tex").write_text(text)
    paper = paper_source("arxiv:2512.11254", papers)
    with opened(tmp_path / "store", None) as (store, catalogue):
        assert ingest(store, catalogue, None, [paper]).added == ("arxiv:2512.11254",)
        [chunk] = store.chunks(Filter())
        assert (chunk.title, chunk.date) == ("On Pumps", "2025-12-12")
        # It belongs to no folder, so adding a folder does not take it away.
        sources, _ = find_sources([docs])
        assert ingest(store, catalogue, None, sources, [docs, tmp_path]).removed == ()
        assert ingest(store, catalogue, None, [paper]).unchanged == ("arxiv:2512.11254",)


def test_a_paper_out_of_reach_is_named(
    docs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the rest goes on."""

    def refuse(*_: object) -> Any:
        raise RetrievalError("arxiv:2512.11254", wanted="an answer of arXiv", got="no network")

    monkeypatch.setattr(sources_module, "fetch_arxiv", refuse)
    papers = [paper_source("arxiv:2512.11254", tmp_path), *find_sources([docs])[0]]
    with opened(tmp_path / "store", None) as (store, catalogue):
        done = ingest(store, catalogue, None, papers)
    assert done.failed == (("arxiv:2512.11254", "wanted an answer of arXiv, got no network"),)
    assert len(done.added) == 5


def test_a_statement_beyond_the_window_is_a_bad_document(docs: Path, tmp_path: Path) -> None:
    """Not one that is cut, and not the end of the whole."""
    sources, _ = find_sources([docs])
    read = sources[0].read

    def too_long(cut: Any) -> Any:
        document, chunks = read(cut)
        return document, [replace(chunks[0], text="pump " * 80)]

    sources[0] = replace(sources[0], read=too_long)
    model = HashEmbedder()
    with opened(tmp_path / "store", model) as (store, catalogue):
        done = ingest(store, catalogue, model, sources)
    assert len(done.added) == 4
    assert "at most 60 tokens" in done.failed[0][1]


def test_progress_counts_documents_and_tells_chunks(docs: Path, tmp_path: Path) -> None:
    """Each document once, whatever became of it."""
    (docs / "empty.md").write_bytes(b"")
    told: list[tuple[int, str]] = []
    model = HashEmbedder()
    with opened(tmp_path / "store", model) as (store, catalogue):
        sources, _ = find_sources([docs])
        done = ingest(store, catalogue, model, sources, advance=lambda *a: told.append(a))
    assert sum(count for count, _ in told) == 6
    assert told[-1][1] == f"{done.written} chunks"


def test_memory_is_bounded_by_batches(docs: Path, tmp_path: Path) -> None:
    """However large a document: no more than a batch is embedded or written at once."""
    (docs / "large.md").write_text(_text(60, 200))
    sizes: list[int] = []
    model = HashEmbedder()
    embed: Callable[..., Any] = model.embed
    model.embed = lambda texts, on_done=None: sizes.append(len(texts)) or embed(texts)
    add(docs, tmp_path / "store", model)
    assert max(sizes) == 4
    assert sum(sizes) > 200


def test_catalogue_keeps_entries_in_order(tmp_path: Path) -> None:
    """As they were put, by id; a file that is none of ours is refused."""
    entry = Entry("b", "/b", "1", "2", "Title", "pdf", "2026-01-01", 3, 4, 5, "6", ("no page 2",))
    with Catalogue(tmp_path / "c.sqlite") as catalogue:
        catalogue.put(entry)
        catalogue.put(Entry("a", chunks=7, terms=1))
        assert catalogue.get("b") == entry
        assert [found.id for found in catalogue.entries()] == ["a", "b"]
        assert catalogue.totals() == (11, 6)
        catalogue.drop("a")
        catalogue.unsettled = True
    with Catalogue(tmp_path / "c.sqlite") as catalogue:
        assert catalogue.entries() == [entry]
        assert catalogue.unsettled
        catalogue.unsettled = False
        assert not catalogue.unsettled
    (tmp_path / "bad.sqlite").write_bytes(b"nonsense" * 500)
    with pytest.raises(RetrievalError, match=r"bad\.sqlite: wanted the catalogue of a store"):
        Catalogue(tmp_path / "bad.sqlite")
