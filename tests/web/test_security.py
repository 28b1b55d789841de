"""Who may ask what: hosts, origins, sizes, kinds of body, ids; and what every answer carries."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from .asking import HOST, Browser

Browse = Callable[..., Browser]


@pytest.fixture
def page(finished: Path, browse: Browse) -> Browser:
    return browse(finished)


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8000", "127.0.0.1:1", "[::1]", "[::1]:8000", "LOCALHOST:80"],
)
def test_names_of_this_machine_are_answered(page: Browser, host: str) -> None:
    assert page.ask("GET", "/api/health", host=host).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8000",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "localhost:80:80",
        "localhost:evil",
        "",
        None,
    ],
)
def test_foreign_hosts_are_refused(page: Browser, host: str | None) -> None:
    answer = page.ask("GET", "/api/runs", host=host)
    assert answer.status == 403
    assert answer.json()["error"]["where"] == "the Host header"


def test_a_name_that_the_server_is_started_with_is_answered(finished: Path, browse: Browse) -> None:
    page = browse(finished, hosts=("box.local", "::2"))
    assert page.ask("GET", "/api/health", host="box.local:8000").status == 200
    assert page.ask("GET", "/api/health", host="[::2]:8000").status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:3000"},
        {"origin": "http://127.0.0.1:8000.evil.example"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_pages_of_other_origins_cannot_change_anything(
    page: Browser, headers: dict[str, str]
) -> None:
    sent = {"content-type": "application/json", **headers}
    assert page.ask("POST", "/api/infer", b"{}", sent).status == 403
    assert page.ask("DELETE", "/api/infer/1", headers=headers).status == 403


def test_a_client_without_an_origin_is_let_in(page: Browser) -> None:
    sent = {"content-type": "application/json"}
    assert page.ask("POST", "/api/infer", b"{}", sent).status == 400
    assert page.ask("DELETE", "/api/infer/1").status == 404


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_of_another_kind_is_refused(page: Browser, kind: str) -> None:
    answer = page.ask("POST", "/api/infer", b"{}", {"content-type": kind})
    assert answer.status == 415


def test_a_body_that_is_too_large_is_refused(page: Browser) -> None:
    sent = {"content-type": "application/json"}
    big = b" " * (64 * 1024 + 1)
    assert page.ask("POST", "/api/infer", big, sent).status == 413
    for stated in ("99999999999999999999", "-1", "many", "0x10"):
        lied = {**sent, "content-length": stated}
        assert page.ask("POST", "/api/infer", b"{}", lied).status == 413
    # A small length and a large body: it is counted as it comes.
    assert page.ask("POST", "/api/infer", big, {**sent, "content-length": "2"}).status == 413


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"run":1}', b"\xff", b'{"a":' * 5000, b"NaN"]
)
def test_a_body_that_cannot_be_read_is_400(page: Browser, body: bytes) -> None:
    answer = page.ask("POST", "/api/infer", body, {"content-type": "application/json"})
    assert answer.status == 400
    assert "error" in answer.json()


def test_every_answer_is_guarded(page: Browser) -> None:
    for path in ("/api/runs", "/api/nothing", "/api/runs/nobody", "/"):
        headers = page.get(path).headers
        policy = headers["content-security-policy"]
        for part in ("default-src 'self'", "object-src 'none'", "frame-ancestors 'none'"):
            assert part in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-cache"
        assert "access-control-allow-origin" not in headers
    refused = page.ask("GET", "/", host="evil.example")
    assert "content-security-policy" in refused.headers


def test_preflights_allow_nothing(page: Browser) -> None:
    sent = {"origin": "http://evil.example", "access-control-request-method": "POST"}
    answer = page.ask("OPTIONS", "/api/infer", headers=sent)
    assert answer.status in (404, 405)
    assert not [name for name in answer.headers if name.startswith("access-control")]


def _bad_ids() -> list[str]:
    """Two hundred names that name no run: tricks that are known, and noise."""
    known = [
        *("..", ".", "../..", "../small", "small/../small", "/etc", "~", "~root", "C:\\", "con"),
        *("small\x00", "\x00", "small\n", " small", "small ", ".small", "-small", "_small"),
        *("%2e%2e", "..%2f", "%252e%252e", "....//", "small.", "smäll", "\uff53mall", "x" * 101),
        *("small;x", "small?x", "small#x", "${HOME}", "$(id)", "'", '"', "<b>", "\u202esmall"),
    ]
    draw = random.Random(7)
    letters = string.printable + "äß\u2028\U0001f600"
    noise = ["".join(draw.choices(letters, k=draw.randrange(1, 30))) for _ in range(200)]
    return [*known, *noise][:200]


def test_two_hundred_bad_ids_are_never_answered(page: Browser) -> None:
    pages = ("", "/training", "/episodes", "/episodes/sft/eval_000000", "/audit", "/candidates")
    for number, name in enumerate(_bad_ids()):
        for path in (pages[number % len(pages)],):
            status = page.get(f"/api/runs/{quote(name, safe='')}{path}").status
            assert 400 <= status < 500, (name, path)
        task = page.get(f"/api/runs/small/episodes/sft/{quote(name, safe='')}").status
        assert 400 <= task < 500, name


def test_a_link_that_leads_out_of_the_folder_is_no_run(runs: Path, browse: Browse) -> None:
    inside = runs / "inside"
    inside.mkdir()
    (inside / "link").symlink_to(runs / "small", target_is_directory=True)
    page = browse(inside)
    assert page.get("/api/runs/link").status == 404
    answer = page.get("/api/runs").json()
    assert answer["runs"] == []
    assert "link that leads elsewhere" in answer["unreadable"][0]["reason"]


def test_bad_parameters_are_400_and_say_which(page: Browser) -> None:
    for query, where in {
        "filter=best": "filter",
        "sort=luck": "sort",
        "offset=-1": "offset",
        "limit=0": "limit",
        "hop=four": "hop",
        "where=right+and": "where, character 10",
        "where=colour+%3D+1": "where, character 1",
        "filter=fixed&phase=base": "against",
    }.items():
        answer = page.get(f"/api/runs/small/episodes?{query}")
        assert (answer.status, answer.json()["error"]["where"]) == (400, where)
    assert page.get("/api/runs/small/episodes?limit=100000").status == 200
    assert page.get(f"/api/runs/small/episodes?offset={10**25}&hop={10**25}").status == 200


def test_the_page_of_this_very_origin_may_ask(page: Browser) -> None:
    body = {"run": "nobody", "phases": ["sft"], "question": "?"}
    assert page.post("/api/infer", body, origin=f"http://{HOST}").status == 404
