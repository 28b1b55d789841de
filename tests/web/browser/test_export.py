"""The static export: from a file, below a path of a plain server, in one file."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.web.browser.conftest import Open, state
from tests.web.browser.runs import RUN

from graphtutor.web.export import ExportPlan, write_site
from graphtutor.web.store import RunStore

pytestmark = pytest.mark.browser

WHERE = f"#/inference?run={RUN}&phase=rsft&filter=wrong"
READY = "[data-testid=subgraph] svg"


def export(root: Path, out: Path, *, single_file: bool = False) -> Path:
    """Export the whole run, and return the page."""
    return write_site(out, ExportPlan([RunStore(root).get(RUN)], None, single_file))


@pytest.fixture(scope="session")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site") / "out"
    export(root, out)
    return out


@pytest.fixture
def plain_server(site: Path) -> Iterator[str]:
    """A plain file server, with the site below a path."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(site.parent))
    handler.log_message = lambda *_: None  # type: ignore[attr-defined]
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/out/"
    server.shutdown()
    server.server_close()


def opened(browser: Any, address: str, errors: list[str]) -> Open:
    return Open(browser, address, errors, [])


def same_as_served(page: Any, served: dict[str, Any]) -> None:
    page.wait_for_function("() => window.__state().layout")
    assert state(page) == served


def test_it_opens_from_a_file_and_below_a_path_as_over_the_server(
    visit: Open, browser: Any, site: Path, plain_server: str
) -> None:
    page = visit(WHERE, ready=READY)
    served = state(page)
    for address in (f"{(site / 'index.html').as_uri()}", f"{plain_server}index.html"):
        errors: list[str] = []
        visitor = opened(browser, address, errors)
        same_as_served(visitor(WHERE, ready=READY), served)
        for view, ready in (
            ("runs", "[data-testid=run-figures]"),
            ("training", "[data-testid=loss-plot] svg"),
            ("distribution", ".matrix-cell"),
            ("audit", "[data-testid=audit-verdict]"),
            ("try", "[data-testid=try-static]"),
        ):
            visitor(f"#/{view}?run={RUN}", ready=ready)
        visitor(f"#/training?run={RUN}&part=pool", ready="[data-testid=sample]")
        visitor(f"#/inference?run={RUN}&demo=1", ready="[data-testid=title-card]")
        compared = visitor(f"#/inference?run={RUN}&mode=compare", ready="[data-testid=compare]")
        compared.wait_for_selector("[data-testid=fixed-count]")
        for context in visitor.contexts:
            context.close()
        outside = [one for one in errors if "outside" in one and "127.0.0.1" not in one]
        assert outside == []
        assert [one for one in errors if "outside" not in one] == []


def test_one_file_holds_everything(visit: Open, browser: Any, root: Path, tmp_path: Path) -> None:
    out = tmp_path / "one"
    page = export(root, out, single_file=True)
    assert [one for one in out.rglob("*") if one.is_file()] == [page]
    served = state(visit(WHERE, ready=READY))
    errors: list[str] = []
    visitor = opened(browser, page.as_uri(), errors)
    same_as_served(visitor(WHERE, ready=READY), served)
    for context in visitor.contexts:
        context.close()
    assert errors == []


def test_what_needs_a_server_is_no_tab_of_an_export(browser: Any, site: Path) -> None:
    errors: list[str] = []
    page = opened(browser, f"{site.as_uri()}/index.html", errors)(
        "#/runs", ready="[data-testid=tab-audit]"
    )
    page.wait_for_timeout(200)
    assert page.locator("[data-testid=tab-ask], [data-testid=tab-blueprints]").count() == 0
    for view in ("ask", "blueprints"):
        page.goto(f"{site.as_uri()}/index.html#/{view}")
        page.wait_for_selector("[data-testid=only-served]")
    assert errors == []
