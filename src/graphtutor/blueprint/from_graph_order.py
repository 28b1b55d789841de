"""Entity types in an order in which relations mostly run forward.

Where the types form no circle this is a topological order; where they do, the heuristic of Eades,
Lin and Smyth ("A fast and effective heuristic for the feedback arc set problem", 1993) leaves few
edges that run back.

>>> ordered_types(["fix", "cause", "symptom"], {("symptom", "cause"): 9, ("cause", "fix"): 5})
['symptom', 'cause', 'fix']
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

__all__ = ["ordered_types"]


def ordered_types(types: Iterable[str], edges: Mapping[tuple[str, str], int]) -> list[str]:
    """Order ``types`` by the numbers of edges between each two; ties go by name."""
    left = sorted(types)
    front: list[str] = []
    back: list[str] = []

    def leaving(name: str) -> int:
        return sum(edges.get((name, other), 0) for other in left if other != name)

    def entering(name: str) -> int:
        return sum(edges.get((other, name), 0) for other in left if other != name)

    while left:
        source = next((name for name in left if not entering(name)), None)
        sink = next((name for name in left if not leaving(name)), None)
        if source is not None:
            front.append(source)
            left.remove(source)
        elif sink is not None:
            back.insert(0, sink)
            left.remove(sink)
        else:
            chosen = max(left, key=lambda name: leaving(name) - entering(name))
            front.append(chosen)
            left.remove(chosen)
    return front + back
