"""Near-duplicates in linear time: MinHash signatures, bands, and an exact check of what they find.

The resemblance of two texts is the Jaccard similarity of their sets of word shingles, and the least
value of a random hash over such a set agrees between two texts with just that probability (Broder,
"On the resemblance and containment of documents", 1997). Signatures are cut into bands; texts that
share a band are compared exactly, so nothing is called a duplicate that is none. With 12 bands of
10 rows, a pair at resemblance 0.9 is compared with probability 0.994.

>>> text = "a body keeps the velocity it has unless something pushes it"
>>> near_duplicates([text, "change needs a cause", text + " away"], 0.8)
[2]
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.io.seed import random_stream

__all__ = ["near_duplicates", "resemblance"]

_WIDTH: Final = 3
"""Words in a shingle."""
_BANDS: Final = 12
_ROWS: Final = 10
_COMPARED: Final = 64
"""A text is compared with this many of a bucket's texts at most, so that time stays linear."""

Words = NDArray[np.uint64]


def near_duplicates(texts: Sequence[str], threshold: float = 0.9) -> list[int]:
    """Return the indices of texts that resemble an earlier, kept text by ``threshold`` or more."""
    hashed: dict[str, int] = {}
    stream = random_stream("blueprint-minhash")
    shape = (_BANDS * _ROWS, 1)
    factors = stream.integers(0, 2**64, shape, dtype=np.uint64) | np.uint64(1)
    summands = stream.integers(0, 2**64, shape, dtype=np.uint64)
    buckets: defaultdict[tuple[int, bytes], list[int]] = defaultdict(list)
    kept: dict[int, frozenset[int]] = {}
    dropped: list[int] = []
    for number, text in enumerate(texts):
        shingles = _shingles(text, hashed)
        # Multiply-shift hashing: the high half of a product modulo 2**64 is well mixed.
        signature = ((shingles * factors + summands) >> np.uint64(32)).min(axis=1)
        bands = [(n, row.tobytes()) for n, row in enumerate(signature.reshape(_BANDS, _ROWS))]
        own = frozenset(shingles.tolist())
        rivals = {other for band in bands for other in buckets.get(band, ())[-_COMPARED:]}
        if any(_jaccard(own, kept[other]) >= threshold for other in rivals):
            dropped.append(number)
            continue
        kept[number] = own
        for band in bands:
            buckets[band].append(number)
    return dropped


def resemblance(left: str, right: str) -> float:
    """Return the Jaccard similarity of the word shingles of two texts, from 0 to 1."""
    hashed: dict[str, int] = {}
    return _jaccard(
        frozenset(_shingles(left, hashed).tolist()), frozenset(_shingles(right, hashed).tolist())
    )


def _jaccard(left: frozenset[int], right: frozenset[int]) -> float:
    return len(left & right) / len(left | right)


def _shingles(text: str, hashed: dict[str, int]) -> Words:
    """Return one 64-bit number for each run of words; a shorter text is one run."""
    words = re.findall(r"\w+", text.casefold()) or [""]
    for word in words:
        if word not in hashed:
            digest = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
            hashed[word] = int.from_bytes(digest, "little")
    numbers = np.array([hashed[word] for word in words], dtype=np.uint64)
    width = min(_WIDTH, len(words))
    runs = np.lib.stride_tricks.sliding_window_view(numbers, width)
    # Odd factors, different by place: the same words in another order are another shingle.
    places = np.array([0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9], dtype=np.uint64)
    mixed = (runs * places[:width]).sum(axis=1, dtype=np.uint64)
    return np.unique(mixed)
