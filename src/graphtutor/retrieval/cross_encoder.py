"""Reranks by a cross-encoder from a local folder: a model that reads question and passage together.

sentence-transformers runs it, offline; weights are read from safetensors only and no code that
comes with a model is executed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from graphtutor.errors import RetrievalError
from graphtutor.retrieval.store import Hit

__all__ = ["CrossEncoderReranker"]


class CrossEncoderReranker:
    """One model; it is loaded at once."""

    def __init__(self, folder: Path) -> None:
        """Load the model in ``folder``.

        Raises RetrievalError where there is none, or sentence-transformers is missing.
        """
        if not (folder / "config.json").is_file():
            raise RetrievalError(
                f"cross-encoder {folder}",
                wanted="a folder with a sentence-transformers cross-encoder",
                got="a folder without config.json" if folder.is_dir() else "no such folder",
                remedy="download the model and give its folder, or rerank by words",
            )
        try:
            from sentence_transformers import CrossEncoder
            from transformers import logging
        except ImportError as problem:
            raise RetrievalError(
                f"cross-encoder {folder}",
                wanted="the package sentence-transformers",
                got=str(problem),
                remedy="pip install 'graphtutor[embeddings]'",
            ) from None
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        self._folder = folder
        try:
            self._model: Any = CrossEncoder(
                str(folder),
                num_labels=1,
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except Exception as problem:  # two libraries, each with exceptions of its own
            said = (str(problem).strip() or type(problem).__name__).splitlines()[0]
            raise RetrievalError(
                f"cross-encoder {folder}",
                wanted="a model with one score, in safetensors, that transformers can read",
                got=said,
            ) from None

    def rerank(self, question: str, hits: Sequence[Hit]) -> list[Hit]:
        """Return ``hits`` by the model's score.

        Raises RetrievalError where question and chunk are longer than the model reads, for it would
        cut them.
        """
        if not hits:
            return []
        pairs = [(question, hit.chunk.indexed) for hit in hits]
        self._refuse_too_long(pairs)
        scores = self._model.predict(pairs, show_progress_bar=False)
        scored = [replace(hit, score=float(score)) for hit, score in zip(hits, scores, strict=True)]
        return sorted(scored, key=lambda hit: (-hit.score, hit.chunk.id))

    def _refuse_too_long(self, pairs: Sequence[tuple[str, str]]) -> None:
        window = int(self._model.max_seq_length)
        rows = self._model.tokenizer([q for q, _ in pairs], [text for _, text in pairs])
        longest = max(len(row) for row in rows["input_ids"])
        if longest > window:
            raise RetrievalError(
                f"cross-encoder {self._folder}",
                wanted=f"question and chunk of at most {window} tokens together",
                got=f"{longest}",
                remedy="add the documents with smaller chunks, or rerank by words",
            )
