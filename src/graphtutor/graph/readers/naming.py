"""Ids from names: an entity id is one readable word, so that a text can name it exactly.

A name may hold spaces and punctuation, on which every matcher and tokenizer has its own opinion;
an id holds letters and digits only. Letters of any script stay as they are.

>>> entity_token("Spearphishing Attachment"), entity_token("BMW i3 (2014)"), entity_token("京都 市")
('SpearphishingAttachment', 'BMWI32014', '京都市')
>>> relation_token("livesIn"), relation_token("ATTRIBUTED-TO")
('lives_in', 'attributed_to')
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote

__all__ = ["entity_token", "local_name", "readable", "relation_token", "unique_tokens"]

_MAX_LENGTH: Final = 64
_APOSTROPHES: Final = re.compile("['\u2018\u2019\u02bc`]")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def _words(name: str) -> list[str]:
    text = _APOSTROPHES.sub("", unicodedata.normalize("NFKC", name))
    # Marks (category M) are kept: without its vowel signs an Indic word is another word.
    kept = (c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in text)
    return "".join(kept).split()


def entity_token(name: str) -> str:
    """Return ``name`` as one CamelCase word of at most 64 characters, "" if nothing is left."""
    token = ""
    for word in _words(name):
        if token and len(token) + len(word) > _MAX_LENGTH:
            break
        token += word[:1].upper() + word[1:]
    return token[:_MAX_LENGTH]


def readable(name: str) -> str:
    """Return an identifier as words: "LIVES_IN" and "livesIn" as "lives in".

    A name that already holds a space is kept as it is.
    """
    if " " in name.strip():
        return name.strip()
    spaced = re.sub(r"[_\-.:/]+", " ", _CAMEL.sub(" ", name))
    return " ".join(spaced.split()).lower() or name


def relation_token(name: str) -> str:
    """Return ``name`` in snake_case, "" if nothing is left."""
    return "_".join(_words(_CAMEL.sub(" ", name))).lower()


def local_name(iri: str) -> str:
    """Return the readable end of an IRI.

    >>> local_name("http://example.org/ns#Rate_limit"), local_name("http://example.org/%C3%89tat/")
    ('Rate_limit', 'État')
    """
    return unquote(re.split(r"[#/]", iri.rstrip("#/"))[-1]) or iri


def unique_tokens(tokens: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Give every key a token of its own: pairs (key, wanted token) to {key: token}.

    Tokens are told apart without regard to case, as readers of text do. Of several keys that want
    one token the first in sorted order gets it and the others get the lowest free number behind it,
    so the result does not depend on the order of the file.

    >>> unique_tokens([("b", "Rain"), ("a", "rain"), ("c", "Rain2")])
    {'a': 'rain', 'c': 'Rain2', 'b': 'Rain3'}
    """
    assigned: dict[str, str] = {}
    taken: set[str] = set()
    waiting: list[tuple[str, str]] = []
    for key, token in sorted(tokens):
        if token.casefold() in taken:
            waiting.append((key, token))
        else:
            taken.add(token.casefold())
            assigned[key] = token
    following: dict[str, int] = {}
    for key, token in waiting:
        # "T1" and a number would read as another "T12"; an x keeps them apart.
        stem = f"{token}x" if token[-1:].isdigit() else token
        number = following.get(stem.casefold(), 2)
        while f"{stem}{number}".casefold() in taken:
            number += 1
        following[stem.casefold()] = number + 1
        taken.add(f"{stem}{number}".casefold())
        assigned[key] = f"{stem}{number}"
    return assigned
