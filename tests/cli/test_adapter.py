"""``graphtutor adapter``: there and back, one line on success, one line and code 2 on bad input."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from graphtutor.cli.main import main
from graphtutor.models.adapter_tensors import Tensor
from graphtutor.models.adapters import Adapter, read_adapter, write_adapter

pytest.importorskip("safetensors")

NAME = "model.layers.0.mlp.up_proj"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """An adapter of rank 2 in PEFT's layout."""
    a, b = (Tensor("F32", np.arange(6, dtype="<u4").reshape(s)) for s in ((2, 3), (3, 2)))
    write_adapter(Adapter(2, 4, 0.0, {NAME: (a, b)}, base="owner/base"), tmp_path / "one", "peft")
    return tmp_path / "one"


def test_there_and_back(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["adapter", str(source), str(tmp_path / "two"), "--to", "mlx"]) == 0
    assert capsys.readouterr().out == f"adapter for mlx: {tmp_path / 'two'}\n"
    back = ["adapter", str(tmp_path / "two"), str(tmp_path / "three"), "--to", "peft"]
    assert main([*back, "--base", "other/base"]) == 0
    file = "adapter_model.safetensors"
    assert (tmp_path / "three" / file).read_bytes() == (source / file).read_bytes()
    assert read_adapter(tmp_path / "three").base == "other/base"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["{source}", "{out}", "--to", "peft"], "layout of mlx, got one of peft"),
        (["{source}", "{source}", "--to", "mlx"], "wanted a new folder"),
        (["{out}", "{out}", "--to", "mlx"], "got no such folder"),
        (["{source}", "{out}", "--to", "gguf"], "--to: wanted peft or mlx, got 'gguf'"),
        (["{source}", "{out}"], "Missing option '--to'"),
    ],
)
def test_bad_input_is_one_line(
    arguments: list[str],
    expected: str,
    source: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    filled = [word.format(source=source, out=tmp_path / "out") for word in arguments]
    assert main(["adapter", *filled]) == 2
    said = capsys.readouterr().err
    assert expected in said
    assert said.count("\n") == 1
    assert not (tmp_path / "out").exists()
