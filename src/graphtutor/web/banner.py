"""Whether a run's accuracy can be believed: red where training saw the evaluation, amber unknown.

The banner stands wherever an accuracy of the run does. It rests on the audit of the run's data and
on the digests of the files that each phase used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from graphtutor.runs.audit import AuditRecord
from graphtutor.web.rates import ApiRecord
from graphtutor.web.run_files import RunFiles
from graphtutor.web.values import mapping, text, texts, texts_by_name

__all__ = ["AuditState", "Banner", "audit_state", "banner_of", "leaks_in"]

AuditState = Literal["passes", "fails", "unknown"]

_EVALUATED: Final = ("eval", "dev")
"""How the names of files begin that models are evaluated on."""


class Banner(ApiRecord):
    """What is wrong, or not known, about a run's figures."""

    level: Literal["red", "amber"]
    text: str


def banner_of(files: RunFiles) -> Banner | None:
    """Return the banner of a run; None where its data were looked at and nothing leaks."""
    leaks = leaks_in(files.meta, files.audit)
    if leaks:
        return Banner(
            level="red",
            text=f"Training data overlap evaluation data: {'; '.join(leaks[:3])}. "
            "The accuracy of this run is not that of tasks never seen.",
        )
    if files.audit is None:
        why = (
            "the files differ, but no audit looked at what is in them"
            if _digests(files.meta)
            else "the run does not record what it trained on"
        )
        return Banner(level="amber", text=f"Overlap of training and evaluation is unknown: {why}.")
    if not any(check.group == "leaks" and check.passed is not None for check in files.audit.checks):
        return Banner(
            level="amber",
            text="Overlap of training and evaluation is unknown: the audit could not judge it.",
        )
    if not _digests(files.meta):
        return Banner(
            level="amber",
            text="The audit passes, but the run does not record what it trained on.",
        )
    return None


def audit_state(audit: AuditRecord | None) -> AuditState:
    """Return whether every gate of the audit holds."""
    gates = () if audit is None else (*audit.checks, *audit.shortcuts)
    if audit is None or all(gate.passed is None for gate in gates):
        return "unknown"
    return "passes" if audit.passed else "fails"


def leaks_in(meta: Mapping[str, Any], audit: AuditRecord | None) -> list[str]:
    """Say what training and evaluation share, as far as digests and audit tell."""
    found = list(dict.fromkeys(_shared_files(meta, audit)))
    for check in audit.checks if audit else ():
        if check.group == "leaks" and check.passed is False:
            found.append(f"{check.file}: {check.title} ({check.found} of {check.n} {check.unit})")
    return found


def _shared_files(meta: Mapping[str, Any], audit: AuditRecord | None) -> Iterator[str]:
    """Name training files that are evaluation files, by name or by content."""
    used = list(_digests(meta))
    evaluated = {
        digest: name for _, name, digest, trained in used if not trained and _is_eval(name)
    }
    evaluated |= {f.digest: f.name for f in audit.files if f.role == "evaluated"} if audit else {}
    for phase, name, digest, trained in used:
        if trained and digest in evaluated:
            yield f"phase {phase} trained on {name}, which has the content of {evaluated[digest]}"
        elif trained and _is_eval(name):
            yield f"phase {phase} trained on {name}"
    if audit:
        for file in audit.files:
            if file.role == "train" and file.digest in evaluated:
                yield f"{file.name} has the content of {evaluated[file.digest]}"


def _digests(meta: Mapping[str, Any]) -> list[tuple[str, str, str, bool]]:
    """Return (phase, file, digest, whether it was trained on) of all that meta.json records."""
    found: list[tuple[str, str, str, bool]] = []
    for phase, facts in mapping(meta.get("phases")).items():
        trained = texts(mapping(facts).get("trained"))
        for name, digest in texts_by_name(mapping(facts).get("files")).items():
            found.append((text(phase) or "", name, digest, name in trained))
    return found


def _is_eval(name: str) -> bool:
    return name.rpartition("/")[2].startswith(_EVALUATED)
