"""Decoding with mlx: the tokens of mlx-lm's own loop, and draws that stay in the nucleus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.backends.registry import get_backend
from graphtutor.completion.completion import Prompt, Sampling
from graphtutor.config import ModelConfig

pytest.importorskip("torch")

from tests.backends.mlx_library import mx

LIMIT = 40


@pytest.fixture(scope="module")
def llama(often_ending_folder: Path) -> Any:
    """The tiny Llama in the mlx engine; one token in nine ends a completion."""
    model = ModelConfig(name=str(often_ending_folder), backend="mlx", device="cpu")
    return get_backend("mlx").load(model)


def _reference(model: Any, prompt: str) -> tuple[str, int, bool]:
    """Complete by mlx-lm's generator, one prompt alone."""
    from mlx_lm.generate import generate_step

    ids = mx.array(model.tokenizer(prompt)["input_ids"])
    written: list[int] = []
    for token, _ in generate_step(ids, model.network, max_tokens=LIMIT):
        if int(token) in model._loaded.ends:
            return model.tokenizer.decode(written), len(written), False
        written.append(int(token))
    return model.tokenizer.decode(written), len(written), True


def test_greedy_equals_mlx_lm(llama: Any, prompts: list[Prompt]) -> None:
    """Token for token, on prompts of different lengths in one batch, rows ending at any time."""
    rows = llama.generate(prompts, Sampling(max_new_tokens=LIMIT))
    ours = [(row[0].text, row[0].tokens, row[0].cut) for row in rows]
    assert ours == [_reference(llama, prompt.text) for prompt in prompts]
    assert len({tokens for _, tokens, _ in ours}) > 1


def test_a_prompt_of_one_token(llama: Any) -> None:
    """Nothing is there to be read before the first step; beside longer ones nothing but padding."""
    long, short = "Which tool stops Leak?", "?"
    assert len(llama.tokenizer(short)["input_ids"]) == 1
    alone = llama.generate([Prompt("b", short)], Sampling(n=2, max_new_tokens=LIMIT))
    mixed = llama.generate(
        [Prompt("a", long), Prompt("b", short)], Sampling(n=2, max_new_tokens=LIMIT)
    )
    assert [c.text for c in alone[0]] == [c.text for c in mixed[1]]
    text, tokens, cut = _reference(llama, short)
    assert [(c.text, c.tokens, c.cut) for c in alone[0]] == [(text, tokens, cut)] * 2


def test_a_tiny_nucleus_and_a_low_temperature_are_greedy(llama: Any, prompts: list[Prompt]) -> None:
    """The nucleus always holds the likeliest token; temperature divides the logits."""
    greedy = llama.generate(prompts, Sampling(max_new_tokens=12))
    drawn = llama.generate(
        prompts, Sampling(n=3, temperature=1.5, top_p=1e-6, max_new_tokens=12, seed=4)
    )
    cold = llama.generate(prompts, Sampling(temperature=1e-4, max_new_tokens=12, seed=1))
    for [one], several, [other] in zip(greedy, drawn, cold, strict=True):
        assert [c.text for c in several] == [one.text] * 3
        assert other.text == one.text


def test_a_sliding_cache_in_a_batch(tmp_path: Path, prompts: list[Prompt]) -> None:
    """Layers that drop what has left their window: as in torch, with rows that leave and repeat."""
    import torch
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    from graphtutor.models.nano import build_tokenizer

    tokenizer = build_tokenizer()
    torch.manual_seed(0)
    config = Gemma3TextConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=6,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        sliding_window=16,
        query_pre_attn_scalar=16,
        max_position_embeddings=256,
        initializer_range=0.2,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=list(range(2, 5632, 9)),
    )
    Gemma3ForCausalLM(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    found = []
    for library in ("torch", "mlx"):
        model = get_backend(library).load(
            ModelConfig(name=str(tmp_path), backend=library, device="cpu", precision="fp32")
        )
        rows = model.generate(prompts, Sampling(n=2, max_new_tokens=LIMIT))
        found.append([[(c.text, c.tokens, c.cut) for c in row] for row in rows])
    assert found[0] == found[1]
    assert len({tokens for row in found[0] for _, tokens, _ in row}) > 1


@given(
    st.lists(st.floats(-8, 8, width=32), min_size=2, max_size=12),
    st.floats(0, 1, exclude_max=True),
    st.floats(0.05, 1),
    st.floats(0.2, 3),
)
def test_a_draw_stays_in_the_nucleus(
    logits: list[float], draw: float, top_p: float, temperature: float
) -> None:
    """The smallest set of tokens whose chances reach ``top_p``: no other is ever drawn."""
    from graphtutor.backends.mlx_decode import choose

    sampling = Sampling(temperature=temperature, top_p=top_p)
    chosen = int(choose(mx.array([logits]), np.array([draw]), sampling)[0])
    chances = np.array(mx.softmax(mx.array(logits) / temperature))
    assert chances[chosen] > 0
    assert chances[chances > chances[chosen]].sum() < top_p + 1e-5


def test_the_highest_draw_takes_a_token_that_has_a_chance() -> None:
    """The last token of the vocabulary has none here."""
    from graphtutor.backends.mlx_decode import choose

    row, highest = mx.array([[0.0, 1.0, -1000.0]]), np.array([np.nextafter(1.0, 0.0)])
    assert choose(row, highest, Sampling(temperature=1.0)).tolist() == [1]
    assert choose(row, highest, Sampling(temperature=1.0, top_p=0.5)).tolist() == [1]


def test_draws_are_those_of_torch() -> None:
    """An even grid of draws: each token its share, at the same places but for rounded borders."""
    import torch

    from graphtutor.backends.mlx_decode import choose
    from graphtutor.backends.torch_decode import choose_tokens

    logits, count = [[0.3, -1.0, 2.0, 0.0, 1.1]], 1000
    draws = (np.arange(count) + 0.5) / count
    for sampling in (Sampling(temperature=0.7), Sampling(temperature=1.3, top_p=0.8)):
        ours = np.array(choose(mx.array(logits * count), draws, sampling))
        theirs = choose_tokens(torch.tensor(logits * count), draws, sampling).numpy()
        assert (ours != theirs).sum() <= 5
        share = np.bincount(ours, minlength=5) / count
        if sampling.top_p == 1:
            assert np.allclose(
                share, torch.tensor(logits[0]).div(0.7).softmax(-1).numpy(), atol=2e-3
            )
