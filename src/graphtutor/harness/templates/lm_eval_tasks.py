# pyright: basic, reportMissingImports=false
"""Reads the tasks of this folder for lm-evaluation-harness, and scores what the graph can score.

The YAML files beside this one name its functions. Letters need nothing but lm-eval; grounded
accuracy is reported where graphtutor is installed and kg.json is here, and left out otherwise.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import datasets

try:
    from graphtutor.harness.folder import ExportFolder
except ImportError:
    ExportFolder = None

FOLDER = Path(__file__).resolve().parent
LETTERS = ["A", "B", "C", "D"]


def load(hops: int | None = None, **_: Any) -> dict[str, datasets.Dataset]:
    """Return the tasks of one hop length, or all, as the split ``test``."""
    lines = (FOLDER / "tasks.jsonl").read_text("utf-8").splitlines()
    tasks = [json.loads(line) for line in lines if line.strip()]
    rows = [_row(task) for task in tasks if hops is None or task["hop_len"] == hops]
    return {"test": datasets.Dataset.from_list(rows)}


def _row(task: dict[str, Any]) -> dict[str, Any]:
    names = [task["options"][letter] for letter in LETTERS]
    return {
        "id": task["id"],
        "prompt": task["prompt"],
        "letter_context": f"{task['prompt']}ANSWER:",
        "name_context": f"Question: {task['question']}\nAnswer:",
        "letters": LETTERS,
        "names": names,
        "letter": task["answer_star"],
        "gold": LETTERS.index(task["answer_star"]),
        "start": task["path_star"]["entities"][0],
        "hop_len": task["hop_len"],
        "tier": task["meta"].get("tier"),
    }


def judge(resps: Any, docs: Any) -> list[list[dict[str, bool | None]]]:
    """Say of every completion whether it is grounded; None where that cannot be told here."""
    return [
        [{"grounded": _grounded(doc["id"], text)} for text in texts]
        for texts, doc in zip(resps, docs, strict=True)
    ]


def score(doc: dict[str, Any], results: list[Any]) -> dict[str, float]:
    """Score one task under one filter: the letter of ``strict``, the verdict of ``graph``."""
    result = results[0]
    if isinstance(result, dict):
        grounded = result["grounded"]
        return {} if grounded is None else {"grounded": float(grounded)}
    return {"exact_match": float(result == doc["letter"]), "format": float(result in LETTERS)}


def _grounded(task_id: str, text: str) -> bool | None:
    export = _export()
    return None if export is None else export.score(task_id, text).grounded


@lru_cache(maxsize=1)
def _export() -> Any:
    if ExportFolder is None or not (FOLDER / "kg.json").is_file():
        return None
    return ExportFolder(FOLDER)
