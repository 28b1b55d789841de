# pyright: basic, reportMissingImports=false
"""The tasks of this folder for inspect_ai, with a scorer of their own.

A completion has a letter only if it keeps the output format as graphtutor's strict parser reads it.
Whether it is grounded is scored where graphtutor is installed and kg.json is here, and left out
otherwise. Standard errors are clustered by start entity: tasks with the same start share facts.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import json_dataset
from inspect_ai.model import GenerateConfig
from inspect_ai.scorer import Score, Scorer, Target, mean, scorer, stderr
from inspect_ai.solver import TaskState, generate

try:
    from graphtutor.harness.folder import ExportFolder
except ImportError:
    ExportFolder = None

FOLDER = Path(__file__).resolve().parent


@task
def graphtutor_chains() -> Task:
    """Multi-hop multiple-choice questions over a knowledge graph that the model does not see."""
    return Task(
        dataset=json_dataset(str(FOLDER / "samples.jsonl")),
        solver=generate(),
        scorer=chain_scorer(),
        config=GenerateConfig(temperature=0.0, max_tokens=512),
    )


@scorer(metrics={"*": [mean(), stderr(cluster="start")]})
def chain_scorer() -> Scorer:
    """Score letter, format and, where that can be told here, whether the chain is grounded."""
    manifest = json.loads((FOLDER / "export.json").read_text("utf-8"))
    pattern = re.compile(manifest["answer_pattern"])
    export = ExportFolder(FOLDER) if ExportFolder and (FOLDER / "kg.json").is_file() else None

    async def score(state: TaskState, target: Target) -> Score:
        text = state.output.completion
        found = pattern.match(text)
        letter = found[1] if found else None
        value: dict[str, Any] = {
            "letter": float(letter == target.text),
            "format": float(letter is not None),
        }
        if export is not None:
            value["grounded"] = float(export.score(str(state.sample_id), text).grounded)
        return Score(value=value, answer=letter, explanation=text)

    return score
