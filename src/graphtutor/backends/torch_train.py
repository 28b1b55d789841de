"""Supervised training of a causal language model on token-masked examples.

A plain loop, because it has to give the same weights after a kill as without one: step ``i`` sees
the examples that the request names, seeds its own randomness from (seed, i), and takes its learning
rate from ``i`` alone. The language-model head runs on trained positions only, which saves most of
its work and memory.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import torch

from graphtutor.backends.base import Example, StepLog, TrainRequest
from graphtutor.backends.torch_products import training_products
from graphtutor.config import TrainConfig
from graphtutor.io.seed import derive_seed
from graphtutor.models.checkpoint import load_checkpoint, save_checkpoint

if TYPE_CHECKING:
    from transformers import PreTrainedModel

__all__ = ["fit", "rate"]

_PIECE_TOKENS: Final = 4096
"""Padded tokens per forward pass; a batch is cut into pieces of similar lengths."""


def rate(step: int, config: TrainConfig) -> float:
    """Return the share of the peak learning rate at ``step`` (0-based).

    >>> config = TrainConfig(steps=100, warmup=0.1, schedule="linear")
    >>> [round(rate(step, config), 2) for step in (0, 9, 55, 99)]
    [0.1, 1.0, 0.5, 0.01]
    """
    warm = math.ceil(config.warmup * config.steps)
    if step < warm:
        return (step + 1) / warm
    gone = (step - warm) / max(1, config.steps - warm)
    if config.schedule == "constant":
        return 1.0
    return 1 - gone if config.schedule == "linear" else 0.5 * (1 + math.cos(math.pi * gone))


def fit(model: PreTrainedModel, request: TrainRequest, precision: str = "fp32") -> None:
    """Train the weights of ``model`` that require gradients, in place.

    ``precision`` is that of matrix products, see ``torch_products``.
    """
    config = request.config
    weights = {name: w for name, w in model.named_parameters() if w.requires_grad}
    optimiser = torch.optim.AdamW(
        weights.values(), lr=config.lr, betas=(0.9, 0.98), weight_decay=config.weight_decay
    )
    path = request.checkpoints / "checkpoint.safetensors" if request.checkpoints else None
    first = load_checkpoint(path, weights, optimiser) if path else 0
    began = time.perf_counter()
    model.train()
    for step in range(first, len(request.batches)):
        seed = derive_seed("train", request.seed, step)
        torch.manual_seed(seed)  # pyright: ignore[reportUnknownMemberType]
        lr = config.lr * rate(step, config)
        for group in optimiser.param_groups:
            group["lr"] = lr
        batch = [request.examples[index] for index in request.batches[step]]
        with training_products(model, precision):
            loss = _backward(model, batch)
        torch.nn.utils.clip_grad_norm_(list(weights.values()), config.max_grad_norm)
        optimiser.step()  # pyright: ignore[reportUnknownMemberType]
        optimiser.zero_grad(set_to_none=True)
        if request.on_step:
            tokens = sum(len(example.tokens) for example in batch)
            request.on_step(StepLog(step + 1, loss, lr, tokens, time.perf_counter() - began))
        if request.on_evaluate and step + 1 in request.evaluate_at:
            model.eval()
            request.on_evaluate(step + 1)
            model.train()
        if path and (step + 1) % config.checkpoint_every == 0 and step + 1 < len(request.batches):
            save_checkpoint(path, step + 1, weights, optimiser)
    model.eval()


def _backward(model: PreTrainedModel, batch: Sequence[Example]) -> float:
    """Add the gradients of the mean loss per trained token; return that loss."""
    trained = sum(sum(example.mask[1:]) for example in batch)
    total = 0.0
    for piece in _pieces(batch):
        loss = _summed_loss(model, piece) / trained
        loss.backward()  # pyright: ignore[reportUnknownMemberType]
        total += loss.item()
    return total


def _pieces(batch: Sequence[Example]) -> list[list[Example]]:
    """Sort by length and cut so that a padded piece stays within ``_PIECE_TOKENS``."""
    pieces: list[list[Example]] = [[]]
    for example in sorted(batch, key=lambda example: len(example.tokens)):
        if pieces[-1] and (len(pieces[-1]) + 1) * len(example.tokens) > _PIECE_TOKENS:
            pieces.append([])
        pieces[-1].append(example)
    return pieces


def _summed_loss(model: Any, piece: Sequence[Example]) -> torch.Tensor:
    """Sum the cross-entropy over trained tokens; padded on the right, under a causal mask."""
    # Few different shapes: for some products a kernel is made for each, which takes long.
    width = -(-max(len(example.tokens) for example in piece) // 16) * 16
    ids = torch.tensor([[*e.tokens, *[0] * (width - len(e.tokens))] for e in piece])
    mask = torch.tensor([[*e.mask, *[False] * (width - len(e.mask))] for e in piece])
    attention = torch.tensor([[1] * len(e.tokens) + [0] * (width - len(e.tokens)) for e in piece])
    ids, mask, attention = (value.to(model.device) for value in (ids, mask, attention))
    # get_base_model unwraps an adapter's shell; its layers inside stay adapted.
    causal = model.get_base_model() if hasattr(model, "get_base_model") else model
    hidden = causal.base_model(input_ids=ids, attention_mask=attention).last_hidden_state
    chosen = mask[:, 1:]
    logits = causal.get_output_embeddings()(hidden[:, :-1][chosen])
    return torch.nn.functional.cross_entropy(logits.float(), ids[:, 1:][chosen], reduction="sum")
