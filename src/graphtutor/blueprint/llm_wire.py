"""What goes over the wire: the body of a request, and the reply in the body of an answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, cast

from graphtutor.blueprint.llm_question import Reply, Request

__all__ = ["Dialect", "MalformedError", "error_text", "parse_reply", "payload"]


class MalformedError(ValueError):
    """An answer that is not what the protocol says."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What a server takes: a JSON Schema to keep to, and the name of the limit of tokens."""

    schema: bool = True
    limit: str = "max_tokens"

    def after(self, said: str) -> Dialect:
        """Return what to try after a server has refused a request and ``said`` why.

        >>> Dialect().after("Use 'max_completion_tokens' instead").limit
        'max_completion_tokens'
        >>> Dialect().after("response_format is unknown").schema
        False
        """
        if "max_completion_tokens" in said and self.limit == "max_tokens":
            return replace(self, limit="max_completion_tokens")
        return replace(self, schema=False)


def payload(request: Request, dialect: Dialect) -> dict[str, Any]:
    """Return the body of a request to /chat/completions. The server's own temperature applies."""
    body: dict[str, Any] = {
        "model": request.model,
        "messages": list(request.messages),
        dialect.limit: request.max_tokens,
    }
    if dialect.schema:
        named = {"name": "blueprint", "strict": True, "schema": request.schema}
        body["response_format"] = {"type": "json_schema", "json_schema": named}
    return body


def parse_reply(body: bytes) -> Reply:
    """Return the first choice of an answer. Raises MalformedError.

    >>> parse_reply(b'{"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]}')
    Reply(text='{}', refusal='', finish='stop', tokens=None)
    """
    whole = _mapping(_loads(body))
    choices = whole.get("choices")
    if not isinstance(choices, list) or not choices:
        raise MalformedError(f"an answer without choices: {error_text(body)}")
    choice = _mapping(cast("list[object]", choices)[0])
    message = _mapping(choice.get("message"))
    if not message:
        raise MalformedError("a choice without message")
    text, refusal = (_text(message.get(key)) for key in ("content", "refusal"))
    usage = _mapping(whole.get("usage"))
    sent, written = (_count(usage.get(f"{kind}_tokens")) for kind in ("prompt", "completion"))
    tokens = None if sent is None or written is None else (sent, written)
    finish = _text(choice.get("finish_reason"))
    return Reply(text=text, refusal=refusal, finish=finish, tokens=tokens)


def error_text(body: bytes) -> str:
    """Return the message of an error, one line of at most 240 characters.

    >>> error_text(b'{"error": {"message": "no such model"}}')
    'no such model'
    """
    try:
        said = _said(_loads(body))
    except MalformedError:
        said = ""
    text = said or body.decode("utf-8", "replace")
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return (line if len(line) <= 240 else f"{line[:237]}...") or "no message"


def _said(value: object) -> str:
    if isinstance(value, str):
        return value
    found = _mapping(value)
    return next((_said(found[key]) for key in ("error", "message", "detail") if found.get(key)), "")


def _loads(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedError("an answer that is no JSON") from None


def _mapping(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _text(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise MalformedError("a message whose content is no text")
    # JSON can hold half of a surrogate pair, which no file could.
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return value
