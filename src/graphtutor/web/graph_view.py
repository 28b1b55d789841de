"""The graph of a run as frames need it: labels, types, phrases, mentions and claims of a trace."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from graphtutor.errors import GraphtutorError
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.load import bundled_names, load_graph
from graphtutor.reward.claims import ClaimReader
from graphtutor.reward.matcher import EntityMatcher
from graphtutor.tasks.wording import phrase_of
from graphtutor.web.episode import HopView
from graphtutor.web.run_files import RunFiles
from graphtutor.web.values import mapping, text

__all__ = ["GraphView", "graph_of"]

Triple = tuple[str, str, str]
"""Source, relation, target, by id."""


@dataclass(frozen=True, eq=False)
class GraphView:
    """A graph with its compiled vocabulary; build it once."""

    graph: KnowledgeGraph
    matcher: EntityMatcher
    reader: ClaimReader

    @classmethod
    def of(cls, graph: KnowledgeGraph) -> GraphView:
        """Compile the names and phrases of ``graph``."""
        return cls(graph, EntityMatcher.from_graph(graph), ClaimReader(graph))

    def label(self, entity: str) -> str:
        """Return what an entity is called; its id where the graph does not know it."""
        index = self.graph.entity_index.get(entity)
        return entity if index is None else self.graph.entities[index].label or entity

    def kind(self, entity: str) -> str | None:
        """Return the type of an entity."""
        index = self.graph.entity_index.get(entity)
        return None if index is None else self.graph.entities[index].type

    def phrase(self, relation: str) -> str | None:
        """Return how a relation reads between subject and object."""
        index = self.graph.relation_index.get(relation)
        return None if index is None else phrase_of(self.graph.relations[index])

    def claims(self, trace: str) -> tuple[HopView, ...]:
        """Read and judge what a trace claims."""
        found = self.reader.read(trace, self.matcher.find(trace))
        return tuple(
            HopView(claim.source, claim.relation, claim.target, claim.verdict, claim.text)
            for claim in found
        )

    def between(self, entities: set[str]) -> list[Triple]:
        """Return the edges whose two ends are both among ``entities``, in the graph's order."""
        graph = self.graph
        inside = {graph.entity_index[e] for e in entities if e in graph.entity_index}
        found: list[Triple] = []
        for source in sorted(inside):
            first, last = graph.out_start[source : source + 2].tolist()
            for edge in range(first, last):
                target = int(graph.edge_target[edge])
                if target in inside:
                    relation = graph.relations[int(graph.edge_relation[edge])].id
                    ends = (graph.entities[source].id, graph.entities[target].id)
                    found.append((ends[0], relation, ends[1]))
        return found


def graph_of(files: RunFiles) -> GraphView | None:
    """Return the graph that a run was made with; None where it cannot be had.

    A graph at a path is used if its content is what meta.json recorded. So a run folder from
    elsewhere cannot make the app show some other file.
    """
    return files.keep("graph", [files.run.config, files.run.meta], lambda: _load(files))


def _load(files: RunFiles) -> GraphView | None:
    recorded = mapping(files.meta.get("graph"))
    name = text(files.config.get("graph")) or text(recorded.get("name"))
    digest = text(recorded.get("digest"))
    files.trouble("graph", None)
    bundled = name in bundled_names()
    if not name or not (bundled or digest):
        return None
    if not bundled and not (Path(name).is_file() or Path(name).is_dir()):
        files.trouble("graph", f"{Path(name).name}: not there; hops are shown as recorded")
        return None
    try:
        return _view(name, digest)
    except (GraphtutorError, OSError, ValueError) as problem:
        reason = problem.got if isinstance(problem, _OtherGraph) else "cannot be read"
        files.trouble("graph", f"{Path(name).name}: {reason}; hops are shown as recorded")
        return None


class _OtherGraph(GraphtutorError):
    """A graph under the recorded name with another content."""


@lru_cache(maxsize=4)
def _view(name: str, digest: str | None) -> GraphView:
    graph = load_graph(name)
    if digest and graph.digest != digest:
        raise _OtherGraph(name, wanted="the graph of the run", got="another content than the run's")
    return GraphView.of(graph)
