"""Without a browser the browser tests fail with one line; they are never passed over in silence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


def selected(script: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Select one file of browser tests in a process of its own, which ``script`` prepares."""
    body = f"""import sys; {script}; import pytest
sys.exit(pytest.main(["-q", "--collect-only", "-p", "no:cacheprovider", "-m", "browser",
                      "tests/web/browser/test_live.py"]))"""
    return subprocess.run(
        [sys.executable, "-c", body],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environ},
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("script", "environ", "named"),
    [
        ("pass", {"GRAPHTUTOR_CHROMIUM": "/nowhere/chromium"}, "apt-get install chromium"),
        (
            "import importlib.util as u; f = u.find_spec; "
            "u.find_spec = lambda name, *a: None if name == 'playwright' else f(name, *a)",
            {},
            "pip install",
        ),
    ],
)
def test_what_is_missing_fails_the_suite_with_one_line(
    script: str, environ: dict[str, str], named: str
) -> None:
    done = selected(script, **environ)
    assert done.returncode not in (0, 5), done.stdout
    told = [line for line in (done.stdout + done.stderr).splitlines() if "browser tests" in line]
    assert len(told) == 1
    assert named in told[0]
