"""Every call that was paid, kept beside what is built: asked for once, whatever happens.

The file has one JSON object a line and only grows. A line is written, and on the disk, before a
request is sent (with the tokens that it may take at most) and as its reply arrives (with the tokens
that it took). A request without a reply was lost, to a kill or with its connection; it may have
been billed, so it counts with its most.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal

from graphtutor.blueprint.framework import Record
from graphtutor.blueprint.llm_question import Reply, Request, Tokens
from graphtutor.errors import RunError
from graphtutor.io.jsonl import read_jsonl, repair_jsonl

__all__ = ["CallLine", "CallLog", "open_log"]


class CallLine(Record):
    """One line: a request is sent, its reply has arrived, or the server refused it unbilled."""

    event: Literal["asked", "answered", "declined"]
    key: str
    sent: int
    written: int
    reply: Reply | None = None


class CallLog:
    """The calls of one blueprint; see :func:`open_log`."""

    def __init__(self, stream: IO[bytes], lines: list[CallLine]) -> None:
        """Take up what is known and write further lines to ``stream``."""
        self._stream = stream
        self._replies: dict[str, Reply] = {}
        self._asked: dict[str, Tokens] = {}
        self.spent = Tokens()
        for line in lines:
            self._take(line)

    @property
    def known(self) -> frozenset[str]:
        """The keys of the requests that have a reply."""
        return frozenset(self._replies)

    def reply(self, key: str) -> Reply | None:
        """Return the reply to a request by its key, None if there is none yet."""
        return self._replies.get(key)

    def asked(self, request: Request) -> None:
        """Note that ``request`` is about to be sent."""
        self._write("asked", request, request.worst)

    def answered(self, request: Request, reply: Reply) -> None:
        """Keep a reply. One without a count of tokens counts with the most it may have taken."""
        tokens = Tokens(*reply.tokens) if reply.tokens else request.worst
        self._write("answered", request, tokens, reply)

    def declined(self, request: Request) -> None:
        """Note that a request was not billed: nothing was made of it."""
        self._write("declined", request, Tokens())

    def _write(
        self,
        event: Literal["asked", "answered", "declined"],
        request: Request,
        tokens: Tokens,
        reply: Reply | None = None,
    ) -> None:
        line = CallLine(
            event=event, key=request.key, sent=tokens.sent, written=tokens.written, reply=reply
        )
        self._stream.write(line.model_dump_json(exclude_none=True).encode() + b"\n")
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._take(line)

    def _take(self, line: CallLine) -> None:
        tokens = Tokens(line.sent, line.written)
        self.spent += tokens
        if line.event == "asked":
            self._asked[line.key] = tokens
            return
        # What was set aside for the call gives way to what it took.
        self.spent -= self._asked.pop(line.key, Tokens())
        if line.reply:
            self._replies[line.key] = line.reply


@contextmanager
def open_log(path: Path) -> Generator[CallLog]:
    """Open the calls kept in ``path`` to go on with them; a torn last line, left by a kill, is cut.

    Raises RunError where another build has it open (on systems with file locks), and where a line
    is not one of a call.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as stream:
        _lock(stream, path)
        repair_jsonl(path)
        yield CallLog(stream, read_jsonl(path, CallLine, RunError))


def _lock(stream: IO[bytes], path: Path) -> None:
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RunError(
            str(path),
            wanted="no other build of the same blueprint",
            got="one that is running",
            remedy="wait for it or end it; what it has paid is used again",
        ) from None
