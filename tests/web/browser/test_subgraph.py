"""The subgraph: no labels meet, nothing leaves the drawing, its classes follow from the record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.web.browser.conftest import Open
from tests.web.browser.random_run import EPISODES, GRAPH, RANDOM
from tests.web.browser.runs import RUN, lines

from graphtutor.graph.load import load_graph

pytestmark = pytest.mark.browser

Record = dict[str, Any]
Triple = tuple[str, str, str]
MOST_NODES, MOST_CONTEXT = 18, 8
DRAWING = "[data-testid=subgraph] svg"

SEE = """async ({ first, last }) => {
  const slider = document.querySelector('[data-testid=player-scrubber]');
  const drawn = () => document.querySelector('[data-testid=subgraph] svg');
  const rest = () => new Promise((done) => setTimeout(done, 4));
  const told = [];
  for (let at = first; at < last; at++) {
    slider.value = String(at);
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    const until = performance.now() + 5000;
    let state = window.__state();
    while (!(state.frame?.i === at && state.layout && drawn()?.dataset.ex === state.frame.ex_id)) {
      if (performance.now() > until) throw new Error(`episode ${at} did not come`);
      await rest();
      state = window.__state();
    }
    const svg = drawn();
    const outer = svg.getBoundingClientRect();
    const all = (what) => [...svg.querySelectorAll(what)];
    const rects = (what) => all(what).map((one) => one.getBoundingClientRect());
    const boxes = [...rects('.node .shape'), ...rects('.edge-label rect')];
    const texts = rects('text');
    let met = 0;
    boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
      const x = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const y = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (x > 1 && y > 1) met += 1;
    }));
    const outside = [...boxes, ...texts].filter((b) => b.left < outer.left - 1
      || b.right > outer.right + 1 || b.top < outer.top - 1 || b.bottom > outer.bottom + 1).length;
    const small = all('text').filter((one) =>
      parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a < 17.99).length;
    told.push({
      ex_id: state.frame.ex_id, met, outside, small, texts: texts.length,
      nodes: all('.node').map((one) => [one.dataset.id, one.dataset.kind]),
      edges: all('.edge').map((one) => [one.dataset.source, one.dataset.relation,
        one.dataset.target, one.dataset.look]),
      labels: all('.edge-label').length,
      unlabelled: state.layout.edges.filter((one) => !one.label).map((one) => one.kind),
    });
  }
  return told;
}"""


def seen(page: Any, last: int, first: int = 0) -> list[Record]:
    """What the drawings of the episodes from ``first`` to before ``last`` hold."""
    told: list[Record] = []
    for start in range(first, last, 100):
        told += page.evaluate(SEE, {"first": start, "last": min(last, start + 100)})
    return told


def kinds_of(record: Record) -> dict[str, str]:
    """The classes of the nodes by set algebra on the record; the path comes first."""
    path = record["parsed"]["path_entities"]
    named = record["parsed"]["trace_entities"]
    kinds = {one: "mentioned" if one in named else "missed" for one in path}
    for one in named:
        kinds.setdefault(one, "off_path")
    return dict(list(kinds.items())[:MOST_NODES])


def looks_of(record: Record) -> dict[Triple, str]:
    """The looks of the edges between shown nodes by set algebra on the record."""
    path = record["parsed"]["path_entities"]
    gold = {
        (source, relation, target): "gold"
        for (source, target), relation in zip(pairwise(path), record["relations"], strict=True)
    }
    looks = dict(gold)
    for hop in record["hops"]:
        claim = (hop["source"], hop["relation"], hop["target"])
        if not all(claim):
            continue
        true = hop["verdict"] == "true edge"
        looks[claim] = ("said" if claim in gold else "claimed") if true else "false"
    shown = kinds_of(record)
    return {one: look for one, look in looks.items() if one[0] in shown and one[2] in shown}


def check(one: Record, record: Record) -> None:
    """Nothing meets, nothing is outside or small, and the classes are those of the record."""
    where = one["ex_id"]
    assert where == record["ex_id"]
    assert (one["met"], one["outside"], one["small"]) == (0, 0, 0), where
    assert one["texts"] >= len(one["nodes"]) + one["labels"]
    assert {name: kind for name, kind in one["nodes"]} == kinds_of(record), where
    drawn = {(s, r, t): look for s, r, t, look in one["edges"]}
    assert len(drawn) == len(one["edges"])
    told = {edge: look for edge, look in drawn.items() if look != "context"}
    assert told == looks_of(record), where
    assert "gold" not in one["unlabelled"], where
    assert one["labels"] + len(one["unlabelled"]) == len(one["edges"])


@pytest.mark.parametrize("width", [1280, 390])
def test_of_500_random_episodes_no_labels_meet_and_classes_are_set_algebra(
    visit_random: Open, random_root: Path, width: int
) -> None:
    records = lines(random_root / RANDOM / "episodes.jsonl")
    page = visit_random(
        f"#/inference?run={RANDOM}", ready=DRAWING, width=width, reduced_motion="reduce"
    )
    told = seen(page, EPISODES if width > 700 else EPISODES // 5)
    looks: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    lost = 0
    edges = {(e.src, e.rel, e.dst) for e in load_graph(GRAPH).to_file().edges}
    for one, record in zip(told, records, strict=False):
        check(one, record)
        context = {(s, r, t) for s, r, t, look in one["edges"] if look == "context"}
        joined = {frozenset((s, t)) for s, _, t, look in one["edges"] if look != "context"}
        assert context <= edges
        assert len(context) <= MOST_CONTEXT
        assert not joined & {frozenset((s, t)) for s, _, t in context}
        looks.update(look for *_, look in one["edges"])
        kinds.update(kind for _, kind in one["nodes"])
        lost += len(one["unlabelled"])
    # The episodes hold everything that a drawing can hold, many times.
    assert min(looks[look] for look in ("said", "gold", "claimed", "false", "context")) > 40
    assert min(kinds[kind] for kind in ("mentioned", "missed", "off_path")) > 100
    assert lost <= (0.005 if width > 700 else 0.03) * looks.total()


@pytest.mark.parametrize(("phase", "width"), [("sft", 1280), ("rsft", 1920), ("rsft", 390)])
def test_of_recorded_episodes_no_labels_meet_and_classes_are_set_algebra(
    visit: Open, episodes: Callable[..., list[Record]], phase: str, width: int
) -> None:
    page = visit(
        f"#/inference?run={RUN}&phase={phase}", ready=DRAWING, width=width, reduced_motion="reduce"
    )
    records = episodes(phase)
    for one, record in zip(seen(page, len(records)), records, strict=True):
        check(one, record)


def test_kinds_differ_in_dash_and_shape_too(visit: Open) -> None:
    page = visit(f"#/inference?run={RUN}", ready="[data-testid=legend]")
    dashes = page.evaluate(
        """() => Object.fromEntries([...document.querySelectorAll('[data-testid=legend] .edge')]
          .map((e) => [e.getAttribute('class'), getComputedStyle(e).strokeDasharray]))"""
    )
    assert len(dashes) == 5
    assert len(set(dashes.values())) == 3, "said and claimed differ in width"
    shapes = page.evaluate(
        """() => [...document.querySelectorAll('[data-testid=legend] .shape')]
          .map((e) => e.getAttribute('d').includes('A') + getComputedStyle(e).strokeDasharray)"""
    )
    assert len(set(shapes)) == 3
