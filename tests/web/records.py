"""Records made by hand, in this program's format and in the seed's, and runs made of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

__all__ = ["line", "seed_line", "write_lines", "write_run"]

OPTIONS = {"A": "Wind", "B": "Flood", "C": "Sun", "D": "Snow"}
PATH = ["Cloud", "Rain", "Flood"]
PROMPT = (
    "You must follow the exact output format.\n\nOUTPUT FORMAT:\nTRACE: <one or two sentences>\n"
    "ANSWER: <A|B|C|D>\n\nQuestion: What follows from Cloud?\nA) Wind\nB) Flood\nC) Sun\nD) Snow\n"
)


def seed_line(
    phase: str, ex_id: str, answer: str | None = "B", named: Iterable[str] = PATH, spam: float = 0.0
) -> dict[str, Any]:
    """One line as the seed's program wrote it; B is right. ``answer`` None is out of format."""
    entities = list(dict.fromkeys(named)) if answer else []
    share = len(set(entities) & set(PATH)) / len(PATH)
    trace = ", ".join(entities)
    correctness = 1.0 if answer == "B" else -2.0
    path = share if len(set(entities) & set(PATH)) >= 2 else 0.0
    parsed: dict[str, Any] = {
        "answer": answer,
        "trace_text": trace,
        "trace_entities": entities,
        "path_entities": PATH,
        "valid_format": answer is not None,
    }
    return {
        "phase": phase,
        "step": 0,
        "ex_id": ex_id,
        "split": "eval",
        "prompt": PROMPT,
        "completion": f"TRACE: {trace}\nANSWER: {answer}" if answer else "I do not know",
        "parsed": parsed,
        "reward": {
            "correctness": correctness,
            "path_coverage": share,
            "path_reward": path,
            "spam_penalty": spam,
            "total": correctness + 0.5 * path - spam,
        },
        "debug": {"hits": len(entities)},
    }


def line(phase: str, ex_id: str, answer: str | None = "B", **more: Any) -> dict[str, Any]:
    """One line of this program."""
    added: dict[str, Any] = {
        "answer_star": "B",
        "options": OPTIONS,
        "hop_len": 2,
        "relations": ["brings", "causes"],
        "tier": 1,
        "hops": [],
        "grounded": False,
        "grounded_reward": -2.0,
        "cut": False,
        "tokens": 12,
    }
    return {**seed_line(phase, ex_id, answer), **added, **more}


def write_lines(path: Path, lines: Iterable[dict[str, Any]]) -> None:
    """Write a log."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(record) + "\n" for record in lines), "utf-8")


def write_run(
    root: Path, name: str, lines: Iterable[dict[str, Any]], **files: dict[str, Any]
) -> Path:
    """Write a run of a log and of JSON files by name without suffix; return its folder."""
    folder = root / name
    write_lines(folder / "episodes.jsonl", lines)
    for file, content in files.items():
        (folder / f"{file}.json").write_text(json.dumps(content), "utf-8")
    return folder
