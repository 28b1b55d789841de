"""JSON Schema of the two kinds of file that a user writes: a framework and a domain.

>>> schema_of("framework")["title"]
'Framework'
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel

from graphtutor.blueprint.domain import Domain
from graphtutor.blueprint.framework import Framework
from graphtutor.errors import ConfigError

__all__ = ["SCHEMAS", "schema_of"]

SCHEMAS: Final[dict[str, type[BaseModel]]] = {"framework": Framework, "domain": Domain}
"""Kind of file to the record that it is read as."""


def schema_of(kind: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a framework or domain file.

    A schema says which keys there are and what may stand in them. What joins them (evolutions
    numbered without gaps, subtopics that exist, the levels of the framework) is checked on loading.
    Raises ConfigError for another kind.
    """
    if kind not in SCHEMAS:
        raise ConfigError("schema", wanted=f"one of {', '.join(SCHEMAS)}", got=repr(kind))
    draft = "https://json-schema.org/draft/2020-12/schema"
    return {"$schema": draft, **SCHEMAS[kind].model_json_schema()}
