"""A store of documents on the web: what it holds, and questions to it, one at a time.

The store is open only while a question is answered, for another process may want to add to it. Its
embedding model and its graph are loaded once and kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from graphtutor.errors import GraphtutorError
from graphtutor.retrieval.asking import GraphSource
from graphtutor.retrieval.assemble import entries_of, info_of, make_asker
from graphtutor.retrieval.catalogue import Entry
from graphtutor.retrieval.embedder import Embedder
from graphtutor.retrieval.embeddings import embedder_of, installed
from graphtutor.retrieval.linking import Linker
from graphtutor.retrieval.search import Mode, Searcher
from graphtutor.retrieval.store import Filter, StoreHeldError, StoreInfo
from graphtutor.retrieval.stores import Place, open_store, store_exists
from graphtutor.tasks.wording import phrase_of
from graphtutor.web.cited import AnswerView, Label, view_of
from graphtutor.web.desk import Desk, Say
from graphtutor.web.problem import BadRequest, NotFound, WebError
from graphtutor.web.rates import ApiRecord
from graphtutor.web.sample_questions import sample_questions
from graphtutor.web.values import text

__all__ = ["AskedDocuments", "DocumentList", "Library", "Overview"]

_WAIT: Final = 2.0
"""Seconds to wait for another process that holds the store."""
_QUIET: Final = 300.0
"""Seconds that an embedding model may take to load: its library alone is large, and says nothing
on the way."""
_MOST_DOCUMENTS: Final = 2_000
_GRAPH: Final = "graph:"
_INSTALL: Final = "pip install 'graphtutor[embeddings]' for search by meaning"

Result = TypeVar("Result")
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class AskedDocuments(BaseModel):
    """The body of a question; ``docs`` are the ids of the only documents to answer from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: Words
    mode: Mode | None = None
    limit: int = Field(default=8, ge=1, le=20)
    docs: tuple[Annotated[str, StringConstraints(max_length=1000)], ...] = Field(
        default=(), max_length=20
    )


class Overview(ApiRecord):
    """What the store is; not ``there`` where there is none.

    ``modes`` are the ways to search it here, the default first. ``doing`` is what the work at hand
    said of itself, empty while nothing is asked; ``waiting`` questions stand behind it.
    """

    there: bool
    name: str = ""
    documents: int = 0
    chunks: int = 0
    embedder: str = ""
    modes: tuple[Mode, ...] = ()
    graph: str = ""
    note: str = ""
    examples: tuple[str, ...] = ()
    doing: str = ""
    waiting: int = 0


class DocumentView(ApiRecord):
    """A document; ``notes`` says what could not be read of it."""

    id: str
    title: str
    kind: str
    date: str
    pages: int
    chunks: int
    notes: tuple[str, ...]


class DocumentList(ApiRecord):
    """The first documents of ``total``."""

    total: int
    documents: tuple[DocumentView, ...]


class StoreTrouble(WebError):
    """A store, a model or a graph that cannot be used now."""

    status = 503


class Held(StoreTrouble):
    """A store that another process holds."""

    status = 409


class Library:
    """The documents of one store. Its methods may be called from any thread."""

    def __init__(
        self, place: Place, embedder: str = "", quiet_seconds: float = _QUIET, wait: float = _WAIT
    ) -> None:
        """Open nothing yet; ``embedder`` names the store's model where that is a folder."""
        self._place, self._embedder, self._wait = place, embedder, wait
        self._desk = Desk("questions to documents", quiet_seconds=quiet_seconds)
        self._models: dict[str, Embedder | None] = {}
        self._graphs: dict[tuple[str, str], GraphSource] = {}

    @property
    def there(self) -> bool:
        """Whether there is a store. Raises StoreTrouble where its server does not answer."""
        return self._guarded(lambda: store_exists(self._place))

    def overview(self) -> Overview:
        """Return what the store is, without waiting for questions under way."""
        if not self.there:
            return Overview(there=False)
        info, entries = self._guarded(lambda: info_of(self._place)), self._entries()
        modes = _modes(info)
        behind = bool(info.embedder) and modes == ("bm25",)
        place = self._place
        return Overview(
            there=True,
            name=text(place.collection if place.url else place.folder.resolve().name) or "",
            documents=len(entries),
            chunks=sum(entry.chunks for entry in entries),
            embedder=text(info.embedder.partition("@")[0]) or "",
            modes=modes,
            graph=next((e.title or e.id for e in entries if e.kind == "graph"), ""),
            note=f"Searched by words alone: {_INSTALL}" if behind else "",
            examples=sample_questions(entries),
            doing=self._desk.doing,
            waiting=self._desk.waiting,
        )

    def documents(self) -> DocumentList:
        """Return the documents. Raises NotFound without a store."""
        self._require()
        entries = self._entries()
        shown = (
            DocumentView(
                id=text(entry.id) or "",
                title=text(entry.title) or "",
                kind=entry.kind,
                date=entry.date,
                pages=entry.pages,
                chunks=entry.chunks,
                notes=entry.notes,
            )
            for entry in entries[:_MOST_DOCUMENTS]
        )
        return DocumentList(total=len(entries), documents=tuple(shown))

    def ask(self, asked: AskedDocuments) -> AnswerView:
        """Answer a question from the store.

        Raises NotFound without a store or a named document, BadRequest for a mode that it has not,
        Held while another process holds it, Busy, Stuck, and StoreTrouble for all else.
        """
        self._require()
        entries = self._entries()
        unknown = {*asked.docs} - {entry.id for entry in entries}
        if unknown:
            raise NotFound("docs", wanted="documents of the store", got=repr(min(unknown))[:80])
        return self._desk.do(lambda say: self._guarded(lambda: self._answer(asked, entries, say)))

    def _require(self) -> None:
        if not self.there:
            raise NotFound(
                "documents",
                wanted="a store",
                got="none",
                remedy="make one with 'graphtutor rag add FILE', or name it with --store",
            )

    def _entries(self) -> list[Entry]:
        return self._guarded(lambda: entries_of(self._place, self._wait))

    def _answer(self, asked: AskedDocuments, entries: Sequence[Entry], say: Say) -> AnswerView:
        began = time.monotonic()
        info = info_of(self._place)
        modes = _modes(info)
        mode = asked.mode or modes[0]
        if mode not in modes:
            raise BadRequest("mode", wanted=f"one of {', '.join(modes)}", got=mode)
        model = self._model(info, say) if mode != "bm25" else None
        graph, notes = self._graph(entries, asked.docs, say)
        say("answering")
        with closing(open_store(self._place, self._wait)) as store:
            searcher = Searcher(store, model, mode)
            asker = make_asker(searcher, Filter(docs=asked.docs), graph, asked.limit)
            answer = asker.ask(asked.question)
        return view_of(answer, mode, notes, time.monotonic() - began, _label(graph))

    def _model(self, info: StoreInfo, say: Say) -> Embedder | None:
        if info.embedder not in self._models:
            say("loading the embedding model")
            self._models = {info.embedder: embedder_of(info, str(self._place), self._embedder)}
        return self._models[info.embedder]

    def _graph(
        self, entries: Sequence[Entry], docs: Sequence[str], say: Say
    ) -> tuple[GraphSource | None, list[str]]:
        """Return the first graph of the store that ``docs`` let pass, and why there is none."""
        entry = next((e for e in entries if e.kind == "graph" and (not docs or e.id in docs)), None)
        if entry is None:
            return None, []
        name, key = entry.id.removeprefix(_GRAPH), (entry.id, entry.sha256)
        if key not in self._graphs:
            say("reading the graph")
            from graphtutor.graph.load import load_graph

            try:
                graph = load_graph(name)
            except GraphtutorError as problem:
                return None, [f"answered without paths of the graph {name}: {problem}"]
            if entry.sha256 not in ("", graph.digest):
                changed = "it is another one than was added; add it again"
                return None, [f"answered without paths of the graph {name}: {changed}"]
            self._graphs = {key: GraphSource(Linker(graph), name)}
        return self._graphs[key], []

    def _guarded(self, call: Callable[[], Result]) -> Result:
        """Call what reads the store; its errors get their status and lose the folders' path."""
        try:
            return call()
        except WebError:
            raise
        except GraphtutorError as problem:
            kind = Held if isinstance(problem, StoreHeldError) else StoreTrouble
            path, name = str(self._place.folder), self._place.folder.resolve().name
            where, got, remedy = (
                part.replace(path, name) for part in (problem.where, problem.got, problem.remedy)
            )
            raise kind(where, wanted=problem.wanted, got=got, remedy=remedy) from problem


def _modes(info: StoreInfo) -> tuple[Mode, ...]:
    if info.embedder and installed(info.embedder):
        return ("hybrid", "dense", "bm25")
    return ("bm25",)


def _label(graph: GraphSource | None) -> Label:
    if graph is None:
        return str
    known = graph.linker.graph
    names = {entity.id: entity.label or entity.id for entity in known.entities}
    phrases = {relation.id: phrase_of(relation) for relation in known.relations}
    return lambda id: names.get(id) or phrases.get(id, id)
