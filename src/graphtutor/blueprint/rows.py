r"""Supervised chat data as people have it, read into one form: a question and its answer.

A file holds one JSON object a line, or one JSON array of objects. Each row is one of these, told by
its keys; a file may mix them:

    {"messages": [{"role": "system", ...}, {"role": "user", ...}, {"role": "assistant", ...}]}
    {"prompt": ..., "response": ...}              also "completion" for "response"
    {"instruction": ..., "input": ..., "output": ...}        "input" may be empty or left out
    {"question": ..., "answer": ...}

The system message is optional: the first of ``messages``, or the key ``system``.

>>> row = as_row({"instruction": "Add.", "input": "2 and 3", "output": "5"}, "sums.jsonl line 1")
>>> row.user, row.assistant
('Add.\n\n2 and 3', '5')
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, cast

from graphtutor.errors import TaskError

__all__ = ["ChatRow", "as_row", "iter_rows"]

_PAIRS: Final = (
    ("prompt", "response"),
    ("prompt", "completion"),
    ("instruction", "output"),
    ("question", "answer"),
)
_WANTED: Final = "messages, or " + ", ".join(" and ".join(pair) for pair in _PAIRS)
_ROLES: Final = (("user", "assistant"), ("system", "user", "assistant"))


@dataclass(frozen=True, slots=True)
class ChatRow:
    """One question and its answer; ``system`` may be empty.

    ``meta`` is the row's own object of that name, so that expanded files come back with what each
    example was made from; empty where a row has none.
    """

    system: str
    user: str
    assistant: str
    meta: Mapping[str, Any]


def iter_rows(path: Path) -> Iterator[ChatRow]:
    """Yield the rows of ``path`` in order; JSONL is read line by line, an array as a whole.

    Blank lines are skipped. Raises TaskError with the file and the line, or the number of the row
    in an array: for what is not JSON or UTF-8, has none of the kinds of keys, has an empty question
    or answer, or more than one question. A file without rows is refused as well.
    """
    count = 0
    for where, text in _objects(path):
        count += 1
        yield as_row(text, where)
    if not count:
        raise TaskError(str(path), wanted="at least one row", got="an empty file")


def as_row(value: object, where: str) -> ChatRow:
    """Return the row that a JSON object stands for; ``where`` names it in a TaskError."""
    if not isinstance(value, dict):
        raise TaskError(where, wanted="a JSON object", got=_kind(value))
    row = cast("dict[str, Any]", value)
    system = _text(row, "system", where) if row.get("system") is not None else ""
    meta = row.get("meta")
    if "messages" in row:
        first, user, assistant = _conversation(row["messages"], where)
        if first and system:
            raise TaskError(where, wanted="one system message", got="one in messages and a key")
        system = first or system
    else:
        user, assistant = _pair(row, where)
    held = cast("dict[str, Any]", meta) if isinstance(meta, dict) else {}
    return ChatRow(system, user, assistant, MappingProxyType(held))


def _objects(path: Path) -> Iterator[tuple[str, object]]:
    """Yield each row's place and value."""
    try:
        with path.open("rb") as stream:
            head = stream.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
            stream.seek(0)
            if head.startswith(b"["):
                rows = cast("list[object]", _parsed(stream.read(), str(path)))
                yield from ((f"{path} row {number}", row) for number, row in enumerate(rows, 1))
                return
            for number, line in enumerate(stream, 1):
                if line.strip():
                    where = f"{path} line {number}"
                    yield where, _parsed(line, where)
    except OSError as problem:
        raise TaskError(
            str(path), wanted="a readable file of chat data", got=problem.strerror or str(problem)
        ) from None


def _parsed(data: bytes, where: str) -> object:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise TaskError(
            where, wanted="UTF-8 text", got=f"{problem.reason} at byte {problem.start}"
        ) from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise TaskError(
            where,
            wanted="one JSON object a line, or one array of objects",
            got=str(problem),
            remedy="correct it there",
        ) from None


def _pair(row: dict[str, Any], where: str) -> tuple[str, str]:
    pair = next((pair for pair in _PAIRS if row.keys() >= set(pair)), None)
    if pair is None:
        raise TaskError(
            where,
            wanted=f"the keys {_WANTED}",
            got=", ".join(row) or "no keys",
            remedy="rename the keys",
        )
    user, assistant = (_filled(_text(row, key, where), key, where) for key in pair)
    if pair[0] == "instruction" and row.get("input"):
        user += "\n\n" + _text(row, "input", where)
    return user, assistant


def _conversation(value: object, where: str) -> tuple[str, str, str]:
    """Return system (or nothing), user and assistant text of a list of messages."""
    messages = cast("list[object]", value if isinstance(value, list) else [value])
    if not all(isinstance(message, dict) for message in messages):
        got = ", ".join(map(_kind, messages))
        raise TaskError(where, wanted="messages with role and content", got=got)
    said = cast("list[dict[str, Any]]", messages)
    roles = tuple(message.get("role") for message in said)
    if roles not in _ROLES:
        raise TaskError(
            where,
            wanted="one question and one answer: system (optional), user, assistant",
            got=", ".join(map(str, roles)) or "no messages",
            remedy="make a row of each question"
            if roles.count("user") > 1
            else "write the messages in that order",
        )
    texts = [_text(message, "content", where) for message in said]
    user, assistant = (
        _filled(text, role, where) for text, role in zip(texts[-2:], _ROLES[0], strict=True)
    )
    return texts[0] if len(texts) == len(_ROLES[1]) else "", user, assistant


def _text(row: dict[str, Any], key: str, where: str) -> str:
    text = row.get(key)
    if not isinstance(text, str):
        raise TaskError(f"{where}, {key}", wanted="text", got=_kind(text))
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise TaskError(f"{where}, {key}", wanted="text", got="half a character") from None
    return text


def _filled(text: str, key: str, where: str) -> str:
    if not text.strip():
        raise TaskError(f"{where}, {key}", wanted="text", got="an empty one")
    return text


def _kind(value: object) -> str:
    names = {"dict": "an object", "list": "a list", "str": "text", "bool": "a truth value"}
    return "nothing" if value is None else names.get(type(value).__name__, "a number")
