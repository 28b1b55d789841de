"""The lm-evaluation-harness export in the real package: an oracle, a guesser, a tiny Llama."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from graphtutor.backends.registry import get_backend
from graphtutor.completion.completion import Prompt, Sampling
from graphtutor.config import ModelConfig
from graphtutor.tasks.task import Task

pytest.importorskip("lm_eval")

from lm_eval import simple_evaluate
from lm_eval.api.model import LM
from lm_eval.tasks import TaskManager

Answer = Callable[[str], str]


class ScriptedModel(LM):
    """Answers prompts from a function; a continuation is likely if the answer ends with it."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer

    def generate_until(self, requests: Sequence[Any], disable_tqdm: bool = False) -> list[str]:
        return [self.answer(request.args[0]) for request in requests]

    def loglikelihood(
        self, requests: Sequence[Any], disable_tqdm: bool = False
    ) -> list[tuple[float, bool]]:
        found = [self.answer(request.args[0]).endswith(request.args[1]) for request in requests]
        return [(-1.0 if likely else -9.0, likely) for likely in found]

    def loglikelihood_rolling(self, requests: Any, disable_tqdm: bool = False) -> list[float]:
        raise NotImplementedError


def evaluate(folder: Path, model: Any, group: str, **options: Any) -> dict[str, Any]:
    manager = TaskManager(include_path=str(folder), include_defaults=False)
    found = simple_evaluate(
        model=model, tasks=[group], task_manager=manager, bootstrap_iters=100, **options
    )
    assert found is not None
    return {**found["results"], **found.get("groups", {})}


@pytest.fixture
def folder(make_export: Callable[..., Path]) -> Path:
    return make_export("lm-eval")


@pytest.fixture
def oracle(eval_tasks: tuple[Task, ...]) -> ScriptedModel:
    """Knows each reference, by the prompt, by the prompt up to the letter, by the question."""
    known = {task.prompt: task.ref.trace for task in eval_tasks}
    known |= {f"{task.prompt}ANSWER:": f"ANSWER: {task.answer_star}" for task in eval_tasks}
    known |= {f"Question: {t.question}\nAnswer:": f"Answer: {t.answer}" for t in eval_tasks}
    return ScriptedModel(known.__getitem__)


def test_the_oracle_is_right_everywhere(folder: Path, oracle: ScriptedModel) -> None:
    found = evaluate(folder, oracle, "things_generate")
    assert found["things_generate"]["exact_match,strict"] == 1.0
    assert found["things_generate"]["grounded,graph"] == 1.0
    assert found["things_generate"]["format,strict"] == 1.0
    assert found["things_generate_4hop"]["exact_match_stderr,strict"] == 0.0
    assert found["things_generate_5hop"]["sample_len"] == 10
    for group, figures in (("things_letter", ["acc"]), ("things_name", ["acc", "acc_norm"])):
        found = evaluate(folder, oracle, group)
        assert [found[group][f"{figure},none"] for figure in figures] == [1.0] * len(figures)


def test_always_c_scores_the_share_of_c(folder: Path, eval_tasks: tuple[Task, ...]) -> None:
    share = Counter(task.answer_star for task in eval_tasks)["C"] / len(eval_tasks)
    guesser = ScriptedModel(lambda _: "TRACE: I guess.\nANSWER: C")
    found = evaluate(folder, guesser, "things_generate")["things_generate"]
    assert found["exact_match,strict"] == pytest.approx(share)
    assert found["grounded,graph"] == 0.0
    assert 0 < found["exact_match_stderr,strict"] < 0.5
    assert evaluate(folder, guesser, "things_letter")["things_letter"]["acc,none"] == share


def test_a_broken_format_is_wrong(folder: Path) -> None:
    broken = ScriptedModel(lambda _: "The answer is C")
    found = evaluate(folder, broken, "things_generate")["things_generate"]
    assert found["exact_match,strict"] == found["format,strict"] == 0.0


def test_letters_need_no_graphtutor(
    folder: Path, oracle: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the library the groundedness is left out, not reported as 0."""
    monkeypatch.setitem(sys.modules, "graphtutor.harness.folder", None)
    found = evaluate(folder, oracle, "things_generate")["things_generate"]
    assert found["exact_match,strict"] == 1.0
    assert not any("grounded" in key for key in found)


def test_a_hugging_face_model_runs_every_variant(folder: Path, llama_folder: Path) -> None:
    from lm_eval.models.huggingface import HFLM

    model = HFLM(pretrained=str(llama_folder), device="cpu", batch_size=4, dtype="float32")
    for variant, figure in (
        ("generate", "grounded,graph"),
        ("letter", "acc,none"),
        ("name", "acc_norm,none"),
    ):
        found = evaluate(folder, model, f"things_{variant}", limit=2)
        assert found[f"things_{variant}"]["sample_len"] == 4
        assert 0 <= found[f"things_{variant}"][figure] <= 1


def test_it_sees_the_completions_that_graphtutor_evaluates(
    folder: Path, llama_folder: Path, eval_tasks: tuple[Task, ...]
) -> None:
    """Greedy decoding here and there: the same prompt tokens in, the same text out."""
    from lm_eval.models.huggingface import HFLM

    engine = get_backend("torch").load(ModelConfig(name=str(llama_folder), device="cpu"))
    four = [task for task in eval_tasks if task.hop_len == 4][:3]
    ours = engine.generate([Prompt(task.id, task.prompt) for task in four], Sampling())
    theirs = simple_evaluate(
        model=HFLM(pretrained=str(llama_folder), device="cpu", batch_size=1, dtype="float32"),
        tasks=["things_generate_4hop"],
        task_manager=TaskManager(include_path=str(folder), include_defaults=False),
        limit=3,
        log_samples=True,
    )
    assert theirs is not None
    rows = theirs["samples"]["things_generate_4hop"]
    texts = {row["doc"]["id"]: row["resps"][0][0] for row in rows if row["filter"] == "strict"}
    assert texts == {task.id: own[0].text for task, own in zip(four, ours, strict=True)}
