r"""The source of a paper: one .tex file, or an archive of several, put together to one text.

Archives are read in memory and nothing is unpacked: names are only looked up, so that no path in
an archive leads anywhere. Links are passed over, sizes are bounded.
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import PurePosixPath

from graphtutor.errors import RetrievalError
from graphtutor.retrieval.loaders.decoding import decode_latex

__all__ = ["joined_source", "source_files"]

_MOST_BYTES = 20_000_000
"""Of all TeX files together, unpacked; what else is in an archive is not read."""

_MOST_MEMBERS = 20_000
_MOST_INPUTS = 2_000
_DEEPEST = 20
_INPUT = re.compile(
    r"\\(?:input|include|subfile)\s*\{([^{}\n]{1,300})\}|\\input[ \t]+([^\s{}\\%]{1,300})"
)
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*")
_CODE = re.compile(r"\\begin\{(verbatim|Verbatim|lstlisting|minted|alltt)\}")
_MAIN_NAMES = ("main.tex", "ms.tex", "paper.tex", "article.tex")


def source_files(data: bytes, where: str) -> dict[str, str]:
    """Return the TeX files of a .tar.gz, .gz, .zip or of plain source, by name.

    Raises RetrievalError for a damaged archive, one without TeX, or one too large.
    """
    try:
        if data.startswith(b"PK"):
            files = dict(_unzip(data, where))
        elif data.startswith(b"\x1f\x8b"):
            files = _ungzip(data, where)
        else:
            files = {"main.tex": data}
    except (
        OSError,
        EOFError,
        ValueError,
        zlib.error,
        tarfile.TarError,
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
    ) as problem:
        raise RetrievalError(
            where,
            wanted="a readable archive of LaTeX source",
            got=f"a damaged one ({problem})",
            remedy="fetch it again",
        ) from None
    if not files:
        raise RetrievalError(
            where,
            wanted="an archive with LaTeX source",
            got="one without .tex files",
            remedy="unpack it and add the documents that it holds",
        )
    return {name: decode_latex(content, f"{where}/{name}") for name, content in files.items()}


def _ungzip(data: bytes, where: str) -> dict[str, bytes]:
    with gzip.open(io.BytesIO(data)) as stream:
        head = stream.read(512)
    # A tar file has its mark at this place; an e-print of one file is that file, packed.
    if head[257:262] == b"ustar":
        return dict(_untar(data, where))
    with gzip.open(io.BytesIO(data)) as stream:
        content = stream.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise _too_large(where)
    is_latex = b"\\document" in content or b"\\begin" in content or b"\\section" in content
    return {"main.tex": content} if is_latex else {}


def _untar(data: bytes, where: str) -> Iterator[tuple[str, bytes]]:
    total = 0
    with tarfile.open(fileobj=io.BytesIO(data), mode="r|gz") as archive:
        for count, member in enumerate(archive):
            if count >= _MOST_MEMBERS:
                raise _too_large(where)
            if not member.isreg() or not _is_source(member.name):
                # Skipping over a huge member costs unpacking it.
                total += member.size if member.isreg() else 0
                if total > 20 * _MOST_BYTES:
                    raise _too_large(where)
                continue
            total += member.size
            if member.size > _MOST_BYTES or total > 20 * _MOST_BYTES:
                raise _too_large(where)
            stream = archive.extractfile(member)
            if stream is not None:
                yield _normal(member.name), stream.read(_MOST_BYTES)


def _unzip(data: bytes, where: str) -> Iterator[tuple[str, bytes]]:
    total = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        if len(members) > _MOST_MEMBERS:
            raise _too_large(where)
        for member in members:
            if member.is_dir() or not _is_source(member.filename):
                continue
            with archive.open(member) as stream:
                content = stream.read(_MOST_BYTES + 1 - total)
            total += len(content)
            if total > _MOST_BYTES:
                raise _too_large(where)
            yield _normal(member.filename), content


def _is_source(name: str) -> bool:
    return name.lower().endswith((".tex", ".ltx", ".latex")) and not PurePosixPath(
        name
    ).name.startswith(".")


def _normal(name: str) -> str:
    """Return a name without "./"; names with ".." stay what they are: keys, never paths."""
    return "/".join(part for part in name.split("/") if part not in ("", "."))


def _too_large(where: str) -> RetrievalError:
    return RetrievalError(
        where,
        wanted=f"at most {_MOST_BYTES // 1_000_000} MB of LaTeX source",
        got="more than that",
        remedy="add the main .tex file alone",
    )


def joined_source(files: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    r"""Return the main file with what it inputs in place, without comments, and notes.

    The main file is the one with \documentclass that no other inputs; of several, one with a
    usual name, else the longest. A file that is missing, or inputs itself, leaves a note.
    """
    files = {name: _without_comments(text) for name, text in sorted(files.items())}
    main = _main(files)
    missing: list[str] = []
    parts = list(_expand(main, files, (main,), missing, [0, 0]))
    others = tuple(f"not found in the source: {name}" for name in dict.fromkeys(missing))
    return "".join(parts), others[:20]


def _without_comments(text: str) -> str:
    """Leave out what follows a percent sign, but not in code."""
    parts: list[str] = []
    start = 0
    for match in _CODE.finditer(text):
        if match.start() < start:
            continue
        end = text.find(f"\\end{{{match[1]}}}", match.end())
        if end < 0:
            break
        parts += [_COMMENT.sub(r"\1", text[start : match.start()]), text[match.start() : end]]
        start = end
    return "".join([*parts, _COMMENT.sub(r"\1", text[start:])])


def _main(files: dict[str, str]) -> str:
    used = {
        _find(match[1] or match[2], files)
        for text in files.values()
        for match in _INPUT.finditer(text)
    }
    whole = [name for name, text in files.items() if r"\documentclass" in text]
    whole = whole or [name for name, text in files.items() if r"\documentstyle" in text]
    pool = [name for name in whole if name not in used] or whole or list(files)
    usual = [name for name in pool if PurePosixPath(name).name.lower() in _MAIN_NAMES]
    return max(usual or pool, key=lambda name: (len(files[name]), name))


def _find(name: str, files: dict[str, str]) -> str | None:
    name = _normal(name.strip().strip('"'))
    return next((key for key in (name, f"{name}.tex", f"{name}.ltx") if key in files), None)


def _expand(
    name: str,
    files: dict[str, str],
    above: tuple[str, ...],
    missing: list[str],
    count: list[int],
) -> Iterator[str]:
    """Yield the text of a file, inputs in place; ``count`` is of inputs and characters so far."""
    text = files[name]
    end = 0
    for match in _INPUT.finditer(text):
        yield text[end : match.start()]
        end = match.end()
        wanted = match[1] or match[2]
        found = _find(wanted, files)
        count[0] += 1
        too_much = count[0] > _MOST_INPUTS or count[1] > _MOST_BYTES or len(above) > _DEEPEST
        if found is None or found in above or too_much:
            missing.append(wanted.strip())
            continue
        count[1] += len(files[found])
        yield "\n"
        yield from _expand(found, files, (*above, found), missing, count)
        yield "\n"
    yield text[end:]
