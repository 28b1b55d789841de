"""The addresses of questions to documents. Without a store they say so; the page hides its tab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphtutor.web.library import AskedDocuments, Library, Overview
from graphtutor.web.problem import NotFound
from graphtutor.web.replies import add_get, json_reply

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["add_library"]


def add_library(app: FastAPI, library: Library | None) -> None:
    """Add the addresses below ``/api/retrieval``; None where the server was told of no store."""

    def overview() -> Any:
        return json_reply(library.overview() if library else Overview(there=False))

    def documents() -> Any:
        return json_reply(_there(library).documents())

    def ask(asked: AskedDocuments) -> Any:
        return json_reply(_there(library).ask(asked))

    add_get(app, "/api/retrieval", overview)
    add_get(app, "/api/retrieval/documents", documents)
    app.add_api_route("/api/retrieval/ask", ask, methods=["POST"])


def _there(library: Library | None) -> Library:
    if library is None:
        raise NotFound("documents", wanted="a store", got="none")
    return library
