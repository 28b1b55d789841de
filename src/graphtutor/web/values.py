r"""Lenient reading of JSON values: what does not fit becomes None, never an exception.

A run directory may be half written, made by another program or damaged. Every value from one passes
through here once, so that what comes after sees finite numbers and text that UTF-8 can hold.

>>> number(float("nan")), number("7"), integer(True), text("a\ud800b")
(None, None, None, 'a?b')
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, Final, cast

__all__ = [
    "clean",
    "flag",
    "integer",
    "is_object",
    "listed",
    "loads",
    "mapping",
    "number",
    "numbers_by_name",
    "records",
    "text",
    "texts",
    "texts_by_name",
]

_LARGEST: Final = 2**53
"""Beyond this a whole number is none for a browser."""
_NODES: Final = 500_000
"""Values that one file of settings or figures may hold."""


def loads(data: str) -> Any:
    """Parse JSON. Raises ValueError for all that cannot be parsed, nesting without end included."""
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def text(value: object) -> str | None:
    """Return text that UTF-8 can hold: half surrogates are replaced."""
    if not isinstance(value, str):
        return None
    return value if value.isascii() else value.encode("utf-8", "replace").decode()


def number(value: object) -> float | None:
    """Return a finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def integer(value: object) -> int | None:
    """Return a whole number that a browser can hold."""
    found = number(value)
    if found is None or abs(found) > _LARGEST or found != int(found):
        return None
    return int(found)


def flag(value: object) -> bool | None:
    """Return a truth value."""
    return value if isinstance(value, bool) else None


def mapping(value: object) -> Mapping[str, Any]:
    """Return an object, an empty one where there is none."""
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}


def is_object(value: object) -> bool:
    """Tell whether a value is an object."""
    return isinstance(value, dict)


def listed(value: object) -> list[object]:
    """Return a list, an empty one where there is none."""
    return cast("list[object]", value) if isinstance(value, list) else []


def records(value: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list; what is none is left out."""
    return [mapping(item) for item in listed(value) if is_object(item)]


def texts(value: object) -> tuple[str, ...]:
    """Return the texts of a list; what is none is left out."""
    return tuple(item for item in map(text, listed(value)) if item is not None)


def texts_by_name(value: object) -> dict[str, str]:
    """Return the texts of an object by their names."""
    found = ((text(name), text(item)) for name, item in mapping(value).items())
    return {name: item for name, item in found if name is not None and item is not None}


def numbers_by_name(value: object) -> dict[str, float]:
    """Return the numbers of an object by their names."""
    found = ((text(name), number(item)) for name, item in mapping(value).items())
    return {name: item for name, item in found if name is not None and item is not None}


def clean(value: object) -> Any:
    """Return a copy of any JSON or YAML value that can be sent as JSON.

    Numbers that are not finite become None, keys and what JSON does not know (dates) become text.
    Raises ValueError where there is more than a person could ever look at, or no end.
    """
    budget = [_NODES]
    try:
        return _clean(value, budget)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _clean(value: object, budget: list[int]) -> Any:
    budget[0] -= 1
    if budget[0] < 0:
        raise ValueError(f"more than {_NODES} values")
    if isinstance(value, dict):
        items = cast("dict[object, object]", value).items()
        return {text(str(name)): _clean(item, budget) for name, item in items}
    if isinstance(value, list | tuple | set):
        return [_clean(item, budget) for item in cast("list[object]", value)]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _LARGEST else number(value)
    return number(value) if isinstance(value, float) else text(str(value))
