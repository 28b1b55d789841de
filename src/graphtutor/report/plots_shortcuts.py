"""The plot of an audit: how often each guesser is right, with 95 % intervals, beside chance."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from graphtutor.report.document import Figure
from graphtutor.report.plots_canvas import COLOURS, Axes, draw
from graphtutor.runs.audit import AuditRecord, Shortcut

__all__ = ["draw_shortcuts"]


def draw_shortcuts(record: AuditRecord, folder: Path) -> list[Figure]:
    """Draw one panel a file with the guessers that are gates there; without any, nothing."""
    files = dict.fromkeys(guess.file for guess in record.shortcuts if guess.passed is not None)
    panels = [_guesses(record, file) for file in files]
    if not panels:
        return []
    # One row a guesser, the same in every panel.
    titles = list(dict.fromkeys(guess.title for guesses in panels for guess in guesses))

    def paint(axes: tuple[Axes, ...]) -> None:
        for panel, guesses in zip(axes, panels, strict=True):
            _paint(panel, guesses, titles)

    size = (4.2 + 2.8 * len(panels), 1.2 + 0.22 * len(titles))
    draw(folder, "shortcuts", paint, columns=len(panels), size=size)
    caption = "Guessers that do not reason, with 95 % intervals; the line is chance."
    return [Figure("shortcuts", caption)]


def _guesses(record: AuditRecord, file: str) -> list[Shortcut]:
    return [
        guess
        for guess in record.shortcuts
        if guess.file == file and guess.accuracy is not None and guess.passed is not None
    ]


def _paint(axes: Axes, guesses: Sequence[Shortcut], titles: Sequence[str]) -> None:
    for guess in guesses:
        place, value = titles.index(guess.title), guess.accuracy or 0.0
        colour = COLOURS[5] if guess.passed is False else COLOURS[0]
        if guess.interval is not None:
            axes.plot(guess.interval, [place, place], color=colour, linewidth=1.5)
        axes.plot([value], [place], "o", color=colour, markersize=4)
    for chance in {guess.chance for guess in guesses}:
        axes.axvline(chance, color="#777777", linewidth=0.8, linestyle=":")
    axes.set_title(f"{guesses[0].file}, n = {guesses[0].n}")
    axes.set_yticks(range(len(titles)), titles, fontsize=7)
    axes.set_ylim(len(titles) - 0.5, -0.5)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1.0], ["0", "25", "50", "75", "100"])
    axes.set_xlabel("% right")
    axes.grid(True, axis="x")
    axes.grid(False, axis="y")
