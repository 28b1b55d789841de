"""Runs and files that are there and cannot be read: named with the reason, beside what can be."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .asking import Browser

Browse = Callable[..., Browser]
PAGES = ("", "/training", "/audit", "/distribution", "/probes", "/examples", "/story")
PAGES += ("/episodes", "/candidates")


def folder_in_place(path: Path) -> None:
    path.mkdir()


def link_to_nothing(path: Path) -> None:
    path.symlink_to(path.with_name("gone"))


def link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def fails_when_read(path: Path) -> None:
    """A regular file, by its stamp, of which every read fails: the kernel's view of a process."""
    if not Path("/proc/self/mem").exists():
        pytest.skip("no /proc")
    path.symlink_to("/proc/self/mem")


NO_FILES: dict[Callable[[Path], None], str] = {
    folder_in_place: "a folder",
    link_to_nothing: "a link that leads nowhere",
    link_to_itself: "nothing that can be read",
    pipe: "no regular file",
}


def test_a_run_that_cannot_be_read_is_listed_with_its_reason(runs: Path, browse: Browse) -> None:
    wanted: dict[str, str] = {}
    for make, what in NO_FILES.items():
        for sign in ("config.yaml", "metrics.json", "meta.json", "episodes.jsonl"):
            folder = runs / f"{make.__name__}-{sign}"
            folder.mkdir()
            make(folder / sign)
            wanted[folder.name] = f"wanted a run, got {sign}: {what}"
    page = browse(runs)
    listed = page.get("/api/runs").json()
    assert [run["id"] for run in listed["runs"]] == ["small"]
    told = {one["id"]: one["reason"] for one in listed["unreadable"]}
    assert sorted(told) == sorted(wanted)
    for name, reason in wanted.items():
        assert told[name].startswith(reason), name
        assert page.get(f"/api/runs/{name}").status == 404


def test_folders_that_cannot_be_runs_are_listed_too(
    runs: Path, browse: Browse, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "metrics.json").write_text("{}", "utf-8")
    (runs / "link").symlink_to(elsewhere)
    (runs / "gone").symlink_to(tmp_path / "nowhere")
    odd = os.fsdecode(b"odd\xff")
    (runs / odd).mkdir()
    (runs / odd / "metrics.json").write_text("{}", "utf-8")
    (runs / "notes").mkdir()
    (runs / "README").write_text("no run", "utf-8")
    listed = browse(runs).get("/api/runs").json()
    assert [run["id"] for run in listed["runs"]] == ["small"]
    told = {one["id"]: one["reason"] for one in listed["unreadable"]}
    assert sorted(told) == ["gone", "link", "odd?"]
    assert told["link"].endswith("a link that leads elsewhere")
    assert told["gone"] == "wanted a run, got a link that leads nowhere"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_that_may_not_be_entered_is_listed(runs: Path, browse: Browse) -> None:
    locked = runs / "locked"
    locked.mkdir()
    (locked / "metrics.json").write_text("{}", "utf-8")
    locked.chmod(0)
    try:
        (one,) = browse(runs).get("/api/runs").json()["unreadable"]
    finally:
        locked.chmod(0o755)
    assert one == {
        "id": "locked",
        "reason": "wanted a run, got a folder that cannot be read (Permission denied)",
    }


LOGS = ("episodes.jsonl", "candidates.jsonl", "train_log.jsonl", "curve.jsonl", "probes.jsonl")
TASKS = ("tasks/eval.jsonl", "tasks/train.jsonl")
WHOLE = ("metrics.json", "meta.json", "audit.json", "config.yaml")


def opened(page: Browser, missing: tuple[str, ...] = ()) -> dict[str, Any]:
    """Open every page of the run "small" and return the first."""
    answers = {name: page.get(f"/api/runs/small{name}") for name in PAGES}
    wrong = {n: a.status for n, a in answers.items() if a.status != (404 if n in missing else 200)}
    assert wrong == {}
    for answer in answers.values():
        answer.json()
    return answers[""].json()


@pytest.mark.parametrize("file", [*LOGS, *TASKS, *WHOLE])
def test_a_file_that_cannot_be_read_is_named_until_it_can_and_the_rest_is_shown(
    runs: Path, browse: Browse, file: str
) -> None:
    path, page = runs / "small" / file, browse(runs)
    kept = path.rename(path.with_name("kept"))
    for make in (*NO_FILES, fails_when_read):
        make(path)
        run = opened(page, ("/episodes",) if file == "episodes.jsonl" else ())
        path.rmdir() if path.is_dir() else path.unlink()
        path.hardlink_to(kept)
        assert page.get("/api/runs/small").json()["problems"] == []
        path.unlink()
        (problem,) = run["problems"]
        assert (problem["file"], problem["line"], run["problem_count"]) == (path.name, 0, 1)
        if make in NO_FILES:
            assert problem["reason"].startswith(f"wanted a file, got {NO_FILES[make]}")
        else:
            assert problem["reason"].endswith("Input/output error")
        assert [phase["n"] for phase in run["phases"]] == [8, 8, 8]


def test_bad_lines_and_a_torn_end_are_named_by_file_and_number(runs: Path, browse: Browse) -> None:
    page, wanted = browse(runs), {}
    for file in (*LOGS, *TASKS):
        path = runs / "small" / file
        lines = path.read_bytes().splitlines(keepends=True)
        lines.insert(1, b'{"torn": \n')
        lines.insert(3, b"caf\xe9\n")
        lines += [b"[1, 2]\n", lines[0][:-10]]
        path.write_bytes(b"".join(lines))
        wanted |= {
            (path.name, 2): "not JSON",
            (path.name, 4): "not UTF-8 text",
            (path.name, len(lines) - 1): "wanted an object, got list",
            (path.name, len(lines)): "the last line is not finished",
        }
    # Older than the figures, so that the run is finished and no line will get its rest.
    (runs / "small" / "metrics.json").touch()
    run = opened(page)
    told = {(p["file"], p["line"]): p["reason"] for p in run["problems"]}
    assert sorted(told) == sorted(wanted)
    assert run["problem_count"] == len(wanted) == 28
    for place, reason in wanted.items():
        assert told[place].startswith(reason)


def test_the_line_of_a_broken_document_is_told(runs: Path, browse: Browse) -> None:
    for file in WHOLE:
        (runs / "small" / file).write_text('{\n"a": 1,\n"b": }{\n', "utf-8")
    run = opened(browse(runs))
    told = {p["file"]: p["reason"] for p in run["problems"]}
    assert sorted(told) == sorted(WHOLE)
    assert all("line 3" in reason for reason in told.values()), told
