"""The frame that the page exports, and its JSON Schema: an episode with the boxes of its drawing.

The page lays the subgraph out, so the boxes are made there; what they look like is said here.
"""

from __future__ import annotations

import json
from typing import Any, Final, Literal

from pydantic import Field

from graphtutor.web.frame import Frame
from graphtutor.web.rates import ApiRecord
from graphtutor.web.subgraph import EdgeKind, NodeKind

__all__ = ["FrameExport", "frame_schema", "schema_text"]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


class Box(ApiRecord):
    """A rectangle in px of the drawing: its upper left corner and its size."""

    x: float
    y: float
    w: float = Field(ge=0)
    h: float = Field(ge=0)


class DrawnNode(ApiRecord):
    """Where a node of ``frame.graph`` stands."""

    id: str
    kind: NodeKind
    box: Box


class DrawnEdge(ApiRecord):
    """Where the label of an edge of ``frame.graph`` stands; null where it found no place."""

    source: str
    target: str
    relation: str | None
    kind: EdgeKind
    label: Box | None


class Layout(ApiRecord):
    """The drawing of the subgraph, in px."""

    width: float = Field(gt=0)
    height: float = Field(gt=0)
    text_size: float = Field(gt=0)
    nodes: tuple[DrawnNode, ...]
    edges: tuple[DrawnEdge, ...]


class FrameExport(ApiRecord):
    """What "JSON" on the page gives; null for what is not on show."""

    version: Literal["1.0"]
    frame: Frame | None
    layout: Layout | None


def frame_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of an exported frame; no object may have further fields.

    >>> sorted(frame_schema()["properties"])
    ['frame', 'layout', 'version']
    """
    return {"$schema": _DIALECT, **FrameExport.model_json_schema(mode="serialization")}


def schema_text() -> str:
    """Return the schema as the server and the static export publish it."""
    return json.dumps(frame_schema(), indent=1) + "\n"
