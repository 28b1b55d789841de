"""``graphtutor study``: the experiments behind the claims, each one command."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from graphtutor.cli.options import ConfigFile, Overrides, Preset

__all__ = ["run"]


class StudyName(StrEnum):
    """The studies."""

    distribution = "distribution"
    k = "k"
    depth = "depth"
    drift = "drift"
    retrieval = "retrieval"


_DEFAULTS: Final[dict[StudyName, list[str]]] = {
    # As many short tasks to sample on as there are long ones: equal effort for both arms.
    StudyName.distribution: ["rsft.max_tasks=800"],
    StudyName.k: ["evaluation.samples=32", "evaluation.probe_tasks=200"],
    StudyName.depth: ["tasks.eval=100", "evaluation.max_new_tokens=192"],
    StudyName.drift: [],
    StudyName.retrieval: ["evaluation.probe_tasks=200"],
}
_USES_RUNS: Final = (StudyName.k, StudyName.drift, StudyName.retrieval)


def run(
    name: Annotated[StudyName, typer.Argument(help="What to study.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder of the study. Default: data/studies/NAME.")
    ] = None,
    seeds: Annotated[str, typer.Option(help="Seeds, one run each: 0,1,2.")] = "0,1,2",
    runs: Annotated[
        list[str] | None,
        typer.Option(
            "--run",
            metavar="RUN",
            help="k, drift, retrieval: use this finished run instead of new ones.",
        ),
    ] = None,
    config: ConfigFile = None,
    preset: Preset = None,
    set_: Overrides = None,
) -> None:
    """Run an experiment and write its report, with plots and intervals.

    distribution: which chains and which winners RSFT should train on. k: what K samples a task are
    worth. depth: trained to 1, 2, 3, 5 hops, evaluated to 8. drift: what training cost elsewhere.
    retrieval: closed book, facts found for the prompt, training, both.

    Stopped, it goes on by the same command. Recipes with expected figures: recipes/.
    """
    from graphtutor.backends.registry import get_backend
    from graphtutor.cli.progress import RichWatch
    from graphtutor.config import load_config
    from graphtutor.errors import ConfigError
    from graphtutor.runs.directory import RunDirectory
    from graphtutor.studies.registry import STUDIES
    from graphtutor.studies.study import Study

    if runs and name not in _USES_RUNS:
        raise ConfigError(
            "--run",
            wanted="the study k, drift or retrieval",
            got=name.value,
            remedy="leave out --run",
        )
    found = tuple(RunDirectory.find(Path("data/runs"), each) for each in runs or ())
    # A file says all that it wants to say; without one, each study has settings that suit it.
    defaults = _DEFAULTS[name] if config is None else []
    settings = load_config(config, preset, [*defaults, *(set_ or [])])
    watch = RichWatch()
    study = Study(
        out=out or Path("data/studies") / name.value,
        config=settings,
        seeds=tuple(each.read_config().seed for each in found) or _seeds(seeds),
        backend=get_backend(settings.model.backend),
        watch=watch,
        runs=found,
    )
    watch.say(f"report {STUDIES[name.value](study)}")


def _seeds(text: str) -> tuple[int, ...]:
    from graphtutor.errors import ConfigError

    parts = text.replace(" ", "").split(",")
    if not all(part.isdecimal() for part in parts) or len(set(parts)) != len(parts):
        raise ConfigError(
            "--seeds", wanted="different whole numbers with commas", got=repr(text), remedy="0,1,2"
        )
    return tuple(int(part) for part in parts)
