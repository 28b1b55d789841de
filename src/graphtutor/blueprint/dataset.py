"""A data set: domains expanded, combined, split by topic, gated, and written as one folder.

``train.jsonl`` and ``valid.jsonl`` hold ``messages``, the ``preferences_*.jsonl`` hold ``prompt``,
``chosen`` and ``rejected``; every line has every key. A file without rows is left out.
``report.json`` is written last: a folder that has it is whole, and it holds the SHA-256 of each
file of rows.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel

from graphtutor import __version__
from graphtutor.blueprint.dataset_report import (
    DatasetReport,
    DomainReport,
    FileReport,
    Sides,
    to_markdown,
)
from graphtutor.blueprint.domain import Domain
from graphtutor.blueprint.example import BlueprintExample
from graphtutor.blueprint.expand import Expansion, combine, expand
from graphtutor.blueprint.framework import Framework
from graphtutor.blueprint.gate import CHECKS, Finding, check_domain
from graphtutor.blueprint.gate_data import DATA_CHECKS, MadeData, check_data
from graphtutor.blueprint.kinds import KINDS
from graphtutor.blueprint.preferences import Preference, preferences
from graphtutor.blueprint.split import split_by_topic
from graphtutor.errors import ConfigError, RunError
from graphtutor.io.atomic import write_text
from graphtutor.io.digest import digest_bytes, digest_of
from graphtutor.io.seed import random_stream

__all__ = [
    "NOT_WANTED",
    "PREFERENCE_FILES",
    "REPORT_FILE",
    "ROW_FILES",
    "Dataset",
    "make_dataset",
    "write_dataset",
]

ROW_FILES: Final = ("train.jsonl", "valid.jsonl")
PREFERENCE_FILES: Final = ("preferences_train.jsonl", "preferences_valid.jsonl")
REPORT_FILE: Final = "report.json"
_PAGE: Final = "report.md"
_ALL_FILES: Final = (*ROW_FILES, *PREFERENCE_FILES, _PAGE, REPORT_FILE)
NOT_WANTED: Final = "kind not wanted"

Pair = tuple[Domain, Framework]


@dataclass(frozen=True, slots=True)
class Dataset:
    """The text of each file by name, the report, and what the gate found."""

    texts: Mapping[str, str]
    report: DatasetReport
    findings: tuple[Finding, ...]


def make_dataset(
    domains: Sequence[Pair],
    *,
    seed: int = 0,
    valid_share: float = 0.2,
    kinds: Sequence[str] = tuple(KINDS),
    with_preferences: bool = True,
    drills: int = 0,
) -> Dataset:
    """Expand ``domains``, each with its framework, and split them by topic.

    The same arguments give the same bytes. Which topics are held out depends on the seed and the
    share, not on ``kinds``, and is the same for examples and pairs. Each topic has ``drills``
    drills, which are of the kind "drill". Rows are in random order, so
    that a trainer that reads in order sees no domain or kind in one piece.

    Raises ConfigError for no domain, two domains or different frameworks with one id, an unknown
    kind, kinds that leave one side empty, or a share that is not between 0 and 1.
    """
    by_id, frameworks = _distinct(domains), _frameworks(domains)
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise ConfigError("kinds", wanted=f"some of {', '.join(KINDS)}", got=", ".join(unknown))
    expansion = combine(expand(domain, framework, seed, drills) for domain, framework in domains)
    split = split_by_topic(expansion.examples, valid_share, seed)
    pairs: list[list[Preference]] = [
        preferences(side, domains, seed) if with_preferences else []
        for side in (split.train, split.valid)
    ]
    wanted = [
        [example for example in side if example.meta.kind in kinds]
        for side in (split.train, split.valid)
    ]
    data = MadeData(wanted[0], wanted[1], pairs[0], pairs[1], by_id)
    if not data.train or not data.valid:
        raise ConfigError(
            "the data set",
            wanted="examples to train on and examples held out",
            got=f"{len(data.train)} and {len(data.valid)}",
            remedy="take more kinds, or a domain with more topics",
        )
    findings = [one for pair in domains for one in check_domain(*pair)] + check_data(data)
    rows: list[Sequence[BaseModel]] = [data.train, data.valid, data.train_pairs, data.valid_pairs]
    files = {
        name: some for name, some in zip((*ROW_FILES, *PREFERENCE_FILES), rows, strict=True) if some
    }
    texts = {name: _jsonl(some, seed, name) for name, some in files.items()}
    dropped = {
        **expansion.dropped,
        NOT_WANTED: len(expansion.examples) - len(data.examples),
    }
    report = DatasetReport(
        graphtutor=__version__,
        seed=seed,
        valid_share=valid_share,
        domains=tuple(_of_domain(pair, expansion, split.valid) for pair in domains),
        examples=_sides(data.train, data.valid, "kind"),
        preferences=_sides(data.train_pairs, data.valid_pairs, "fault"),
        dropped=dropped,
        frameworks=frameworks,
        gate=_counts(findings),
        files={
            name: FileReport(rows=len(some), sha256=digest_bytes(texts[name].encode("utf-8")))
            for name, some in files.items()
        },
    )
    texts[_PAGE] = to_markdown(report)
    texts[REPORT_FILE] = report.model_dump_json(indent=2) + "\n"
    return Dataset(MappingProxyType(texts), report, tuple(findings))


def write_dataset(folder: Path, dataset: Dataset, force: bool = False) -> bool:
    """Write the files of ``dataset`` to ``folder``; return False where they were there already.

    All files are written beside ``folder`` first. A new folder is then moved in place as a whole;
    from an old one the files of the old data set go, ``report.json`` first, before those of the new
    one come, ``report.json`` last. So a kill at any moment leaves the old data set, the new one, or
    a part of one of them without a report, never a mixture. Other files in ``folder`` stay.

    Raises RunError, unless ``force``, where the folder holds files of another data set.
    """
    there = [name for name in _ALL_FILES if (folder / name).exists()]
    if sorted(there) == sorted(dataset.texts) and all(
        (folder / name).read_bytes() == text.encode("utf-8") for name, text in dataset.texts.items()
    ):
        return False
    if there and not force:
        raise RunError(
            str(folder),
            wanted="a new folder, or one with this data set",
            got=f"one with another {', '.join(there)}",
            remedy="choose another folder, or overwrite with --force",
        )
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for name, text in dataset.texts.items():
            write_text(staging / name, text)
        _move(staging, folder, list(dataset.texts))
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return True


def _move(staging: Path, folder: Path, names: Sequence[str]) -> None:
    """Move the files ``names``, the report last, from ``staging`` to ``folder``."""
    if not folder.exists():
        mask = os.umask(0)
        os.umask(mask)
        staging.chmod(0o777 & ~mask)  # mkdtemp makes private folders
        staging.rename(folder)
        return
    for name in reversed(_ALL_FILES):
        (folder / name).unlink(missing_ok=True)
    for name in names:
        (staging / name).replace(folder / name)


def _distinct(domains: Sequence[Pair]) -> dict[str, Pair]:
    by_id: dict[str, Pair] = {}
    for domain, framework in domains:
        if domain.domain in by_id:
            raise ConfigError(
                f"domain {domain.domain}",
                wanted="blueprints with an id of their own each",
                got="two with this one",
                remedy="name it once, or change 'domain:' in one of the files",
            )
        by_id[domain.domain] = domain, framework
    if not by_id:
        raise ConfigError("the data set", wanted="at least one blueprint", got="none")
    return by_id


def _frameworks(domains: Sequence[Pair]) -> dict[str, Framework]:
    """Return the frameworks by id: rows name them so."""
    found: dict[str, Framework] = {}
    for domain, framework in domains:
        if found.setdefault(framework.framework, framework) != framework:
            raise ConfigError(
                f"domain {domain.domain}, framework",
                wanted="frameworks with an id of their own each",
                got=f"two different ones with the id {framework.framework}",
                remedy="change 'framework:' in one of the framework files",
            )
    return found


def _jsonl(rows: Sequence[BaseModel], seed: int, name: str) -> str:
    order = random_stream("blueprint-rows", seed, name).permutation(len(rows))
    return "".join(rows[int(number)].model_dump_json() + "\n" for number in order)


def _of_domain(pair: Pair, expansion: Expansion, valid: Sequence[BlueprintExample]) -> DomainReport:
    domain, framework = pair
    held = {e.meta.topic for e in valid if e.meta.domain == domain.domain}
    about = [e for e in expansion.examples if e.meta.domain == domain.domain]
    about = [e for e in about if e.meta.topic.startswith("hierarchy/")]
    return DomainReport(
        domain=domain.domain,
        title=domain.title,
        framework=framework.framework,
        sha256=digest_of([domain.model_dump(mode="json"), framework.model_dump(mode="json")]),
        topics=len(domain.topics),
        held_out=tuple(topic.id for topic in domain.topics if topic.id in held),
        evolutions=len(domain.hierarchy),
        held_out_evolutions=tuple(
            one.evolution for one in domain.hierarchy if f"hierarchy/{one.evolution}" in held
        ),
        hierarchy=Sides(
            train=sum(e.meta.topic not in held for e in about),
            valid=sum(e.meta.topic in held for e in about),
        ),
    )


def _sides(
    train: Sequence[BlueprintExample] | Sequence[Preference],
    valid: Sequence[BlueprintExample] | Sequence[Preference],
    by: str,
) -> dict[str, Sides]:
    """Count rows by kind, or pairs by fault, in the order in which they first come."""
    counts = [Counter(str(getattr(row.meta, by)) for row in side) for side in (train, valid)]
    names = dict.fromkeys([*counts[0], *counts[1]])
    return {name: Sides(train=counts[0][name], valid=counts[1][name]) for name in names}


def _counts(findings: Sequence[Finding]) -> dict[str, int]:
    found = Counter(finding.check for finding in findings)
    return {check: found[check] for check in (*CHECKS, *DATA_CHECKS)}
