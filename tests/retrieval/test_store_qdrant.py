"""Stores on a Qdrant server, here the stand-in of qdrant_server.py."""

from pathlib import Path

import pytest
from qdrant_client import QdrantClient, models
from tests.retrieval.points import ALL, chunk, point
from tests.retrieval.qdrant_server import qdrant_server

from graphtutor.errors import RetrievalError
from graphtutor.retrieval import stores
from graphtutor.retrieval.store import StoreInfo
from graphtutor.retrieval.stores import Place


@pytest.mark.filterwarnings("ignore:Api key is used with an insecure")
def test_errors_are_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for bad in (Place(Path("x"), "http://127.0.0.1:9"), Place(Path("x"), "ftp://h")):
        with pytest.raises(RetrievalError) as caught:
            stores.store_exists(bad)
        assert "\n" not in str(caught.value)
    monkeypatch.setenv("QDRANT_API_KEY", "secret-key")
    with qdrant_server(key="another") as guarded:
        with pytest.raises(RetrievalError, match="QDRANT_API_KEY") as caught:
            stores.store_exists(Place(Path("x"), guarded))
        assert "secret-key" not in str(caught.value)
    with qdrant_server(key="secret-key") as guarded:
        assert not stores.store_exists(Place(Path("x"), guarded))


def test_a_collection_of_another_program_is_left_alone() -> None:
    size = models.VectorParams(size=4, distance=models.Distance.COSINE)
    with qdrant_server() as url:
        client = QdrantClient(url=url, check_compatibility=False)
        client.create_collection("foreign", vectors_config={"dense": size})
        client.close()
        with pytest.raises(RetrievalError, match="without its metadata"):
            stores.open_store(Place(Path("x"), url, "foreign"))


def test_another_version_is_refused() -> None:
    with qdrant_server() as url:
        place = Place(Path("x"), url, "later")
        stores.create_store(place, StoreInfo("", 0, 2.0, version=2)).close()
        with pytest.raises(RetrievalError, match="wanted a store of version 1, got version 2"):
            stores.open_store(place)


def test_more_points_than_a_request_takes_go_in_several() -> None:
    with qdrant_server() as url:
        store = stores.create_store(Place(Path("x"), url, "many"), StoreInfo("", 0, 2.0))
        store.upsert([point(chunk("d", i, "pump")) for i in range(1_100)])
        assert store.count(ALL) == 1_100
        assert [found.start for found in store.chunks(ALL)] == list(range(1_100))
        store.close()
