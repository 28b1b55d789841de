"""Where the end of a chain can lead at all: which options fit the last relations of a question."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.graph.chains import chain_ids, follow
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph

__all__ = ["LEVELS", "endings"]

LEVELS: Final = 3
"""Relations at the end of a chain that are looked at."""
_BLOCK: Final = 256


def endings(
    graph: KnowledgeGraph, chains: IndexArray, task: IndexArray, entity: IndexArray
) -> IndexArray:
    """Count the last relations of a task that lead to an entity from anywhere, up to ``LEVELS``.

    ``chains`` (n, hops) are relations; ``task`` and ``entity`` are (rows,), as is the result.
    0 says that it is no end of the last relation, 2 of the last two in turn but not of three.
    """
    found = np.zeros(len(task), dtype=np.int64)
    for level in range(1, min(LEVELS, chains.shape[1]) + 1):
        suffix = chains[:, chains.shape[1] - level :]
        number = chain_ids(suffix)
        first = np.unique(number, return_index=True)[1]
        found += _leads(graph, suffix[first], number[task], entity)
    return found


def _leads(
    graph: KnowledgeGraph, suffixes: IndexArray, number: IndexArray, entity: IndexArray
) -> NDArray[np.bool_]:
    """Tell whether suffix ``number`` leads to ``entity``, both (rows,), from any start."""
    width = max(1, len(graph.entities))
    pairs = np.unique(graph.edge_relation * width + graph.edge_target)
    wanted = number * width + entity
    found = np.zeros(len(wanted), dtype=np.bool_)
    for low in range(0, len(suffixes), _BLOCK):
        block = suffixes[low : low + _BLOCK]
        codes = _ends(graph, block, pairs // width, pairs % width) + low * width
        found |= np.isin(wanted, codes)
    return found


def _ends(
    graph: KnowledgeGraph, suffixes: IndexArray, relation: IndexArray, target: IndexArray
) -> IndexArray:
    """Return the sorted codes suffix * entities + entity of all ends; relations are sorted."""
    width = max(1, len(graph.entities))
    low = np.searchsorted(relation, suffixes[:, 0])
    count = np.searchsorted(relation, suffixes[:, 0], side="right") - low
    row = np.repeat(np.arange(len(suffixes)), count)
    place = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count) + low[row]
    codes: IndexArray = row * width + target[place]
    for hop in range(1, suffixes.shape[1]):
        parent, end = follow(graph, codes % width, suffixes[codes // width, hop])
        codes = np.unique(codes[parent] // width * width + end)
    return codes
