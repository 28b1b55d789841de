"""The models that one worker thread has loaded: the two that were asked last."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from graphtutor.backends.base import TextModel
from graphtutor.runs.directory import RunDirectory

__all__ = ["LoadedModels", "Loader"]

Loader = Callable[[RunDirectory, str], TextModel]
"""Loads the model that a phase of a run ended with. Raises GraphtutorError where it cannot."""
_MODELS: Final = 2


class LoadedModels:
    """Models by run and phase. Belongs to one thread: engines may not be used from two."""

    def __init__(self, load: Loader) -> None:
        """Load nothing yet."""
        self._load = load
        self._models: OrderedDict[tuple[str, str], TextModel] = OrderedDict()

    def known(self, run: RunDirectory, phase: str) -> TextModel | None:
        """Return a model that is loaded."""
        key = (str(run.path), phase)
        if key in self._models:
            self._models.move_to_end(key)
        return self._models.get(key)

    def loaded(self, run: RunDirectory, phase: str) -> TextModel:
        """Load a model. Raises GraphtutorError where it cannot be."""
        # Room first: two models and a third may be more than the memory holds.
        while len(self._models) >= _MODELS:
            self._models.popitem(last=False)
        model = self._models[str(run.path), phase] = self._load(run, phase)
        return model
