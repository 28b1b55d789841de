"""What every engine has to keep, so that a phase can be run on any of them.

One suite, run on each engine: masks, order and number of completions, seeds, training, saving,
going on after a kill, and what is said when something cannot be used.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from graphtutor.backends.base import StepLog
from graphtutor.backends.registry import get_backend
from graphtutor.completion.completion import Prompt, Sampling
from graphtutor.config import ModelConfig
from graphtutor.errors import BackendError, ModelError

Pairs = list[tuple[str, str]]
Prompts = list[Prompt]
Saved = Callable[[Path], dict[str, bytes]]

GREEDY = Sampling(max_new_tokens=24)
DRAWN = Sampling(n=3, temperature=1.0, max_new_tokens=12, seed=5)


def _texts(completions: list[list[Any]]) -> list[list[tuple[str, int, bool]]]:
    """Return all of the completions but their times."""
    return [[(c.text, c.tokens, c.cut) for c in row] for row in completions]


def _trained(engine: Any, **changes: Any) -> Any:
    model = engine.load()
    model.train(engine.request(model, **changes))
    return model


def test_encode_trains_exactly_on_completion_and_end(engine: Any, pairs: Pairs) -> None:
    """The mask is False over the prompt's own tokens, True over the rest: completion and end."""
    model = engine.load()
    for prompt, completion in pairs:
        example = model.encode(prompt, completion)
        head = example.mask.index(True)
        assert len(example.mask) == len(example.tokens)
        assert example.mask == (False,) * head + (True,) * (len(example.tokens) - head)
        *tail, end = example.tokens[head:]
        if engine.is_real:
            tokenizer = engine.tokenizer()
            assert tokenizer.decode(example.tokens[:head]) == prompt
            assert tokenizer.decode(tail) == completion
            assert end == tokenizer.eos_token_id
        else:
            assert bytes(example.tokens[:head]).decode() == prompt
            assert bytes(tail).decode() == completion
            assert end == 0


def test_generate_gives_n_completions_a_prompt_in_order(engine: Any, prompts: list[Prompt]) -> None:
    """The rows come in the order of the prompts, whatever order an engine works in."""
    model = _trained(engine)
    counted: list[int] = []
    several = model.generate(prompts, replace(GREEDY, n=2), counted.append)
    assert [len(row) for row in several] == [2] * len(prompts)
    assert sum(counted) == len(prompts)
    alone = [model.generate([prompt], GREEDY)[0][0] for prompt in prompts]
    assert [row[0].text for row in several] == [completion.text for completion in alone]
    assert len({completion.text for completion in alone}) > 1
    assert model.generate([], GREEDY) == []


def test_greedy_is_deterministic_and_needs_no_seed(engine: Any, prompts: list[Prompt]) -> None:
    """Evaluation has no randomness: neither seed nor key nor repetition changes anything."""
    model = _trained(engine)
    first = _texts(model.generate(prompts, GREEDY))
    assert _texts(model.generate(prompts, replace(GREEDY, seed=99))) == first
    renamed = [Prompt(f"other {p.key}", p.text) for p in prompts]
    assert _texts(model.generate(renamed, GREEDY)) == first


def test_sampling_is_seeded_per_item(
    engine: Any, often_ending_folder: Path, prompts: list[Prompt]
) -> None:
    """Batch size, order and neighbours change no completion; seed and key do."""
    model = _trained(engine.read_by(often_ending_folder), steps=2)
    whole = _texts(model.generate(prompts, DRAWN))
    if engine.is_real:
        assert len({tokens for row in whole for _, tokens, _ in row}) > 2
        assert {cut for row in whole for _, _, cut in row} == {False, True}
    assert len({text for row in whole for text, _, _ in row}) > 3
    for rows in (1, 3, 64):
        model.batch_rows = rows
        assert _texts(model.generate(prompts, DRAWN)) == whole
    assert _texts(model.generate(prompts[::-1], DRAWN)) == whole[::-1]
    alone = [_texts(model.generate([prompt], DRAWN))[0] for prompt in prompts]
    assert alone == whole
    fewer = _texts(model.generate(prompts, replace(DRAWN, n=2)))
    assert fewer == [row[:2] for row in whole]
    assert _texts(model.generate(prompts, replace(DRAWN, seed=6))) != whole
    renamed = [Prompt(f"other {p.key}", p.text) for p in prompts]
    assert _texts(model.generate(renamed, DRAWN)) != whole


def test_training_learns_the_examples(engine: Any, pairs: Pairs) -> None:
    """The loss falls by more than half, and the trained completions come back, end and all.

    A completion that hits the length limit says so, and the limit is kept to the token.
    """
    model = engine.load()
    asked = [Prompt(str(i), prompt) for i, (prompt, _) in enumerate(pairs)]
    before = _texts(model.generate(asked, GREEDY))
    logs: list[StepLog] = []
    model.train(engine.request(model, steps=140, on_step=logs.append))
    assert [log.step for log in logs] == list(range(1, 141))
    assert logs[-1].loss < logs[0].loss / 2
    assert all(log.tokens > 0 and log.lr > 0 for log in logs)
    after = model.generate(asked, replace(GREEDY, max_new_tokens=60))
    assert _texts(after) != before
    assert [row[0].text for row in after] == [completion for _, completion in pairs]
    assert not any(row[0].cut for row in after)
    whole = after[0][0]
    [[exact]] = model.generate(asked[:1], replace(GREEDY, max_new_tokens=whole.tokens + 1))
    assert (exact.text, exact.tokens, exact.cut) == (whole.text, whole.tokens, False)
    [[short]] = model.generate(asked[:1], replace(GREEDY, max_new_tokens=whole.tokens - 2))
    assert (short.tokens, short.cut) == (whole.tokens - 2, True)
    assert whole.text.startswith(short.text)


def test_what_is_saved_answers_as_before(
    engine: Any, prompts: list[Prompt], tmp_path: Path
) -> None:
    """Saving and loading changes no greedy completion, and is saved again byte for byte."""
    model = _trained(engine)
    model.save_adapter(tmp_path / "one")
    again = engine.load(tmp_path / "one")
    assert _texts(again.generate(prompts, GREEDY)) == _texts(model.generate(prompts, GREEDY))
    assert _texts(again.generate(prompts, DRAWN)) == _texts(model.generate(prompts, DRAWN))
    assert _texts(engine.load().generate(prompts, GREEDY)) != _texts(
        again.generate(prompts, GREEDY)
    )


def test_a_second_training_goes_on_from_the_first(
    engine: Any, prompts: list[Prompt], tmp_path: Path, saved: Saved
) -> None:
    """As RSFT does from SFT: load what was saved, train it, save it, load that."""
    _trained(engine, steps=4).save_adapter(tmp_path / "first")
    model = engine.load(tmp_path / "first")
    model.train(engine.request(model, steps=4, seed=2))
    model.save_adapter(tmp_path / "second")
    if engine.is_real:
        assert saved(tmp_path / "second") != saved(tmp_path / "first")
    again = engine.load(tmp_path / "second")
    assert _texts(again.generate(prompts, GREEDY)) == _texts(model.generate(prompts, GREEDY))


def test_no_pickle_and_the_layout_of_peft(engine: Any, tmp_path: Path, saved: Saved) -> None:
    """Weights are safetensors only; an adapter is what PEFT itself would read."""
    folder = tmp_path / "model"
    _trained(engine, checkpoints=tmp_path / "checkpoints").save_adapter(folder)
    written = [path.name for path in tmp_path.rglob("*") if path.is_file()]
    unsafe = (".bin", ".pt", ".pth", ".pkl", ".ckpt")
    assert not [name for name in written if name.endswith(unsafe)]
    if engine.writes_adapters:
        assert set(saved(folder)) == {"adapter_model.safetensors"}
        settings = json.loads((folder / "adapter_config.json").read_text())
        assert (settings["peft_type"], settings["r"], settings["lora_alpha"]) == ("LORA", 16, 32)
        assert settings["base_model_name_or_path"] == engine.model.name
    elif engine.is_real:
        assert set(saved(folder)) == {"model.safetensors"}
        assert {"config.json", "tokenizer.json"} <= {*written}


def test_the_same_seed_gives_the_same_weights(engine: Any, tmp_path: Path, saved: Saved) -> None:
    """Bytes, not just figures; another seed gives other weights where there is anything to draw."""
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        _trained(engine, steps=4, seed=seed).save_adapter(tmp_path / name)
    assert saved(tmp_path / "a") == saved(tmp_path / "b")
    if engine.writes_adapters:
        assert saved(tmp_path / "a") != saved(tmp_path / "c")


def test_evaluating_on_the_way_changes_no_weight(
    engine: Any, prompts: list[Prompt], tmp_path: Path, saved: Saved
) -> None:
    """The dev curve is drawn during training; what it generates must leave no trace."""
    _trained(engine).save_adapter(tmp_path / "plain")
    model, steps = engine.load(), []

    def evaluate(step: int) -> None:
        steps.append(step)
        model.generate(prompts, DRAWN)

    model.train(engine.request(model, evaluate_at=(2, 5), on_evaluate=evaluate))
    model.save_adapter(tmp_path / "watched")
    assert steps == [2, 5]
    assert saved(tmp_path / "watched") == saved(tmp_path / "plain")


@pytest.mark.parametrize("kill_at", [1, 2, 5, 8])
def test_a_killed_training_ends_with_the_same_weights(
    engine: Any, kill_at: int, tmp_path: Path, saved: Saved
) -> None:
    """Killed after any step and taken up again by a new process: not one bit differs."""
    _trained(engine).save_adapter(tmp_path / "whole")

    def kill(log: StepLog) -> None:
        if log.step == kill_at:
            raise KeyboardInterrupt

    checkpoints = tmp_path / "checkpoints"
    killed = engine.load()
    with pytest.raises(KeyboardInterrupt):
        killed.train(engine.request(killed, checkpoints=checkpoints, on_step=kill))
    steps: list[int] = []
    again = engine.load()
    again.train(
        engine.request(again, checkpoints=checkpoints, on_step=lambda log: steps.append(log.step))
    )
    again.save_adapter(tmp_path / "resumed")
    assert saved(tmp_path / "resumed") == saved(tmp_path / "whole")
    # A checkpoint is written every two steps, after the step has been reported.
    first = 1 + 2 * ((kill_at - 1) // 2) if engine.is_real else 1
    assert steps == list(range(first, 9))


def test_prompts_longer_than_the_window_are_refused_with_a_count(engine: Any) -> None:
    """Nothing is cut silently, and nothing is generated for the others either."""
    model = engine.load()
    long = [Prompt("a", "x " * model.window()), Prompt("b", "fits"), Prompt("c", "y " * 5000)]
    with pytest.raises(ModelError, match=r"generation: wanted .*got 2 of 3 longer, up to \d+ tok"):
        model.generate(long, GREEDY)
    with pytest.raises(ModelError, match="1 of 1 longer"):
        model.generate([Prompt("b", "fits")], replace(GREEDY, max_new_tokens=model.window()))


def test_log_probs_are_distributions_over_the_next_token(engine: Any, prompts: Prompts) -> None:
    """One row a token but the last, each of which sums to one, over one vocabulary for all."""
    model = engine.load()
    texts = [prompt.text for prompt in prompts]
    read = list(model.log_probs(texts))
    assert len(read) == len(texts)
    vocabulary = {row.log_probs.shape[1] for row in read}
    assert len(vocabulary) == 1
    for text, row in zip(texts, read, strict=True):
        if engine.is_real:
            assert row.tokens.tolist() == engine.tokenizer()(text)["input_ids"]
        else:
            assert bytes(row.tokens.tolist()) == text.encode()
        assert row.tokens.dtype == np.int64
        assert row.log_probs.dtype == np.float32
        assert row.log_probs.shape == (len(row.tokens) - 1, *vocabulary)
        assert np.exp(row.log_probs.astype(np.float64)).sum(axis=1) == pytest.approx(1, abs=1e-4)
    assert list(model.log_probs([])) == []


def test_log_probs_depend_on_what_came_before_alone(engine: Any, prompts: Prompts) -> None:
    """Neither neighbours nor what follows change a row; reading twice gives the same bits."""
    model = _trained(engine, steps=2)
    texts = [prompt.text for prompt in prompts]
    together = [row.log_probs for row in model.log_probs(texts)]
    apart = [row.log_probs for text in texts for row in model.log_probs([text])]
    assert all((a == b).all() for a, b in zip(together, apart, strict=True))
    [short, long] = model.log_probs(["One two three. ", "One two three. Four five six."])
    width = len(short.tokens)
    assert (long.tokens[:width] == short.tokens).all()
    assert long.log_probs[: width - 1] == pytest.approx(short.log_probs, abs=1e-4)


def test_log_probs_and_greedy_decoding_agree(engine: Any, prompts: Prompts) -> None:
    """What the engine writes next is the token that it gives the highest chance."""
    if not engine.is_real:
        pytest.skip("the fake answers from memory")
    model = _trained(engine)
    written = model.generate(prompts, replace(GREEDY, max_new_tokens=1))
    for prompt, [answer] in zip(prompts, written, strict=True):
        last = model.encode(prompt.text, "").mask.index(True) - 1
        [row] = model.log_probs([prompt.text + "x"])
        likeliest = row.log_probs[last].argmax()
        decoded = engine.tokenizer().decode([likeliest], skip_special_tokens=True)
        assert decoded == answer.text


def test_training_makes_the_examples_likelier(engine: Any, pairs: Pairs) -> None:
    """The mean log-probability of the trained texts rises; reading leaves no trace behind."""

    def mean(model: Any) -> float:
        texts = [prompt + completion for prompt, completion in pairs]
        rows = [
            row.log_probs[np.arange(len(row.tokens) - 1), row.tokens[1:]]
            for row in model.log_probs(texts)
        ]
        return float(np.concatenate(rows).mean())

    model = engine.load()
    before = mean(model)
    assert mean(model) == before
    model.train(engine.request(model, steps=8))
    assert mean(model) > before


def test_unreadable_texts_are_refused_with_counts(engine: Any) -> None:
    """Before anything is read: when the method is called, not when its first row is asked for."""
    model = engine.load()
    texts = ["fits well", "x " * 5000, "", "y"]
    with pytest.raises(ModelError, match=r"wanted 2 to \d+ tokens each.*got 1 of 4 longer, up to"):
        model.log_probs(texts)
    with pytest.raises(ModelError, match=r"got 0 of 2 longer, up to \d+ tokens, 1 shorter"):
        model.log_probs(["fits well", ""])


def test_an_adapter_that_is_not_there_is_named(engine: Any, tmp_path: Path) -> None:
    """One error with the path, for a folder without a model and for none at all."""
    (tmp_path / "empty").mkdir()
    for name in ("empty", "nowhere"):
        with pytest.raises(ModelError, match=name):
            engine.load(tmp_path / name)


def test_unknown_engines_are_refused() -> None:
    """The list of engines stands in one place."""
    with pytest.raises(BackendError, match="wanted one of torch, mlx, unsloth, openai, fake, got"):
        get_backend("jax")


def test_the_fake_takes_any_model_name() -> None:
    """So that users can test around a model without having one."""
    assert get_backend("fake").load(ModelConfig(name="whatever", backend="fake")).window() == 4096
