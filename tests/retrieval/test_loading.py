"""Files and folders to documents: what is found, what is skipped and why, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.retrieval.pdf_writer import Text, pdf_of

from graphtutor.errors import RetrievalError
from graphtutor.io.digest import digest_bytes
from graphtutor.retrieval import loading
from graphtutor.retrieval.loading import Found, Skipped, find_documents, load_document

PDF = pdf_of([[Text(60, 80, "A line of text.")]])


def test_a_folder_in_order_with_reasons_for_what_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in (
        "docs/b.md",
        "docs/a/z.TXT",
        "docs/.git/x.md",
        "docs/c.png",
        "docs/README",
        "out.md",
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("x")
    Path("docs/in.md").symlink_to("b.md")
    Path("docs/out.md").symlink_to(tmp_path / "out.md")
    Path("docs/loop").symlink_to(tmp_path / "docs", target_is_directory=True)
    Path("docs/gone.md").symlink_to("nothing.md")
    entries = list(find_documents([Path("docs/"), Path("./docs/b.md"), Path("out.md")]))
    found = [entry.id for entry in entries if isinstance(entry, Found)]
    assert found == ["docs/a/z.TXT", "docs/b.md", "docs/in.md", "out.md"]
    skipped = {e.path.as_posix(): e.reason for e in entries if isinstance(e, Skipped)}
    assert list(skipped) == [
        "docs/.git", "docs/README", "docs/c.png", "docs/gone.md", "docs/loop", "docs/out.md",
    ]  # fmt: skip
    assert skipped["docs/.git"] == "hidden"
    assert skipped["docs/c.png"].startswith("the suffix .png (known: .txt, ")
    assert skipped["docs/README"].startswith("no suffix")
    assert skipped["docs/gone.md"] == "no regular file"
    assert skipped["docs/loop"] == "a link to a folder"
    assert skipped["docs/out.md"] == "a link out of the folder"


def test_ids_are_the_paths_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("x")
    monkeypatch.chdir(tmp_path)
    for given in ("docs", "./docs", "docs/../docs", "docs/a.md"):
        assert [
            entry.id for entry in find_documents([Path(given)]) if isinstance(entry, Found)
        ] == ["docs/a.md"]
    whole = [entry for entry in find_documents([tmp_path]) if isinstance(entry, Found)]
    assert whole[0].id == f"{tmp_path.as_posix()}/docs/a.md"


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(RetrievalError, match="no such path"):
        list(find_documents([tmp_path / "nothing"]))


@pytest.mark.parametrize(
    ("name", "content", "kind", "title"),
    [
        ("pump.txt", b"one line", "text", "pump"),
        ("pump.md", b"# Pump\n\nx", "markdown", "Pump"),
        ("pump.html", b"<title>P</title><p>x", "html", "P"),
        ("saved.txt", b"<!DOCTYPE html><title>P</title><p>x", "html", "P"),
        ("pump.pdf", PDF, "pdf", "pump"),
        ("renamed.txt", PDF, "pdf", "renamed"),
        ("paper.tex", b"\\section{A} x", "latex", "paper"),
    ],
)
def test_kinds(tmp_path: Path, name: str, content: bytes, kind: str, title: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    document = load_document(path, f"docs/{name}")
    assert (document.kind, document.title, document.id) == (kind, title, f"docs/{name}")
    assert document.sha256 == digest_bytes(content)
    assert load_document(path, f"docs/{name}") == document
    assert [section.end for section in document.sections][-1] == len(document.text)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.md", b" \n", "an empty file"),
        ("a.md", b"<!-- nothing -->", "wanted a document with text, got none"),
        ("a.txt", b"\x00\x01", "binary data"),
        ("a.txt", b"caf\xe9 au lait", "another encoding"),
        ("a.pdf", b"no pdf", "a damaged one"),
        ("a.zip", b"PK\x03\x04", "a damaged one"),
    ],
)
def test_what_is_refused_names_the_file(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RetrievalError, match=reason) as caught:
        load_document(path, name)
    assert str(caught.value).startswith(str(path))


def test_too_large_or_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt"
    with pytest.raises(RetrievalError, match="No such file"):
        load_document(path, "a")
    path.write_text("x" * 100)
    monkeypatch.setattr(loading, "MOST_BYTES", 50)
    with pytest.raises(RetrievalError, match="split it"):
        load_document(path, "a")
