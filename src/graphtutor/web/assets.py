"""The built pages of the app: one script, one style sheet, one page, packed with the program."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from graphtutor.errors import RunError

__all__ = ["PAGES", "static_folder"]

PAGES: Final = ("index.html", "app.js", "app.css")
"""The files of the built app."""
_FOLDER: Final = Path(__file__).parent / "static"


def static_folder(folder: Path | None = None) -> Path:
    """Return the folder of the built pages. Raises RunError if one of them is missing."""
    found = folder or _FOLDER
    missing = [name for name in PAGES if not (found / name).is_file()]
    if missing:
        raise RunError(
            str(found),
            wanted=f"the built pages of the web app ({', '.join(PAGES)})",
            got=f"no {', '.join(missing)}",
            remedy="build them in src/graphtutor/web/frontend with 'npm ci && npm run build', or "
            "install a released wheel, which has them",
        )
    return found
