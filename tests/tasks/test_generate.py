"""The generator as a whole: quotas, contract, determinism, shortage, files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphtutor.config import TasksConfig, load_config
from graphtutor.errors import TaskError
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
from graphtutor.io.digest import digest_of
from graphtutor.io.jsonl import read_jsonl
from graphtutor.tasks.checks import STRICT_SPLITS, check_splits, check_task
from graphtutor.tasks.generate import (
    feasibility,
    generate_splits,
    shortfalls,
    verify,
    write_splits,
)
from graphtutor.tasks.task import LETTERS, Task

from .conftest import SMALL, random_graph

Splits = dict[str, list[Task]]


def triples(tasks: list[Task]) -> list[tuple[str, str, str]]:
    return [(e.src, e.rel, e.dst) for task in tasks for e in task.path_star.edges]


def test_quotas_are_met(graph: KnowledgeGraph, splits: Splits) -> None:
    cells = Counter(
        (name, task.hop_len, task.meta.tier) for name in STRICT_SPLITS for task in splits[name]
    )
    half = {"eval": 10, "dev": 3, "train_long": 4}
    expected = {(name, hops, t): n for name, n in half.items() for hops in (4, 5) for t in (1, 2)}
    for hops in (4, 5):
        expected["eval_search", hops, 3] = 6
    assert cells == expected
    lengths = Counter(task.hop_len for task in splits["train"])
    assert (lengths[1], lengths[2], lengths[3]) == (2 * len(graph), 40, 60)
    assert shortfalls(graph, SMALL, splits) == []


def test_every_task_passes_and_files_keep_the_contract(
    graph: KnowledgeGraph, splits: Splits
) -> None:
    assert [p for tasks in splits.values() for t in tasks for p in check_task(graph, t)] == []
    assert check_splits(splits) == []


def test_every_edge_is_taught_as_often_as_asked(graph: KnowledgeGraph, splits: Splits) -> None:
    counts = Counter(triples([task for task in splits["train"] if task.hop_len == 1]))
    assert set(counts.values()) == {SMALL.train_one_hop}
    assert len(counts) == len(graph)


def test_copies_of_an_edge_differ(splits: Splits) -> None:
    """The two tasks of one edge have other words and another letter."""
    seen: dict[tuple[str, str, str], list[Task]] = {}
    for task in splits["train"]:
        if task.hop_len == 1:
            seen.setdefault(triples([task])[0], []).append(task)
    for first, second in seen.values():
        assert first.meta.template != second.meta.template
        assert first.answer_star != second.answer_star


def test_letters_are_balanced_by_hop_length(splits: Splits) -> None:
    for tasks in splits.values():
        for hops in {task.hop_len for task in tasks}:
            letters = Counter(t.answer_star for t in tasks if t.hop_len == hops)
            counts = [letters[letter] for letter in LETTERS]
            assert max(counts) - min(counts) <= 1


def test_records_are_filled_in(graph: KnowledgeGraph, splits: Splits) -> None:
    for name, tasks in splits.items():
        assert [task.id for task in tasks] == [f"{name}_{n:06d}" for n in range(len(tasks))]
        for task in tasks:
            assert task.split == name
            assert task.graph == graph.digest
            assert task.key == task.content_key()
            assert task.meta.distractor_type == "near_miss"
            assert task.meta.topic == graph.entities[graph.entity_index[task.start]].type
            assert task.meta.difficulty == {1: "easy", 2: "easy", 3: "medium"}.get(
                task.hop_len, "hard"
            )
            assert len(task.ref.style_rules) == 3


def test_no_start_dominates(splits: Splits) -> None:
    """40 evaluation tasks over 120 entities: hubs must not take them all."""
    starts = Counter(task.start for task in splits["eval"])
    answers = Counter(task.answer for task in splits["eval"])
    assert max(starts.values()) <= 4
    assert len(answers) >= 20


def test_same_seed_same_tasks_and_other_seed_others(graph: KnowledgeGraph, splits: Splits) -> None:
    assert generate_splits(graph, SMALL) == splits
    other = generate_splits(graph, SMALL.model_copy(update={"seed": 1}))
    ours, theirs = ({task.key for task in made["eval"]} for made in (splits, other))
    assert len(ours & theirs) <= 2
    assert check_splits(other) == []


def test_file_order_of_the_graph_changes_nothing(graph: KnowledgeGraph, splits: Splits) -> None:
    file = graph.to_file()
    mirrored = file.model_copy(
        update={
            "entities": file.entities[::-1],
            "relations": file.relations[::-1],
            "edges": file.edges[::-1],
        }
    )
    assert generate_splits(KnowledgeGraph.from_file(mirrored), SMALL) == splits


SCRIPT = """
from graphtutor.config import TasksConfig
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.records import GraphFile
from graphtutor.io.digest import digest_of
from graphtutor.tasks.generate import generate_splits
import sys
graph = KnowledgeGraph.from_file(GraphFile.model_validate_json(sys.stdin.read()))
splits = generate_splits(graph, TasksConfig.model_validate_json(sys.argv[1]))
print(digest_of({k: [t.model_dump(mode="json") for t in v] for k, v in splits.items()}))
"""


@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_hash_seed_of_the_process_changes_nothing(
    graph: KnowledgeGraph, splits: Splits, hash_seed: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, SMALL.model_dump_json()],
        input=graph.to_file().model_dump_json(),
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    here = digest_of({k: [t.model_dump(mode="json") for t in v] for k, v in splits.items()})
    assert done.stdout.strip() == here


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    entities=st.integers(12, 40),
    degree=st.floats(0.5, 4),
    kinds=st.integers(1, 3),
    share=st.sampled_from([0.0, 0.5, 1.0]),
)
def test_any_graph_gives_sound_tasks_or_a_remedy_that_works(
    seed: int, entities: int, degree: float, kinds: int, share: float
) -> None:
    graph = random_graph(entities, int(entities * degree), kinds, seed, loops=True)
    config = TasksConfig(
        train_one_hop=1, train_two_hop=10, train_three_hop=10, train_long=4, dev=3, eval=8,
        search=4, tier_one_share=share, seed=seed,
    )  # fmt: skip
    try:
        splits = generate_splits(graph, config)
    except TaskError as error:
        settings_ = re.findall(r"--set tasks\.(\S+)", error.remedy)
        if not settings_ and "no usable" in error.remedy:
            return
        overrides = [f"tasks.{item}" for item in settings_]
        base = [f"tasks.{key}={value}" for key, value in config.model_dump().items()]
        config = load_config(overrides=[*base, *overrides]).tasks
        splits = generate_splits(graph, config)
    verify(graph, splits)
    assert len(splits["eval"]) == 2 * config.eval
    assert len(splits["dev"]) == 2 * config.dev


def test_shortage_shows_a_table(graph: KnowledgeGraph) -> None:
    config = SMALL.model_copy(update={"eval": 100_000})
    with pytest.raises(TaskError) as caught:
        generate_splits(graph, config)
    rows = {(row.hop_len, row.tier): row.questions for row in feasibility(graph, (4, 5))}
    table = [line.split() for line in caught.value.got.splitlines() if line.startswith("  ")]
    assert table[0] == ["hops", "tier", "wanted", "usable", "filled"]
    assert [row[:4] for row in table[1:]] == [
        [str(hops), str(tier), "50003", str(rows[hops, tier])] for hops in (4, 5) for tier in (1, 2)
    ]
    assert re.search(r"--set tasks\.eval=\d+ --set tasks\.dev=\d+", caught.value.remedy)


def chain_graph(kinds: int = 1, length: int = 5, rows: int = 30) -> KnowledgeGraph:
    """Disjoint chains of ``length`` edges: every answer is determined."""
    names = [[f"N{row:02d}{place}" for place in range(length + 1)] for row in range(rows)]
    return KnowledgeGraph.from_file(
        GraphFile(
            version="1.0",
            domain="chains",
            entities=tuple(
                Entity(id=name, label=name, type=f"t{place % kinds}")
                for row in names
                for place, name in enumerate(row)
            ),
            relations=(Relation(id="next", label="precedes"),),
            edges=tuple(
                Edge(src=row[n], rel="next", dst=row[n + 1]) for row in names for n in range(length)
            ),
        )
    )


def test_remedy_names_the_share_of_determined_tasks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty disjoint chains hold no branching at all; that they have no rivals is put aside."""
    monkeypatch.setattr("graphtutor.tasks.long_pools.with_rivals", lambda _, pool: pool)
    with pytest.raises(TaskError) as caught:
        generate_splits(chain_graph(), SMALL)
    assert "--set tasks.tier_one_share=1" in caught.value.remedy
    assert "--set tasks.eval=20 --set tasks.dev=6" in caught.value.remedy


def test_disjoint_chains_are_refused_as_the_answer_is_all_that_the_start_leads_to() -> None:
    with pytest.raises(TaskError, match=r"no usable chains of 4 and 5 hops"):
        generate_splits(chain_graph(), SMALL)


def test_graph_without_long_chains_says_so() -> None:
    with pytest.raises(TaskError, match=r"no usable chains of 4 and 5 hops"):
        generate_splits(chain_graph(length=2), SMALL)


def test_feasibility_of_disjoint_chains() -> None:
    """30 chains of 5 edges: 150, 120, 90 paths, each determined; 60 and 30 without rivals."""
    rows = feasibility(chain_graph())
    assert [(r.hop_len, r.questions) for r in rows if r.tier == 1] == [
        (1, 150), (2, 120), (3, 90), (4, 0), (5, 0),  # no other end is as near the start
    ]  # fmt: skip
    assert all(row.questions == row.candidates == 0 for row in rows if row.tier > 1)
    assert all(row.complete for row in rows)


def test_edge_without_three_distractors_is_left_out_everywhere(graph: KnowledgeGraph) -> None:
    """A type of three entities can fill no list of four options."""
    file = graph.to_file()
    rare = [Entity(id=f"Rare{n}", label="Rare", type="rare") for n in range(3)]
    target = graph.entities[5].id
    extra = (
        Edge(src=target, rel=file.relations[0].id, dst="Rare0"),
        Edge(src="Rare0", rel=file.relations[0].id, dst=graph.entities[9].id),
    )
    wider = KnowledgeGraph.from_file(
        file.model_copy(
            update={"entities": (*file.entities, *rare), "edges": (*file.edges, *extra)}
        )
    )
    splits = generate_splits(wider, SMALL)
    verify(wider, splits)
    used = {edge for tasks in splits.values() for edge in triples(tasks)}
    assert (target, file.relations[0].id, "Rare0") not in used
    assert ("Rare0", file.relations[0].id, graph.entities[9].id) in used
    lines = shortfalls(wider, SMALL, splits)
    assert any(line.startswith(f"1 of {len(wider)} edges") for line in lines)


def test_relations_that_read_alike_make_no_tasks(graph: KnowledgeGraph) -> None:
    """A question that says "links 0 0" would mean two chains."""
    file = graph.to_file()
    first, second = file.relations[0], file.relations[1]
    relations = (first, second.model_copy(update={"label": first.label}), *file.relations[2:])
    twins = KnowledgeGraph.from_file(file.model_copy(update={"relations": relations}))
    config = SMALL.model_copy(update={"eval": 4, "dev": 1})
    splits = generate_splits(twins, config)
    used = {rel for tasks in splits.values() for _, rel, _ in triples(tasks)}
    assert used == {relation.id for relation in relations[2:]}
    assert any("all read as" in line for line in shortfalls(twins, config, splits))


def test_shortfalls_name_what_is_missing(graph: KnowledgeGraph) -> None:
    config = SMALL.model_copy(update={"train_two_hop": 100_000})
    lines = shortfalls(graph, config, generate_splits(graph, config))
    assert len(lines) == 1
    assert re.fullmatch(r"train: \d+ of 100000 tasks of 2 hops; the graph has no more", lines[0])


def test_progress_counts_to_the_end(graph: KnowledgeGraph, splits: Splits) -> None:
    told: dict[str, list[int]] = {}
    generate_splits(graph, SMALL, lambda split, done: told.setdefault(split, []).append(done))
    assert {split: counts[-1] for split, counts in told.items()} == {
        split: len(tasks) for split, tasks in splits.items()
    }
    assert all(counts == sorted(set(counts)) for counts in told.values())


def test_files_read_back(tmp_path: Path, graph: KnowledgeGraph, splits: Splits) -> None:
    paths = write_splits(tmp_path / "data", splits, graph)
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == sorted(
        ["train.jsonl", "train_long.jsonl", "dev.jsonl", "eval.jsonl", "eval_search.jsonl"]
    )
    for split, path in paths.items():
        assert read_jsonl(path, Task) == splits[split]
    line = json.loads(paths["eval"].read_text("utf-8").splitlines()[0])
    assert line["path_star"]["edges"][0]["src"] == line["path_star"]["entities"][0]


def test_a_violation_leaves_the_folder_untouched(
    tmp_path: Path, graph: KnowledgeGraph, splits: Splits
) -> None:
    (tmp_path / "eval.jsonl").write_text("old\n", "utf-8")
    bad = splits["eval"][0].model_copy(update={"prompt": "?"})
    with pytest.raises(TaskError, match=r"1 violations: eval_000000: the prompt"):
        write_splits(tmp_path, {**splits, "eval": [bad, *splits["eval"][1:]]}, graph)
    assert [path.name for path in tmp_path.iterdir()] == ["eval.jsonl"]
    assert (tmp_path / "eval.jsonl").read_text("utf-8") == "old\n"
