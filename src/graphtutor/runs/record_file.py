"""One record in one JSON file: written atomically, read with an error that says what to do.

``version`` follows the rule of all files here: fields that a newer minor version adds are kept, a
newer major version is refused.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from graphtutor.errors import RunError
from graphtutor.io.atomic import write_text

__all__ = ["FILE_VERSION", "RunRecord", "read_record", "write_record"]

FILE_VERSION: Final = "1.0"
"""Version of meta.json and metrics.json: major.minor."""


class RunRecord(BaseModel):
    """Frozen; fields that a newer minor version adds are kept."""

    model_config = ConfigDict(frozen=True, extra="allow")


Record = TypeVar("Record", bound=BaseModel)


def read_record(path: Path, record: type[Record]) -> Record:
    """Read one JSON file into its record type.

    Raises RunError when the file is missing, is not JSON, does not fit, or is of a newer major
    version.
    """
    try:
        data = path.read_bytes()
    except OSError as problem:
        raise RunError(
            str(path),
            wanted=f"a readable {path.name}",
            got=problem.strerror or str(problem),
            remedy="check the path, or finish the run with 'graphtutor run --resume'",
        ) from None
    try:
        value = record.model_validate_json(data)
    except ValidationError as problem:
        first = problem.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the file"
        raise RunError(
            f"{path}, {field}",
            wanted=f"a valid {record.__name__} ({first['msg']})",
            got=repr(first.get("input"))[:80],
            remedy="restore the file, or make the run again",
        ) from None
    _refuse_newer(path, str(getattr(value, "version", FILE_VERSION)))
    return value


def write_record(path: Path, record: BaseModel) -> None:
    """Write a record atomically as indented JSON; what was not computed is left out."""
    write_text(path, record.model_dump_json(indent=2, exclude_none=True) + "\n")


def _refuse_newer(path: Path, version: str) -> None:
    major = version.partition(".")[0]
    known = FILE_VERSION.partition(".")[0]
    if not major.isdigit() or int(major) > int(known):
        raise RunError(
            f"{path}, version",
            wanted=f"{known}.x",
            got=repr(version),
            remedy="install a newer graphtutor: pip install --upgrade graphtutor",
        )
