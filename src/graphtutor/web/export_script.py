r"""Data as classic scripts: what a page opened from a file may load, unlike JSON or modules.

>>> print(assignment("/api/runs", '{"a":"</script>"}'), end="")
window.__data["/api/runs"]={"a":"\u003c/script>"};
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from pydantic import BaseModel

__all__ = ["assignment", "inline_script", "json_list", "script"]

_BEGIN = "window.__data=window.__data||{};\n"
_ESCAPED = {"<": "\\u003c", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def script(parts: Sequence[tuple[str, str]]) -> str:
    """Return a script that sets each (key, JSON text)."""
    return _BEGIN + "".join(assignment(key, value) for key, value in parts)


def assignment(key: str, value: str) -> str:
    """Return the statement that sets ``key`` to a JSON text; no markup can begin in it."""
    statement = f"window.__data[{json.dumps(key)}]={value};\n"
    for mark, escape in _ESCAPED.items():
        statement = statement.replace(mark, escape)
    return statement


def json_list(records: Sequence[BaseModel]) -> str:
    """Return records as a JSON list."""
    return f"[{','.join(record.model_dump_json() for record in records)}]"


def inline_script(source: str) -> str:
    r"""Return a script so that it can stand within a page: nothing in it ends the element.

    >>> inline_script('a("</script>")')
    'a("<\\/script>")'
    """
    return source.replace("</script", "<\\/script").replace("<!--", "<\\!--")
