"""Reading a text: the log-probabilities of the next token at each of its positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from graphtutor.backends.base import TokenLogProbs

__all__ = ["read_tokens"]


def read_tokens(network: Any, tokens: Sequence[int]) -> TokenLogProbs:
    """Read ``tokens``, at least two, in one pass; softmax in fp32 whatever the weights are in."""
    import torch

    network.eval()  # here, as a training may have come between two texts
    with torch.inference_mode():
        ids = torch.tensor([list(tokens)], device=network.device)
        logits = network(input_ids=ids, use_cache=False).logits[0, :-1]
        log_probs = logits.float().log_softmax(-1).cpu().numpy()
    return TokenLogProbs(np.array(tokens, dtype=np.int64), log_probs)
