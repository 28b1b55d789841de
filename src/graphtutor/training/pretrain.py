"""Pretraining of the embedded model: a general reader over worlds that come and go.

Each step mixes the families of ``pretraining_examples``. A world lives for some 200 steps; its
facts must go into the weights and are useless afterwards, so what lasts is the skill of taking
facts in, recalling them along a stated chain, and binding a name to its option's letter. First it
is asked in chains of 1-3 hops, then in longer ones, as a user's graph will be: so taking facts in
from short chains must not cost the skill of following long ones.

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
from typing import TYPE_CHECKING, Any, Final, cast

from graphtutor.io.seed import derive_seed
from graphtutor.models.checkpoint import load_checkpoint, save_checkpoint
from graphtutor.models.nano import build_model, build_tokenizer, words
from graphtutor.training.pretraining_examples import (
    LETTER_WEIGHT,
    Manner,
    Segment,
    binding_example,
    facts_example,
    follow_example,
    lookup_example,
    world_example,
)
from graphtutor.training.pretraining_worlds import World, make_world

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedTokenizerFast

__all__ = ["FRAMES", "PretrainSettings", "pretrain"]


@dataclass(frozen=True)
class PretrainSettings:
    """What the checkpoint depends on. ``world_life`` is in steps, batch sizes are in examples.

    ``mixtures`` are examples per step of world, facts, binding, lookup and follow, each until a
    step; the last one holds to the end. Worlds from step ``manners_from`` on have labels of their
    own.
    ``half`` computes matrix products in bfloat16 from step ``exact_steps`` on: before it, binding
    is lost in the rounding. From step ``frames_from`` on most questions of world and follow have a
    frame of their own. ``start`` names a model folder to begin from, with a new optimiser; without
    it training begins from scratch.
    """

    start: str = ""
    steps: int = 8400
    seed: int = 0
    lr: float = 1e-3
    warmup: int = 30
    decay: float = 0.15
    world_life: int = 200
    short_share: float = 0.55
    manners_from: int = 4000
    frames_from: int = 8400
    mixtures: tuple[tuple[int, tuple[int, int, int, int, int]], ...] = (
        (600, (12, 2, 24, 16, 0)),  # binding first, with enough of the rest to keep it
        (1200, (30, 3, 6, 8, 0)),
        (5000, (32, 2, 3, 5, 0)),
        (5400, (26, 2, 2, 4, 14)),
        (6400, (12, 2, 2, 4, 34)),  # following the question, as binding before
        (1 << 30, (26, 2, 2, 4, 14)),
    )
    lookup_batch: int = 128
    lookup_steps: int = 325
    plain_steps: int = 150
    plain_words: int = 400
    exact_steps: int = 600
    save_every: int = 200
    threads: int = 0
    compile: bool = False
    half: bool = False


FRAMES: Final = PretrainSettings(
    steps=3200,
    seed=1,
    lr=1e-3,
    decay=0.3,
    manners_from=0,
    frames_from=0,
    mixtures=((1 << 30, (24, 2, 2, 4, 20)),),
    lookup_steps=0,
    exact_steps=0,
)
"""The second stage, which begins from the model of the first: questions in frames of their own."""


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
    if settings.start:
        first_stage: Any = cast("Any", type(model)).from_pretrained(settings.start)
        model.load_state_dict(first_stage.state_dict())
    # torch's fused attention is slower backwards on a CPU than plain matrix products.
    model.set_attn_implementation("eager")
    model.to(device)
    optimiser: Any = torch.optim.AdamW(
        model.parameters(), lr=settings.lr, betas=(0.9, 0.98), weight_decay=0.01
    )
    weights = dict(model.named_parameters())
    state = folder / "state.safetensors"
    first = load_checkpoint(state, weights, optimiser)
    score = _scorer(model, device, compiled=settings.compile)
    vocabulary, began = words(), time.time()
    tally: dict[str, list[float]] = {}
    for step in range(first, settings.steps):
        for group in optimiser.param_groups:
            group["lr"] = settings.lr * _rate(step, settings)
        half = settings.half and step >= settings.exact_steps
        rows = _encode(_step_examples(step, settings, vocabulary), tokenizer)
        for piece in _pieces(rows):
            loss: Any = _piece_loss(score, piece, device, half, tally) / _normaliser(rows)
            loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        if (step + 1) % 25 == 0:
            means = {key: round(sum(v) / len(v), 4) for key, v in tally.items() if v}
            on_log({"step": step + 1, "seconds": round(time.time() - began, 1), **means})
            tally.clear()
        if (step + 1) % settings.save_every == 0 or step + 1 == settings.steps:
            folder.mkdir(parents=True, exist_ok=True)
            save_checkpoint(state, step + 1, weights, optimiser)
            _save_model(folder / "model", model, tokenizer, settings)


def _save_model(folder: Path, model: Any, tokenizer: Any, settings: PretrainSettings) -> None:
    """Write the model in half precision with its tokenizer, in Hugging Face format."""
    import copy

    import torch

    small = copy.deepcopy(model).to(torch.float16)
    small.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "pretraining.json").write_text(
        json.dumps(settings.__dict__, indent=1) + "\n", "utf-8"
    )


_SHARES: Final = {"world": 1.0, "facts": 0.4, "binding": 0.4, "lookup": 0.5, "follow": 0.7}


def _rate(step: int, settings: PretrainSettings) -> float:
    if step < settings.warmup:
        return (step + 1) / settings.warmup
    left = (settings.steps - step) / max(1, math.ceil(settings.decay * settings.steps))
    return max(0.05, min(1.0, left))


def _step_examples(
    step: int, settings: PretrainSettings, vocabulary: Sequence[str]
) -> dict[str, list[list[Segment]]]:
    random = Random(derive_seed("pretrain", settings.seed, step))
    number, age = divmod(step, settings.world_life)
    world, manner = _living(settings, number, vocabulary)
    short = age < settings.short_share * settings.world_life
    if step < settings.lookup_steps:
        # Few words first: binding emerges on names met often, then carries to all others.
        known = vocabulary[: settings.plain_words] if step < settings.plain_steps else vocabulary
        plain = 1.0 if step < settings.plain_steps + 75 else 0.4
        count = settings.lookup_batch * (3 if plain == 1 else 1) // 2
        return {
            "lookup": [lookup_example(known, random, random.random() < plain) for _ in range(count)]
        }
    sizes = next(sizes for until, sizes in settings.mixtures if step < until)
    anew = step >= settings.frames_from
    frame_words = vocabulary if anew else ()
    return {
        "world": [
            world_example(world, random, short=short, manner=manner, frame_words=frame_words)
            for _ in range(sizes[0])
        ],
        "facts": [facts_example(vocabulary, random) for _ in range(sizes[1])],
        "follow": [follow_example(vocabulary, random, framed_anew=anew) for _ in range(sizes[4])],
        "binding": [binding_example(vocabulary, random) for _ in range(sizes[2])],
        "lookup": [
            lookup_example(vocabulary, random, random.random() < 0.25) for _ in range(sizes[3])
        ],
    }


_cache: dict[tuple[int, int], tuple[World, Manner]] = {}


def _living(
    settings: PretrainSettings, number: int, vocabulary: Sequence[str]
) -> tuple[World, Manner]:
    # One world lives at a time; the cache holds just that one.
    key = (settings.seed, number)
    if key not in _cache:
        _cache.clear()
        world = make_world(vocabulary, Random(derive_seed("pretrain-world", *key)))
        own = number * settings.world_life >= settings.manners_from
        random = Random(derive_seed("pretrain-manner", *key))
        _cache[key] = world, Manner.draw(vocabulary, random) if own else Manner()
    return _cache[key]


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
    """Sort by length and cut where padding would pass a sixth, or 4,000 tokens are together."""
    pieces: list[list[_Row]] = []
    real = 0
    for row in sorted(rows, key=lambda row: len(row.ids)):
        padded = (len(pieces[-1]) + 1) * len(row.ids) if pieces else 0
        if not pieces or padded > 4000 or padded > 1.17 * (real + len(row.ids)):
            pieces.append([])
            real = 0
        pieces[-1].append(row)
        real += len(row.ids)
    return pieces


def _normaliser(rows: list[_Row]) -> float:
    return sum(sum(row.weights) for row in rows)


def _scorer(model: Any, device: str, *, compiled: bool) -> Any:
    """Return a function of token ids (batch, tokens), positions (n), their targets (n) and half.

    ``positions`` count through the flattened batch; ``half`` asks for bfloat16. The function
    returns each target's cross-entropy and whether it was the likeliest token, both (n).
    """
    import torch

    engine: Any = torch

    def judge(hidden: Any, targets: Any) -> tuple[Any, Any]:
        logits = model.lm_head(hidden).float()
        each = torch.nn.functional.cross_entropy(logits, targets, reduction="none")
        return each, (logits.detach().argmax(-1) == targets).float()

    body: Any = model.model
    if compiled:
        body, judge = engine.compile(body, dynamic=True), engine.compile(judge, dynamic=True)

    def score(ids: Any, positions: Any, targets: Any, half: bool) -> tuple[Any, Any]:
        with engine.autocast(device, dtype=torch.bfloat16, enabled=half):
            # Right padding under a causal mask: padding is never attended to by what precedes it.
            hidden = body(input_ids=ids).last_hidden_state
            return judge(hidden.flatten(0, 1)[positions], targets)

    return score


def _piece_loss(
    score: Any,
    piece: Sequence[_Row],
    device: str,
    half: bool,
    tally: dict[str, list[float]],
) -> torch.Tensor:
    """Return the summed weighted loss; note right tokens and letters per family in ``tally``."""
    import torch

    # Few different shapes: matrix kernels are made anew for each, at the cost of a whole step.
    width = _up(max(len(row.ids) for row in piece), 16)
    ids = torch.tensor([row.ids + [0] * (width - len(row.ids)) for row in piece]).to(device)
    spots = [
        (number * width + place - 1, row.ids[place], row.weights[place], row.family)
        for number, row in enumerate(piece)
        for place in range(1, len(row.ids))
        if row.weights[place] > 0
    ]
    idle = [(0, 0, 0.0, "")] * (_up(len(spots), 64) - len(spots))
    positions, targets, weights = (
        torch.tensor([spot[part] for spot in spots + idle]).to(device) for part in range(3)
    )
    each, right = score(ids, positions, targets, half)
    loss = (each * weights).sum()
    correct, losses = right.tolist(), each.tolist()
    for (*_, weight, family), hit, one in zip(spots, correct, losses, strict=False):
        tally.setdefault(f"{family}_token", []).append(hit)
        tally.setdefault(f"{family}_loss", []).append(one)
        if weight == LETTER_WEIGHT * _SHARES[family]:
            tally.setdefault(f"{family}_letter", []).append(hit)
    return loss


def _up(count: int, step: int) -> int:
    """Round ``count`` up to a multiple of ``step``."""
    return -(-count // step) * step
