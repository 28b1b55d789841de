"""graphtutor init and graph, through the front door: what is written, said and refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphtutor.cli.main import main
from graphtutor.config import TasksConfig, load_config
from graphtutor.graph.load import load_graph
from graphtutor.tasks.fitting import fitting_config
from graphtutor.tasks.generate import generate_splits

LAYERS, WIDTH = 6, 12


@pytest.fixture
def layered(tmp_path: Path) -> Path:
    """Layers of twelve, each entity with an edge of two kinds into the next: deep, no branching.

    Several entities of a layer can be reached from one start, or a question would give its answer
    away by what can be reached at all.
    """
    rows = []
    for layer in range(LAYERS - 1):
        for n in range(WIDTH):
            for way, target in (("a", (n + 1) % WIDTH), ("b", (n * 5 + layer) % WIDTH)):
                ends = f"L{layer + 1}N{target}\tk{layer}\tk{layer + 1}"
                rows.append(f"L{layer}N{n}\tr{way}{layer}s\t{ends}")
    path = tmp_path / "layered.tsv"
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


@pytest.fixture
def shallow(tmp_path: Path) -> Path:
    """Every edge points from the even to the odd layer: forward paths have one hop.

    Told from both ends they zigzag, ever further along the ladder.
    """
    ways = (("holds", 0), ("meets", 1), ("feeds", 5))
    rows = [f"E{n}\t{way}\tO{(n + step) % 24}\teven\todd" for n in range(24) for way, step in ways]
    path = tmp_path / "shallow.tsv"
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


def test_init_makes_a_folder_that_yields_its_tasks(layered, tmp_path, capsys) -> None:
    folder = tmp_path / "new" / "project"
    assert main(["init", str(layered), str(folder)]) == 0
    assert sorted(path.name for path in folder.iterdir()) == ["config.yaml", "kg.json"]
    assert [path.name for path in folder.parent.iterdir()] == ["project"]
    config = load_config(folder / "config.yaml")
    assert config.graph == (folder / "kg.json").as_posix()
    graph = load_graph(config.graph)
    assert graph.domain == "layered"
    splits = generate_splits(graph, config.tasks)
    assert len(splits["eval"]) == 2 * config.tasks.eval >= 2
    assert len(splits["dev"]) == 2 * config.tasks.dev
    out = capsys.readouterr().out
    assert out.endswith(f"Next: graphtutor run --config {folder}/config.yaml\n")
    said = " ".join(out.split())
    assert "(triples): 72 entities, 10 relations" in said
    assert "Questions that pass every check" in said


def test_init_into_an_empty_folder(layered, tmp_path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    assert main(["init", str(layered), str(folder), "--domain", "mine"]) == 0
    assert load_graph(str(folder / "kg.json")).domain == "mine"


def test_init_refuses_a_folder_in_use(layered, tmp_path, capsys) -> None:
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "notes.txt").write_text("mine", "utf-8")
    assert main(["init", str(layered), str(tmp_path / "used")]) == 2
    assert "wanted a new or empty folder" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "used").iterdir()] == ["notes.txt"]


def test_init_says_when_a_graph_has_no_long_chains(shallow, tmp_path, capsys) -> None:
    assert main(["init", str(shallow), str(tmp_path / "project")]) == 2
    said = capsys.readouterr().err
    assert "wanted chains of 4 and of 5 hops" in said
    assert "try --inverse" in said
    assert not (tmp_path / "project").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["shallow.tsv"]


def test_inverses_make_long_chains(shallow, tmp_path) -> None:
    """The same graph with every edge told both ways holds chains of 4 and 5 hops."""
    folder = tmp_path / "project"
    assert main(["init", str(shallow), str(folder), "--inverse"]) == 0
    config = load_config(folder / "config.yaml")
    graph = load_graph(config.graph)
    phrases = {relation.phrase for relation in graph.relations}
    assert phrases == {None, "is held by", "is met by", "is fed by"}
    hops = {task.hop_len for task in generate_splits(graph, config.tasks)["eval"]}
    assert hops == {4, 5}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("none.tsv", "none.tsv: wanted a graph file or folder, got nothing there"),
        ("bad.json", "bad.json line 2 column 1: wanted valid JSON"),
        ("unknown.json", "1 x edge to an unknown entity (A r B)"),
    ],
)
def test_init_writes_nothing_for_bad_input(tmp_path, capsys, source: str, said: str) -> None:
    (tmp_path / "bad.json").write_text('{"version":\n', "utf-8")
    broken = {
        "version": "1.0", "domain": "d", "entities": [{"id": "A", "label": "A", "type": "t"}],
        "relations": [{"id": "r", "label": "r"}], "edges": [{"src": "A", "rel": "r", "dst": "B"}],
    }  # fmt: skip
    (tmp_path / "unknown.json").write_text(json.dumps(broken), "utf-8")
    assert main(["init", str(tmp_path / source), str(tmp_path / "project")]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err
    assert not (tmp_path / "project").exists()


def test_init_with_columns(tmp_path) -> None:
    rows = [
        f"L{a}N{n},L{a + 1}N{target % 9},{a},{way}{a}"
        for a in range(6)
        for n in range(9)
        for way, target in (("up", n + 1), ("on", 2 * n + a))
    ]
    source = tmp_path / "links.csv"
    source.write_text("von,nach,stufe,art\n" + "\n".join(rows) + "\n", "utf-8")
    folder = tmp_path / "project"
    columns = "src=von,dst=nach,rel=art,src_type=stufe"
    assert main(["init", str(source), str(folder), "--columns", columns]) == 0
    graph = load_graph(str(folder / "kg.json"))
    assert len(graph) == 108
    assert graph.types == ("0", "1", "2", "3", "4", "5", "entity")


def test_the_counts_are_left_alone_where_a_graph_holds_enough(layered, tmp_path) -> None:
    graph = load_graph(str(layered))
    small = TasksConfig(eval=3, dev=1, train_long=2, search=0, tier_one_share=1)
    assert fitting_config(graph, small) == small
    fitted = fitting_config(graph, TasksConfig())
    assert fitted is not None
    assert 1 <= fitted.eval < 400
    assert fitting_config(graph, fitted) == fitted


def test_graph_prints_tables(layered, capsys) -> None:
    assert main(["graph", str(layered)]) == 0
    said = capsys.readouterr().out
    for part in (
        "72 entities, 10 relations",
        "Entities by type",
        "Edges by relation",
        "Edges per entity",
        "Walks by length",
        "Questions that pass every check",
    ):
        assert part in said


def test_graph_as_json(layered, capsys) -> None:
    assert main(["graph", str(layered), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["entities"], figures["domain"]) == (72, "layered")
    assert figures["walks"][0] == figures["edges"]
    cells = {(row["hop_len"], row["tier"]) for row in figures["feasibility"]}
    assert cells == {(hops, tier) for hops in (1, 2, 3, 4, 5) for tier in (1, 2, 3)}


def test_graph_draws(layered, tmp_path, capsys) -> None:
    pytest.importorskip("networkx")
    assert main(["graph", str(layered), "--draw", str(tmp_path / "g.svg")]) == 0
    assert (tmp_path / "g.svg").stat().st_size > 1000
    assert main(["graph", str(layered), "--draw", str(tmp_path / "g.gif")]) == 2
    assert "wanted a picture file" in capsys.readouterr().err
