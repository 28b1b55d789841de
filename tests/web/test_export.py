"""The static export: scripts that hold the same records as the API, in shards, safe to inline."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graphtutor.errors import RunError
from graphtutor.web.export import ExportPlan, write_site
from graphtutor.web.run_files import RunFiles

from .asking import Browser
from .records import line, write_run

Browse = Callable[..., Browser]
PAGE = """<!doctype html><html><head><meta charset="utf-8">
<!-- data -->
<script defer src="app.js"></script>
  <link rel="stylesheet" href="app.css">
</head><body><div id="app"></div></body></html>
"""


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """Built pages, as small as they can be."""
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "index.html").write_text(PAGE, "utf-8")
    (folder / "app.js").write_text('document.title="</script>";', "utf-8")
    (folder / "app.css").write_text("body{color:red}", "utf-8")
    return folder


def data_in(text: str) -> dict[str, Any]:
    """Read the assignments of a script as a browser would."""
    found: dict[str, Any] = {}
    for key, value in re.findall(r'^window\.__data\[("[^\n]*?")\]=(.*);$', text, re.MULTILINE):
        found[json.loads(key)] = json.loads(value)
    return found


def site(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path in sorted((out / "data").rglob("*.js")):
        text = path.read_text("utf-8")
        assert text.startswith("window.__data=window.__data||{};\n")
        assert "<" not in text
        found |= data_in(text)
    return found


def test_it_holds_what_the_api_says(
    finished: Path, static: Path, tmp_path: Path, browse: Browse
) -> None:
    out = tmp_path / "site"
    page = write_site(out, ExportPlan([RunFiles(finished / "small")]), static)
    assert page == out / "index.html"
    told, api = site(out), browse(finished)
    for path in ("/training", "/audit", "/distribution", "/probes", "/story", "/examples", ""):
        key = f"/api/runs/small{path}"
        assert told[key] == api.get(key).json(), key
    assert [run["id"] for run in told["/api/runs"]["runs"]] == ["small"]
    about = told["/static"]
    assert about["sample"] is None
    assert about["runs"]["small"] == {
        "phases": {p: {"count": 8, "rows": 1, "frames": 1} for p in ("base", "sft", "rsft")},
        "candidates": [{"phase": "rsft", "round": 1, "shards": 1}],
    }
    rows = told["/api/runs/small/rows/sft/0000"]["rows"]
    shown = api.get("/api/runs/small/episodes?phase=sft").json()["rows"]
    assert [{k: v for k, v in row.items() if k != "search"} for row in rows] == shown
    assert all(row["search"] == row["search"].casefold() != "" for row in rows)
    frames = told["/api/runs/small/frames/sft/0000"]["frames"]
    for row in rows:
        assert (
            frames[row["ex_id"]] == api.get(f"/api/runs/small/episodes/sft/{row['ex_id']}").json()
        )
    pool = told["/api/runs/small/candidates/rsft/1/0000"]
    assert pool["groups"] == api.get("/api/runs/small/candidates").json()["groups"]
    for ex_id, detail in pool["details"].items():
        assert detail == api.get(f"/api/runs/small/candidates/rsft/1/{ex_id}").json()


def test_the_page_loads_its_data_first_and_from_beside_it(
    finished: Path, static: Path, tmp_path: Path
) -> None:
    out = tmp_path / "site"
    write_site(out, ExportPlan([RunFiles(finished / "small")]), static)
    page = (out / "index.html").read_text("utf-8")
    assert page.index("data/index.js") < page.index("app.js")
    for name in re.findall(r'(?:src|href)="([^"]+)"', page):
        assert (out / name).is_file()
    assert (out / "app.js").read_bytes() == (static / "app.js").read_bytes()


def test_a_sample_keeps_the_same_tasks_in_every_phase_and_those_of_the_story(
    static: Path, tmp_path: Path
) -> None:
    lines = [line(p, f"t{n:03}", "AB"[n % 2]) for p in ("base", "sft") for n in range(200)]
    folder = write_run(tmp_path, "small", lines)
    out = tmp_path / "site"
    write_site(out, ExportPlan([RunFiles(folder)], sample=20), static)
    told = site(out)
    base, sft = (told[f"/api/runs/small/rows/{p}/0000"]["rows"] for p in ("base", "sft"))
    assert [row["ex_id"] for row in base] == [row["ex_id"] for row in sft]
    assert [row["i"] for row in sft] == list(range(20))
    frames = told["/api/runs/small/frames/sft/0000"]["frames"]
    for place, row in enumerate(sft):
        frame = frames[row["ex_id"]]
        assert (frame["i"], frame["count"]) == (place, 20)
        assert frame["next"] == (sft[place + 1]["ex_id"] if place < 19 else None)
    story = {item["ex_id"] for item in told["/api/runs/small/story"] if "ex_id" in item}
    assert story <= set(frames)
    assert told["/static"]["sample"] == 20
    assert told["/api/runs/small"]["phases"][0]["n"] == 200


def test_shards(static: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("graphtutor.web.export_shards._FRAMES", 50)
    monkeypatch.setattr("graphtutor.web.export_shards._ROWS", 80)
    folder = write_run(tmp_path, "small", [line("sft", f"t{n}") for n in range(120)])
    out = tmp_path / "site"
    write_site(out, ExportPlan([RunFiles(folder)]), static)
    told = site(out)
    assert told["/static"]["runs"]["small"]["phases"]["sft"] == {
        "count": 120,
        "rows": 2,
        "frames": 3,
    }
    for number in range(120):
        shard = told[f"/api/runs/small/frames/sft/{number // 50:04}"]["frames"]
        assert shard[f"t{number}"]["i"] == number


MARKUP = "</script><script>alert(1)</script><!--\u2028\u2029"


def test_nothing_in_the_data_ends_its_script(static: Path, tmp_path: Path) -> None:
    bad = line("sft", f"t{MARKUP}", completion=f"TRACE: {MARKUP}\nANSWER: B")
    folder = write_run(tmp_path, "small", [bad, line("../../evil", "t0")])
    out = tmp_path / "site"
    write_site(out, ExportPlan([RunFiles(folder)]), static)
    (frame,) = site(out)["/api/runs/small/frames/sft/0000"]["frames"].values()
    assert frame["completion"] == f"TRACE: {MARKUP}\nANSWER: B"
    everything = "".join(p.read_text("utf-8") for p in (out / "data").rglob("*.js"))
    assert not set("<\u2028\u2029") & set(everything)
    # A phase whose name is no file name is left out, and nothing is written elsewhere.
    assert "../../evil" not in site(out)["/static"]["runs"]["small"]["phases"]
    assert {p.name for p in tmp_path.iterdir()} == {"static", "small", "site"}


def test_one_file_runs_its_own_scripts_and_no_other(
    finished: Path, static: Path, tmp_path: Path
) -> None:
    out = tmp_path / "site"
    write_site(out, ExportPlan([RunFiles(finished / "small")], single_file=True), static)
    assert [path.name for path in out.iterdir()] == ["index.html"]
    page = (out / "index.html").read_text("utf-8")
    assert not re.findall(r'(?:src|href)="', page)
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert len(scripts) == 2
    told = data_in(scripts[0])
    assert len(told["/api/runs/small/frames/rsft/0000"]["frames"]) == 8
    assert scripts[1] == 'document.title="<\\/script>";'
    policy = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)[0]
    assert "default-src 'none'" in policy
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    # An export in one file may be made again.
    write_site(out, ExportPlan([RunFiles(finished / "small")], single_file=True), static)


def test_too_many_episodes_for_one_file(static: Path, tmp_path: Path) -> None:
    folder = write_run(tmp_path, "small", [line("sft", f"t{n}") for n in range(1001)])
    plan = ExportPlan([RunFiles(folder)], single_file=True)
    with pytest.raises(RunError, match=r"at most 1000 episodes.*--sample"):
        write_site(tmp_path / "site", plan, static)
    few = ExportPlan([RunFiles(folder)], sample=30, single_file=True)
    assert write_site(tmp_path / "site", few, static).is_file()


def test_only_an_export_is_replaced(finished: Path, static: Path, tmp_path: Path) -> None:
    plan = ExportPlan([RunFiles(finished / "small")], sample=2)
    out = tmp_path / "mine"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work", "utf-8")
    with pytest.raises(RunError, match="an earlier export"):
        write_site(out, plan, static)
    assert (out / "thesis.txt").read_text("utf-8") == "years of work"
    (out / "thesis.txt").unlink()
    write_site(out, plan, static)
    write_site(out, plan, static)
    assert (out / "data" / "index.js").is_file()


def test_without_the_built_pages_it_says_so(finished: Path, tmp_path: Path) -> None:
    plan = ExportPlan([RunFiles(finished / "small")])
    with pytest.raises(RunError, match="npm run build"):
        write_site(tmp_path / "site", plan, tmp_path)
    assert not (tmp_path / "site").exists()


def test_runs_are_not_written_to(finished: Path, static: Path, tmp_path: Path) -> None:
    def state() -> dict[str, tuple[int, int]]:
        files = (finished / "small").rglob("*")
        return {str(p): (p.stat().st_size, p.stat().st_mtime_ns) for p in files}

    before = state()
    write_site(tmp_path / "site", ExportPlan([RunFiles(finished / "small")]), static)
    assert state() == before


@pytest.mark.parametrize("single_file", [False, True])
def test_no_path_of_the_machine_leaves_it(
    runs: Path, graph_file: Path, static: Path, tmp_path: Path, single_file: bool
) -> None:
    config = runs / "small" / "config.yaml"
    settings = config.read_text("utf-8")
    assert str(graph_file) in settings
    model = tmp_path / "weights" / "my-model"
    assert "name: nano" in settings
    config.write_text(settings.replace("name: nano", f"name: {model}"), "utf-8")
    meta = runs / "small" / "meta.json"
    recorded = meta.read_text("utf-8")
    assert '"base": "nano"' in recorded
    meta.write_text(recorded.replace('"base": "nano"', f'"base": "{model}"'), "utf-8")
    out = tmp_path / "site"
    write_site(out, ExportPlan([RunFiles(runs / "small")], single_file=single_file), static)
    for path in filter(Path.is_file, out.rglob("*")):
        text = path.read_text("utf-8")
        for place in (graph_file.parent, tmp_path, runs, Path.home(), static):
            assert str(place) not in text, path.name
    if not single_file:
        told = site(out)["/api/runs/small"]
        assert (told["graph"], told["config"]["graph"]) == ("kg.json", "kg.json")
        assert told["config"]["model"]["name"] == told["model"] == "my-model"


def test_no_answer_of_the_api_tells_a_path_either(
    runs: Path, graph_file: Path, browse: Browse
) -> None:
    # The graph is missed, and files cannot be read: what is said of them names no folder.
    other = runs / "other"
    other.mkdir()
    (other / "config.yaml").write_text(f"graph: {graph_file.parent / 'gone.json'}\n", "utf-8")
    for name in ("metrics.json", "episodes.jsonl", "train_log.jsonl"):
        (other / name).mkdir()
    (other / "meta.json").write_text('{"graph": {"digest": "0"}}', "utf-8")
    (runs / "gone").symlink_to(runs / "nowhere")
    page = browse(runs)
    pages = ("", "/training", "/audit", "/distribution", "/probes", "/story", "/examples")
    paths = [f"/api/runs/{run}{name}" for run in ("small", "other") for name in pages]
    paths += ["/api/runs", "/api/compare?runs=small,other", "/api/runs/gone", "/api/nothing"]
    paths += ["/api/runs/other/episodes", "/api/runs/small/episodes/sft/eval_000000"]
    for path in paths:
        text = page.get(path).body.decode()
        for place in (graph_file.parent, runs, Path.home()):
            assert str(place) not in text, path
    assert page.get("/api/runs/other").json()["problems"]
    diff = page.get("/api/compare?runs=small,other").json()["config_diff"]
    assert {"key": "graph", "values": ["kg.json", "gone.json"]} in diff


def test_the_schema_of_frames_comes_along(finished: Path, static: Path, tmp_path: Path) -> None:
    from graphtutor.web.frame_schema import frame_schema

    write_site(tmp_path / "site", ExportPlan([RunFiles(finished / "small")]), static)
    found = json.loads((tmp_path / "site" / "frame.schema.json").read_text("utf-8"))
    assert found == frame_schema()
