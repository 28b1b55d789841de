"""How the app answers: records as JSON, errors in four parts, each with its real status."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from graphtutor.errors import GraphtutorError
from graphtutor.web.problem import error_body

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["add_get", "error_reply", "json_reply", "text_reply"]


def add_get(app: FastAPI, path: str, endpoint: Callable[..., Any]) -> None:
    """Answer GET and HEAD at ``path``."""
    app.add_api_route(path, endpoint, methods=["GET", "HEAD"])


def json_reply(record: BaseModel, status: int = 200) -> Any:
    """Return the answer that carries ``record``."""
    return text_reply(record.model_dump_json(), status)


def error_reply(problem: GraphtutorError, status: int) -> Any:
    """Return the answer that says what went wrong."""
    return text_reply(json.dumps(error_body(problem)), status)


def text_reply(json_text: str, status: int = 200) -> Any:
    """Return the answer that carries JSON as it is."""
    from fastapi import Response

    return Response(json_text, status, media_type="application/json")
