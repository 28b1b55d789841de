"""One contract for the three engines, and each engine's results equal to those of exact search.

The Qdrant server is a stand-in on loopback (qdrant_server.py); no real server runs here.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.retrieval.points import (
    ALL,
    FACT,
    INFO,
    MOTOR,
    POINTS,
    PUMP,
    VALVE,
    chunk,
    point,
    texts,
    vector,
)
from tests.retrieval.qdrant_server import qdrant_server

from graphtutor.errors import RetrievalError
from graphtutor.retrieval import bm25, stores
from graphtutor.retrieval.chunk import Chunk, chunk_id
from graphtutor.retrieval.store import Filter, Hit, Point, StoreInfo, VectorStore
from graphtutor.retrieval.store_exact import ExactStore
from graphtutor.retrieval.stores import Place

ENGINES = ["exact", "edge", "qdrant"]
Make = Callable[[StoreInfo], VectorStore]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with qdrant_server() as address:
        yield address


def build(engine: str, info: StoreInfo, folder: Path, url: str) -> VectorStore:
    if engine == "exact":
        return ExactStore(info)
    name = f"c{time.monotonic_ns()}"
    return stores.create_store(Place(folder / name, url if engine == "qdrant" else "", name), info)


@pytest.fixture(params=ENGINES)
def make(request: pytest.FixtureRequest, tmp_path: Path, url: str) -> Iterator[Make]:
    made: list[VectorStore] = []

    def build_one(info: StoreInfo) -> VectorStore:
        made.append(build(request.param, info, tmp_path, url))
        return made[-1]

    yield build_one
    for store in made:
        store.close()


@pytest.fixture(scope="module", params=ENGINES)
def filled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, url: str
) -> Iterator[VectorStore]:
    """A store with POINTS, for tests that only read."""
    store = build(request.param, INFO, tmp_path_factory.mktemp("filled"), url)
    store.upsert(POINTS)
    yield store
    store.close()


def test_what_goes_in_comes_out(filled: VectorStore) -> None:
    store = filled
    assert list(store.chunks(ALL)) == [PUMP, VALVE, MOTOR, FACT]
    assert store.count(ALL) == 4
    assert store.info == INFO


def test_dense_ranks_by_cosine(filled: VectorStore) -> None:
    store = filled
    hits = store.dense(vector(2, 0, 0, 0), 2, ALL)
    assert texts(hits) == [PUMP.text, VALVE.text]
    assert [hit.score for hit in hits] == pytest.approx([1, 1 / 2**0.5], abs=1e-5)


def test_bm25_ranks_by_the_formula(filled: VectorStore) -> None:
    store = filled
    hits = store.bm25(bm25.query_terms("leaking pump pump"), 9, ALL)
    # pump stands in 3 of 4, leak in 1 of 4; two, four and three terms long, 5 on average.
    pump, leak = bm25.idf(4, 3), bm25.idf(4, 1)
    weight = {n: 2.2 / (1 + 1.2 * (0.25 + 0.75 * n / 5)) for n in (2, 3, 4)}
    assert texts(hits) == [PUMP.text, FACT.text, VALVE.text]
    assert [hit.score for hit in hits] == pytest.approx(
        [(2 * pump + leak) * weight[2], 2 * pump * weight[3], 2 * pump * weight[4]], abs=1e-5
    )
    assert store.bm25(bm25.query_terms("turbine"), 9, ALL) == []
    assert store.bm25(bm25.query_terms("the of"), 9, ALL) == []


def test_hybrid_sums_reciprocal_ranks(filled: VectorStore) -> None:
    store = filled
    hits = store.hybrid(vector(0, 0, 1, 1), bm25.query_terms("motor"), 9, ALL, candidates=2)
    # By cosine FACT, MOTOR; by words MOTOR, which is shorter, FACT: a tie, in the order of ids.
    assert [hit.score for hit in hits] == pytest.approx([1 / 61 + 1 / 62] * 2, abs=1e-5)
    assert [hit.chunk.id for hit in hits] == sorted([FACT.id, MOTOR.id])


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        (Filter(docs=("a.md",)), [PUMP, VALVE]),
        (Filter(docs=("b.md", "g")), [MOTOR, FACT]),
        (Filter(section="Faults"), [PUMP, VALVE]),
        (Filter(section="Valve"), [VALVE]),
        (Filter(section="Fau"), []),
        (Filter(kinds=("statement",)), [FACT]),
        (Filter(since="2026-01-31"), [PUMP, MOTOR]),
        (Filter(until="2026-01-31"), [PUMP]),
        (Filter(since="2026-02-01", until="2026-02-01"), [MOTOR]),
        (Filter(docs=("a.md",), since="2026-01-01", section="Pump", kinds=("text",)), [PUMP]),
        (Filter(docs=("nope",)), []),
    ],
)
def test_filters(filled: VectorStore, where: Filter, wanted: list[Chunk]) -> None:
    store = filled
    assert list(store.chunks(where)) == wanted
    assert store.count(where) == len(wanted)
    ids = {chunk.id for chunk in wanted}
    assert {hit.chunk.id for hit in store.dense(vector(1, 1, 1, 1), 9, where)} == ids
    words = bm25.query_terms("pump motor valve")
    assert {hit.chunk.id for hit in store.bm25(words, 9, where)} == ids
    assert {hit.chunk.id for hit in store.hybrid(vector(1, 1, 1, 1), words, 9, where)} == ids


def test_upsert_replaces_and_delete_passes_over_what_is_not_there(make: Make) -> None:
    store = make(INFO)
    store.upsert(POINTS)
    store.upsert([Point(PUMP, vector(0, 0, 0, 1), bm25.document_terms("turbine", 5.0))])
    store.delete([MOTOR.id, chunk_id("x", 0, 1, "x")])
    store.upsert([])
    store.delete([])
    assert store.count(ALL) == 3
    assert texts(store.dense(vector(0, 0, 0, 1), 1, ALL)) == [PUMP.text]
    # idf is reckoned over what is there: 3 chunks, "motor" in one.
    (hit,) = store.bm25(bm25.query_terms("motor"), 9, ALL)
    assert hit.score == pytest.approx(bm25.idf(3, 1) * 2.2 / (1 + 1.2 * (0.25 + 0.75 * 3 / 5)))


def test_weigh_replaces_words_and_keeps_the_rest(make: Make) -> None:
    store = make(INFO)
    store.upsert(POINTS)
    turbine = bm25.document_terms("turbine", 7.0)
    store.weigh([(MOTOR.id, turbine), (chunk_id("x", 0, 1, "x"), turbine)])
    store.weigh([])
    assert texts(store.bm25(bm25.query_terms("turbine"), 9, ALL)) == [MOTOR.text]
    (hit,) = store.bm25(bm25.query_terms("motor"), 9, ALL)
    assert hit.chunk == FACT
    assert texts(store.dense(vector(0, 0, 1, 0), 1, ALL)) == [MOTOR.text]
    assert list(store.chunks(ALL)) == [PUMP, VALVE, MOTOR, FACT]


def test_an_empty_store_finds_nothing(make: Make) -> None:
    store = make(INFO)
    assert store.dense(vector(1, 0, 0, 0), 5, ALL) == []
    assert store.bm25(bm25.query_terms("pump"), 5, ALL) == []
    assert store.hybrid(vector(1, 0, 0, 0), bm25.query_terms("pump"), 5, ALL) == []
    assert list(store.chunks(ALL)) == []
    assert store.count(ALL) == 0


def test_a_store_for_bm25_alone(make: Make) -> None:
    store = make(StoreInfo("", 0, 5.0))
    store.upsert([point(PUMP), point(MOTOR)])
    assert texts(store.bm25(bm25.query_terms("pump"), 5, ALL)) == [PUMP.text]
    with pytest.raises(RetrievalError, match="wanted none: BM25 only, got shape"):
        store.dense(vector(1, 0, 0, 0), 5, ALL)


@pytest.mark.parametrize("bad", [(), (1.0, 2.0), (1.0, 2.0, 3.0, float("nan"))])
def test_a_vector_that_does_not_fit_is_refused(filled: VectorStore, bad: tuple[float, ...]) -> None:
    other = chunk("other", 0, "other")
    with pytest.raises(RetrievalError, match="vector of"):
        filled.upsert([point(other, 0, 0, 0, 1), point(PUMP, *bad)])
    assert filled.count(ALL) == 4


@pytest.mark.parametrize("bad", ["yesterday", "2026-13-01", "20260131", "2026-01"])
def test_a_date_that_is_none_is_refused(filled: VectorStore, bad: str) -> None:
    store = filled
    with pytest.raises(RetrievalError, match="wanted a date like"):
        store.count(Filter(since=bad))
    with pytest.raises(RetrievalError, match="filter by date, until"):
        store.bm25(bm25.query_terms("pump"), 5, Filter(until=bad))


def test_order_of_arrival_changes_nothing(make: Make) -> None:
    same = [point(chunk("d", i, "same words"), 1, 0, 0, 0) for i in range(30)]
    found: list[list[Hit]] = []
    for points in (same, same[::-1]):
        store = make(INFO)
        for one in points:
            store.upsert([one])
        words = bm25.query_terms("words")
        found += [
            store.bm25(words, 7, ALL),
            store.dense(vector(1, 0, 0, 0), 7, ALL),
            store.hybrid(vector(1, 0, 0, 0), words, 7, ALL),
        ]
    assert found[:3] == found[3:]


WORDS = st.lists(st.sampled_from("pump valve motor leak of ERR_42 v1.2".split()), max_size=7)
NUMBERS = st.tuples(*[st.integers(-3, 3)] * 4)


CASE = st.fixed_dictionaries(
    {
        "rows": st.lists(st.tuples(WORDS, NUMBERS, st.sampled_from("xyz")), max_size=12),
        "gone": st.sets(st.integers(0, 11)),
        "question": WORDS,
        "near": NUMBERS.filter(any),
        "where": st.sampled_from(
            [ALL, Filter(docs=("x",)), Filter(docs=("x", "y"), since="2026-01-02")]
        ),
    }
)


def test_engines_equal_exact_search(make: Make) -> None:
    store = make(INFO)

    @given(CASE)
    @settings(max_examples=15, deadline=None)
    def holds(case: dict[str, Any]) -> None:
        # One store for all examples: what earlier ones held must not show.
        store.delete([left.id for left in store.chunks(ALL)])
        points = [
            point(chunk(doc, i, " ".join(words) or "-", date=f"2026-01-0{1 + i % 3}"), *numbers)
            for i, (words, numbers, doc) in enumerate(case["rows"])
        ]
        exact, where = ExactStore(INFO), case["where"]
        for one in (exact, store):
            one.upsert(points)
            one.delete([points[i].chunk.id for i in case["gone"] if i < len(points)])
        words, numbers = bm25.query_terms(" ".join(case["question"])), vector(*case["near"])
        for limit in (3, 20):
            assert_equal(exact.bm25(words, limit, where), store.bm25(words, limit, where))
            assert_equal(exact.dense(numbers, limit, where), store.dense(numbers, limit, where))
            assert_equal(
                exact.hybrid(numbers, words, limit, where),
                store.hybrid(numbers, words, limit, where),
            )
        assert list(store.chunks(where)) == list(exact.chunks(where))

    holds()


def assert_equal(wanted: list[Hit], got: list[Hit]) -> None:
    assert [hit.chunk for hit in got] == [hit.chunk for hit in wanted]
    scores = [hit.score for hit in wanted]
    assert [hit.score for hit in got] == pytest.approx(scores, abs=1e-5)


@pytest.fixture(params=["edge", "qdrant"])
def place(request: pytest.FixtureRequest, tmp_path: Path, url: str) -> Place:
    name = f"c{time.monotonic_ns()}"
    return Place(tmp_path / "store", url if request.param == "qdrant" else "", name)


def test_a_store_is_opened_again(place: Place) -> None:
    assert not stores.store_exists(place)
    store = stores.create_store(place, INFO)
    store.upsert(POINTS)
    store.set_average_length(7.0)
    store.close()
    assert stores.store_exists(place)
    store = stores.open_store(place)
    assert store.info == replace(INFO, average_length=7.0)
    assert list(store.chunks(ALL)) == [PUMP, VALVE, MOTOR, FACT]
    store.optimize()
    assert store.count(ALL) == 4
    store.close()
    with pytest.raises(RetrievalError):
        stores.create_store(place, INFO)


def test_no_store_says_how_to_make_one(place: Place) -> None:
    with pytest.raises(RetrievalError, match="graphtutor rag add") as caught:
        stores.open_store(place)
    assert "\n" not in str(caught.value)


def test_another_embedder_is_refused_with_the_reason() -> None:
    stores.require_embedder(INFO, "model", "here")
    with pytest.raises(RetrievalError, match="made with, model, got other"):
        stores.require_embedder(INFO, "other", "here")
    with pytest.raises(RetrievalError, match="none \\(BM25\\)"):
        stores.require_embedder(StoreInfo("", 0, 1.0), "model", "here")
