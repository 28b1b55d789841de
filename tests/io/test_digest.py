"""Digests depend on content alone."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from graphtutor.io.digest import canonical_json, digest_bytes, digest_file, digest_of


def test_known_digests(tmp_path: Path) -> None:
    """SHA-256, so that ``sha256sum`` gives the same."""
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    path = tmp_path / "empty"
    path.write_bytes(b"")
    assert digest_bytes(b"") == digest_file(path) == empty
    assert digest_of([1]) == hashlib.sha256(b"[1]").hexdigest()


@given(st.dictionaries(st.text(), st.integers() | st.text() | st.none()))
def test_the_order_of_keys_does_not_matter(value: dict[str, Any]) -> None:
    """Nor does any text break it, lone surrogates included."""
    backwards = dict(reversed(value.items()))
    assert canonical_json(value) == canonical_json(backwards)
    assert digest_of(value) == digest_of(backwards)


def test_the_order_of_a_list_matters() -> None:
    """Options A-D in another order are another task."""
    assert digest_of(["a", "b"]) != digest_of(["b", "a"])


def test_parts_are_kept_apart() -> None:
    """Joining "ab" and "c" must not give what "a" and "bc" give."""
    assert digest_of(["ab", "c"]) != digest_of(["a", "bc"])
