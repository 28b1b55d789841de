"""``--dry-run``: what a run would do, before any of it is done."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from rich.text import Text

from graphtutor.backends.base import Example, TextModel, TrainRequest
from graphtutor.completion.completion import Prompt, Sampling
from graphtutor.config import RunConfig
from graphtutor.tasks.task import Task

__all__ = ["preview"]


def preview(config_file: Path | None, preset: str | None, overrides: list[str] | None) -> None:
    """Print the resolved configuration, a training example with its mask, lengths, memory, time."""
    from graphtutor.backends.registry import get_backend
    from graphtutor.cli.progress import RichWatch
    from graphtutor.config import dump_config, load_config
    from graphtutor.graph.load import load_graph
    from graphtutor.tasks.generate import generate_splits
    from graphtutor.training.examples import encode_pairs
    from graphtutor.training.sft import sft_pairs

    config = load_config(config_file, preset, overrides or ())
    watch = RichWatch()
    model = get_backend(config.model.backend).load(config.model)
    splits = generate_splits(load_graph(config.graph), config.tasks)
    train = splits["train"]
    examples = encode_pairs(model, sft_pairs(train))
    watch.say(dump_config(config))
    watch.say("tasks: " + ", ".join(f"{split} {len(tasks)}" for split, tasks in splits.items()))
    watch.say("\none training example; what is trained on is between the marks »«:\n")
    watch.show(_masked(train[-1].prompt, train[-1].ref.trace, examples[-1]))
    watch.say("\n" + _lengths(examples))
    watch.say(_memory(model, config, examples))
    with watch.bar("timing one step and a few answers", 1) as advance:
        estimate = _time(model, config, examples, splits)
        advance(1, "")
    watch.say(estimate)


def _masked(prompt: str, completion: str, example: Example) -> Text:
    trained = sum(example.mask)
    text = Text(prompt)
    text.append(f"»{completion}«", style="bold green")
    size = len(example.tokens)
    text.append(f"\n({size} tokens, {trained} of them trained on, end token included)")
    return text


def _lengths(examples: Sequence[Example], width: int = 40) -> str:
    """Return a histogram of example lengths in tokens."""
    sizes = [len(example.tokens) for example in examples]
    step = max(1, (max(sizes) - min(sizes)) // 8)
    lines = ["length in tokens"]
    for low in range(min(sizes), max(sizes) + 1, step):
        count = sum(low <= size < low + step for size in sizes)
        bar = "#" * (width * count // len(sizes))
        lines.append(f"{low:>6}-{low + step - 1:<6} {count:>6} {bar}")
    return "\n".join(lines)


def _memory(model: TextModel, config: RunConfig, examples: Sequence[Example]) -> str:
    """Estimate memory: weights as they lie; gradients and moments of trained ones in float32."""
    network = getattr(model, "network", None)
    if network is None:
        return "memory: nothing to speak of"
    weights = sum(p.numel() for p in network.parameters())
    shape = network.config
    if config.sft.method == "full":
        trained = weights
    else:
        width = shape.hidden_size + (shape.hidden_size + shape.intermediate_size) * 3 // 7
        trained = 7 * shape.num_hidden_layers * config.sft.lora_r * 2 * width
    # About 34 hidden-size values a token and layer are kept for the backward pass; of layers that
    # are computed again only their input is, and one layer at a time is whole.
    tokens = min(
        config.sft.micro_tokens, config.sft.batch_size * max(len(e.tokens) for e in examples)
    )
    layers = shape.num_hidden_layers
    values = layers + 34 if config.sft.gradient_checkpointing else 34 * layers
    size = min(4, max(1, network.dtype.itemsize))
    stored = sum(p.numel() * p.element_size() for p in network.parameters())
    need = stored + trained * 12 + size * values * tokens * shape.hidden_size
    return (
        f"memory: {weights / 1e6:.1f} M weights, about {trained / 1e6:.2f} M of them trained, "
        f"about {need / 2**30:.1f} GiB at training"
    )


_ASKED: Final = 16


def _time(
    model: TextModel,
    config: RunConfig,
    examples: Sequence[Example],
    splits: Mapping[str, Sequence[Task]],
) -> str:
    """Estimate the run's time from one optimiser step and a few answers, both really made.

    The untrained model writes up to the length limit, so the estimate is rather high.
    """
    prompts = [Prompt(key=task.id, text=task.prompt) for task in splits["eval"][:_ASKED]]
    limit = config.evaluation.max_new_tokens
    answer, sample = (
        _seconds(lambda n=n: model.generate(prompts, Sampling(n=n, max_new_tokens=limit)))
        / len(prompts)
        for n in (1, config.rsft.k_samples)
    )
    batch = list(range(min(len(examples), config.sft.batch_size)))
    # A first step makes what later steps have.
    model.train(TrainRequest(examples, [batch[:1]], config.sft, config.seed))
    request = TrainRequest(examples, [batch], config.sft, config.seed)
    step = _seconds(lambda: model.train(request)) * (config.sft.batch_size / len(batch))
    evaluated = config.evaluation.limit or len(splits["eval"])
    trained = {"sft": config.sft, "sft_more": config.rsft, "rsft": config.rsft}
    lines = ["time, about:"]
    for phase in config.phases:
        plan = trained.get(phase.removesuffix("_short"))
        seconds = answer * evaluated + (step * plan.steps if plan else 0)
        if phase.startswith("rsft"):
            source = (
                "train" if phase == "rsft_short" or config.rsft.source == "short" else "train_long"
            )
            seconds += sample * (config.rsft.max_tasks or len(splits[source]))
            seconds = seconds * config.rsft.rounds
        lines.append(f"  {phase:<10} {seconds / 60:6.1f} min")
    return "\n".join(lines)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
