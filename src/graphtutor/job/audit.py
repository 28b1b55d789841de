"""The audit of a run's data: before anything is trained, and again at the end with the phases."""

from __future__ import annotations

from graphtutor.audit.audit import audit_run
from graphtutor.job.job import Job
from graphtutor.report.audit_page import verdict, write_audit
from graphtutor.runs.audit import AuditRecord
from graphtutor.runs.record_file import read_record

__all__ = ["audit_data"]


def audit_data(job: Job, *, tell: bool = True) -> None:
    """Audit the task files of the run into audit.json, audit.md and audit.html.

    A gate that fails does not stop the run: the files were checked task by task when they were
    made, and what fails here is said on the spot, stands in the report, and is for a person to
    judge. Shortcuts depend on the files alone and are tried again only where these have changed;
    leaks depend on what the phases have trained on, and are looked for each time.
    """
    known = read_record(job.run.audit, AuditRecord) if job.run.audit.exists() else None
    record = audit_run(job.run, job.graph, known=known)
    write_audit(record, job.run.path)
    if tell:
        job.watch.say(f"audit  {verdict(record)}")
