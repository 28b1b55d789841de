r"""What single commands of LaTeX stand for: accents, letters, and commands that show nothing."""

from __future__ import annotations

import unicodedata

__all__ = [
    "ACCENTS",
    "DROPPED",
    "HEADINGS",
    "LISTS",
    "MATH",
    "OPTIONAL_DROPPED",
    "SIGNS",
    "STATEMENTS",
    "TABLES",
    "UNSEEN",
    "VERBATIM",
    "accented",
]

ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306",
    ".": "\u0307", '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323",
    "c": "\u0327", "k": "\u0328", "b": "\u0331",
}  # fmt: skip

SIGNS = {
    "%": "%", "&": "&", "_": "_", "#": "#", "$": "$", "{": "{", "}": "}", " ": " ", "\n": " ",
    ",": " ", ";": " ", ":": " ", "!": "", "/": "", "-": "", "@": "", "quad": " ", "qquad": " ",
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ",
    "OE": "Œ", "aa": "å", "AA": "Å", "i": "i", "j": "j", "S": "§", "P": "¶", "ldots": "…",
    "dots": "…", "textellipsis": "…", "LaTeX": "LaTeX", "LaTeXe": "LaTeX", "TeX": "TeX",
    "BibTeX": "BibTeX", "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^",
    "textbar": "|", "textless": "<", "textgreater": ">", "textendash": "\u2013", "textemdash": "—",
    "textquoteleft": "\u2018", "textquoteright": "\u2019", "textquotedblleft": "“",
    "textquotedblright": "”", "textdegree": "°", "texteuro": "€", "euro": "€", "pounds": "£",
    "copyright": "©", "dag": "†", "ddag": "‡", "textregistered": "®", "texttrademark": "™",
    "textmu": "µ", "textbullet": "•", "checkmark": "✓", "newline": "\n", "linebreak": "\n",
    "par": "\n\n", "and": ", ", "slash": "/", "space": " ", "xspace": "", "glqq": "„",
    "grqq": "“", "flqq": "«", "frqq": "»",
}  # fmt: skip

DROPPED = {
    # How many arguments go with the command. References and citations among them: what they
    # print is not known here.
    name: count
    for count, names in {
        1: "label ref eqref autoref cref Cref pageref nameref vref hyperref cite citep citet "
        "citealp citealt citeauthor citeyear citeyearpar Citep Citet parencite textcite autocite "
        "footcite nocite bibliography bibliographystyle addbibresource includegraphics "
        "includepdf usepackage RequirePackage documentclass documentstyle vspace hspace "
        "pagestyle thispagestyle pagenumbering index glossary input include hypersetup "
        "graphicspath newcounter stepcounter refstepcounter phantom hphantom vphantom "
        "definecolor color cline cmidrule tikzset pgfplotsset captionsetup lstset bibitem "
        "markboth geometry thanks email affiliation institute IEEEauthorblockN theoremstyle "
        "DeclareMathOperator keywords tag hyphenation",
        2: "setlength addtolength setcounter addtocounter rule newtheorem renewcommand "
        "providecommand newcommand DeclareRobustCommand rowcolor",
        3: "addcontentsline newenvironment renewenvironment",
    }.items()
    for name in names.split()
}

OPTIONAL_DROPPED = {
    # Commands whose first argument is not text and whose last is.
    "href": 1, "textcolor": 1, "colorbox": 1, "fcolorbox": 2, "resizebox": 2, "scalebox": 1,
    "parbox": 1, "multicolumn": 2, "multirow": 2, "raisebox": 1, "foreignlanguage": 1,
    "makebox": 0, "texorpdfstring": 0,
}  # fmt: skip

HEADINGS = {
    "part": 1, "chapter": 2, "section": 3, "subsection": 4, "subsubsection": 5, "paragraph": 6,
    "subparagraph": 7,
}  # fmt: skip

MATH = frozenset(
    "equation align alignat gather multline flalign eqnarray displaymath math dmath array "
    "subequations".split()
)

VERBATIM = frozenset("verbatim Verbatim lstlisting minted alltt".split())
UNSEEN = frozenset("thebibliography tikzpicture comment filecontents pgfpicture CCSXML".split())
TABLES = frozenset("tabular tabularx longtable tabulary".split())
LISTS = {"itemize": "- ", "enumerate": "", "description": "- ", "compactitem": "- "}
STATEMENTS = frozenset(
    "theorem lemma proposition corollary definition remark example proof claim conjecture "
    "assumption algorithm".split()
)


def accented(accent: str, letter: str) -> str:
    """Return ``letter`` with an accent: ``accented('"', "o")`` is "ö"."""
    mark = ACCENTS[accent]
    if not letter:
        return ""
    return unicodedata.normalize("NFC", letter[0] + mark) + letter[1:]
