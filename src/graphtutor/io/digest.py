"""Content digests: what a result depends on, in 64 hexadecimal characters (SHA-256)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

__all__ = ["canonical_json", "digest_bytes", "digest_file", "digest_of"]


def canonical_json(value: object) -> str:
    """Render ``value`` as JSON with sorted keys and no spaces: equal values, equal text.

    >>> canonical_json({"b": 1, "a": [True, None]})
    '{"a":[true,null],"b":1}'
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest_bytes(data: bytes) -> str:
    """Return the SHA-256 of ``data`` in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest_of(value: object) -> str:
    """Return the SHA-256 of the canonical JSON of ``value``."""
    return digest_bytes(canonical_json(value).encode("utf-8", "surrogatepass"))


def digest_file(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, read in blocks."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
