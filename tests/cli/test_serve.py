"""``graphtutor serve`` and ``graphtutor web``: one line on success, one line on bad input."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from graphtutor.cli.main import COMMANDS, main

RECORD = {"phase": "base", "ex_id": "t0", "split": "eval", "completion": "?", "parsed": {}}
PAGE = '<head><link href="app.css"><script src="app.js"></script></head><body></body>'


@pytest.fixture(autouse=True)
def _commands(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("serve", "web"):
        monkeypatch.setitem(COMMANDS, name, COMMANDS.get(name, name))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with one run of one episode."""
    folder = tmp_path / "runs" / "small"
    folder.mkdir(parents=True)
    (folder / "episodes.jsonl").write_text(json.dumps(RECORD) + "\n", "utf-8")
    return folder.parent


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The smallest built pages, in the place of the real ones."""
    folder = tmp_path / "static"
    folder.mkdir()
    for name, text in (("index.html", PAGE), ("app.js", ""), ("app.css", "")):
        (folder / name).write_text(text, "utf-8")
    monkeypatch.setattr("graphtutor.web.assets._FOLDER", folder)
    return folder


def test_an_export_says_where_it_is(
    root: Path, pages: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "site"
    assert main(["web", "export", str(out), "--root", str(root)]) == 0
    assert capsys.readouterr().out == f"small: 1 episodes\n{out / 'index.html'}\n"
    assert (out / "data" / "small" / "ep-base-0000.js").is_file()
    one = tmp_path / "one"
    options = ["--root", str(root), "--run", "small", "--single-file", "--sample", "1"]
    assert main(["web", "export", str(one), *options]) == 0
    assert [path.name for path in one.iterdir()] == ["index.html"]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["export", "{out}", "--root", "{out}"], "wanted runs to export, got none"),
        (["export", "{out}", "--root", "{root}", "--run", "nobody"], "nobody: wanted a run"),
        (["export", "{root}", "--root", "{root}"], "wanted a new folder, or an earlier export"),
        (["import", "{out}"], "'import' is not one of 'export'"),
    ],
)
def test_what_cannot_be_exported(
    arguments: list[str],
    expected: str,
    root: Path,
    pages: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    named = [a.format(out=tmp_path / "out", root=root) for a in arguments]
    assert main(["web", *named]) == 2
    said = capsys.readouterr().err
    assert expected in said
    assert said.count("\n") == 1


def test_without_the_built_pages_nothing_is_served(
    root: Path, pages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (pages / "app.js").unlink()
    assert main(["serve", "--root", str(root), "--no-open"]) == 2
    said = capsys.readouterr().err
    assert "no app.js" in said
    assert "npm run build" in said


def test_a_demo_of_a_run_that_is_not_there(
    root: Path, pages: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["serve", "--root", str(root), "--no-open", "--demo", "nobody"]) == 2
    assert "nobody: wanted a run" in capsys.readouterr().err


SERVE = """
import sys
from pathlib import Path
from graphtutor.web import assets
from graphtutor.cli import main as front
assets._FOLDER = Path(sys.argv[1])
front.COMMANDS.setdefault("serve", "")
options = ["--root", sys.argv[2], "--no-open", "--port", "0", "--demo", "small"]
sys.exit(front.main(["serve", *options]))
"""


def test_it_says_its_address_serves_and_ends_at_ctrl_c(root: Path, pages: Path) -> None:
    pytest.importorskip("uvicorn")
    server = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(pages), str(root)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUNBUFFERED": "1"},
    )
    try:
        assert server.stdout is not None
        said = server.stdout.readline()
        assert said.startswith("http://127.0.0.1:")
        assert "/#/inference?demo=1&run=small" in said
        port = int(said.split(":")[2].split("/")[0])
        for path, kind in (("/api/runs", "application/json"), ("/", "text/html; charset=utf-8")):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
            connection.request("GET", path)
            answer = connection.getresponse()
            assert (answer.status, answer.headers["content-type"]) == (200, kind)
            answer.read()
            connection.close()
        began = time.monotonic()
        server.send_signal(signal.SIGINT)
        _, complaints = server.communicate(timeout=20)
        assert (server.returncode, complaints) == (0, "")
        assert time.monotonic() - began < 10
    finally:
        server.kill()
        server.communicate()
