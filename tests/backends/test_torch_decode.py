"""Decoding: the same tokens as transformers' own loop, a nucleus that is kept, a cache that is one.

Our decoder exists for its speed and for its random streams. What it writes greedily has to be what
``generate`` of transformers writes, token for token.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graphtutor.completion.completion import Prompt, Sampling

torch = pytest.importorskip("torch")

from graphtutor.backends.torch_cache import BlockLayer, block_cache  # noqa: E402
from graphtutor.backends.torch_decode import choose_tokens, decode_ids, end_ids  # noqa: E402


def _ids(model: Any, prompts: list[Prompt]) -> list[list[int]]:
    return [model.tokenizer(prompt.text)["input_ids"] for prompt in prompts]


def _reference(model: Any, ids: list[list[int]], limit: int) -> list[tuple[list[int], bool]]:
    """Complete by transformers' ``generate`` on a batch that is padded on the left."""
    width = max(map(len, ids))
    rows = torch.tensor([[0] * (width - len(row)) + row for row in ids])
    mask = torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in ids])
    out = model.network.generate(
        rows, attention_mask=mask, do_sample=False, max_new_tokens=limit, pad_token_id=0
    )
    ends = set(end_ids(model.network, model.tokenizer))
    done: list[tuple[list[int], bool]] = []
    for row in out[:, width:].tolist():
        length = next((i for i, token in enumerate(row) if token in ends), None)
        done.append((row[:length], length is None))
    return done


def test_greedy_equals_transformers(llama: Any, prompts: list[Prompt]) -> None:
    """Token for token, on prompts of different lengths in one batch, rows ending at any time."""
    ids, limit = _ids(llama, prompts), 40
    with torch.inference_mode():
        ours = decode_ids(
            llama.network,
            end_ids(llama.network, llama.tokenizer),
            prompts,
            ids,
            Sampling(max_new_tokens=limit),
        )
    assert ours == _reference(llama, ids, limit)
    lengths = [len(row) for row, _ in ours]
    assert len(set(lengths)) > 1, "rows should leave the batch at different times"


def test_every_end_token_ends(llama: Any, prompts: list[Prompt]) -> None:
    """The tokenizer's end and all that generation_config.json lists, as one number or several."""
    settings = llama.network.generation_config
    settings.eos_token_id = None
    assert end_ids(llama.network, llama.tokenizer) == [2]
    settings.eos_token_id = 7
    assert end_ids(llama.network, llama.tokenizer) == [2, 7]
    settings.eos_token_id = [9, 2, 7]
    assert end_ids(llama.network, llama.tokenizer) == [2, 7, 9]
    # Once the first token that the model writes is an end, nothing is left of the completion.
    first = _reference(llama, _ids(llama, prompts[:1]), 1)[0][0]
    settings.eos_token_id = first
    [[empty]] = llama.generate(prompts[:1], Sampling(max_new_tokens=8))
    assert (empty.text, empty.tokens, empty.cut) == ("", 0, False)


def test_a_tiny_nucleus_is_greedy(llama: Any, prompts: list[Prompt]) -> None:
    """The nucleus always holds the likeliest token, and of a tiny one nothing else."""
    greedy = llama.generate(prompts, Sampling(max_new_tokens=12))
    drawn = llama.generate(
        prompts, Sampling(n=3, temperature=1.5, top_p=1e-6, max_new_tokens=12, seed=4)
    )
    for [one], several in zip(greedy, drawn, strict=True):
        assert [c.text for c in several] == [one.text] * 3


def test_a_low_temperature_is_greedy(llama: Any, prompts: list[Prompt]) -> None:
    """Temperature divides the logits: near 0 only the likeliest token is left."""
    greedy = llama.generate(prompts, Sampling(max_new_tokens=12))
    cold = llama.generate(prompts, Sampling(temperature=1e-4, max_new_tokens=12, seed=1))
    assert [row[0].text for row in cold] == [row[0].text for row in greedy]


@given(
    st.lists(st.floats(-8, 8, width=32), min_size=2, max_size=12),
    st.floats(0, 1, exclude_max=True),
    st.floats(0.05, 1),
    st.floats(0.2, 3),
)
def test_a_draw_stays_in_the_nucleus(
    logits: list[float], draw: float, top_p: float, temperature: float
) -> None:
    """The smallest set of tokens whose chances reach ``top_p``: no other is ever drawn.

    A draw next to 1 used to round up to it and fall on the vocabulary's last token.
    """
    sampling = Sampling(temperature=temperature, top_p=top_p)
    row = torch.tensor([logits])
    chosen = int(choose_tokens(row, np.array([draw]), sampling)[0])
    chances = (row / temperature).softmax(-1)[0]
    likelier = chances[chances > chances[chosen]].sum().item()
    assert chances[chosen] > 0
    assert likelier < top_p + 1e-5


def test_the_highest_draw_takes_a_token_that_has_a_chance() -> None:
    """The last token of the vocabulary has none here."""
    row = torch.tensor([[0.0, 1.0, -1000.0]])
    highest = np.array([np.nextafter(1.0, 0.0)])
    assert choose_tokens(row, highest, Sampling(temperature=1.0)).tolist() == [1]
    assert choose_tokens(row, highest, Sampling(temperature=1.0, top_p=0.5)).tolist() == [1]


def test_draws_follow_the_chances() -> None:
    """An even grid of draws gives each token its share, to the one draw that a border may cost."""
    logits = torch.tensor([[0.3, -1.0, 2.0, 0.0, 1.1]])
    count = 1000
    draws = (np.arange(count) + 0.5) / count
    chosen = choose_tokens(logits.expand(count, -1), draws, Sampling(temperature=0.7))
    share = torch.bincount(chosen, minlength=5) / count
    assert torch.allclose(share, (logits[0] / 0.7).softmax(-1), atol=1.5 / count)


def _states(rows: int, tokens: int, seed: int) -> tuple[Any, Any]:
    """Keys of head size 4 and values of head size 6: some architectures have both."""
    generator = torch.Generator().manual_seed(seed)
    return (
        torch.randn(rows, 2, tokens, 4, generator=generator),
        torch.randn(rows, 2, tokens, 6, generator=generator),
    )


@given(st.lists(st.sampled_from(["one", "many", "select", "repeat", "reorder"]), max_size=12))
def test_the_block_cache_holds_what_the_plain_one_holds(actions: list[str]) -> None:
    """Whatever is done to it: reading, choosing rows, repeating them, growing past its room."""
    from transformers.cache_utils import DynamicLayer

    ours, plain, rows = BlockLayer(), DynamicLayer(), 3
    for number, action in enumerate(["many", *actions]):
        if action == "select" and rows > 1:
            rows -= 1
            for layer in (ours, plain):
                layer.batch_select_indices(torch.arange(rows).flip(0))
        elif action == "repeat" and rows < 20:
            rows *= 2
            for layer in (ours, plain):
                layer.batch_repeat_interleave(2)
        elif action == "reorder":
            for layer in (ours, plain):
                layer.reorder_cache(torch.arange(rows).flip(0))
        states = _states(rows, 30 if action == "many" else 1, number)
        for got, wanted in zip(ours.update(*states), plain.update(*states), strict=True):
            assert torch.equal(got, wanted)
        assert ours.get_seq_length() == plain.get_seq_length()


def test_layers_with_a_sliding_window_keep_their_own_cache() -> None:
    """They drop what has left the window; only plain layers grow in blocks."""
    from transformers import LlamaConfig, MistralConfig

    shape = {"num_hidden_layers": 2, "hidden_size": 8, "num_attention_heads": 2}
    assert {type(layer) for layer in block_cache(LlamaConfig(**shape)).layers} == {BlockLayer}
    sliding = block_cache(MistralConfig(**shape, num_key_value_heads=2, sliding_window=16))
    assert BlockLayer not in {type(layer) for layer in sliding.layers}


def test_what_is_streamed_is_what_is_generated(llama: Any, prompts: list[Prompt]) -> None:
    """Piece by piece the same completion; the limit is kept to the token."""
    for limit in (1, 5, 24):
        sampling = Sampling(max_new_tokens=limit)
        for prompt, [whole] in zip(prompts, llama.generate(prompts, sampling), strict=True):
            pieces: list[str] = []
            stream = llama.stream(prompt, sampling)
            try:
                while True:
                    pieces.append(next(stream))
            except StopIteration as end:
                told = end.value
            assert "".join(pieces) == told.text == whole.text
            assert (told.tokens, told.cut) == (whole.tokens, whole.cut)
