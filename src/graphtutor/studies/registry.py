"""The studies by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from graphtutor.studies.depth import run_depth
from graphtutor.studies.distribution import run_distribution
from graphtutor.studies.drift import run_drift
from graphtutor.studies.retrieval import run_retrieval
from graphtutor.studies.samples import run_k
from graphtutor.studies.study import Study

__all__ = ["STUDIES"]

STUDIES: Final[Mapping[str, Callable[[Study], Path]]] = {
    "distribution": run_distribution,
    "k": run_k,
    "depth": run_depth,
    "drift": run_drift,
    "retrieval": run_retrieval,
}
