"""A framework: how one takes a topic apart, as ordered, labelled levels each with a pattern.

>>> first_principles = Framework(
...     framework="first-principles", title="First principles",
...     levels=(Level(id="final", label="Final Principle"), Level(id="core", label="Core Logic")),
...     merge=Merge(label="Principles Compression", level="core"))
>>> print(first_principles.written([{"final": "First law", "core": "Stays the same"}]))
Final Principle: First law
Core Logic: Stays the same
Principles Compression: Stays the same
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["Framework", "Level", "Merge"]

_ID = r"^[a-z][a-z0-9-]*$"


class Record(BaseModel):
    """Frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Level(Record):
    """One level: its id in the data, its label in an answer, what it holds, and its bounds."""

    id: str = Field(pattern=_ID)
    label: str = Field(min_length=1)
    holds: str = Field(default="", description="what belongs here, for whoever writes a blueprint")
    least_words: int = Field(default=1, ge=1)
    most_words: int = Field(default=60, ge=1)


class Merge(Record):
    """How the strands of a topic end in one short form: one level of each, joined."""

    label: str = Field(min_length=1)
    level: str = Field(pattern=_ID)
    joint: str = " / "


class Framework(Record):
    """The levels in order, and how strands are merged; both stand in an answer as written here."""

    framework: str = Field(pattern=_ID)
    title: str = Field(min_length=1)
    about: str = ""
    levels: tuple[Level, ...] = Field(min_length=1)
    merge: Merge | None = None

    @model_validator(mode="after")
    def _distinct(self) -> Framework:
        ids = [level.id for level in self.levels]
        labels = [level.label for level in self.levels] + ([self.merge.label] if self.merge else [])
        if len(set(ids)) < len(ids) or len(set(labels)) < len(labels):
            raise ValueError("two levels have the same id or label")
        if self.merge and self.merge.level not in ids:
            raise ValueError(f"merge.level is none of the levels {', '.join(ids)}")
        return self

    def compressed(self, strands: Sequence[Mapping[str, str]]) -> str:
        """Return the short form of ``strands``, which map level ids to texts; empty without merge.

        Raises KeyError for a strand without the merged level.
        """
        if self.merge is None:
            return ""
        return self.merge.joint.join(strand[self.merge.level] for strand in strands)

    def written(self, strands: Sequence[Mapping[str, str]]) -> str:
        """Return the whole answer: each strand level by level, then the short form of all.

        Raises KeyError for a strand without one of the levels.
        """
        blocks = [
            "\n".join(f"{level.label}: {strand[level.id]}" for level in self.levels)
            for strand in strands
        ]
        if self.merge is None:
            return "\n\n".join(blocks)
        end = f"{self.merge.label}: {self.compressed(strands)}"
        return "\n\n".join([*blocks, end]) if len(blocks) > 1 else f"{blocks[0]}\n{end}"
