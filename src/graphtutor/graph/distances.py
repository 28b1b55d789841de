"""Shortest directed distances between pairs of entities, searched from both ends at once.

Whether a five-hop answer could be had in fewer hops needs no breadth-first search over the whole
graph: a ball of two or three hops forward from the start and one backward from the answer meet in
the middle. The cheaper side grows first, and many pairs move together in numpy.
"""

from __future__ import annotations

import numpy as np

from graphtutor.graph.chains import ranges
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph

__all__ = ["pair_distances"]

_BLOCK = 2048
_ROW_LIMIT = 4_000_000


def pair_distances(
    graph: KnowledgeGraph, sources: IndexArray, targets: IndexArray, limit: int
) -> IndexArray:
    """Return the directed distance in hops of each (source, target); -1 where above ``limit``.

    ``sources`` and ``targets`` have shape (n,), as has the result. Equal pairs are searched once.
    """
    width = max(1, len(graph.entities))
    pairs, inverse = np.unique(sources * width + targets, return_inverse=True)
    found = np.full(len(pairs), -1, dtype=np.int64)
    todo = [(low, min(low + _BLOCK, len(pairs))) for low in range(0, len(pairs), _BLOCK)]
    while todo:
        low, high = todo.pop()
        block = _search(graph, pairs[low:high] // width, pairs[low:high] % width, limit)
        if block is None:
            middle = (low + high) // 2
            todo += [(low, middle), (middle, high)]
        else:
            found[low:high] = block
    return found[inverse]


def _search(
    graph: KnowledgeGraph, sources: IndexArray, targets: IndexArray, limit: int
) -> IndexArray | None:
    """Search one block of pairs; None asks the caller to halve a block that grows too large."""
    width = len(graph.entities)
    rows = np.arange(len(sources), dtype=np.int64)
    distance = np.where(sources == targets, 0, -1).astype(np.int64)
    open_rows = distance < 0
    # A side is its frontier and all it has seen, as sorted codes row * entities + entity.
    frontier = [(rows * width + ends)[open_rows] for ends in (sources, targets)]
    seen = list(frontier)
    bounds = (graph.out_start, graph.in_start)
    for step in range(1, limit + 1):
        ends = [codes % width for codes in frontier]
        sizes = [int((bounds[s][ends[s] + 1] - bounds[s][ends[s]]).sum()) for s in (0, 1)]
        side = 0 if sizes[0] <= sizes[1] else 1
        if sizes[side] > _ROW_LIMIT and len(sources) > 1:
            return None
        parent, position = ranges(bounds[side][ends[side]], bounds[side][ends[side] + 1])
        reached = (
            graph.edge_target[position]
            if side == 0
            else graph.edge_source[graph.in_order[position]]
        )
        codes = _unique((frontier[side][parent] // width) * width + reached)
        codes = codes[~_isin(codes, seen[side])]
        met = codes[_isin(codes, frontier[1 - side])] // width
        distance[met] = step
        frontier[side] = codes
        seen[side] = np.sort(np.concatenate([seen[side], codes]))
        frontier = [codes[distance[codes // width] < 0] for codes in frontier]
        if not len(frontier[0]) or not len(frontier[1]):
            break
    return distance


def _unique(codes: IndexArray) -> IndexArray:
    """Sort and drop repeats; np.unique without its overhead on small arrays."""
    codes = np.sort(codes)
    if len(codes) < 2:
        return codes
    return codes[np.append(True, codes[1:] != codes[:-1])]


def _isin(codes: IndexArray, among: IndexArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Tell which ``codes`` are in the sorted ``among``; shape of ``codes``."""
    if not len(among):
        return np.zeros(len(codes), dtype=np.bool_)
    place = np.minimum(np.searchsorted(among, codes), len(among) - 1)
    return among[place] == codes
