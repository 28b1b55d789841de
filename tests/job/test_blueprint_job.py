"""A blueprint run with the fake engine: scored before and after, resumed, and sure of its data."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from graphtutor.backends.fake import FakeBackend, FakeModel
from graphtutor.blueprint.example import BlueprintExample, write_examples
from graphtutor.blueprint.expand import expand
from graphtutor.blueprint.framework import Framework, Level, Merge
from graphtutor.blueprint.load import load_domain, load_framework
from graphtutor.blueprint.split import split_by_topic
from graphtutor.blueprint.template import TEMPLATE
from graphtutor.config import load_config
from graphtutor.errors import LeakError, RunError, TaskError
from graphtutor.io.jsonl import read_jsonl
from graphtutor.job.blueprint import (
    BlueprintJob,
    open_blueprint_job,
    run_blueprint,
    score_again,
    score_elsewhere,
)
from graphtutor.job.watch import Silence
from graphtutor.runs.blueprint import BlueprintAnswer, BlueprintMetrics
from graphtutor.runs.record_file import read_record

SETTINGS = (
    "model.name=any",
    "model.backend=fake",
    "sft.steps=6",
    "sft.batch_size=128",
    "sft.checkpoint_every=2",
    "evaluation.max_new_tokens=2500",
)


@pytest.fixture(autouse=True)
def _without_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphtutor.report.write.plots_available", lambda: False)
    monkeypatch.setattr("graphtutor.report.blueprint_page.plots_available", lambda: False)


@cache
def sides() -> tuple[tuple[BlueprintExample, ...], tuple[BlueprintExample, ...]]:
    domain = load_domain("physics")
    split = split_by_topic(expand(domain, load_framework(domain.framework), 0).examples, 0.2, 0)
    return split.train, split.valid


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    for name, examples in zip(("train", "valid"), sides(), strict=True):
        write_examples(folder / f"{name}.jsonl", examples)
    return folder


def opened(root: Path, data: Path | None, *more: str, resume: bool = False) -> BlueprintJob:
    config = load_config(overrides=[*SETTINGS, *more])
    return open_blueprint_job(root, "one", data, config, FakeBackend(), Silence(), resume=resume)


def metrics(job: BlueprintJob) -> BlueprintMetrics:
    return read_record(job.run.metrics, BlueprintMetrics)


def test_base_and_trained_model_are_scored_on_topics_that_were_held_out(
    tmp_path: Path, data: Path
) -> None:
    """The fake recites the nearest training answer: perfect form, nothing of its own."""
    job = opened(tmp_path / "runs", data)
    report = run_blueprint(job).read_text("utf-8")
    found = metrics(job)
    base, sft = found.phases["base"], found.phases["sft"]
    assert base.well_formed is not None
    assert sft.well_formed is not None
    assert base.well_formed.share == 0.0
    assert base.well_formed.interval[1] > 0.1  # n is small, and the interval says so
    assert sft.well_formed.share == 1.0
    assert sft.copied == 1.0
    assert sft.compression is not None
    assert sft.compression <= 1 / 3
    whole = [e for e in sides()[1] if e.meta.kind == "whole"]
    assert sft.well_formed.n == len(whole)
    assert sft.well_formed.topics == len({e.meta.topic for e in whole})
    asked = {e.meta.kind for e in sides()[1] if e.meta.closed}
    assert set(sft.closed) == asked
    assert "levels word for word from a training answer | - | 100.0%" in report
    assert whole[0].assistant.splitlines()[0] in report


def test_every_scored_question_is_answered_once_a_phase(tmp_path: Path, data: Path) -> None:
    job = opened(tmp_path / "runs", data)
    run_blueprint(job)
    lines = read_jsonl(job.run.answers, BlueprintAnswer)
    valid = [e for e in sides()[1] if e.meta.closed or e.meta.kind == "whole"]
    for phase in ("base", "sft"):
        keys = [line.key for line in lines if line.phase == phase]
        assert sorted(keys) == sorted(e.meta.key for e in valid)
    for line in lines:
        assert (line.right is None) == (line.well_formed is not None)
    train = {e.user for e in sides()[0]}
    assert not any(line.question in train for line in lines)


def test_the_system_message_reaches_training_and_questions(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    generate = FakeModel.generate

    def spy(self: FakeModel, prompts: Any, *rest: Any) -> Any:
        asked.extend(prompt.system for prompt in prompts)
        return generate(self, prompts, *rest)

    monkeypatch.setattr(FakeModel, "generate", spy)
    job = opened(tmp_path / "runs", data)
    run_blueprint(job)
    style = load_domain("physics").style
    assert set(asked) == {style}
    pairs = json.loads((job.run.model("sft") / "fake.json").read_text("utf-8"))
    assert all(prompt.startswith(style) for prompt in pairs)


def test_a_stopped_run_goes_on_to_the_same_files(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = opened(tmp_path / "whole", data)
    run_blueprint(whole)
    for target in ("save_adapter", "train", "generate"):
        original = getattr(FakeModel, target)
        calls = [0]

        def stop(self: Any, *args: Any, original: Any = original, calls: Any = calls) -> Any:
            calls[0] += 1
            if calls[0] == 1:
                raise KeyboardInterrupt
            return original(self, *args)

        with monkeypatch.context() as patch:
            patch.setattr(FakeModel, target, stop)
            root = tmp_path / target
            with pytest.raises(KeyboardInterrupt):
                run_blueprint(opened(root, data))
        again = opened(root, data, resume=True)
        run_blueprint(again)
        for name in ("answers.jsonl", "metrics.json", "journal.jsonl", "report.md"):
            assert (again.run.path / name).read_text("utf-8") == (whole.run.path / name).read_text(
                "utf-8"
            ), (target, name)


def test_a_run_goes_on_with_its_own_data_only(tmp_path: Path, data: Path) -> None:
    run_blueprint(opened(tmp_path / "runs", data))
    train = data / "train.jsonl"
    train.write_text("".join(train.read_text("utf-8").splitlines(keepends=True)[1:]), "utf-8")
    with pytest.raises(RunError, match="wanted the data that the run began with"):
        opened(tmp_path / "runs", data, resume=True)
    job = opened(tmp_path / "runs", None, resume=True)
    assert score_again(job) == job.run.report_markdown


def test_training_on_the_held_out_side_is_refused(tmp_path: Path, data: Path) -> None:
    (data / "train.jsonl").write_bytes((data / "valid.jsonl").read_bytes())
    job = opened(tmp_path / "runs", data)
    with pytest.raises(LeakError, match="not evaluated on"):
        run_blueprint(job)


def test_bad_data_leave_no_run_behind(tmp_path: Path, data: Path) -> None:
    (data / "valid.jsonl").write_text('{"text": "no question"}\n', "utf-8")
    with pytest.raises(TaskError, match=r"valid\.jsonl"):
        opened(tmp_path / "runs", data)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "How?", "response": "So."},
        {"instruction": "Say how.", "output": "So."},
        {"question": "How?", "answer": "So."},
    ],
)
def test_rows_of_other_forms_are_trained_on_and_nothing_is_scored(
    tmp_path: Path, row: dict[str, str]
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "train.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    (folder / "valid.jsonl").write_text(json.dumps(row | {"system": "Tersely."}) + "\n", "utf-8")
    job = opened(tmp_path / "runs", folder)
    report = run_blueprint(job).read_text("utf-8")
    pairs = json.loads((job.run.model("sft") / "fake.json").read_text("utf-8"))
    assert list(pairs.values()) == ["So."]
    assert "The data hold no whole answers" in report
    assert "The data hold no closed questions" in report
    assert metrics(job).phases == {}


def test_a_curriculum_sees_the_first_evolution_first(tmp_path: Path, data: Path) -> None:
    seen: list[list[int]] = []
    job = opened(tmp_path / "runs", data, "blueprint.curriculum=true", "sft.steps=40")
    rows = job.sides["train"]

    class Watching(FakeBackend):
        def load(self, model: Any, adapter: Any = None) -> FakeModel:
            loaded = super().load(model, adapter)
            train = loaded.train

            def spy(request: Any) -> None:
                seen.extend(request.batches)
                train(request)

            loaded.train = spy  # pyright: ignore
            return loaded

    job = BlueprintJob(job.run, job.config, Watching(), Silence())
    run_blueprint(job)
    stages = [max(int(rows[i].meta["evolution"]) for i in batch) for batch in seen]
    assert stages == sorted(stages)
    assert set(stages) == {1, 2, 3, 4}


def test_a_framework_of_the_users_comes_with_the_data(tmp_path: Path, data: Path) -> None:
    framework = Framework(
        framework="two-steps",
        title="Two steps",
        levels=(Level(id="claim", label="Claim"), Level(id="gist", label="Gist")),
        merge=Merge(label="In short", level="gist"),
    )
    answer = "Claim: bread rises because of all the gas\nGist: gas\nIn short: gas"
    meta = {"kind": "whole", "framework": "two-steps", "domain": "bread", "topic": "gas"}
    for name in ("train", "valid"):
        row = {"prompt": f"Why does {name} bread rise?", "response": answer, "meta": meta}
        (data / f"{name}.jsonl").write_text(json.dumps(row) + "\n", "utf-8")
    report = {"frameworks": {"two-steps": framework.model_dump(mode="json")}}
    (data / "report.json").write_text(json.dumps(report), "utf-8")
    job = opened(tmp_path / "runs", data)
    run_blueprint(job)
    figures = metrics(job).phases["sft"]
    assert figures.well_formed is not None
    assert figures.well_formed.share == 1.0
    (data / "report.json").write_text("{", "utf-8")
    with pytest.raises(RunError, match=r"dataset\.json: wanted the report"):
        run_blueprint(opened(tmp_path / "others", data))


def test_another_domain_is_scored_by_the_same_model(tmp_path: Path, data: Path) -> None:
    """What has been learned is a way to answer: it can be asked of a domain never trained on."""
    job = opened(tmp_path / "runs", data)
    run_blueprint(job)
    file = tmp_path / "bread.yaml"
    file.write_text(TEMPLATE, "utf-8")
    bread = load_domain(str(file))
    elsewhere = tmp_path / "bread"
    elsewhere.mkdir()
    made = expand(bread, load_framework(bread.framework), 0).examples
    write_examples(elsewhere / "valid.jsonl", made)
    out = tmp_path / "out"
    before = job.run.answers.read_bytes()
    report = score_elsewhere(job, elsewhere, out)
    found = read_record(out / "metrics.json", BlueprintMetrics).phases
    assert found["sft"].well_formed is not None
    assert found["sft"].well_formed.topics == len(bread.topics)
    assert found["base"].well_formed is not None
    assert found["base"].well_formed.share == 0.0
    assert report == out / "report.md"
    assert job.run.answers.read_bytes() == before
    with pytest.raises(RunError, match="wanted a new folder"):
        score_elsewhere(job, elsewhere, out)
    (elsewhere / "valid.jsonl").write_bytes(job.task_file("train").read_bytes())
    with pytest.raises(LeakError):
        score_elsewhere(job, elsewhere, tmp_path / "leak")


def test_the_configuration_is_written_down(tmp_path: Path, data: Path) -> None:
    job = opened(tmp_path / "runs", data, "blueprint.shares={whole: 0.5}")
    written = yaml.safe_load(job.run.config.read_text("utf-8"))
    assert written["blueprint"] == {"curriculum": False, "shares": {"whole": 0.5}}
    with pytest.raises(RunError, match=r"blueprint\.shares"):
        opened(tmp_path / "runs", data, resume=True)
