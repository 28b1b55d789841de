"""A stand-in for a Qdrant server: its REST calls over loopback, answered by qdrant-client's own
in-memory imitation. No Qdrant binary runs here; what is tested is that real HTTP requests of the
real client, read back through its own models, do what the store wants.
"""

import json
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from pydantic import TypeAdapter
from qdrant_client import QdrantClient, models

Call = Callable[[QdrantClient, str, Any], Any]


def _query(client: QdrantClient, name: str, body: Any) -> Any:
    request = TypeAdapter(models.QueryRequest).validate_python(body)
    return client.query_points(
        name,
        query=request.query,
        using=request.using,
        limit=request.limit,
        query_filter=request.filter,
        search_params=request.params,
        with_payload=request.with_payload,
    )


def _create(client: QdrantClient, name: str, body: Any) -> Any:
    request = models.CreateCollection(**body)
    return client.create_collection(
        name,
        vectors_config=request.vectors,
        sparse_vectors_config=request.sparse_vectors,
        metadata=request.metadata,
    )


def _index(client: QdrantClient, name: str, body: Any) -> Any:
    request = models.CreateFieldIndex(**body)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # The imitation says that it makes no indexes.
        return client.create_payload_index(name, request.field_name, request.field_schema)


def _upsert(client: QdrantClient, name: str, body: Any) -> Any:
    return client.upsert(name, models.PointsList(**body).points)


def _delete(client: QdrantClient, name: str, body: Any) -> Any:
    return client.delete(name, models.PointIdsList(**body))


def _vectors(client: QdrantClient, name: str, body: Any) -> Any:
    points = models.UpdateVectors(**body).points
    known = {record.id for record in client.retrieve(name, [point.id for point in points])}
    if missing := {point.id for point in points} - known:
        # A server refuses; the imitation does what it can.
        raise ValueError(f"No point with id {missing.pop()} found")
    return client.update_vectors(name, points)


def _retrieve(client: QdrantClient, name: str, body: Any) -> Any:
    request = models.PointRequest(**body)
    return client.retrieve(name, request.ids, with_payload=request.with_payload or False)


def _scroll(client: QdrantClient, name: str, body: Any) -> Any:
    request = models.ScrollRequest(**body)
    points, offset = client.scroll(
        name, scroll_filter=request.filter, limit=request.limit, offset=request.offset
    )
    return models.ScrollResult(points=points, next_page_offset=offset)


def _count(client: QdrantClient, name: str, body: Any) -> Any:
    return client.count(name, models.CountRequest(**body).filter)


def _update(client: QdrantClient, name: str, body: Any) -> Any:
    return client.update_collection(name, metadata=models.UpdateCollection(**body).metadata)


CALLS: dict[tuple[str, str], Call] = {
    ("GET", "/exists"): lambda client, name, _: {"exists": client.collection_exists(name)},
    ("GET", ""): lambda client, name, _: client.get_collection(name),
    ("PUT", ""): _create,
    ("PATCH", ""): _update,
    ("PUT", "/index"): _index,
    ("PUT", "/points"): _upsert,
    ("PUT", "/points/vectors"): _vectors,
    ("POST", "/points"): _retrieve,
    ("POST", "/points/delete"): _delete,
    ("POST", "/points/scroll"): _scroll,
    ("POST", "/points/count"): _count,
    ("POST", "/points/query"): _query,
}


@contextmanager
def qdrant_server(key: str = "") -> Iterator[str]:
    """Serve on a free port of 127.0.0.1; gives the URL. With ``key``, requests must carry it."""
    client, lock = QdrantClient(":memory:"), Lock()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            found = re.fullmatch(r"/collections/([^/?]+)(/[a-z/]+)?(\?.*)?", self.path)
            size = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(size) or "null")
            call = CALLS.get((self.command, found[2] or "")) if found else None
            if key and self.headers.get("api-key") != key:
                status, result = 401, {"status": {"error": "Must provide an API key"}}
            elif found is None or call is None:
                status, result = 404, {"status": {"error": f"{self.command} {self.path}"}}
            else:
                status, result = self.reply(call, found[1], body)
            self.send(status, result)

        def reply(self, call: Call, name: str, body: Any) -> tuple[int, Any]:
            try:
                with lock:
                    made = call(client, name, body)
            except Exception as error:  # What the server says about a bad request.
                return 400, {"status": {"error": str(error)}}
            plain = TypeAdapter(Any).dump_python(made, mode="json", exclude_none=True)
            return 200, {"result": plain, "status": "ok", "time": 0.0}

        def send(self, status: int, result: Any) -> None:
            data = json.dumps(result).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_PUT = do_POST = do_PATCH = answer

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        client.close()
