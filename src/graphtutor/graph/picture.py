"""A picture of the graph: every entity where that can be read, otherwise types and relations."""

from __future__ import annotations

from collections import Counter
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from graphtutor.errors import BackendError, GraphError
from graphtutor.graph.knowledge_graph import KnowledgeGraph

__all__ = ["draw"]

MAX_ENTITIES: Final = 400
_SUFFIXES: Final = (".svg", ".png", ".pdf")
_LABELLED: Final = 60
_SHOWN_RELATIONS: Final = 3


def draw(graph: KnowledgeGraph, path: Path) -> str:
    """Draw ``graph`` to ``path`` (SVG, PNG or PDF) and return what was drawn, in words.

    Up to 400 entities each is a dot in the colour of its type; above that every type is a node and
    the arrows carry the relations with their number of edges. Raises GraphError for another suffix,
    BackendError when networkx or matplotlib is missing.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise GraphError(
            str(path),
            wanted=f"a picture file ({', '.join(_SUFFIXES)})",
            got=path.suffix or "no suffix",
            remedy="e.g. --draw graph.svg",
        )
    nx = _networkx()
    matplotlib: Any = import_module("matplotlib")
    # A Figure of its own, without pyplot, needs no display and leaves no global state; the fixed
    # salt and the missing date make the same graph the same SVG.
    with matplotlib.rc_context({"svg.hashsalt": "graphtutor", "svg.fonttype": "none"}):
        figure: Any = import_module("matplotlib.figure").Figure(
            figsize=(12, 9), layout="constrained"
        )
        axes = figure.add_subplot()
        axes.set_axis_off()
        few = len(graph.entities) <= MAX_ENTITIES
        said = (_draw_entities if few else _draw_types)(graph, nx, axes)
        axes.set_title(f"{graph.domain}: {said}", fontsize=12)
        path.parent.mkdir(parents=True, exist_ok=True)
        is_vector = path.suffix.lower() != ".png"
        metadata: dict[str, Any] = {"Date": None} if path.suffix.lower() == ".svg" else {}
        figure.savefig(path, metadata=metadata, dpi="figure" if is_vector else 150)
    return said


def _networkx() -> Any:
    try:
        import_module("matplotlib")
        return import_module("networkx")
    except ImportError as problem:
        raise BackendError(
            "the picture",
            wanted="networkx and matplotlib",
            got=f"{problem.name} is not installed",
            remedy="pip install 'graphtutor[graphs]'",
        ) from None


def _colours(names: tuple[str, ...]) -> dict[str, Any]:
    palette: Any = import_module("matplotlib").colormaps["tab20"]
    # The even colours of tab20 are the strong ones; the pale ones come after them.
    order = [*range(0, 20, 2), *range(1, 20, 2)]
    return {name: palette(order[number % 20]) for number, name in enumerate(names)}


def _draw_entities(graph: KnowledgeGraph, nx: Any, axes: Any) -> str:
    network = nx.DiGraph()
    network.add_nodes_from(range(len(graph.entities)))
    network.add_edges_from(zip(graph.edge_source.tolist(), graph.edge_target.tolist(), strict=True))
    # Entities without edges would push the layout apart; they are counted, not drawn.
    network.remove_nodes_from(list(nx.isolates(network)))
    place = nx.spring_layout(network, seed=1, k=2.2 / max(1, len(network)) ** 0.5)
    colours = _colours(graph.types)
    degree = graph.in_degree + graph.out_degree
    nx.draw_networkx_edges(
        network, place, ax=axes, edge_color="#9aa3ad", width=0.5, alpha=0.6, arrowsize=5,
        node_size=60,
    )  # fmt: skip
    for name in graph.types:
        nodes = [int(node) for node in network if graph.entities[int(node)].type == name]
        if nodes:
            nx.draw_networkx_nodes(
                network, place, nodelist=nodes, ax=axes, label=f"{name} ({len(nodes)})",
                node_color=[colours[name]] * len(nodes),
                node_size=[24 + 7 * min(int(degree[node]), 40) for node in nodes],
            )  # fmt: skip
    labels = {n: _short(graph.entities[n].label) for n in _labelled(place, degree.tolist())}
    nx.draw_networkx_labels(
        network, place, labels, ax=axes, font_size=6.5, verticalalignment="bottom"
    )
    axes.legend(loc="upper left", fontsize=8, frameon=False, ncols=1 + len(graph.types) // 25)
    return f"{len(graph.entities)} entities, {len(graph)} edges"


def _labelled(place: dict[int, tuple[float, float]], degree: list[int]) -> list[int]:
    """Choose the entities to name: the most connected first, none where a name stands already."""
    chosen: list[int] = []
    for node in sorted(place, key=lambda node: (-degree[node], node)):
        x, y = place[node]
        # The layout spans about two units each way; a name is this wide and high at most.
        free = all(abs(x - place[n][0]) > 0.24 or abs(y - place[n][1]) > 0.04 for n in chosen)
        if free and len(chosen) < _LABELLED:
            chosen.append(node)
    return chosen


def _draw_types(graph: KnowledgeGraph, nx: Any, axes: Any) -> str:
    kind = graph.entity_type
    sizes: Counter[int] = Counter(kind.tolist())
    between: dict[tuple[int, int], Counter[int]] = {}
    columns = (kind[graph.edge_source], graph.edge_relation, kind[graph.edge_target])
    for source, relation, target in zip(*(column.tolist() for column in columns), strict=True):
        between.setdefault((source, target), Counter())[relation] += 1
    # More than two dozen types cannot be read; the most connected stand for the rest.
    weight: Counter[int] = Counter()
    for (source, target), counts in between.items():
        weight[source] += counts.total()
        weight[target] += counts.total()
    shown = {number for number, _ in weight.most_common(24)}
    network = nx.DiGraph()
    network.add_nodes_from(sorted(shown))
    network.add_edges_from(pair for pair in sorted(between) if shown.issuperset(pair))
    place = nx.circular_layout(network)
    colours = _colours(graph.types)
    nx.draw_networkx_nodes(
        network, place, ax=axes, node_color=[colours[graph.types[n]] for n in network],
        node_size=[500 + 60 * sizes[n] ** 0.5 for n in network],
    )  # fmt: skip
    nx.draw_networkx_edges(
        network, place, ax=axes, edge_color="#7a828c", arrowsize=14, node_size=1800,
        connectionstyle="arc3,rad=0.15",
    )  # fmt: skip
    nx.draw_networkx_labels(
        network, place, {n: f"{graph.types[n]}\n{sizes[n]}" for n in network}, ax=axes, font_size=9,
    )  # fmt: skip
    texts = {pair: _relations(graph, between[pair]) for pair in network.edges}
    nx.draw_networkx_edge_labels(
        network, place, texts, ax=axes, font_size=7 if len(texts) < 40 else 5, label_pos=0.4,
        connectionstyle="arc3,rad=0.15",
    )  # fmt: skip
    axes.margins(0.12)
    rest = len(graph.types) - len(shown)
    others = f" ({rest} with few edges or none not drawn)" if rest > 0 else ""
    return f"{len(graph.types)} types{others} of {len(graph.entities)} entities, {len(graph)} edges"


def _relations(graph: KnowledgeGraph, counts: Counter[int]) -> str:
    lines = [f"{graph.relations[r].label} {n}" for r, n in counts.most_common(_SHOWN_RELATIONS)]
    more = len(counts) - _SHOWN_RELATIONS
    return "\n".join([*lines, f"+{more} more"] if more > 0 else lines)


def _short(label: str, limit: int = 28) -> str:
    return label if len(label) <= limit else label[: limit - 1] + "…"
