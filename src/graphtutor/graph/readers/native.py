"""``kg.json``, the native form: JSON with a version, checked field by field."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final, cast

from pydantic import ValidationError

from graphtutor.errors import GraphError
from graphtutor.graph.readers.report import ReadReport
from graphtutor.graph.records import GraphFile

__all__ = ["parse_json", "parse_native", "read_text", "render_native"]

_MAJOR: Final = 1
_SHOWN: Final = 3


def read_text(path: Path) -> str:
    """Return the text of ``path`` without a byte-order mark.

    Raises GraphError when the file cannot be read or is not UTF-8.
    """
    try:
        return path.read_text("utf-8-sig")
    except OSError as problem:
        raise GraphError(
            str(path),
            wanted="a readable graph file",
            got=problem.strerror or str(problem),
            remedy="check the path",
        ) from None
    except UnicodeDecodeError as problem:
        raise GraphError(
            str(path),
            wanted="UTF-8 text",
            got=f"{problem.reason} at byte {problem.start}",
            remedy="save the file as UTF-8",
        ) from None


def parse_json(text: str, where: str) -> dict[str, Any]:
    """Parse a JSON object; raises GraphError with line and column."""
    try:
        value: object = json.loads(text)
    except json.JSONDecodeError as problem:
        raise GraphError(
            f"{where} line {problem.lineno} column {problem.colno}",
            wanted="valid JSON",
            got=problem.msg,
            remedy="correct the file at this place",
        ) from None
    except RecursionError:
        raise GraphError(where, wanted="a graph", got="JSON nested too deeply") from None
    if not isinstance(value, dict):
        raise GraphError(
            where,
            wanted="a JSON object with entities, relations and edges",
            got=f"a JSON {type(value).__name__}",
        )
    return cast("dict[str, Any]", value)


def parse_native(text: str, where: str) -> tuple[GraphFile, ReadReport] | None:
    """Read ``kg.json``; None when the text is some other JSON object.

    Raises GraphError for broken JSON (line, column), a newer major version, or fields that do not
    fit (the first few of them, by name).
    """
    try:
        file = GraphFile.model_validate_json(text)
    except ValidationError as problem:
        # Ask the standard parser too: it knows lines, and other JSON formats begin here.
        data = parse_json(text, where)
        if not {"entities", "edges"} & data.keys():
            return None
        _check_version(data.get("version"), where)
        raise _field_error(problem, where) from None
    _check_version(file.version, where)
    sizes = (len(file.entities), len(file.relations), len(file.edges))
    return file, ReadReport("kg.json", (where,), *sizes)


def render_native(file: GraphFile) -> str:
    """Return ``kg.json`` as text, one record a line, so that versions can be compared.

    Fields that say nothing (no aliases, no phrase) are left out.
    """
    data = file.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    parts: list[str] = []
    for name, value in data.items():
        if isinstance(value, list):
            lines = ",\n  ".join(
                json.dumps(v, ensure_ascii=False) for v in cast("list[Any]", value)
            )
            parts.append(f'"{name}": [\n  {lines}\n ]' if lines else f'"{name}": []')
        else:
            parts.append(f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}")
    return "{" + ",\n ".join(parts) + "}\n"


def _check_version(version: object, where: str) -> None:
    match = re.match(r"(\d+)(\.|$)", version) if isinstance(version, str) else None
    if match is None:
        raise GraphError(
            f"{where}, version",
            wanted=f'a version such as "{_MAJOR}.0"',
            got=json.dumps(version, default=str),
            remedy=f'write "version": "{_MAJOR}.0"',
        )
    if int(match[1]) > _MAJOR:
        raise GraphError(
            f"{where}, version",
            wanted=f"version {_MAJOR}.x",
            got=str(version),
            remedy="upgrade with 'pip install --upgrade graphtutor'",
        )


def _field_error(problem: ValidationError, where: str) -> GraphError:
    errors = problem.errors()
    shown = [
        f"{'.'.join(str(part) for part in error['loc']) or 'the file'}: {error['msg']}"
        for error in errors[:_SHOWN]
    ]
    more = f" and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
    return GraphError(
        where,
        wanted="the fields of kg.json (version, domain, entities, relations, edges)",
        got="; ".join(shown) + more,
        remedy="correct the named fields",
    )
