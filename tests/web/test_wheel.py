"""The wheel in a clean environment without Node: the page is in it, and it answers."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


def done(*command: str | Path, where: Path | None = None) -> str:
    ran = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, cwd=where, check=False
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    return ran.stdout


def test_the_wheel_serves_the_page(tmp_path: Path) -> None:
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q")
    done(*pip, "wheel", "--no-deps", "-w", tmp_path, ROOT)
    [wheel] = tmp_path.glob("graphtutor-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    static = "graphtutor/web/static/"
    assert {f"{static}{name}" for name in ("index.html", "app.js", "app.css")} <= {*names}
    assert not [name for name in names if "/frontend/" in name or "node_modules" in name]
    done(sys.executable, "-m", "venv", tmp_path / "clean")
    python = tmp_path / "clean" / "bin" / "python"
    constraints = ROOT / "constraints.txt"
    done(python, "-m", "pip", "install", "-q", "-c", constraints, f"{wheel}[web]")
    command = [str(python.with_name("graphtutor")), "serve", "--no-open", "--port", "0"]
    server = subprocess.Popen(
        command,
        cwd=tmp_path,
        env={"PATH": str(python.parent)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert server.stdout
        said = ""
        while not (found := re.search(r"http://127\.0\.0\.1:\d+", said)):
            line = server.stdout.readline()
            assert line, said
            said += line
        for path, wanted in (("/", b"app.js"), ("/app.js", b"graphtutor"), ("/api/runs", b"[]")):
            with urllib.request.urlopen(found[0] + path, timeout=20) as answer:
                assert answer.status == 200
                assert wanted in answer.read()
    finally:
        server.terminate()
        server.wait(20)
        if server.stdout:
            server.stdout.close()
