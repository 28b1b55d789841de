"""Supervised training of a causal language model on token-masked examples.

A plain loop, because it has to give the same weights after a kill as without one: step ``i`` sees
the examples that the request names, seeds its own randomness from (seed, i), and takes its learning
rate from ``i`` alone. The language-model head runs on trained positions only, which saves most of
its work and memory.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import torch

from graphtutor.backends.base import Example, StepLog, TrainRequest
from graphtutor.backends.schedule import pieces, rate
from graphtutor.backends.torch_products import keep_less, loss_scale, training_products
from graphtutor.io.seed import derive_seed
from graphtutor.models.checkpoint import load_checkpoint, save_checkpoint

if TYPE_CHECKING:
    from transformers import PreTrainedModel

__all__ = ["fit"]

_LOGITS_CHANGED: Final = ("final_logit_softcapping", "logits_scaling", "logit_scale")
"""Settings of architectures (Gemma 2, Granite, Cohere) that change logits after the head."""


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
    scale = loss_scale(model)
    if config.gradient_checkpointing:
        keep_less(model)
    model.train()
    for step in range(first, len(request.batches)):
        seed = derive_seed("train", request.seed, step)
        torch.manual_seed(seed)  # pyright: ignore[reportUnknownMemberType]
        lr = config.lr * rate(step, config)
        for group in optimiser.param_groups:
            group["lr"] = lr
        batch = [request.examples[index] for index in request.batches[step]]
        with training_products(model, precision):
            loss = _backward(model, batch, config.micro_tokens, scale)
        for weight in weights.values() if scale != 1 else ():
            if weight.grad is not None:
                weight.grad /= scale
        norm = torch.nn.utils.clip_grad_norm_(list(weights.values()), config.max_grad_norm)
        if norm.isfinite():  # in half precision a gradient may overflow: then the step is left out
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


def _backward(
    model: PreTrainedModel, batch: Sequence[Example], micro_tokens: int, scale: float
) -> float:
    """Add ``scale`` times the gradients of the mean loss per trained token; return that loss."""
    trained = sum(sum(example.mask[1:]) for example in batch)
    total = 0.0
    for piece in pieces(batch, micro_tokens):
        loss = _summed_loss(model, piece) / trained
        (loss * scale).backward()  # pyright: ignore[reportUnknownMemberType]
        total += loss.item()
    return total


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
    chosen = mask[:, 1:]
    if any(getattr(causal.config, name, None) for name in _LOGITS_CHANGED):
        logits = causal(input_ids=ids, attention_mask=attention, use_cache=False).logits
        logits = logits[:, :-1][chosen]
    else:
        reader = causal.base_model
        hidden = reader(input_ids=ids, attention_mask=attention, use_cache=False)
        logits = causal.get_output_embeddings()(hidden.last_hidden_state[:, :-1][chosen])
    return torch.nn.functional.cross_entropy(logits.float(), ids[:, 1:][chosen], reduction="sum")
