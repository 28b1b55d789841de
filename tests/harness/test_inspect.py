"""The inspect_ai export in the real package; ``make test-harness`` has the environment for it."""

from __future__ import annotations

import gc
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graphtutor.harness.export import write_export
from graphtutor.harness.source import read_source
from graphtutor.io.jsonl import write_jsonl
from graphtutor.tasks.task import Task

pytest.importorskip("inspect_ai", reason="has an environment of its own: make test-harness")

from inspect_ai import eval as run_eval
from inspect_ai.model import ModelOutput, ModelUsage, get_model

# What the package warns of concerns its own libraries and streams.
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

Answer = Callable[[str], str]


@pytest.fixture
def folder(make_export: Callable[..., Path]) -> Path:
    return make_export("inspect")


@pytest.fixture
def evaluate(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    """Run the task file of the export with a model that answers prompts from a function."""
    monkeypatch.setenv("INSPECT_LOG_DIR", str(tmp_path / "logs"))
    monkeypatch.chdir(folder)  # where its README says to run it

    def run(answer: Answer) -> dict[str, dict[str, float]]:
        def outputs(messages: Any, *_: Any) -> ModelOutput:
            output = ModelOutput.from_content("mockllm/model", answer(messages[-1].text))
            # Without a count the package would fetch a tokenizer to make one.
            return output.model_copy(update={"usage": ModelUsage(input_tokens=1, output_tokens=1)})

        model = get_model("mockllm/model", custom_outputs=outputs, memoize=False)
        (log,) = run_eval("inspect_task.py", model=model, display="none", log_realtime=False)
        assert log.status == "success", log.error
        assert log.results is not None
        return {
            score.name: {name: metric.value for name, metric in score.metrics.items()}
            for score in log.results.scores
        }

    yield run
    # The package leaves streams open; what is said of them belongs to this test, not to the next.
    gc.collect()


def test_samples_are_in_the_packages_own_form(folder: Path, eval_tasks: tuple[Task, ...]) -> None:
    rows = [json.loads(line) for line in (folder / "samples.jsonl").read_text().splitlines()]
    assert [row["id"] for row in rows] == [task.id for task in eval_tasks]
    assert [row["metadata"]["start"] for row in rows] == [task.start for task in eval_tasks]


def test_the_oracle_has_everything(evaluate: Any, eval_tasks: tuple[Task, ...]) -> None:
    known = {task.prompt: task.ref.trace for task in eval_tasks}
    found = evaluate(known.__getitem__)
    assert {name: figures["mean"] for name, figures in found.items()} == {
        "letter": 1.0,
        "format": 1.0,
        "grounded": 1.0,
    }
    assert found["letter"]["stderr"] == 0.0


def test_always_c_has_the_share_of_c(evaluate: Any, eval_tasks: tuple[Task, ...]) -> None:
    share = Counter(task.answer_star for task in eval_tasks)["C"] / len(eval_tasks)
    found = evaluate(lambda _: "TRACE: I guess.\nANSWER: C")
    assert found["letter"]["mean"] == pytest.approx(share)
    assert found["letter"]["stderr"] > 0
    assert found["format"]["mean"] == 1.0
    assert found["grounded"]["mean"] == 0.0


def test_a_broken_format_has_nothing(evaluate: Any) -> None:
    found = evaluate(lambda _: "The answer is C")
    assert [figures["mean"] for figures in found.values()] == [0.0, 0.0, 0.0]


def test_standard_errors_are_clustered_by_start(
    task_folder: Path, tmp_path: Path, evaluate: Any, folder: Path
) -> None:
    """Recomputed from the deviations summed within each start, up to a small-sample factor.

    Of the training tasks, as those of the evaluation here all have different starts.
    """
    tasks = sorted(read_source(task_folder, "train").tasks, key=lambda task: task.start)[:30]
    write_jsonl(tmp_path / "some.jsonl", tasks)
    write_export("inspect", read_source(tmp_path / "some.jsonl", "train"), tmp_path / "out")
    (tmp_path / "out" / "samples.jsonl").replace(folder / "samples.jsonl")
    known = {task.prompt: task for task in tasks}
    lucky = sorted({task.start for task in tasks})[::2]

    def answer(prompt: str) -> str:
        right = known[prompt].start in lucky
        return f"TRACE: x.\nANSWER: {known[prompt].answer_star if right else 'X'}"

    (folder / "kg.json").unlink()  # the tasks there are others
    found = evaluate(answer)["letter"]
    sums: Counter[str] = Counter()
    for task in tasks:
        sums[task.start] += float(task.start in lucky) - found["mean"]
    clustered = sum(value**2 for value in sums.values()) ** 0.5 / len(tasks)
    plain = (found["mean"] * (1 - found["mean"]) / len(tasks)) ** 0.5
    assert found["stderr"] == pytest.approx(clustered, rel=0.15)
    assert found["stderr"] > 1.3 * plain


def test_letters_need_no_graphtutor(
    evaluate: Any, eval_tasks: tuple[Task, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the library the groundedness is left out, not reported as 0."""
    monkeypatch.setitem(sys.modules, "graphtutor.harness.folder", None)
    known = {task.prompt: task.ref.trace for task in eval_tasks}
    assert set(evaluate(known.__getitem__)) == {"letter", "format"}
