"""Papers from arXiv, asked of a server on this machine."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.retrieval.pdf_writer import Text, pdf_of

from graphtutor.errors import RetrievalError
from graphtutor.retrieval import arxiv
from graphtutor.retrieval.arxiv import arxiv_id, fetch_arxiv, load_arxiv

PAGE = (
    b'<meta name="citation_title" content="On Pumps &amp;\n  Seals" />'
    b'<meta name="citation_date" content="2025/12/12" />'
)
SOURCE = gzip.compress(
    rb"\documentclass{a}\title{T}\begin{document}\section{Air} Text.\end{document}"
)
PDF = pdf_of([[Text(60, 80, "A line of text.")]])


@contextmanager
def serving(answers: dict[str, bytes]) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Give the address of a server and the (path, agent) of each question it was asked."""
    asked: list[tuple[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["User-Agent"]))
            content = answers.get(self.path)
            self.send_response(404 if content is None else 200)
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, format: str, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("source", "number"),
    [
        ("arxiv:2512.11254", "2512.11254"),
        ("arXiv:2512.11254v2", "2512.11254v2"),
        ("arxiv:hep-th/9901001", "hep-th/9901001"),
        ("arxiv:../../etc", None),
        ("paper.pdf", None),
    ],
)
def test_names(source: str, number: str | None) -> None:
    assert arxiv_id(source) == number


def test_the_source_is_fetched_once(tmp_path: Path) -> None:
    answers = {"/abs/2512.11254": PAGE, "/e-print/2512.11254": SOURCE}
    with serving(answers) as (url, asked):
        paper = fetch_arxiv("arxiv:2512.11254", tmp_path, url, pause=0)
        assert fetch_arxiv("arxiv:2512.11254", tmp_path, url, pause=0) == paper
    assert [path for path, _ in asked] == ["/abs/2512.11254", "/e-print/2512.11254"]
    assert all(agent.startswith("graphtutor/") for _, agent in asked)
    document = load_arxiv(paper)
    assert (document.id, document.kind) == ("arxiv:2512.11254", "latex")
    assert (document.title, document.date) == ("On Pumps & Seals", "2025-12-12")
    assert document.text == "Air\n\nText.\n"


@pytest.mark.parametrize("source", [None, gzip.compress(b"no tex"), PDF])
def test_the_pdf_where_there_is_no_source(tmp_path: Path, source: bytes | None) -> None:
    answers = {"/abs/hep-th/9901001": PAGE, "/pdf/hep-th/9901001": PDF}
    if source:
        answers["/e-print/hep-th/9901001"] = source
    with serving(answers) as (url, _):
        paper = fetch_arxiv("arxiv:hep-th/9901001", tmp_path, url, pause=0)
    assert load_arxiv(paper).kind == "pdf"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "hep-th_9901001.json", "hep-th_9901001.pdf",
    ]  # fmt: skip


def test_no_such_paper_and_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        serving({}) as (url, _),
        pytest.raises(RetrievalError, match=r"HTTP 404.*check the number"),
    ):
        fetch_arxiv("arxiv:2512.11254", tmp_path, url, pause=0)
    # The server is gone now.
    with pytest.raises(RetrievalError, match=r"arxiv:2512\.11254: .*check the network"):
        fetch_arxiv("arxiv:2512.11254", tmp_path, url, pause=0)
    monkeypatch.setattr(arxiv, "_MOST_BYTES", 10)
    with (
        serving({"/abs/2512.11254": PAGE}) as (url, _),
        pytest.raises(RetrievalError, match="a larger file"),
    ):
        fetch_arxiv("arxiv:2512.11254", tmp_path, url, pause=0)
    assert list(tmp_path.iterdir()) == []
