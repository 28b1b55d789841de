"""Where weights lie and in what precision, for devices that are not here as well."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from graphtutor.backends.registry import get_backend
from graphtutor.backends.torch_device import Placement, load_settings, pick_device, place
from graphtutor.config import ModelConfig
from graphtutor.errors import BackendError

pytest.importorskip("torch")


def machine(cuda: bool = False, mps: bool = False, bf16: bool = True) -> Any:
    """Stand in for what torch says of a machine."""
    return SimpleNamespace(
        cuda=SimpleNamespace(is_available=lambda: cuda, is_bf16_supported=lambda: bf16),
        backends=SimpleNamespace(mps=SimpleNamespace(is_available=lambda: mps)),
    )


def test_the_best_device_is_taken_and_another_can_be_named() -> None:
    assert pick_device(machine(), "auto") == "cpu"
    assert pick_device(machine(mps=True), "auto") == "mps"
    assert pick_device(machine(cuda=True), "auto") == "cuda"
    assert pick_device(machine(cuda=True), "cuda:1") == "cuda:1"
    assert pick_device(machine(cuda=True), "cpu") == "cpu"
    with pytest.raises(BackendError, match="wanted auto or one of mps, cpu, got 'cuda'"):
        pick_device(machine(mps=True), "cuda")


@pytest.mark.parametrize(
    ("device", "precision", "bf16", "weights"),
    [
        ("cpu", "auto", True, "fp32"),
        ("cpu", "bf16", True, "fp32"),
        ("cpu", "fp16", True, "fp16"),
        ("cuda", "auto", True, "bf16"),
        ("cuda", "auto", False, "fp16"),
        ("cuda:1", "fp32", True, "fp32"),
        ("mps", "auto", True, "fp16"),
        ("mps", "fp32", True, "fp32"),
    ],
)
def test_precision_by_device(device: str, precision: str, bf16: bool, weights: str) -> None:
    assert place(machine(bf16=bf16), device, precision) == Placement(device, weights)


def test_four_bit_is_for_cuda_alone() -> None:
    assert place(machine(), "cuda", "4bit") == Placement("cuda", "bf16", four_bit=True)
    for device in ("cpu", "mps"):
        with pytest.raises(BackendError, match=r"got 4bit.*--set model\.precision=auto"):
            place(machine(), device, "4bit")
    with pytest.raises(BackendError, match="a precision that mps can do, got bf16"):
        place(machine(), "mps", "bf16")


def test_four_bit_without_its_library_says_what_to_install() -> None:
    with pytest.raises(BackendError, match="pip install bitsandbytes"):
        load_settings(Placement("cuda", "bf16", four_bit=True))


def test_the_engine_refuses_before_it_reads_weights(llama_folder: Any) -> None:
    config = ModelConfig(name=str(llama_folder), device="cpu", precision="4bit")
    with pytest.raises(BackendError, match=r"model\.precision: wanted a precision that cpu can do"):
        get_backend("torch").load(config)
