"""Pretraining of the embedded model: a general reader over worlds that come and go.

Each step mixes the three families of ``pretraining_examples``. A world lives for some 150 steps;
its facts must go into the weights and are useless afterwards, so what lasts is the skill of taking
facts in, recalling them along a stated chain, and binding a name to its option's letter.

The run is a pure function of its settings: step ``i`` draws its examples from a random stream of
its own, so a resumed training sees what an uninterrupted one would.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

from graphtutor.io.seed import derive_seed
from graphtutor.models.nano import build_model, build_tokenizer, words
from graphtutor.training.pretraining_examples import (
    LETTER_WEIGHT,
    Segment,
    binding_example,
    facts_example,
    lookup_example,
    world_example,
)
from graphtutor.training.pretraining_worlds import World, make_world

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerFast

__all__ = ["PretrainSettings", "pretrain"]

FAMILIES: Final = ("world", "facts", "binding", "lookup")


@dataclass(frozen=True)
class PretrainSettings:
    """What the checkpoint depends on. ``world_life`` is in steps, batch sizes are in examples.

    ``sizes`` are examples per step of world, facts, binding and lookup; ``focus_sizes`` hold until
    ``binding_steps``.
    """

    steps: int = 1000
    seed: int = 0
    lr: float = 1e-3
    warmup: int = 30
    decay: float = 0.15
    world_life: int = 150
    sizes: tuple[int, int, int, int] = (28, 4, 8, 12)
    focus_sizes: tuple[int, int, int, int] = (12, 2, 24, 16)
    lookup_batch: int = 128
    lookup_steps: int = 325
    plain_steps: int = 150
    plain_words: int = 400
    binding_steps: int = 600
    threads: int = 0
    compile: bool = False


def pretrain(
    folder: Path, settings: PretrainSettings, on_log: Callable[[dict[str, Any]], None]
) -> None:
    """Train nano into ``folder``; goes on from the checkpoint that ``folder`` holds, if any."""
    import torch

    if settings.threads:
        torch.set_num_threads(settings.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    tokenizer = build_tokenizer()
    model: Any = build_model(tokenizer, settings.seed)
    model.to(device)
    optimiser: Any = torch.optim.AdamW(
        model.parameters(), lr=settings.lr, betas=(0.9, 0.98), weight_decay=0.01
    )
    state, first = folder / "state.pt", 0
    if state.exists():
        saved = torch.load(state, map_location=device, weights_only=True)
        model.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        first = int(saved["step"])
    engine: Any = torch
    body: Any = engine.compile(model.model, dynamic=True) if settings.compile else model.model
    vocabulary, began = words(), time.time()
    tally: dict[str, list[float]] = {}
    for step in range(first, settings.steps):
        for group in optimiser.param_groups:
            group["lr"] = settings.lr * _rate(step, settings)
        rows = _encode(_step_examples(step, settings, vocabulary), tokenizer)
        for piece in _pieces(rows):
            loss = _loss(
                body, model.lm_head, _collate(piece, device), [row.family for row in piece], tally
            )
            (loss / _normaliser(rows)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        if (step + 1) % 25 == 0:
            means = {key: round(sum(v) / len(v), 4) for key, v in tally.items() if v}
            on_log({"step": step + 1, "seconds": round(time.time() - began, 1), **means})
            tally.clear()
        if (step + 1) % 100 == 0 or step + 1 == settings.steps:
            folder.mkdir(parents=True, exist_ok=True)
            fresh = folder / "state.new"
            torch.save(
                {
                    "model": model.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "step": step + 1,
                },
                fresh,
            )
            fresh.replace(state)
            save_checkpoint(folder / "model", model, tokenizer, settings)


def save_checkpoint(folder: Path, model: Any, tokenizer: Any, settings: PretrainSettings) -> None:
    """Write the model in half precision with its tokenizer, in Hugging Face format."""
    import copy

    import torch

    small = copy.deepcopy(model).to(torch.float16)
    small.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "pretraining.json").write_text(
        json.dumps(settings.__dict__, indent=1) + "\n", "utf-8"
    )


_SHARES: Final = {"world": 1.0, "facts": 0.4, "binding": 0.4, "lookup": 0.5}


def _rate(step: int, settings: PretrainSettings) -> float:
    if step < settings.warmup:
        return (step + 1) / settings.warmup
    left = (settings.steps - step) / max(1, math.ceil(settings.decay * settings.steps))
    return max(0.05, min(1.0, left))


def _step_examples(
    step: int, settings: PretrainSettings, vocabulary: Sequence[str]
) -> dict[str, list[list[Segment]]]:
    random = Random(derive_seed("pretrain", settings.seed, step))
    number = step // settings.world_life
    world = _world(settings.seed, number, vocabulary)
    if step < settings.lookup_steps:
        # Few words first: binding emerges on names met often, then carries to all others.
        known = vocabulary[: settings.plain_words] if step < settings.plain_steps else vocabulary
        plain = 1.0 if step < settings.plain_steps + 75 else 0.4
        count = settings.lookup_batch * (3 if plain == 1 else 1) // 2
        return {
            "lookup": [lookup_example(known, random, random.random() < plain) for _ in range(count)]
        }
    # Binding first, with enough of the rest to keep it; then mostly worlds.
    focus = step < settings.binding_steps
    sizes = settings.focus_sizes if focus else settings.sizes
    return {
        "world": [world_example(world, random) for _ in range(sizes[0])],
        "facts": [facts_example(vocabulary, random) for _ in range(sizes[1])],
        "binding": [binding_example(vocabulary, random) for _ in range(sizes[2])],
        "lookup": [
            lookup_example(vocabulary, random, random.random() < 0.25) for _ in range(sizes[3])
        ],
    }


_living: dict[tuple[int, int], World] = {}


def _world(seed: int, number: int, vocabulary: Sequence[str]) -> World:
    # One world lives at a time; the cache holds just that one.
    if (seed, number) not in _living:
        _living.clear()
        _living[seed, number] = make_world(
            vocabulary, Random(derive_seed("pretrain-world", seed, number))
        )
    return _living[seed, number]


@dataclass(frozen=True)
class _Row:
    """One example as tokens, with the weight of each token in the loss."""

    family: str
    ids: list[int]
    weights: list[float]


def _encode(
    families: dict[str, list[list[Segment]]], tokenizer: PreTrainedTokenizerFast
) -> list[_Row]:
    """Tokenise segment by segment, so that weights fall on exactly their own tokens."""
    flat = [text for examples in families.values() for example in examples for text, _ in example]
    encoded: Any = iter(tokenizer(flat, add_special_tokens=False)["input_ids"])  # pyright: ignore
    rows: list[_Row] = []
    for family, examples in families.items():
        for example in examples:
            ids: list[int] = []
            weights: list[float] = []
            for _, weight in example:
                piece = next(encoded)
                ids += piece
                weights += [weight * _SHARES[family]] * len(piece)
            if example[-1][1] > 0:
                end: Any = tokenizer.eos_token_id
                ids, weights = [*ids, end], [*weights, _SHARES[family]]
            rows.append(_Row(family, ids, weights))
    return rows


def _pieces(rows: list[_Row]) -> list[list[_Row]]:
    """Sort by length and cut into pieces of about 2,000 tokens, so that little is padding."""
    count = max(1, sum(len(row.ids) for row in rows) // 2000)
    ordered = sorted(rows, key=lambda row: len(row.ids))
    pieces: list[list[_Row]] = [[]]
    total, size = sum(len(row.ids) for row in rows), 0
    for row in ordered:
        if size > total * len(pieces) / count:
            pieces.append([])
        pieces[-1].append(row)
        size += len(row.ids)
    return pieces


def _normaliser(rows: list[_Row]) -> float:
    return sum(sum(row.weights) for row in rows)


def _collate(rows: Sequence[_Row], device: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Pad on the right to (batch, tokens): token ids and loss weights."""
    import torch

    width = max(len(row.ids) for row in rows)
    ids = torch.tensor([row.ids + [0] * (width - len(row.ids)) for row in rows])
    weights = torch.tensor([row.weights + [0.0] * (width - len(row.ids)) for row in rows])
    return ids.to(device), weights.to(device)


def _loss(
    body: Any,
    head: Any,
    batch: tuple[torch.Tensor, torch.Tensor],
    families: Sequence[str],
    tally: dict[str, list[float]],
) -> Any:
    """Return the summed weighted loss; note right tokens and letters per family in ``tally``."""
    import torch

    ids, weights = batch
    # Right padding under a causal mask: padding is never attended to by what precedes it.
    hidden = body(input_ids=ids).last_hidden_state
    chosen = weights[:, 1:] > 0
    logits = head(hidden[:, :-1][chosen])
    target, weight = ids[:, 1:][chosen], weights[:, 1:][chosen]
    each = torch.nn.functional.cross_entropy(logits, target, reduction="none")
    with torch.no_grad():
        right = (logits.argmax(-1) == target).float()
        row = chosen.nonzero()[:, 0]
        family = torch.tensor([FAMILIES.index(name) for name in families], device=row.device)[row]
        for number, name in enumerate(FAMILIES):
            mine = family == number
            letter = mine & (weight == LETTER_WEIGHT * _SHARES[name])
            for kind, where in (("token", mine), ("letter", letter)):
                if where.any():
                    tally.setdefault(f"{name}_{kind}", []).append(right[where].mean().item())
            if mine.any():
                tally.setdefault(f"{name}_loss", []).append(each[mine].mean().item())
    return (each * weight).sum()
