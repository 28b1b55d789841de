"""Time SFT, sampling and evaluation of a preset's architecture, end to end, on this device.

    python benchmarks/architectures.py smollm-135m [--device cuda] [--steps 100] [--backend torch]
    python benchmarks/architectures.py smollm-360m --weights path/to/model

Without --weights the model has the architecture's sizes and random weights, and a tokenizer made
on the spot whose vocabulary is padded to the architecture's: times and memory are those of the real
model, answers are not. Prints, for each phase, seconds, tokens per second and peak memory.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from graphtutor.backends.base import TrainRequest
from graphtutor.backends.registry import get_backend
from graphtutor.completion.completion import Prompt, Sampling
from graphtutor.config import TasksConfig, load_config
from graphtutor.graph.load import load_graph
from graphtutor.tasks.generate import generate_splits
from graphtutor.training.examples import encode_pairs
from graphtutor.training.sft import sft_pairs

# Sizes as the models' own config.json state them.
SIZES = {
    "smollm-135m": ("llama", 49_152, 576, 1_536, 30, 9, 3, 2_048),
    "smollm-360m": ("llama", 49_152, 960, 2_560, 32, 15, 5, 2_048),
    "qwen-0.5b": ("qwen2", 151_936, 896, 4_864, 24, 14, 2, 32_768),
    "qwen-1.5b": ("qwen2", 151_936, 1_536, 8_960, 28, 12, 2, 32_768),
    "mistral-7b": ("mistral", 32_768, 4_096, 14_336, 32, 32, 8, 32_768),
}


def save_random(preset: str, folder: Path) -> Path:
    """Write the preset's architecture with random weights, and nano's tokenizer."""
    import torch
    from transformers import (
        AutoModelForCausalLM,
        LlamaConfig,
        MistralConfig,
        Qwen2Config,
    )

    from graphtutor.models.nano import build_tokenizer

    kind, vocabulary, hidden, inner, layers, heads, key_heads, window = SIZES[preset]
    tokenizer = build_tokenizer()
    kinds: dict[str, Any] = {"llama": LlamaConfig, "qwen2": Qwen2Config, "mistral": MistralConfig}
    torch.manual_seed(0)
    config = kinds[kind](
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=key_heads,
        max_position_embeddings=window,
        tie_word_embeddings=kind != "mistral",
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def peak_gb() -> str:
    """Return peak memory: of the GPU where there is one, else of this process."""
    import torch

    if torch.cuda.is_available():
        return f"{torch.cuda.max_memory_allocated() / 2**30:.2f} GiB on the GPU"
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB"


def told(phase: str, seconds: float, tokens: int) -> None:
    """Print one line of the table."""
    print(f"{phase:<12} {seconds:8.1f} s {tokens / seconds:10.0f} tokens/s  peak {peak_gb()}")


def main() -> int:
    """Read the command line, run the phases, print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("preset", choices=SIZES)
    parser.add_argument("--weights", type=Path, help="a local model instead of random weights")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--backend", default="torch")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--prompts", type=int, default=128)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.weights or save_random(options.preset, Path(scratch) / "model")
        asked = (("device", options.device), ("precision", options.precision))
        settings = [f"model.{key}={value}" for key, value in (*asked, ("name", folder))]
        settings += [f"model.backend={options.backend}", f"sft.steps={options.steps}"]
        config = load_config(preset=options.preset, overrides=settings)
        sizes = TasksConfig(eval=64, dev=4, train_long=16, search=4, train_two_hop=300)
        tasks = generate_splits(load_graph("software_troubleshooting"), sizes)
        began = time.perf_counter()
        model = get_backend(options.backend).load(config.model)
        print(f"{options.preset}: {getattr(model, 'about', str)()}")
        told("load", time.perf_counter() - began, 0)
        prompts = [Prompt(task.id, task.prompt) for task in tasks["eval"][: options.prompts]]
        examples = encode_pairs(model, sft_pairs(tasks["train"]))
        size = config.sft.batch_size
        batches = [
            [(step * size + k) % len(examples) for k in range(size)]
            for step in range(options.steps)
        ]
        read = sum(len(examples[i].tokens) for batch in batches for i in batch)
        began = time.perf_counter()
        model.train(TrainRequest(examples, batches, config.sft, 0))
        told("sft", time.perf_counter() - began, read)
        for name, n in (("evaluation", 1), ("sampling", config.rsft.k_samples)):
            limit = config.evaluation.max_new_tokens
            sampling = Sampling(n=n, temperature=0.0 if n == 1 else 0.8, max_new_tokens=limit)
            began = time.perf_counter()
            rows = model.generate(prompts, sampling)
            written = sum(completion.tokens for row in rows for completion in row)
            told(name, time.perf_counter() - began, written)
        began = time.perf_counter()
        model.save_adapter(Path(scratch) / "adapter")
        told("save", time.perf_counter() - began, 0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
