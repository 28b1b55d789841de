"""Where answers abstain: what the gate's share was set on, with the evidence and without it.

    python benchmarks/abstention.py FOLDER

FOLDER holds SciFact as for benchmarks/scifact.py. Each claim with evidence is asked as it is, and
again with all its evidence taken away; passages are whole abstracts, found by BM25. The table gives
both rates of abstention for each share; the last line is what the extractive answerer does with its
defaults. Other abstracts of the same matter stay in the store, so that some answer all the same is
right.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from scifact import fill, read_documents, whole

from graphtutor.evaluation.intervals import wilson
from graphtutor.retrieval.answerable import LEAST, Gate
from graphtutor.retrieval.asking import Asker
from graphtutor.retrieval.extractive import ExtractiveAnswerer
from graphtutor.retrieval.rarity import Rarity
from graphtutor.retrieval.rerank import NoReranker
from graphtutor.retrieval.search import Searcher

SHARES = (0.5, 0.55, 0.6, 0.625, LEAST, 0.675, 0.7, 0.75)


def read_evidence(folder: Path) -> dict[str, set[str]]:
    """Return the claims that have evidence, with the documents that hold it."""
    found: dict[str, set[str]] = defaultdict(set)
    with (folder / "claims_validation.csv").open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            if row["evidence_doc_id"]:
                found[row["claim"]].add(row["evidence_doc_id"])
    return found


def rate(count: int, n: int) -> str:
    """Write a percentage with its Wilson interval."""
    low, high = wilson(count, n)
    return f"{100 * count / n:.1f} % ({100 * low:.1f}-{100 * high:.1f})"


def main() -> None:
    """Print the table."""
    folder = Path(sys.argv[1])
    chunks = [chunk for document in read_documents(folder) for chunk in whole(document)]
    ids = {chunk.doc: chunk.id for chunk in chunks}
    evidence = read_evidence(folder)
    shares: list[tuple[float, float]] = []
    abstained = [0, 0]
    with tempfile.TemporaryDirectory() as place:
        store = fill(Path(place) / "store", chunks, None, "")
        gate = Gate(Rarity(store))
        searcher = Searcher(store)
        asker = Asker(
            lambda question, limit: searcher.search(question, limit),
            NoReranker(),
            ExtractiveAnswerer(gate),
        )
        for claim, documents in evidence.items():
            removed = frozenset(ids[document] for document in documents)
            found = [asker.find(claim), asker.find(claim, removed)]
            shares.append((gate.share(found[0]), gate.share(found[1])))
            for number, one in enumerate(found):
                abstained[number] += asker.answerer.answer(one).abstained
        store.close()
    n = len(shares)
    print(f"{len(chunks)} abstracts, {n} claims with evidence\n")
    print("| least share | abstains, evidence there | abstains, evidence removed | difference |")
    print("|---|---|---|---|")
    for least in SHARES:
        there = sum(share < least for share, _ in shares)
        gone = sum(share < least for _, share in shares)
        print(
            f"| {least:g} | {rate(there, n)} | {rate(gone, n)} | {100 * (gone - there) / n:.1f} |"
        )
    there, gone = abstained
    print(f"\nextractive: {rate(there, n)} with the evidence, {rate(gone, n)} without it, n = {n}")


if __name__ == "__main__":
    main()
