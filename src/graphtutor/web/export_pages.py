"""The page of a static export: with its data beside it, or with everything in one file."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Final

from graphtutor.errors import RunError
from graphtutor.web.export_script import inline_script

__all__ = ["page_beside_data", "page_in_one_file"]

_APP: Final = re.compile(r'<script[^>]*\bsrc="(?:\./)?app\.js"[^>]*></script>')
_STYLE: Final = re.compile(r'<link[^>]*\bhref="(?:\./)?app\.css"[^>]*>')
_POLICY: Final = re.compile(r'<meta[^>]*http-equiv="content-security-policy"[^>]*>', re.IGNORECASE)
_DATA: Final = '<script defer src="data/index.js"></script>'


def page_beside_data(static: Path) -> str:
    """Return the app's page, which loads data/index.js before the app."""
    page = (static / "index.html").read_text("utf-8")
    app = _one(_APP, page, static)
    return page.replace(app, f"{_DATA}\n    {app}")


def page_in_one_file(static: Path, data: str) -> str:
    """Return the app's page with style, data and app in it; ``data`` is one script.

    Its policy lets these very scripts run and nothing else, and no request leave.
    """
    page = (static / "index.html").read_text("utf-8")
    app, link = _one(_APP, page, static), _one(_STYLE, page, static)
    style = (static / "app.css").read_text("utf-8").replace("</style", "<\\/style")
    scripts = [data, inline_script((static / "app.js").read_text("utf-8"))]
    page = _POLICY.sub("", page).replace(app, "").replace(link, f"<style>{style}</style>")
    policy = (
        f"default-src 'none'; script-src {' '.join(map(_hash, scripts))}; "
        f"style-src {_hash(style)}; img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    meta = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    head, opening, rest = page.partition("<head>")
    # A script in the page runs where it stands, so it stands behind what it draws into.
    body, closing, end = rest.rpartition("</body>")
    if not opening or not closing:
        raise _unlike(static, "<head> and <body>")
    run = "".join(f"<script>{script}</script>\n" for script in scripts)
    return f"{head}{opening}\n    {meta}{body}{run}{closing}{end}"


def _one(pattern: re.Pattern[str], page: str, static: Path) -> str:
    found = pattern.findall(page)
    if len(found) != 1:
        raise _unlike(static, "one element that loads app.js and one that loads app.css")
    return found[0]


def _unlike(static: Path, wanted: str) -> RunError:
    return RunError(
        str(static / "index.html"),
        wanted=wanted,
        got="another page",
        remedy="build the pages of the app again",
    )


def _hash(source: str) -> str:
    digest = hashlib.sha256(source.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
