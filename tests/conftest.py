"""What all tests share: no network, quiet libraries, one made-up graph, the same examples in CI."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Set before any test module imports the libraries that read them.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Machines under load make deadlines lie. In CI the examples are the same every time, so that a red
# build can be had again; elsewhere each run looks at new ones.
settings.register_profile("local", deadline=None, max_examples=50)
settings.register_profile("ci", parent=settings.get_profile("local"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")

KINDS, ENTITIES = 4, 80


def _made_up_graph() -> dict[str, Any]:
    """80 entities of 4 types; two relations a type, of which one edge in five branches."""
    draw = random.Random(3)
    names = [f"Thing{number:02d}" for number in range(ENTITIES)]
    edges: set[tuple[str, str, str]] = set()
    for number, name in enumerate(names):
        for way in range(2):
            kind = (number % KINDS + 1 + way) % KINDS
            pool = [n for n in range(ENTITIES) if n % KINDS == kind and n != number]
            for target in draw.sample(pool, 1 if draw.random() < 0.8 else 2):
                edges.add((name, f"way_{number % KINDS}{way}", names[target]))
    phrases = "calls feeds holds joins leads meets needs opens".split()
    ways = [(kind, way) for kind in range(KINDS) for way in range(2)]
    return {
        "version": "1.0",
        "domain": "things",
        "entities": [
            {"id": name, "label": name, "type": f"kind{number % KINDS}"}
            for number, name in enumerate(names)
        ],
        "relations": [
            {"id": f"way_{kind}{way}", "label": f"way {kind}{way}", "phrase": phrase}
            for (kind, way), phrase in zip(ways, phrases, strict=True)
        ],
        "edges": [{"src": s, "rel": r, "dst": d} for s, r, d in sorted(edges)],
    }


@pytest.fixture(scope="session")
def graph_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """kg.json of the made-up graph."""
    path = tmp_path_factory.mktemp("graph") / "kg.json"
    path.write_text(json.dumps(_made_up_graph()), "utf-8")
    return path
