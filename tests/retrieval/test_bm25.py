"""Terms and BM25 weights, against hand-computed values."""

import math
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graphtutor.retrieval import bm25
from graphtutor.retrieval.store import Sparse
from graphtutor.retrieval.terms import term_id, term_ids, terms


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The pumps were leaking", ["pump", "leak"]),
        ("ConnectionTimeout", ["connectiontimeout", "connect", "timeout"]),
        ("connection timeout", ["connect", "timeout"]),
        ("getHTTPResponses", ["gethttprespons", "get", "http", "respons"]),
        ("ERR_42", ["err_42", "err", "42"]),
        ("v1.2.3 and V1.2.3 and 1.2.3", ["1.2.3", "1.2.3", "1.2.3"]),
        ("python-3.11.2", ["python-3.11.2", "python", "3.11.2"]),
        ("10.0.0.1:8080", ["10.0.0.1", "8080"]),
        ("/etc/hosts.conf", ["etc", "hosts.conf", "host", "conf"]),
        ("state-of-the-art", ["state", "art"]),
        ("IL-6", ["il-6", "il", "6"]),
        ("__init__ a_b", ["init", "a_b"]),
        ("1,000 and 1,000,000 and 0.05", ["1000", "1000000", "0.05"]),
        ("C++, C# or .NET", ["c++", "c#", "net"]),
        ("the pump's don't O\u2019Brien", ["pump", "brien"]),
        ("soft\u00adware, e\u2010mail, ﬁne", ["softwar", "mail", "fine"]),
        ("DNAs and mRNA", ["dnas", "mrna", "rna"]),
        ("温度传感器", ["温度", "度传", "传感", "感器"]),
        ("Größe café", ["größe", "café"]),
        ("what is it?", []),
        ("", []),
        ("?! — ___ ...", []),
    ],
)
def test_terms(text: str, wanted: list[str]) -> None:
    assert terms(text) == wanted


@pytest.mark.parametrize(
    ("document", "question"),
    [
        ("raises ConnectionTimeout", "connection timeout"),
        ("raises ConnectionTimeout", "connectiontimeouts"),
        ("error ERR_42 appears", "err 42"),
        ("error ERR_42 appears", "err_42"),
        ("since v1.2.3", "1.2.3"),
        ("an e\u2010mail", "e-mail"),
        ("see graphtutor.io.atomic", "atomic"),
    ],
)
def test_the_ways_to_write_an_identifier_find_each_other(document: str, question: str) -> None:
    assert set(terms(question)) <= set(terms(document))


@given(st.text(max_size=60))
@example("N'T")
@settings(max_examples=200, deadline=None)
def test_any_text_has_terms_and_blanks_change_none(text: str) -> None:
    found = terms(text)
    assert term_ids(text) == [term_id(term) for term in found]
    assert all(found)
    assert terms(text + " ") == found


def test_long_runs_take_linear_time() -> None:
    assert len(terms("a-" * 50_000)) <= 50_001
    assert len(terms("x" * 200_000)) == 1


def test_the_number_of_a_term_never_changes() -> None:
    # Stores on disk hold these numbers.
    assert [term_id(term) for term in ("pump", "err_42", "度传")] == [
        1479114796,
        2440653165,
        2403807921,
    ]


def test_threads_stem_alike() -> None:
    words = [f"word{chr(97 + i % 26)}{chr(97 + i // 26 % 26)}ings" for i in range(500)]
    alone = [terms(word) for word in words]
    from graphtutor.retrieval import terms as module

    module._terms_of.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(terms, words)) == alone


def test_weights_are_those_of_the_formula() -> None:
    # Three terms of which "pump" twice; average 6: norm = 1.2 * (0.25 + 0.75 * 3 / 6) = 0.75.
    sparse = bm25.document_terms("pump valve pump", 6.0)
    weights = dict(zip(sparse.indices, sparse.values, strict=True))
    assert weights == {
        term_id("pump"): pytest.approx(2 * 2.2 / 2.75),
        term_id("valv"): pytest.approx(2.2 / 1.75),
    }
    assert list(sparse.indices) == sorted(sparse.indices)


def test_a_question_counts_its_terms() -> None:
    sparse = bm25.query_terms("pump, valve, and the pump")
    assert dict(zip(sparse.indices, sparse.values, strict=True)) == {
        term_id("pump"): 2.0,
        term_id("valv"): 1.0,
    }
    assert bm25.query_terms("the of") == bm25.document_terms("the of", 5.0) == Sparse((), ())


def test_idf_is_lucenes() -> None:
    assert bm25.idf(10, 2) == pytest.approx(math.log(1 + 8.5 / 2.5))
    assert bm25.idf(5, 5) > 0


@pytest.mark.parametrize(
    ("total", "chunks", "mean"), [(0, 0, 1.0), (5, 10, 1.0), (1549, 10, 150.0), (377, 10, 38.0)]
)
def test_mean_length_stands_on_a_coarse_grid(total: int, chunks: int, mean: float) -> None:
    assert bm25.mean_length(total, chunks) == mean


def test_length_counts_terms() -> None:
    assert bm25.length("the pump and the ConnectionTimeout") == 4
