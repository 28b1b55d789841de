"""Where one wrong turn leads: the entities that a near-miss distractor is taken from.

A wrong turn takes another edge in place of a gold one (a wrong branch, a wrong relation), leaves a
hop out or puts one in, and otherwise follows the chain as asked. All tasks of one hop length move
together.
"""

from __future__ import annotations

import numpy as np

from graphtutor.graph.chains import follow, out_edges
from graphtutor.graph.knowledge_graph import IndexArray, KnowledgeGraph
from graphtutor.graph.paths import Paths

__all__ = ["near_misses"]

_KEEP = 48
"""Entities kept per task and step; a hub's wrong turns are thinned to as many."""
_BLOCK = 512


def near_misses(graph: KnowledgeGraph, paths: Paths) -> tuple[IndexArray, IndexArray]:
    """Return rows (path number, entity), sorted and distinct, that one wrong turn reaches."""
    blocks = [
        (low, _block(graph, paths.take(np.arange(low, min(low + _BLOCK, len(paths))))))
        for low in range(0, len(paths), _BLOCK)
    ]
    codes = np.concatenate(
        [np.zeros(0, dtype=np.int64), *(low * len(graph.entities) + part for low, part in blocks)]
    )
    return codes // max(1, len(graph.entities)), codes % max(1, len(graph.entities))


def _block(graph: KnowledgeGraph, paths: Paths) -> IndexArray:
    width = len(graph.entities)
    hops = paths.edges.shape[1]
    number = np.arange(len(paths), dtype=np.int64)
    astray = np.zeros(0, dtype=np.int64)  # codes path * entities + entity, before the next hop
    for hop in range(hops):
        gold = paths.edges[:, hop]
        row, edge = out_edges(graph, paths.entities[:, hop])
        turn = row * width + graph.edge_target[edge]
        # A hop too many: any edge first, then the chain from here on.
        before = _distinct(width, astray, turn)
        relation = graph.edge_relation[gold[before // width]]
        parent, target = follow(graph, before % width, relation)
        # A wrong branch or relation: another edge in place of the gold one. A hop too few: none.
        wrong = turn[edge != gold[row]]
        skipped = number * width + paths.entities[:, hop]
        astray = _distinct(width, before[parent] // width * width + target, wrong, skipped)
    row, edge = out_edges(graph, paths.entities[:, hops])
    return _distinct(width, astray, row * width + graph.edge_target[edge])


def _distinct(width: int, *parts: IndexArray) -> IndexArray:
    """Merge codes; keep at most ``_KEEP`` a path, by a hash so that no index is favoured."""
    codes = np.unique(np.concatenate(parts))
    rows = codes // width
    if not len(codes) or np.bincount(rows).max() <= _KEEP:
        return codes
    order = np.lexsort(((codes * 2_654_435_761) % 4_294_967_291, rows))
    first = np.searchsorted(rows, rows)  # codes are sorted, so is rows
    rank = np.arange(len(codes)) - first
    return np.sort(codes[order][rank < _KEEP])
