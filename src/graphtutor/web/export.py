"""The static export: the whole app over some runs, from any static host or straight from a file.

Whole documents stand in data/index.js under the paths of the API; rows, frames and candidates come
in shards beside it. The runs are only read.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from graphtutor import __version__
from graphtutor.errors import RunError
from graphtutor.io.atomic import write_text
from graphtutor.web.assets import static_folder
from graphtutor.web.audit_view import audit_view
from graphtutor.web.distribution import distribution_view
from graphtutor.web.examples import examples_of
from graphtutor.web.export_pages import page_beside_data, page_in_one_file
from graphtutor.web.export_script import script
from graphtutor.web.export_shards import sampled_tasks, write_candidates, write_episodes
from graphtutor.web.frame_schema import schema_text
from graphtutor.web.probes import probes_view
from graphtutor.web.run_files import RunFiles
from graphtutor.web.story import story_of
from graphtutor.web.summary import RunList, run_detail
from graphtutor.web.training import training_view

__all__ = ["ExportPlan", "write_site"]

_IN_ONE_FILE: Final = 1000
_LARGE: Final = 20 << 20
_EXAMPLES: Final = 20

Part = tuple[str, str]
"""A key and its JSON text."""


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What to export: ``sample`` tasks of each run (None all), in one file or as a site."""

    runs: Sequence[RunFiles]
    sample: int | None = None
    single_file: bool = False


@dataclass(slots=True)
class _Site:
    """Where the scripts go: files of a folder, or one text."""

    folder: Path
    single_file: bool
    parts: list[Part] = field(default_factory=list[Part])
    episodes: int = 0

    def put(self, name: str, key: str, value: str) -> None:
        """Take one shard."""
        if self.single_file:
            self.parts.append((key, value))
        else:
            write_text(self.folder / "data" / name, script([(key, value)]))


def write_site(
    out: Path,
    plan: ExportPlan,
    static: Path | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Write the export into ``out`` and return its page; an earlier export there is replaced.

    Raises RunError where the built pages are missing, where ``out`` holds anything else, or where
    one file would hold too many episodes.
    """
    pages = static_folder(static)
    _check_out(out)
    if plan.single_file:
        _check_size(plan)
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}."))
    try:
        draft.chmod(0o755)
        _write(_Site(draft, plan.single_file), plan, pages, say)
        if out.exists():
            shutil.rmtree(out)
        draft.rename(out)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    if size > _LARGE:
        say(f"{size / 2**20:.0f} MiB: smaller with --sample N, which takes N tasks of each run")
    return out / "index.html"


def _write(site: _Site, plan: ExportPlan, pages: Path, say: Callable[[str], None]) -> None:
    index, told = _documents(site, plan, say)
    about = {"version": __version__, "sample": plan.sample, "runs": told}
    index.insert(0, ("/static", json.dumps(about)))
    if plan.single_file:
        page = page_in_one_file(pages, script([*index, *site.parts]))
        write_text(site.folder / "index.html", page)
        return
    write_text(site.folder / "data" / "index.js", script(index))
    for path in sorted(pages.rglob("*")):
        if path.is_file() and path.name != "index.html":
            target = site.folder / path.relative_to(pages)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    write_text(site.folder / "frame.schema.json", schema_text())
    write_text(site.folder / "index.html", page_beside_data(pages))


def _documents(
    site: _Site, plan: ExportPlan, say: Callable[[str], None]
) -> tuple[list[Part], dict[str, Any]]:
    """Write the shards of all runs; return the whole documents and what shards there are."""
    details = [run_detail(files) for files in plan.runs]
    listed = RunList(runs=tuple(details), unreadable=())
    index: list[Part] = [("/api/runs", listed.model_dump_json())]
    told: dict[str, Any] = {}
    for files, detail in zip(plan.runs, details, strict=True):
        story, log = story_of(files), files.episodes()
        documents = {
            "": detail,
            "/training": training_view(files),
            "/audit": audit_view(files),
            "/distribution": distribution_view(files),
            "/probes": probes_view(files),
            "/story": story,
            "/examples": examples_of(files, _EXAMPLES),
        }
        here = f"/api/runs/{files.run_id}"
        index += [(here + name, record.model_dump_json()) for name, record in documents.items()]
        phases: dict[str, dict[str, int]] = {}
        if log is not None:
            chosen = sampled_tasks(log, story, plan.sample)
            phases = write_episodes(site.put, files, log, chosen)
        rounds = write_candidates(site.put, files, plan.sample)
        told[files.run_id] = {"phases": phases, "candidates": rounds}
        say(f"{files.run_id}: {sum(found['count'] for found in phases.values())} episodes")
    return index, told


def _check_out(out: Path) -> None:
    """Refuse to replace what is no export."""
    if not out.exists():
        return
    export = (out / "data" / "index.js").is_file()
    if out.is_dir() and (export or not any(out.iterdir()) or _is_one_file(out)):
        return
    raise RunError(
        str(out),
        wanted="a new folder, or an earlier export",
        got="something else",
        remedy="name another folder",
    )


def _is_one_file(out: Path) -> bool:
    """Tell whether a folder holds nothing but an export in one file."""
    page = out / "index.html"
    alone = [path.name for path in out.iterdir()] == ["index.html"]
    return alone and "window.__data" in page.read_text("utf-8", "replace")


def _check_size(plan: ExportPlan) -> None:
    episodes = 0
    for files in plan.runs:
        index = files.episodes()
        if index is not None:
            chosen = sampled_tasks(index, story_of(files), plan.sample)
            rows = index.rows(None, "eval")
            episodes += int(chosen[index.column("task")[rows]].sum())
    if episodes > _IN_ONE_FILE:
        raise RunError(
            "--single-file",
            wanted=f"at most {_IN_ONE_FILE} episodes in one file",
            got=str(episodes),
            remedy="leave it out, or take fewer tasks with --sample N",
        )
