"""A reward for TRL's trainers, and the prompt rows that go with it.

TRL calls a reward with the prompts, the completions and every other column of the data set; the
column ``id`` says which task a row is. The class is picklable, as trainers that score in another
process need it, and reads its folder when it is first called.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, cast

from graphtutor.harness.folder import ExportFolder
from graphtutor.reward.profiles import GROUNDED
from graphtutor.tasks.task import Task

__all__ = ["TaskReward", "completion_of", "prompt_rows"]


class TaskReward:
    """Scores completions of the tasks of an exported folder.

    Returns the total of ``profile`` (grounded-1.0 or spec-1.0) per row, and None for a row whose
    id is not a task of the folder, which TRL leaves out. ``__name__`` names the figure in TRL's
    logs.
    """

    def __init__(self, folder: Path | str, profile: str = GROUNDED) -> None:
        """Take the exported ``folder``; its files are read at the first call."""
        self.folder = Path(folder).resolve()
        self.profile = profile
        self.__name__ = f"graphtutor_{profile.replace('-', '_').replace('.', '_')}"
        self._export: ExportFolder | None = None

    def __call__(
        self,
        prompts: Sequence[Any],
        completions: Sequence[Any],
        **columns: Any,
    ) -> list[float | None]:
        """Score a batch; ``completions`` are strings or lists of messages, one per prompt."""
        if self._export is None:
            self._export = ExportFolder(self.folder)
        ids = columns.get("id") or [None] * len(completions)
        pairs = zip(ids, completions, strict=True)
        return [self._total(self._export, name, completion) for name, completion in pairs]

    def _total(self, export: ExportFolder, task_id: Any, completion: Any) -> float | None:
        if task_id not in export.tasks:
            return None
        scored = export.score(task_id, completion_of(completion))
        return scored.breakdown(self.profile).total

    def __getstate__(self) -> dict[str, Any]:
        """Leave the compiled scorer behind; the other process reads the folder itself."""
        return {**self.__dict__, "_export": None}


def completion_of(completion: Any) -> str:
    """Return the text of a plain completion, or of the assistant's messages of a conversation.

    >>> completion_of([{"role": "assistant", "content": "ANSWER: B"}])
    'ANSWER: B'
    """
    if isinstance(completion, str):
        return completion
    messages = cast("Sequence[dict[str, Any]]", completion)
    return "".join(
        _content(message.get("content"))
        for message in messages
        if message.get("role", "assistant") == "assistant"
    )


def _content(content: Any) -> str:
    if isinstance(content, list):
        parts = cast("list[dict[str, Any]]", content)
        return "".join(str(part.get("text") or "") for part in parts)
    return str(content or "")


def prompt_rows(tasks: Iterable[Task], *, conversational: bool) -> list[dict[str, Any]]:
    """Return one row a task: its ``id`` and its ``prompt``, as text or as a user's message."""
    return [
        {
            "id": task.id,
            "prompt": (
                [{"role": "user", "content": task.prompt}] if conversational else task.prompt
            ),
        }
        for task in tasks
    ]
