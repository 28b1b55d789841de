"""What a run ran on: packages, hardware, source commit, wall time and peak memory."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from graphtutor.runs.record_file import RunRecord

__all__ = [
    "Hardware",
    "PhaseUsage",
    "SourceCommit",
    "hardware",
    "measured",
    "package_versions",
    "peak_memory_bytes",
    "platform_name",
    "python_version",
    "source_commit",
]

_PACKAGES: Final = ("graphtutor", "torch", "transformers", "tokenizers", "peft", "numpy")
_GIT_TIMEOUT_SECONDS: Final = 10


class Hardware(RunRecord):
    """The machine; None where the system does not tell."""

    machine: str
    processor: str | None = None
    cpu_count: int | None = None
    memory_bytes: int | None = None
    accelerator: str | None = None


class SourceCommit(RunRecord):
    """The git commit of the program's source; ``modified`` if tracked files differ from it."""

    commit: str
    modified: bool


@dataclass(slots=True)
class PhaseUsage:
    """What a unit of work took. The peak is that of the process since it began."""

    seconds: float = 0.0
    peak_memory_bytes: int | None = None


@contextmanager
def measured() -> Generator[PhaseUsage, None, None]:
    """Measure the enclosed work; the usage is filled in when the block ends.

    >>> with measured() as usage:
    ...     _ = sum(range(10))
    >>> usage.seconds >= 0
    True
    """
    usage = PhaseUsage()
    began = time.perf_counter()
    try:
        yield usage
    finally:
        usage.seconds = time.perf_counter() - began
        usage.peak_memory_bytes = peak_memory_bytes()


def peak_memory_bytes() -> int | None:
    """Return the peak resident memory of this process; None where the system keeps no count."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # macOS counts bytes, Linux and the BSDs kibibytes.
    return peak if sys.platform == "darwin" else peak * 1024


def package_versions() -> dict[str, str]:
    """Return the versions of the packages that results depend on, where installed."""
    found: dict[str, str] = {}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    if "graphtutor" not in found:
        # Run from a source tree without installation.
        from graphtutor import __version__

        found = {"graphtutor": __version__, **found}
    return found


def python_version() -> str:
    """Return implementation and version: "CPython 3.11.9"."""
    return f"{platform.python_implementation()} {platform.python_version()}"


def platform_name(backend: str) -> str:
    """Return system, machine and engine in one word, as the seed's ``apple_m3pro_mlx``."""
    return "_".join([platform.system().lower(), platform.machine().lower(), backend])


def hardware(accelerator: str | None = None) -> Hardware:
    """Describe this machine."""
    return Hardware(
        machine=platform.machine(),
        processor=_processor(),
        cpu_count=os.cpu_count(),
        memory_bytes=_memory_bytes(),
        accelerator=accelerator,
    )


def source_commit(folder: Path | None = None) -> SourceCommit | None:
    """Return the commit of the source in ``folder`` (default: this package's own).

    None where the folder is not under version control, or git is not installed. A package that
    was installed somewhere inside another project's repository is not tracked there, so that
    repository's commit is not taken for ours.
    """
    folder = folder or Path(__file__).resolve().parent
    if not _git(folder, "ls-files", "."):
        return None
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return None
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return SourceCommit(commit=commit, modified=bool(changes))


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            check=True,
            timeout=_GIT_TIMEOUT_SECONDS,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _processor() -> str | None:
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return value.strip()
    except OSError:
        pass
    return platform.processor() or None


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # not on Windows
        return None
