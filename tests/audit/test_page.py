"""The page of an audit: the verdict first, failures by name, what was not seen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from graphtutor.audit.audit import audit
from graphtutor.audit.dataset import read_dataset
from graphtutor.audit.sources import sources_in
from graphtutor.report.audit_page import audit_document, verdict, write_audit
from graphtutor.report.markdown import markdown_of
from graphtutor.report.plots_canvas import plots_available
from graphtutor.runs.audit import NOT_LOOKED_AT, AuditRecord, Check, Shortcut
from graphtutor.runs.record_file import read_record

from .planted import clean, two_answers


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> AuditRecord:
    data = two_answers(clean())
    folder = data.write(tmp_path_factory.mktemp("tasks"))
    return audit(read_dataset(sources_in(folder)), data.graph, source="planted <one>")


def test_files_are_written_and_read_back(failed: AuditRecord, tmp_path: Path) -> None:
    page = write_audit(failed, tmp_path)
    assert page == tmp_path / "audit.md"
    assert read_record(tmp_path / "audit.json", AuditRecord) == failed
    html = (tmp_path / "audit.html").read_text("utf-8")
    assert "planted &lt;one&gt;" in html
    assert ("<img" in html) == plots_available()
    record = json.loads((tmp_path / "audit.json").read_text("utf-8"))
    assert record["version"] == "1.0"


def test_verdict_comes_first_and_names_the_gate(failed: AuditRecord) -> None:
    lines = markdown_of(audit_document(failed)).splitlines()
    assert lines[2].startswith("FAILS: ")
    row = next(line for line in lines if "not exactly one option is an answer" in line)
    (ids,) = [c.ids for c in failed.failed if c.name == "one-answer"]
    assert ids[0].replace("_", "\\_") in row


def test_two_audits_have_one_page(failed: AuditRecord, tmp_path: Path) -> None:
    first, second = (write_audit(failed, tmp_path / name).read_bytes() for name in ("a", "b"))
    assert first == second


def test_what_was_not_looked_at_is_not_green() -> None:
    check = Check(
        name="x",
        group="leaks",
        title="t",
        file="eval",
        found=0,
        n=0,
        note=f"{NOT_LOOKED_AT}: there is no graph",
    )
    guess = Shortcut(name="y", title="u", file="eval", n=0, note="no chains")
    record = AuditRecord(source="s", checks=(check,), shortcuts=(guess,))
    assert verdict(record) == "Nothing was judged."
    page = markdown_of(audit_document(record))
    assert "| t | eval | there is no graph |" in page
    assert "| u | eval | no chains |" in page
    held = check.model_copy(update={"note": "", "passed": True, "n": 3})
    both = AuditRecord(source="s", checks=(held, check))
    assert verdict(both) == "Passes: all 1 gates hold. 1 could not be looked at."
