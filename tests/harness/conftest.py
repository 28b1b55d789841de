"""A graph with its tasks on disk, exports of them made on the spot, and no way to the network."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphtutor.config import TasksConfig
from graphtutor.graph.knowledge_graph import KnowledgeGraph
from graphtutor.graph.records import Edge, Entity, GraphFile, Relation
from graphtutor.harness.export import write_export
from graphtutor.harness.manifest import Kind
from graphtutor.harness.source import read_source
from graphtutor.runs.record_file import write_record
from graphtutor.tasks.generate import generate_splits, write_splits
from graphtutor.tasks.task import Task

# Read when the libraries are imported, so set before any test module does that.
for name in ("HF_HUB_DISABLE_TELEMETRY", "HF_DATASETS_OFFLINE", "DO_NOT_TRACK"):
    os.environ[name] = "1"

LOOPBACK = {None, "", "127.0.0.1", "::1", "localhost"}
CONFIG = TasksConfig(
    train_one_hop=2, train_two_hop=40, train_three_hop=60, train_long=8, dev=6, eval=10, search=0
)
MakeExport = Callable[..., Path]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that looks up or connects to anything but this machine, even if it copes."""
    asked: list[str] = []
    look_up, connect = socket.getaddrinfo, socket.socket.connect

    def checked_look_up(host: Any, *args: Any, **options: Any) -> Any:
        if host not in LOOPBACK:
            asked.append(str(host))
            raise OSError(f"no network in tests: {host}")
        return look_up(host, *args, **options)

    def checked_connect(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            asked.append(str(address))
            raise OSError(f"no network in tests: {address}")
        connect(self, address)

    monkeypatch.setattr(socket, "getaddrinfo", checked_look_up)
    monkeypatch.setattr(socket.socket, "connect", checked_connect)
    yield
    assert asked == []


def _random_graph(entities: int, edges: int, kinds: int) -> KnowledgeGraph:
    """Draw a graph with little branching: two relations for each type that they lead to."""
    stream = np.random.default_rng(1)
    ids = [f"Thing{number:03d}" for number in range(entities)]
    types = [f"kind{number}" for number in stream.integers(kinds, size=entities)]
    triples: set[tuple[str, str, str]] = set()
    for source, target in stream.integers(entities, size=(edges, 2)).tolist():
        if source != target:
            relation = f"links_{types[target][-1]}{stream.integers(2)}"
            triples.add((ids[source], relation, ids[target]))
    return KnowledgeGraph.from_file(
        GraphFile(
            version="1.0",
            domain="things",
            entities=tuple(
                Entity(id=name, label=name, type=kind)
                for name, kind in zip(ids, types, strict=True)
            ),
            relations=tuple(
                Relation(id=name, label=name) for name in sorted({r for _, r, _ in triples})
            ),
            edges=tuple(Edge(src=s, rel=r, dst=d) for s, r, d in sorted(triples)),
        )
    )


@pytest.fixture(scope="session")
def graph() -> KnowledgeGraph:
    """120 entities of four types: enough for the tasks of ``CONFIG``."""
    return _random_graph(120, 320, 4)


@pytest.fixture(scope="session")
def task_folder(graph: KnowledgeGraph, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the task files and kg.json."""
    folder = tmp_path_factory.mktemp("tasks")
    write_splits(folder, generate_splits(graph, CONFIG), graph)
    write_record(folder / "kg.json", graph.to_file())
    return folder


@pytest.fixture(scope="session")
def eval_tasks(task_folder: Path) -> tuple[Task, ...]:
    """The 20 evaluation tasks, ten each of 4 and 5 hops."""
    return read_source(task_folder, "eval").tasks


@pytest.fixture
def make_export(task_folder: Path, tmp_path: Path) -> MakeExport:
    """Export a split and move the folder away from where it was made."""

    def make(kind: Kind, split: str = "eval", name: str = "things") -> Path:
        write_export(kind, read_source(task_folder, split), tmp_path / "made", name)
        return (tmp_path / "made").rename(tmp_path / f"{name} moved")

    return make


@pytest.fixture(scope="session")
def llama_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama with 2 layers of 32, random weights and nano's tokenizer, in Hugging Face form."""
    torch = pytest.importorskip("torch")
    from transformers import LlamaConfig, LlamaForCausalLM

    from graphtutor.models.nano import build_tokenizer

    torch.set_num_threads(1)
    torch.manual_seed(0)
    tokenizer = build_tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=512,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
    )
    folder = tmp_path_factory.mktemp("llama")
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
