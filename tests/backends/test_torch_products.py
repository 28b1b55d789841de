"""Products in bfloat16 while a step runs, and nothing of it afterwards."""

from __future__ import annotations

import pytest
import torch

from graphtutor.backends.torch import TorchBackend
from graphtutor.backends.torch_products import training_products
from graphtutor.config import ModelConfig
from graphtutor.models.nano import nano_folder


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    return TorchBackend().load(ModelConfig(name=str(nano_folder()))).network


@pytest.mark.parametrize("fails", [False, True])
def test_everything_is_put_back(network: torch.nn.Module, fails: bool) -> None:
    before = network.config._attn_implementation, torch.get_float32_matmul_precision()
    try:
        with training_products(network, "bf16"):
            assert torch.get_float32_matmul_precision() == "medium"
            assert network.config._attn_implementation == "eager"
            if fails:
                raise KeyboardInterrupt
    except KeyboardInterrupt:
        assert fails
    assert (network.config._attn_implementation, torch.get_float32_matmul_precision()) == before


def test_full_precision_changes_nothing(network: torch.nn.Module) -> None:
    with training_products(network, "fp32"):
        assert torch.get_float32_matmul_precision() == "highest"


def test_the_result_is_the_same_within_bfloat16(network: torch.nn.Module) -> None:
    ids = torch.arange(40).view(2, 20) + 100
    with torch.no_grad():
        exact = network(input_ids=ids).logits
        with training_products(network, "bf16"):
            rounded = network(input_ids=ids).logits
    assert torch.allclose(exact, rounded, atol=0.05 * exact.abs().max().item())


def test_the_backend_hands_its_setting_on() -> None:
    model = TorchBackend().load(ModelConfig(name=str(nano_folder()), precision="bf16"))
    assert model.precision == "bf16"
