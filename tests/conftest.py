"""What all tests share: no network, quiet libraries, the same examples in every run of CI."""

from __future__ import annotations

import os

from hypothesis import settings

# Set before any test module imports the libraries that read them.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Machines under load make deadlines lie. In CI the examples are the same every time, so that a red
# build can be had again; elsewhere each run looks at new ones.
settings.register_profile("local", deadline=None, max_examples=50)
settings.register_profile("ci", parent=settings.get_profile("local"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "local")
