"""Stores in a folder: two processes, killed ones, and damaged files."""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from tests.retrieval.points import ALL, FACT, INFO, PUMP, VALVE, chunk, point, texts, vector

from graphtutor.errors import RetrievalError
from graphtutor.retrieval import bm25, store_edge, stores
from graphtutor.retrieval.store import StoreInfo
from graphtutor.retrieval.store_edge import read_info
from graphtutor.retrieval.store_exact import ExactStore
from graphtutor.retrieval.stores import Place

ROOT = Path(__file__).parents[2]
HOLD = """
import os, sys, pathlib
sys.path.insert(0, sys.argv[2])
from graphtutor.retrieval import stores
from tests.retrieval.points import *
store = stores.open_store(stores.Place(pathlib.Path(sys.argv[1])))
print("open", flush=True)
"""


def run(code: str, folder: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, "-c", HOLD + code, str(folder), str(ROOT)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_a_second_process_waits_then_is_told(tmp_path: Path) -> None:
    where = Place(tmp_path)
    stores.create_store(where, INFO).close()
    with run("sys.stdin.readline(); store.close()", tmp_path) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "open\n"
        began = time.monotonic()
        with pytest.raises(RetrievalError, match="another process that holds it") as caught:
            stores.open_store(where, wait=0.2)
        assert 0.2 <= time.monotonic() - began < 5
        assert "\n" not in str(caught.value)
        with ThreadPoolExecutor() as pool:
            waiting = pool.submit(stores.open_store, where, 30.0)
            holder.communicate("\n")
            waiting.result().close()


def test_an_upsert_outlives_a_killed_process(tmp_path: Path) -> None:
    where = Place(tmp_path)
    stores.create_store(where, INFO).close()
    with run("store.upsert(POINTS); store.delete([MOTOR.id]); os._exit(9)", tmp_path) as writer:
        _, said = writer.communicate()
    assert writer.returncode == 9, said
    store = stores.open_store(where)
    assert list(store.chunks(ALL)) == [PUMP, VALVE, FACT]
    assert texts(store.bm25(bm25.query_terms("leaks"), 5, ALL)) == [PUMP.text]
    store.close()


def test_a_making_that_was_broken_off_is_begun_again(tmp_path: Path) -> None:
    where = Place(tmp_path)
    stores.create_store(where, INFO).close()
    (tmp_path / "store.json").unlink()
    assert not stores.store_exists(where)
    store = stores.create_store(where, INFO)
    assert store.count(ALL) == 0
    store.close()


def test_other_peoples_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "edge").mkdir()
    (tmp_path / "edge" / "thesis.txt").write_text("years of work")
    with pytest.raises(RetrievalError, match="other files"):
        stores.create_store(Place(tmp_path), INFO)
    assert (tmp_path / "edge" / "thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"embedder": "m", "dimensions": "x", "average_length": 1}']
)
def test_a_damaged_store_json_is_one_clear_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "store.json").write_text(text)
    with pytest.raises(RetrievalError, match="make the store anew") as caught:
        stores.open_store(Place(tmp_path))
    assert "\n" not in str(caught.value)


def test_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.json").write_text(json.dumps(asdict(INFO) | {"version": 2}))
    with pytest.raises(RetrievalError, match="wanted a store of version 1, got version 2"):
        read_info(tmp_path)


def test_a_damaged_shard_is_one_clear_error(tmp_path: Path) -> None:
    stores.create_store(Place(tmp_path), INFO).close()
    (damaged,) = (tmp_path / "edge" / "segments").glob("*/segment.json")
    damaged.write_text("{")
    with pytest.raises(RetrievalError, match="wanted a store that can be read") as caught:
        stores.open_store(Place(tmp_path))
    assert "\n" not in str(caught.value)


def test_an_index_finds_nearly_the_same_and_stays_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_edge, "INDEX_ABOVE_KB", 1)
    draw = np.random.default_rng(3)
    points = [point(chunk("d", i, "pump"), *draw.normal(size=16)) for i in range(600)]
    info = StoreInfo("model", 16, 2.0)
    exact, store = ExactStore(info), stores.create_store(Place(tmp_path), info)
    for one in (exact, store):
        one.upsert(points)
        one.optimize()
        # What changes after the index was built.
        one.delete([gone.chunk.id for gone in points[:100]])
        one.upsert(
            [
                point(chunk("e", i, "valve"), *np.random.default_rng(i).normal(size=16))
                for i in range(3)
            ]
        )
    shared = 0
    for _ in range(20):
        near = vector(*draw.normal(size=16))
        sets = [{hit.chunk.id for hit in one.dense(near, 10, ALL)} for one in (exact, store)]
        shared += len(sets[0] & sets[1])
    assert shared >= 190
    # By words nothing is approximate: what was deleted is not counted.
    words = bm25.query_terms("valve")
    assert [hit.score for hit in store.bm25(words, 5, ALL)] == pytest.approx(
        [hit.score for hit in exact.bm25(words, 5, ALL)], abs=1e-5
    )
    store.close()
