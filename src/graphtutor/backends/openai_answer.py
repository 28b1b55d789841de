"""What a server sends back: an answer with its choices, a list of models, or a message of refusal.

Nothing here trusts the server: what does not have the documented shape is :class:`Malformed`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final, cast

__all__ = ["Answer", "Choice", "Malformed", "error_text", "model_names", "parse_answer", "shorten"]

_SHOWN: Final = 240
"""Characters of a server's message that an error shows."""
_ABANDONED: Final = {"abort", "aborted", "cancelled", "error"}
"""Reasons to finish that mean: the server gave this completion up halfway."""


class Malformed(ValueError):
    """A body that is not what the protocol says."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One completion; ``cut`` if the length limit ended it."""

    text: str
    cut: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """The choices of one answer, at least one, and the server's token counts if it gave them."""

    choices: tuple[Choice, ...]
    prompt_tokens: int | None
    completion_tokens: int | None

    def shares(self) -> list[int]:
        """Return tokens per choice: the sum divided evenly, for servers give the sum alone.

        All are 0, for unknown, where the server gave no count.

        >>> Answer((Choice("a", False), Choice("b", False)), 9, 5).shares()
        [3, 2]
        """
        each, rest = divmod(self.completion_tokens or 0, len(self.choices))
        return [each + (k < rest) for k in range(len(self.choices))]


def parse_answer(body: bytes, *, chat: bool) -> Answer:
    """Read the answer of /chat/completions (``chat``) or /completions. Raises Malformed.

    >>> parse_answer(b'{"choices": [{"text": "yes", "finish_reason": "length"}]}', chat=False)
    Answer(choices=(Choice(text='yes', cut=True),), prompt_tokens=None, completion_tokens=None)
    """
    whole = _mapping(_loads(body))
    choices = whole.get("choices")
    if not isinstance(choices, list) or not choices:
        # Some gateways report an error under status 200.
        said = f": {error_text(body)}" if "error" in whole else ""
        raise Malformed(f"an answer without choices{said}")
    read = tuple(_choice(_mapping(choice), chat) for choice in cast("list[Any]", choices))
    usage = _mapping(whole.get("usage"))
    # llama-server, which alone sends timings, counts the tokens of the first choice only.
    partial = len(read) > 1 and "timings" in whole
    written = None if partial else _count(usage.get("completion_tokens"))
    return Answer(read, _count(usage.get("prompt_tokens")), written)


def model_names(body: bytes) -> tuple[str, ...]:
    """Return the names in the answer of /models; none where it is not a list of models.

    >>> model_names(b'{"data": [{"id": "qwen"}, {"id": "smol"}]}')
    ('qwen', 'smol')
    >>> model_names(b"<html>")
    ()
    """
    try:
        data = _mapping(_loads(body)).get("data")
    except Malformed:
        return ()
    names = [_mapping(entry).get("id") for entry in _list(data)]
    return tuple(name for name in names if isinstance(name, str))


def error_text(body: bytes) -> str:
    """Return the message of an error answer, whole; its body where there is none.

    >>> error_text(b'{"error": {"message": "no such model", "code": 404}}')
    'no such model'
    >>> error_text(b'{"detail": [{"loc": ["n"], "msg": "must be 1"}]}')
    'must be 1'
    >>> error_text(b"Bad Gateway")
    'Bad Gateway'
    """
    try:
        said = _said(_loads(body))
    except Malformed:
        said = ""
    return said or body.decode("utf-8", "replace")


def shorten(text: str) -> str:
    r"""Return ``text`` on one line, cut to what an error message can show.

    >>> shorten(" two\n lines "), shorten(" ")
    ('two lines', 'no message')
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return (line if len(line) <= _SHOWN else line[: _SHOWN - 3] + "...") or "no message"


def _said(value: object) -> str:
    """Find the message in the shapes that servers give it."""
    if isinstance(value, str):
        return value
    for entry in _list(value)[:1]:
        return _said(entry)
    found = _mapping(value)
    for key in ("error", "message", "detail", "msg"):
        if found.get(key):
            return _said(found[key])
    return ""


def _choice(choice: dict[str, Any], chat: bool) -> Choice:
    if chat:
        message = choice.get("message")
        if not isinstance(message, dict) or "content" not in message:
            raise Malformed("a choice without message.content")
        # Servers write null for a message without text, such as reasoning alone.
        text = cast("dict[str, Any]", message)["content"]
        text = "" if text is None else text
    else:
        text = choice.get("text")
    if not isinstance(text, str):
        raise Malformed("a choice without text")
    reason = choice.get("finish_reason")
    if reason in _ABANDONED:
        raise Malformed(f"a choice given up by the server (finish_reason {reason})")
    # JSON can hold half of a surrogate pair, which no file could.
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return Choice(text, reason == "length")


def _loads(body: bytes) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Malformed(f"no JSON but {body.decode('utf-8', 'replace')!r}") from None


def _mapping(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _count(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        return None
    return value
