"""Embeddings from an OpenAI-compatible server, ``POST /v1/embeddings``, named openai:MODEL.

The environment says the rest:

| variable | holds |
|---|---|
| OPENAI_BASE_URL | address of the server; https://api.openai.com/v1 unless set |
| OPENAI_API_KEY | the key, where the server asks for one |
| EMBEDDING_BUDGET | tokens that one command may use at most; 10,000,000 unless set |
| EMBEDDING_CACHE | file of vectors that were paid for; in the user's cache folder unless set |

Requests are made one after another, each of many texts. What has come is kept in the cache at
once. There is no tokenizer of these models without a network: tokens are estimated, in English on
the high side, and what is too long by that is refused. A server cannot be asked for a digest of its
weights, so the name of the model has to do.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.backends.openai_client import Access, check_urls, read_key
from graphtutor.errors import BackendError, RetrievalError
from graphtutor.io.pacing import Pacing
from graphtutor.retrieval.embedding_cache import VectorCache, vector_key
from graphtutor.retrieval.embedding_request import Reply, Server

if TYPE_CHECKING:
    import httpx

__all__ = ["OpenAIEmbedder", "estimated_spans", "load_openai"]

_KNOWN: Final = {
    "text-embedding-3-small": (1536, 8191),
    "text-embedding-3-large": (3072, 8191),
    "text-embedding-ada-002": (1536, 8191),
}
"""Dimensions and window of OpenAI's own models."""
_WINDOW: Final = 512
"""The window of other models: what nearly all have, and some servers cut without a word."""
_BASE_URL: Final = "https://api.openai.com/v1"
_KEY: Final = "OPENAI_API_KEY"
_BUDGET: Final = 10_000_000
_SECONDS: Final = 120.0
"""Longest time for one request."""
_MOST_TEXTS: Final = 128
_MOST_TOKENS: Final = 100_000
"""Texts and estimated tokens of one request; OpenAI takes 2,048 and 300,000."""
_HERE: Final = ("localhost", "127.0.0.1", "[::1]")

_PIECES: Final = re.compile(r"[A-Za-z]{1,4}|[0-9]{1,3}|\n+|[^\s]")


def estimated_spans(text: str) -> list[tuple[int, int]]:
    """Return spans that stand for tokens, in English somewhat more of them than there are.

    Four letters, three digits or one other sign are a token, a sign beyond Latin, Greek, Cyrillic
    and their like two. English has about 1.3 tokens a word, and 1.5 by this count.

    >>> estimated_spans("overheating at 80 C")
    [(0, 4), (4, 8), (8, 11), (12, 14), (15, 17), (18, 19)]
    """
    found: list[tuple[int, int]] = []
    for piece in _PIECES.finditer(text):
        found += [piece.span()] * (2 if piece[0] > "\u07ff" else 1)
    return found


class OpenAIEmbedder:
    """A model behind a server; see :class:`graphtutor.retrieval.embedder.Embedder`.

    ``used`` counts the tokens so far: the server's counts where it gives them, else estimates.
    """

    def __init__(self, server: Server, cache: VectorCache, budget: int) -> None:
        """Take where to ask; ``dimensions`` is 0 until the first vector tells, if need be."""
        self.name = f"openai:{server.model}"
        self.used = 0
        self._server, self._cache, self._budget = server, cache, budget
        self.dimensions, self.window = _KNOWN.get(server.model, (0, _WINDOW))

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return estimated tokens; see :func:`estimated_spans`."""
        return estimated_spans(text)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Return the unit vector of a question, shape (dimensions,); raises as :meth:`embed`."""
        return self.embed([text])[0]

    def embed(
        self, texts: Sequence[str], on_done: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Return unit vectors, shape (texts, dimensions), from the cache or the server.

        ``on_done`` is told how many texts have been embedded since it was last called. Raises
        RetrievalError for a text beyond the window, for a budget that would be exceeded, and for
        what the server does not give.
        """
        sizes = {text: self._size(text) for text in dict.fromkeys(texts)}
        keys = {text: self._key(text) for text in sizes}
        known = self._cache.find(list(keys.values()))
        vectors = {text: known[keys[text]] for text in sizes if keys[text] in known}
        for vector in vectors.values():
            self._check_dimensions(len(vector))
        if on_done and vectors:
            on_done(sum(text in vectors for text in texts))
        missing = [text for text in sizes if text not in vectors]
        if missing:
            with _open_client(self._server.access) as client:
                for batch in _batches(missing, sizes):
                    fresh = self._fetch(client, batch, sum(sizes[text] for text in batch))
                    self._cache.keep({keys[text]: fresh[text] for text in batch})
                    vectors |= fresh
                    if on_done:
                        on_done(sum(text in fresh for text in texts))
        found = [vectors[text] for text in texts]
        return np.stack(found) if found else np.empty((0, self.dimensions), np.float32)

    def _key(self, text: str) -> str:
        return vector_key(f"{self._server.url} {self._server.model}", text)

    def _size(self, text: str) -> int:
        size = len(estimated_spans(text))
        if size > self.window:
            raise RetrievalError(
                f"embedding model {self.name}",
                wanted=f"texts of at most {self.window} tokens",
                got=f"one of about {size}: {text[:60]!r}...",
                remedy="cut it into shorter pieces",
            )
        if not text.strip():
            raise RetrievalError(
                f"embedding model {self.name}", wanted="texts with words", got="an empty one"
            )
        return size

    def _fetch(
        self, client: httpx.Client, texts: Sequence[str], size: int
    ) -> dict[str, NDArray[np.float32]]:
        """Ask for a batch whose tokens are estimated at ``size``, within the budget."""
        if self.used + size > self._budget:
            raise RetrievalError(
                f"embedding model {self.name}",
                wanted=f"at most {self._budget} tokens, as EMBEDDING_BUDGET says",
                got=f"{self.used} used and about {size} for the next request",
                remedy="raise EMBEDDING_BUDGET; what has been paid for is kept and not asked again",
            )
        reply: Reply = self._server.ask(client, texts)
        self.used += (size if reply.tokens is None else reply.tokens) + reply.lost * size
        self._check_dimensions(reply.vectors.shape[1])
        unit = reply.vectors / np.linalg.norm(reply.vectors, axis=1, keepdims=True)
        return dict(zip(texts, unit.astype(np.float32), strict=True))

    def _check_dimensions(self, found: int) -> None:
        if self.dimensions not in (0, found):
            raise RetrievalError(
                f"embedding model {self.name}",
                wanted=f"vectors of {self.dimensions} dimensions",
                got=f"{found}",
                remedy="check that the server serves the model that it was asked for",
            )
        self.dimensions = found


def load_openai(model: str, pacing: Pacing | None = None) -> OpenAIEmbedder:
    """Return the model ``model`` of the server that the environment names.

    Of models that are not OpenAI's own the dimensions are asked for.

    Raises RetrievalError where a variable cannot be used, the HTTP library is missing, or the
    server does not answer, and BackendError for a key that cannot stand in a header.
    """
    try:
        import httpx as _  # noqa: F401
    except ImportError as problem:
        raise RetrievalError(
            f"embedding model openai:{model}",
            wanted="the package httpx",
            got=str(problem),
            remedy="pip install 'graphtutor[openai]'",
        ) from None
    try:
        [url] = check_urls([os.environ.get("OPENAI_BASE_URL") or _BASE_URL])
    except BackendError as problem:
        raise RetrievalError(
            "environment variable OPENAI_BASE_URL",
            wanted=problem.wanted,
            got=problem.got,
            remedy=f"a key belongs into {_KEY}",
        ) from None
    access = Access(read_key(_KEY), _KEY, _SECONDS)
    cache = VectorCache(_cache_file())
    server = Server(url, model, access, pacing or Pacing())
    embedder = OpenAIEmbedder(server, cache, _read_budget())
    if not embedder.dimensions:
        embedder.embed(["dimensions"])
    return embedder


def _cache_file() -> Path:
    named = os.environ.get("EMBEDDING_CACHE")
    if named:
        return Path(named)
    folder = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(folder) / "graphtutor" / "embeddings.sqlite"


def _read_budget() -> int:
    said = os.environ.get("EMBEDDING_BUDGET", "").strip()
    if said and not (said.isascii() and said.isdigit()):
        raise RetrievalError(
            "environment variable EMBEDDING_BUDGET", wanted="a number of tokens", got=repr(said)
        )
    return int(said) if said else _BUDGET


def _open_client(access: Access) -> httpx.Client:
    """Return a client that follows no redirect and asks this machine through no proxy."""
    import httpx

    return httpx.Client(
        headers={"Authorization": f"Bearer {access.key}"} if access.key else {},
        timeout=httpx.Timeout(access.seconds, connect=min(access.seconds, 10.0)),
        mounts={f"all://{host}": None for host in _HERE},
    )


def _batches(texts: Sequence[str], sizes: dict[str, int]) -> Iterator[list[str]]:
    """Yield runs of texts as large as a request may be."""
    batch: list[str] = []
    tokens = 0
    for text in texts:
        if batch and (len(batch) == _MOST_TEXTS or tokens + sizes[text] > _MOST_TOKENS):
            yield batch
            batch, tokens = [], 0
        batch.append(text)
        tokens += sizes[text]
    if batch:
        yield batch
