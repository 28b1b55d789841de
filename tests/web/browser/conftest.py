"""The app in Debian's chromium: a server over runs made on the spot, and pages of it."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tests.web.browser.random_run import make_random_run
from tests.web.browser.runs import RUN, lines, make_runs

from graphtutor.cli.serve import load_phase

STATIC = Path(__file__).parents[3] / "src" / "graphtutor" / "web" / "static"

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def root(graph_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of runs: a whole one, and what may go wrong with one."""
    root = tmp_path_factory.mktemp("runs")
    make_runs(root, graph_file)
    return root


@pytest.fixture(scope="session")
def random_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one run, of 500 random episodes."""
    root = tmp_path_factory.mktemp("random")
    make_random_run(root)
    return root


class SlowModel:
    """The fake model, with time to look at each state."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def stream(self, prompt: Any, sampling: Any) -> Any:
        """Say the fake's answer word by word, as the torch engine says tokens."""
        [[whole]] = self._inner.generate([prompt], sampling)
        words = whole.text.split(" ")
        for number, word in enumerate(words):
            time.sleep(0.8 / len(words))
            yield word if number == 0 else f" {word}"
        return whole


def load(run: Any, phase: str) -> Any:
    """Load the model of a phase as ``graphtutor serve`` does, slowly."""
    time.sleep(0.4)
    return SlowModel(load_phase(run, phase))


def served(root: Path, load: Any = load, **options: Any) -> Iterator[str]:
    """Serve the app over ``root`` from a thread; yields the address."""
    import uvicorn

    from graphtutor.web.app import create_app

    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    port = held.getsockname()[1]
    settings = uvicorn.Config(
        create_app(root, load, STATIC, **options),
        log_level="warning",
        access_log=False,
        lifespan="on",
    )
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [held]}, daemon=True)
    thread.start()
    until = time.monotonic() + 20
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    assert server.started
    yield f"http://127.0.0.1:{port}/"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def address(root: Path) -> Iterator[str]:
    """Where the app over ``root`` answers."""
    yield from served(root)


@pytest.fixture(scope="session")
def random_address(random_root: Path) -> Iterator[str]:
    """Where the app over the random episodes answers."""
    yield from served(random_root)


def chromium() -> str | None:
    """Return the path of the browser; None where there is none."""
    asked = os.environ.get("GRAPHTUTOR_CHROMIUM")
    names = [asked] if asked else ["chromium", "chromium-browser"]
    return next((found for found in map(shutil.which, names) if found), None)


def missing() -> str | None:
    """Say what these tests lack, and what to do about it."""
    if find_spec("playwright") is None:
        return "the browser tests need playwright: pip install 'graphtutor[dev]'"
    if chromium() is None:
        return (
            "the browser tests need chromium: apt-get install chromium, "
            "or set GRAPHTUTOR_CHROMIUM to its path"
        )
    return None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuse to begin where a browser test is selected and there is no browser to drive."""
    here = Path(__file__).parent
    selected = any(
        here in item.path.parents and item.get_closest_marker("browser") for item in items
    )
    lack = missing() if selected else None
    if lack:
        raise pytest.UsageError(lack)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One chromium for all tests."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class Open:
    """Opens pages of the app and notes what must not happen on any of them."""

    browser: Any
    address: str
    errors: list[str]
    contexts: list[Any]

    def __call__(
        self,
        where: str = "#/runs",
        *,
        width: int = 1280,
        height: int = 900,
        clock: bool = False,
        ready: str = "main",
        before: str = "",
        **options: Any,
    ) -> Any:
        """Open ``where`` and wait for ``ready``; the script ``before`` runs before the page's."""
        context = self.browser.new_context(viewport={"width": width, "height": height}, **options)
        self.contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(f"page error: {error}"))
        page.on("console", self._note)
        page.on("dialog", lambda dialog: self.errors.append("a dialog") or dialog.dismiss())
        page.on("request", self._watch)
        if before:
            page.add_init_script(before)
        if clock:
            page.clock.install()
        page.goto(self.address + where)
        page.wait_for_selector(ready)
        return page

    def close(self) -> None:
        """Close every page."""
        for context in self.contexts:
            context.close()
        self.contexts.clear()

    def _note(self, message: Any) -> None:
        # A refused question is told to the reader; the browser also notes its status.
        refused = "status of 4" in message.text or "status of 503" in message.text
        if message.type == "error" and not refused:
            self.errors.append(f"console: {message.text}")

    def _watch(self, request: Any) -> None:
        mine = (self.address, "data:", "blob:", "file:")
        if not request.url.startswith(mine):
            self.errors.append(f"outside request: {request.url}")


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[Open]:
    """Open pages; afterwards no page may have logged an error or asked another host."""
    opened = Open(browser, address, [], [])
    yield opened
    opened.close()
    assert opened.errors == []


@pytest.fixture
def visit_random(browser: Any, random_address: str) -> Iterator[Open]:
    """The same over the random episodes."""
    opened = Open(browser, random_address, [], [])
    yield opened
    opened.close()
    assert opened.errors == []


@pytest.fixture
def episodes(root: Path) -> Callable[[str], list[dict[str, Any]]]:
    """The log's records of a phase, in order."""

    def read(phase: str, run: str = RUN) -> list[dict[str, Any]]:
        records = lines(root / run / "episodes.jsonl")
        return [one for one in records if one["phase"] == phase and one["split"] == "eval"]

    return read


def state(page: Any) -> dict[str, Any]:
    """What the page says of itself."""
    return page.evaluate("window.__state()")
