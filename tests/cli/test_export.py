"""``graphtutor export``: a small run, trained by the command line, written out for every target.

Whatever is refused is one line on standard error, exit code 2, and leaves no folder behind.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.models.families import save_family

from graphtutor.cli.main import main
from graphtutor.tasks.generate import generate_splits

CHECK = 24
SETTINGS = (
    "model.device=cpu",
    "model.threads=1",
    "phases=[sft]",
    "tasks.train_one_hop=1",
    "tasks.train_two_hop=4",
    "tasks.train_three_hop=4",
    "tasks.train_long=2",
    "tasks.dev=0",
    "tasks.eval=12",
    "tasks.search=0",
    "sft.method=lora",
    "sft.steps=4",
    "sft.batch_size=4",
    "sft.lr=2e-2",
    "evaluation.max_new_tokens=16",
    "evaluation.curve_tasks=0",
    "evaluation.probes=[]",
)

Runs = Callable[..., Path]
Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory, graph_file: Path) -> Runs:
    """Train a tiny model of a kind once, all on the same tasks; return its run directory."""
    pytest.importorskip("torch")
    made: dict[tuple[str, ...], Path] = {}
    tasks: list[Any] = []

    def splits(*given: Any) -> Any:
        if not tasks:
            tasks.append(generate_splits(*given))
        return tasks[0]

    def run(kind: str, *more: str) -> Path:
        key = (kind, *more)
        if key not in made:
            root = tmp_path_factory.mktemp("runs")
            base = "nano"
            if kind != "nano":
                base = str(save_family(kind, root / f"tiny-{kind}", max_position_embeddings=1024))
            chosen = (f"graph={graph_file}", f"model.name={base}", *SETTINGS, *more)
            options = [part for setting in chosen for part in ("--set", setting)]
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("graphtutor.report.write.plots_available", lambda: False)
                patch.setattr("graphtutor.job.data.generate_splits", splits)
                assert main(["run", "--root", str(root), "--run-id", "small", *options]) == 0
            made[key] = root / "small"
        return made[key]

    return run


def export(run: Path, out: Path, target: str, *more: str) -> int:
    return main(["export", str(run), str(out), "--to", target, "--check", str(CHECK), *more])


def refused(capsys: Captured, out: Path) -> str:
    """Return the last line said, once nothing has been put in place or left beside it."""
    *before, line = capsys.readouterr().err.splitlines()
    assert line.startswith("graphtutor: ")
    assert not any("Traceback" in one for one in before)
    assert not out.exists()
    assert not list(out.parent.glob(f".{out.name}.*"))
    return line


def no_path_of(folder: Path, out: Path) -> bool:
    """Tell whether no file of an export names the folder that it was made in."""
    return not any(str(folder).encode() in file.read_bytes() for file in out.iterdir())


def test_hf_is_the_model_that_was_trained(runs: Runs, tmp_path: Path, capsys: Captured) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    run = runs("smollm")
    capsys.readouterr()
    assert export(run, tmp_path / "out", "hf") == 0
    said = capsys.readouterr().out
    assert f"{CHECK} tasks asked of both" in said
    assert f"(transformers) 0 right, {CHECK} completions equal" in said
    shift = re.search(r"merging moved no logit by more than (\S+)\n", said)
    assert shift
    assert 0 < float(shift[1]) < 1e-3
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"config.json", "generation_config.json", "model.safetensors", "README.md"} <= files
    assert {"tokenizer.json", "tokenizer_config.json", "chat_template.jinja"} <= files
    model: Any = AutoModelForCausalLM.from_pretrained(tmp_path / "out")
    tokenizer: Any = AutoTokenizer.from_pretrained(tmp_path / "out")
    assert str(model.dtype) == "torch.float32"
    assert not [name for name, _ in model.named_modules() if "lora" in name]
    assert tokenizer.chat_template
    assert model.generation_config.do_sample is False
    assert tokenizer.eos_token_id in model.generation_config.eos_token_id
    assert no_path_of(run.parent, tmp_path / "out")


def test_the_card_tells_where_the_model_comes_from(runs: Runs, tmp_path: Path) -> None:
    run, out = runs("smollm"), tmp_path / "out"
    assert export(run, out, "hf", "--dtype", "bf16", "--tolerance", "0") == 0
    card = (out / "README.md").read_text("utf-8")
    meta = json.loads((run / "meta.json").read_text("utf-8"))
    figures = json.loads((run / "metrics.json").read_text("utf-8"))["splits"]["eval"]["sft"]
    weights = hashlib.sha256((out / "model.safetensors").read_bytes()).hexdigest()
    assert f"| `model.safetensors`, here | {weights} |" in card
    for split, role in (("train", "trained on"), ("eval", "evaluated on")):
        digest = hashlib.sha256((run / "tasks" / f"{split}.jsonl").read_bytes()).hexdigest()
        assert f"| `{split}.jsonl`, {role} | {digest} |" in card
    assert f"| chat template | {meta['model']['chat_template']} |" in card
    low, high = figures["intervals"]["accuracy"]
    assert f"| SFT | 24 | 0.0 % ({100 * low:.1f}-{100 * high:.1f}) |" in card
    assert "Audit of the data: Passes: all" in card
    assert "| base model | tiny-smollm |" in card
    assert "| licence of the base model | see the base model |" in card
    assert "| weights here | bf16 |" in card
    assert "base_model:" not in card
    assert main(["export", str(run), str(tmp_path / "two"), "--to", "hf", "--check", "0"]) == 0
    card = (tmp_path / "two" / "README.md").read_text("utf-8")
    assert "- Export: not run, as it was asked for." in card


def test_mlx_reads_its_folder(runs: Runs, tmp_path: Path, capsys: Captured) -> None:
    pytest.importorskip("mlx_lm")
    import safetensors

    assert export(runs("smollm"), tmp_path / "out", "mlx") == 0
    assert f"(mlx-lm) 0 right, {CHECK} completions equal" in capsys.readouterr().out
    library: Any = safetensors
    with library.safe_open(tmp_path / "out" / "model.safetensors", "np") as file:
        assert file.metadata() == {"format": "mlx"}


def test_gguf_is_run_by_llama_cpp(runs: Runs, tmp_path: Path, capsys: Captured) -> None:
    pytest.importorskip("xllamacpp")
    run = runs("smollm")
    assert export(run, tmp_path / "out", "gguf") == 0
    said = capsys.readouterr().out
    assert f"(llama.cpp) 0 right, {CHECK} completions equal, {CHECK} prompts read as" in said
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"README.md", "model-f32.gguf"}
    assert no_path_of(run.parent, tmp_path / "out")


def test_ollama_gets_the_template_that_was_trained_with(runs: Runs, tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    out = tmp_path / "out"
    assert export(runs("smollm"), out, "ollama") == 0
    assert {path.name for path in out.iterdir()} == {"README.md", "model.gguf", "Modelfile"}
    lines = (out / "Modelfile").read_text("utf-8").splitlines()
    assert lines == [
        "FROM ./model.gguf",
        'TEMPLATE """<|im_start|>user',
        "{{ .Prompt }}<|im_end|>",
        "<|im_start|>assistant",
        '"""',
        "PARAMETER temperature 0",
        "PARAMETER repeat_penalty 1",
        "PARAMETER num_predict 16",
        "PARAMETER num_ctx 1024",
        'PARAMETER stop "<|im_end|>"',
        'PARAMETER stop "<|endoftext|>"',
    ]
    assert "Ollama itself has not been run" in (out / "README.md").read_text("utf-8")


def test_nano_splits_text_as_llama_cpp_cannot(runs: Runs, tmp_path: Path, capsys: Captured) -> None:
    """Its file is refused, or answers equally where it is given token ids, and says so."""
    pytest.importorskip("xllamacpp")
    run, out = runs("nano", "sft.method=full", "sft.lr=1e-4"), tmp_path / "out"
    capsys.readouterr()
    assert export(run, out, "gguf") == 2
    assert "a tokenizer that splits text as one of llama.cpp's does" in refused(capsys, out)
    assert export(run, out, "ollama", "--token-ids") == 2
    assert "ollama, which takes text" in refused(capsys, out)
    assert export(run, out, "gguf", "--token-ids") == 0
    said = capsys.readouterr().out
    assert f"{CHECK} completions equal" in said
    assert "merging" not in said  # all weights were trained
    card = (out / "README.md").read_text("utf-8")
    assert "Give this file token ids, not text" in card
    assert "| licence of the base model | mit |" in card


def test_coarser_types_are_checked_with_tolerance(
    runs: Runs, tmp_path: Path, capsys: Captured
) -> None:
    """Completions may differ then; right answers may not go."""
    pytest.importorskip("xllamacpp")
    out = tmp_path / "out"
    assert export(runs("smollm"), out, "gguf", "--dtype", "q8_0", "--tolerance", "0") == 0
    assert f"{CHECK} tasks asked of both" in capsys.readouterr().out
    assert "| weights here | q8_0 |" in (out / "README.md").read_text("utf-8")
    assert (out / "model-q8_0.gguf").is_file()


@pytest.mark.parametrize("target", ["hf", "gguf"])
def test_another_model_than_the_trained_one_is_not_put_in_place(
    target: str, runs: Runs, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One matrix of one layer is changed between merging and writing."""
    pytest.importorskip("xllamacpp")
    import torch

    from graphtutor.export import export as module

    plain = module.save_merged

    def spoiled(merged: Any, *given: Any, **named: Any) -> None:
        with torch.no_grad():
            merged.network.model.layers[1].mlp.up_proj.weight.mul_(-1)
        plain(merged, *given, **named)

    monkeypatch.setattr(module, "save_merged", spoiled)
    run, out = runs("smollm"), tmp_path / "out"
    capsys.readouterr()
    assert export(run, out, target) == 2
    line = refused(capsys, out)
    assert "wanted the completions of the run's own model to 24 tasks" in line
    assert "nothing was written" in line


def test_a_template_that_has_changed_is_refused(
    runs: Runs, tmp_path: Path, capsys: Captured
) -> None:
    old = runs("smollm")
    shutil.copytree(old.parent, tmp_path / "copy")
    base, run = tmp_path / "copy" / "tiny-smollm", tmp_path / "copy" / "small"
    settings = run / "config.yaml"
    settings.write_text(settings.read_text("utf-8").replace(str(old.parent), str(run.parent)))
    template = base / "chat_template.jinja"
    template.write_text(template.read_text("utf-8").replace("user", "human") + "x", "utf-8")
    capsys.readouterr()
    assert export(run, tmp_path / "out", "hf") == 2
    assert "chat template: wanted that of the run" in refused(capsys, tmp_path / "out")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--to", "onnx"], "--to: wanted one of hf, mlx, gguf, ollama, got 'onnx'"),
        (["--to", "hf", "--dtype", "q8_0"], "--dtype: wanted one of fp32, bf16, fp16 for hf"),
        (["--to", "hf", "--phase", "rsft"], "wanted the model of phase rsft, got models of sft"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str], expected: str, runs: Runs, tmp_path: Path, capsys: Captured
) -> None:
    run = runs("smollm")
    capsys.readouterr()
    assert main(["export", str(run), str(tmp_path / "out"), *arguments]) == 2
    assert expected in refused(capsys, tmp_path / "out")


def test_an_existing_folder_is_left_alone(runs: Runs, tmp_path: Path, capsys: Captured) -> None:
    run, out = runs("smollm"), tmp_path / "out"
    out.mkdir()
    capsys.readouterr()
    assert export(run, out, "hf") == 2
    assert "wanted a new folder, got an existing one" in capsys.readouterr().err
    assert not list(out.iterdir())
