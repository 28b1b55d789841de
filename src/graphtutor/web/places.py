r"""Where things lie on the machine is nobody's: of an absolute path the last part is shown.

>>> without_places({"graph": "/home/ada/kg.json", "model": {"name": "owner/model"}})
{'graph': 'kg.json', 'model': {'name': 'owner/model'}}
>>> without_places([r"C:\runs\kg.json", "~/kg.json", "file:///srv/kg.json", "http://host/v1"])
['kg.json', 'kg.json', 'kg.json', 'http://host/v1']
"""

from __future__ import annotations

import re
from typing import Any, Final, cast

__all__ = ["without_places"]

_ABSOLUTE: Final = re.compile(r"(?:file:)?(?:/|~[^/\\]*[/\\]|[A-Za-z]:[/\\]|\\\\)[^\n]*")


def without_places(value: Any) -> Any:
    """Return a copy of a JSON value in which each absolute path is its last part."""
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {name: without_places(item) for name, item in items}
    if isinstance(value, list):
        return [without_places(item) for item in cast("list[Any]", value)]
    if isinstance(value, str) and _ABSOLUTE.fullmatch(value):
        return re.split(r"[/\\]", value.rstrip("/\\"))[-1]
    return value
