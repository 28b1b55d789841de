r"""Characters that disturb search, normalised the same way for every format.

>>> clean("of\ufb01ce\u00a0co\u00adop\r\n")
'office coop\n'
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["clean"]

# Ligatures of Latin and Armenian, and the shapes that Arabic letters take: what a font needs,
# not what was written.
_SHAPES = re.compile("[\ufb00-\ufb17\ufb1d-\ufdff\ufe70-\ufefc]")
_BREAKS = re.compile("\r\n?|[\u0085\u2028\u2029\f\v]")
# Spaces of fixed width count as spaces; a zero-width space is where a line may break.
_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
# Soft hyphens, controls, marks of direction, byte order marks, lone surrogates, noncharacters.
# The joiners U+200C and U+200D are part of words and stay.
_NOTHING = re.compile(
    "[\u00ad\u0000-\u0008\u000e-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069"
    "\ufeff\ufff9-\uffff\ud800-\udfff]"
)


def clean(text: str) -> str:
    """Return ``text`` with ligatures spelled out, plain spaces and breaks, no controls; NFC."""
    text = _SPACES.sub(" ", _BREAKS.sub("\n", text))
    text = _SHAPES.sub(lambda match: unicodedata.normalize("NFKC", match[0]), text)
    return unicodedata.normalize("NFC", _NOTHING.sub("", text))
