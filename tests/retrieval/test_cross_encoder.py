"""A cross-encoder from a folder: a tiny BERT made on the spot, its scores, its limits."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.retrieval.library import chunk

from graphtutor.errors import RetrievalError
from graphtutor.retrieval.cross_encoder import CrossEncoderReranker
from graphtutor.retrieval.store import Hit

pytest.importorskip("sentence_transformers")

WORDS = "[PAD] [UNK] [CLS] [SEP] [MASK] pump seal valve trips leaks the a why does".split()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of 2 layers with random weights, window 24."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    path = tmp_path_factory.mktemp("cross")
    (path / "vocab.txt").write_text("\n".join(WORDS), "utf-8")
    BertTokenizerFast(vocab=str(path / "vocab.txt"), model_max_length=24).save_pretrained(path)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=24,
        num_labels=1,
        initializer_range=1.0,
    )
    BertForSequenceClassification(config).save_pretrained(path)
    return path


def test_hits_come_in_the_order_of_the_models_scores(folder: Path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    texts = ["the pump leaks", "a valve", "the seal trips the pump", "why"]
    hits = [Hit(chunk("", text), 0.0) for text in texts]
    question = "why does the pump leaks"
    done = CrossEncoderReranker(folder).rerank(question, hits)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    with torch.no_grad():
        rows = tokenizer([question] * 4, texts, padding=True, return_tensors="pt")
        wanted = torch.sigmoid(model(**rows).logits[:, 0]).tolist()
    ranked = sorted(zip(wanted, texts, strict=True), reverse=True)
    assert [hit.chunk.text for hit in done] == [text for _, text in ranked]
    assert [hit.score for hit in done] == pytest.approx([score for score, _ in ranked], abs=1e-5)
    assert len({round(score, 6) for score in wanted}) == 4


def test_what_is_too_long_is_refused_not_cut(folder: Path) -> None:
    reranker = CrossEncoderReranker(folder)
    with pytest.raises(RetrievalError, match="at most 24 tokens together, got 28"):
        reranker.rerank("why", [Hit(chunk("", "pump " * 24), 0.0)])
    assert reranker.rerank("why", []) == []


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(RetrievalError, match="got no such folder"):
        CrossEncoderReranker(tmp_path / "none")
    with pytest.raises(RetrievalError, match=r"got a folder without config\.json"):
        CrossEncoderReranker(tmp_path)


def test_pickled_weights_are_not_read(folder: Path, tmp_path: Path) -> None:
    for file in folder.iterdir():
        if file.suffix != ".safetensors":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(RetrievalError, match="in safetensors"):
        CrossEncoderReranker(tmp_path)
