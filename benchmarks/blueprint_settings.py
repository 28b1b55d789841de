"""Choose the settings of recipes/blueprint-nano without a look at the topics it is reported on.

    python benchmarks/blueprint_settings.py FOLDER --drills 30

DevOps and physics are split as the recipe splits them; a fifth of the *training* topics is then
held out once more, and a model trained on the rest is scored on that fifth. The topics that the
recipe reports on are in neither part.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from graphtutor.blueprint.example import write_examples
from graphtutor.blueprint.expand import combine, expand
from graphtutor.blueprint.load import load_domain, load_framework
from graphtutor.blueprint.split import split_by_topic

DOMAINS = ("devops", "physics")
REPORTED, INNER = 0.25, 0.2
"""The share of the topics that the recipe reports on, and of the others the share held out here."""


def main() -> None:
    """Write the inner split to FOLDER/data and train on it as FOLDER/runs/inner."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=1, help="of the split and of the training")
    parser.add_argument("--drills", type=int, default=30)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    asked = parser.parse_args()
    domains = [(d, load_framework(d.framework)) for d in map(load_domain, DOMAINS)]
    made = combine(expand(*pair, asked.seed, asked.drills) for pair in domains)
    outer = split_by_topic(made.examples, REPORTED, asked.seed)
    inner = split_by_topic(outer.train, INNER, asked.seed)
    data = asked.folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    write_examples(data / "train.jsonl", inner.train)
    write_examples(data / "valid.jsonl", inner.valid)
    settings = [f"seed={asked.seed}", *asked.set]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "graphtutor", "blueprint", "train", str(data)),
            *("--root", str(asked.folder / "runs"), "--run-id", "inner"),
            *("--preset", "blueprint-nano"),
            *(part for setting in settings for part in ("--set", setting)),
        ],
        check=False,
    )
    sys.exit(done.returncode)


if __name__ == "__main__":
    main()
