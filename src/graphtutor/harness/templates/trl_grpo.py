# pyright: basic, reportMissingImports=false, reportPrivateImportUsage=false
"""Trains a model on the tasks of this folder with TRL's GRPO: MODEL and OUT are the arguments."""

from __future__ import annotations

import argparse
from pathlib import Path

from datasets import load_dataset
from trl import GRPOConfig, GRPOTrainer

from graphtutor.harness.trl import TaskReward

FOLDER = Path(__file__).resolve().parent


def main() -> None:
    """Read the arguments and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", help="a folder or a hub id")
    parser.add_argument("out", help="where checkpoints go")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument(
        "--batch", type=int, default=8, help="completions a step; all of one prompt"
    )
    parser.add_argument("--chat", action="store_true", help="prompts as a user's message")
    parser.add_argument("--cpu", action="store_true")
    given = parser.parse_args()
    rows = FOLDER / ("prompts_chat.jsonl" if given.chat else "prompts.jsonl")
    config = GRPOConfig(
        output_dir=given.out,
        max_steps=given.steps,
        per_device_train_batch_size=given.batch,
        num_generations=given.batch,
        max_completion_length=160,
        use_cpu=given.cpu,
        bf16=not given.cpu,
        report_to="none",
    )
    GRPOTrainer(
        model=given.model,
        reward_funcs=TaskReward(FOLDER),
        args=config,
        train_dataset=load_dataset("json", data_files=str(rows), split="train"),
    ).train()


if __name__ == "__main__":
    main()
