"""Rejection sampling fine-tuning: train on verified winners, mixed with SFT examples."""

from __future__ import annotations

from collections.abc import Sequence

from graphtutor.backends.base import TextModel
from graphtutor.config import RsftConfig
from graphtutor.tasks.task import Task
from graphtutor.training.examples import encode_pairs, mixed_batches
from graphtutor.training.progress import TrainProgress
from graphtutor.training.sft import hop_groups, sft_pairs
from graphtutor.training.winners import Winner

__all__ = ["train_rsft"]


def train_rsft(
    model: TextModel,
    winners: Sequence[Winner],
    replayed: Sequence[Task],
    config: RsftConfig,
    seed: int,
    round_number: int,
    progress: TrainProgress,
) -> None:
    """Train ``model`` in place on ``winners``, with a share of ``config.replay`` of ``replayed``.

    Hop lengths count equally among the winners and among the replayed tasks.
    """
    replayed = replayed if config.replay else []
    pairs = [(w.prompt, w.completion) for w in winners] + sft_pairs(replayed)
    hops = sorted({w.hop_len for w in winners})
    main = [[i for i, w in enumerate(winners) if w.hop_len == hop] for hop in hops]
    replay = [[len(winners) + i for i in group] for group in hop_groups(replayed)]
    batches = mixed_batches(
        main, replay, config.replay, config.steps, config.batch_size, "rsft", seed, round_number
    )
    model.train(progress.request(encode_pairs(model, pairs), batches, config, seed))
