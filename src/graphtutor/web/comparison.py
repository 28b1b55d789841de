"""Runs side by side: their summaries, and the settings in which they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphtutor.web.places import without_places
from graphtutor.web.rates import ApiRecord
from graphtutor.web.run_files import RunFiles
from graphtutor.web.summary import RunSummary, run_summary
from graphtutor.web.values import is_object, mapping

__all__ = ["Comparison", "compared"]


class Setting(ApiRecord):
    """A setting by its dotted key, with the value of each run; None where a run has it not."""

    key: str
    values: tuple[Any, ...]


class Comparison(ApiRecord):
    """Runs in the order asked for, and only those settings in which they differ."""

    runs: tuple[RunSummary, ...]
    config_diff: tuple[Setting, ...]


def compared(runs: Sequence[RunFiles]) -> Comparison:
    """Compare any number of runs."""
    configs = [dict(_flat(without_places(run.config), "")) for run in runs]
    keys = dict.fromkeys(key for config in configs for key in config)
    rows = ((key, tuple(config.get(key) for config in configs)) for key in keys)
    return Comparison(
        runs=tuple(map(run_summary, runs)),
        config_diff=tuple(
            Setting(key=key, values=values)
            for key, values in rows
            if any(value != values[0] for value in values)
        ),
    )


def _flat(config: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in config.items():
        if is_object(value):
            yield from _flat(mapping(value), f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
