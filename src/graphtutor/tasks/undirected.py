"""The graph without its directions: an option may be near the start against the edges as well."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from graphtutor.graph.knowledge_graph import KnowledgeGraph

__all__ = ["undirected"]


def undirected(graph: KnowledgeGraph) -> KnowledgeGraph:
    """Return ``graph`` with one edge each way between neighbours, under one relation."""
    width = max(1, len(graph.entities))
    forward = graph.edge_source * width + graph.edge_target
    codes = np.unique(np.concatenate([forward, graph.edge_target * width + graph.edge_source]))
    return replace(
        graph,
        edge_source=codes // width,
        edge_relation=np.zeros(len(codes), dtype=np.int64),
        edge_target=codes % width,
    )
