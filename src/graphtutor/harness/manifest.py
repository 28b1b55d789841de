"""export.json: what an exported folder holds, and the constants its rewards are computed with."""

from __future__ import annotations

from typing import Final, Literal

from graphtutor.config import RewardConfig
from graphtutor.runs.record_file import FILE_VERSION, RunRecord

__all__ = ["KINDS", "MANIFEST_FILE", "Kind", "Manifest"]

Kind = Literal["lm-eval", "inspect", "reasoning-gym", "verifiers", "trl"]
KINDS: Final[tuple[Kind, ...]] = ("lm-eval", "inspect", "reasoning-gym", "verifiers", "trl")
"""The programs that tasks can be exported to."""
MANIFEST_FILE: Final = "export.json"


class Manifest(RunRecord):
    """``tasks`` counts the exported tasks, ``hops`` lists their lengths in ascending order.

    ``graph`` is the digest of the graph in kg.json, None where the export has no graph.
    ``answer_pattern`` matches a completion in the output format; its first group is the letter.
    """

    version: str = FILE_VERSION
    graphtutor: str
    kind: Kind
    name: str
    split: str
    tasks: int
    hops: tuple[int, ...]
    domain: str | None = None
    graph: str | None = None
    answer_pattern: str
    reward: RewardConfig
