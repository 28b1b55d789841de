"""LaTeX: what is read of it, and archives that mean harm."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile

import pytest

from graphtutor.errors import RetrievalError
from graphtutor.retrieval.loaders import latex_source
from graphtutor.retrieval.loaders.latex import read_latex
from graphtutor.retrieval.loaders.latex_source import joined_source, source_files

PAPER = r"""\documentclass{article}
\usepackage{xspace} % a comment
\newcommand{\ours}{\textsc{Tutor}\xspace}
\title{On \ours: 100\% Pure\thanks{Money.}}
\author{A. Uthor}
\date{March 5, 2026}
\begin{document}
\maketitle
\begin{abstract}
We teach~\cite{a,b}. % hidden
\end{abstract}
\section{Introduction}\label{sec:in}
\ours is na\"ive \emph{but} fast, see Section~\ref{sec:in}, ``quoted'' --- and
costs \$5\footnote{Or \textbf{less}.}. Let $a_1 \le b$ hold.

A second paragraph \href{http://x.y}{with a link}.
\subsection*{Steps}
\begin{enumerate}
  \item First,
  \item second:
    \begin{itemize}
      \item deep.
    \end{itemize}
\end{enumerate}
\begin{equation}\label{eq:x}
  E = mc^2
\end{equation}
\begin{figure}
  \includegraphics[width=3cm]{x.png}
  \caption[Short]{A long caption.}
\end{figure}
\begin{table}
\begin{tabular}{ll}
\hline
Part & Wear \\
seal & high \\
\end{tabular}
\end{table}
\begin{theorem}[Main]
It holds.
\end{theorem}
\begin{verbatim}
x = 5 % 2
\end{verbatim}
\input{end}
\bibliography{refs}
\begin{thebibliography}{9}\bibitem{a} Noise.\end{thebibliography}
\end{document}
beyond the end
"""
END = r"\section{End} Erd\H{o}s and \c{C}elik; Stra{\ss}e."


def test_a_paper() -> None:
    layout = read_latex({"main.tex": PAPER, "end.tex": END})
    assert (layout.title, layout.date) == ("On Tutor: 100% Pure", "2026-03-05")
    assert layout.notes == ()
    assert [section.path for section in layout.sections] == [
        ("Abstract",),
        ("Introduction",),
        ("Introduction", "Steps"),
        ("End",),
    ]
    assert layout.text == (
        "Abstract\n\nWe teach.\n\nIntroduction\n\n"
        "Tutor is naïve but fast, see Section, “quoted” — and\n"
        "costs $5 (Or less.). Let $a_1 \\le b$ hold.\n\n"
        "A second paragraph with a link.\n\nSteps\n\n"
        "1. First,\n2. second:\n- deep.\n\n"
        "\\begin{equation}E = mc^2\\end{equation}\n\nA long caption.\n\n"
        "Part | Wear\nseal | high\n\nTheorem (Main).\nIt holds.\n\n"
        "```\nx = 5 % 2\n```\n\nEnd\n\nErdős and Çelik; Straße.\n"
    )


def test_inputs_that_are_missing_or_go_in_circles() -> None:
    files = {"a.tex": r"\documentclass{x}\input{b} \input{../c} end", "b.tex": r"B \include{b.tex}"}
    source, notes = joined_source(files)
    assert "B" in source
    assert source.endswith("end")
    assert notes == ("not found in the source: b.tex", "not found in the source: ../c")
    chain = {f"{at}.tex": rf"\input{{{at + 1}}} {at}" for at in range(300)}
    assert joined_source({"m.tex": r"\documentclass{x}\input{0}", **chain})[1]


def test_the_main_file_is_found() -> None:
    files = {"supp.tex": r"\documentclass{x} S", "ms.tex": r"\documentclass{x} M"}
    assert joined_source(files)[0].endswith("M")


def tar_of(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for info, content in members:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def link(name: str, target: str, kind: bytes) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


def test_archives_are_read_in_memory() -> None:
    members = [
        (tarfile.TarInfo("./sub/main.tex"), b"\\section{A} x"),
        (tarfile.TarInfo("x.png"), b"p"),
    ]
    assert source_files(tar_of(*members), "a") == {"sub/main.tex": "\\section{A} x"}
    assert source_files(gzip.compress(b"\\section{A} x"), "a") == {"main.tex": "\\section{A} x"}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("b.tex", "\\section{A}")
        archive.writestr("__MACOSX/._b.tex", "x")
    assert source_files(out.getvalue(), "a") == {"b.tex": "\\section{A}"}


def test_archives_that_mean_harm() -> None:
    data = tar_of(
        link("link.tex", "/etc/passwd", tarfile.SYMTYPE),
        link("hard.tex", "/etc/passwd", tarfile.LNKTYPE),
        (tarfile.TarInfo("../../up.tex"), b"\\documentclass{x}\\input{/etc/passwd} here"),
    )
    layout = read_latex(source_files(data, "a"))
    assert layout.text == "here\n"
    assert layout.notes == ("not found in the source: /etc/passwd",)


@pytest.mark.parametrize("cut", [20, 60])
def test_damaged_archives(cut: int) -> None:
    whole = tar_of((tarfile.TarInfo("a.tex"), b"\\section{A} x" * 500))
    with pytest.raises(RetrievalError, match="a: wanted"):
        source_files(whole[:cut], "a")
    with pytest.raises(RetrievalError, match="a: wanted"):
        source_files(b"PK\x03\x04" + whole, "a")


def test_archives_without_tex_or_with_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RetrievalError, match=r"without \.tex files"):
        source_files(gzip.compress(b"just words"), "a")
    monkeypatch.setattr(latex_source, "_MOST_BYTES", 1000)
    bomb = b"\\section{A}" + b" " * 5000
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b.tex", bomb)
    for data in (gzip.compress(bomb), tar_of((tarfile.TarInfo("a.tex"), bomb)), out.getvalue()):
        with pytest.raises(RetrievalError, match="more than that"):
            source_files(data, "a")


UNCLOSED = [
    "\\footnote{",
    "{",
    "$",
    "\\begin{equation}",
    "\\begin{comment}",
    "\\title{",
    "\\caption{",
]


@pytest.mark.parametrize(
    "source",
    [
        *(text * 3001 for text in UNCLOSED),
        "\\footnote{a" * 3000 + "}" * 3000,
        *("\\", "\\begin", "\\verb", "\\item[", "\\'"),
    ],
)
def test_source_that_never_closes(source: str) -> None:
    read_latex({"a.tex": source + "words"})
