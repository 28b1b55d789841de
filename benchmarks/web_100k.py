"""How fast the web app shows 100,000 episodes, and how much memory that takes.

    OMP_NUM_THREADS=1 python benchmarks/web_100k.py

Writes a run of three phases in a temporary folder, serves it from a process of its own, and asks
over HTTP as the browser does: cold, warm, filtered, searched, sorted, one frame, live growth.
"""

from __future__ import annotations

import argparse
import gzip
import http.client
import json
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

PHASES = ("base", "sft", "rsft")
NAMES = [
    f"{a}{b}" for a in "Amber Basalt Cedar Delta Ember Fjord Garnet".split() for b in range(60)
]
SERVE = """
import sys
from pathlib import Path
from graphtutor.web.server import serve
serve(Path(sys.argv[1]), None, Path(sys.argv[1]), "127.0.0.1", 0, open_browser=False,
      say=lambda line: print(line, flush=True))
"""


def episode(draw: random.Random, phase: str, number: int) -> dict[str, Any]:
    """Make up one line as long as a real one."""
    path = draw.sample(NAMES, 5)
    named = [*path[:-1], draw.choice(NAMES)] if draw.random() < 0.4 else path
    trace = ", which leads to ".join(named) + "."
    answer = draw.choice("AABBBBCD")
    options = dict(zip("ABCD", [draw.choice(NAMES), path[-1], *draw.sample(NAMES, 2)], strict=True))
    question = f"{path[0]} leads to a cause that leads to a cause that leads to a cause. Which?"
    listed = "".join(f"{letter}) {name}\n" for letter, name in options.items())
    rules = "You must follow the exact output format.\n\nOUTPUT FORMAT:\nTRACE: <one or two>\n\n"
    right = answer == "B"
    return {
        "phase": phase,
        "step": 300,
        "ex_id": f"eval_{number:06}",
        "split": "eval",
        "prompt": f"{rules}Question: {question}\n{listed}",
        "completion": f"TRACE: {trace}\nANSWER: {answer}",
        "parsed": {
            "answer": answer,
            "trace_text": trace,
            "trace_entities": named,
            "path_entities": path,
            "valid_format": True,
        },
        "reward": {
            "correctness": 1.0 if right else -2.0,
            "path_coverage": 0.8,
            "path_reward": 0.8,
            "spam_penalty": 0.0,
            "total": 1.4 if right else -1.6,
        },
        "answer_star": "B",
        "options": options,
        "hop_len": 4,
        "relations": ["leads_to"] * 4,
        "tier": draw.choice([1, 2, 3]),
        "hops": [
            {"source": a, "relation": "leads_to", "target": b, "verdict": "true edge",
             "text": f"{a}, which leads to {b}"}
            for a, b in pairwise(named)
        ],
        "grounded": right and named == path,
        "grounded_reward": 1.5,
        "cut": False,
        "seconds": 0.01,
        "tokens": 60,
    }  # fmt: skip


class Client:
    """Asks the server on one connection and keeps what was slowest."""

    def __init__(self, port: int) -> None:
        """Connect."""
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def get(self, path: str) -> Any:
        """Return the JSON of one answer."""
        self.connection.request("GET", path, headers={"accept-encoding": "gzip"})
        answer = self.connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (path, answer.status, body[:300])
        zipped = answer.headers["content-encoding"] == "gzip"
        return json.loads(gzip.decompress(body) if zipped else body)

    def timed(self, name: str, path: str, repeats: int = 7) -> None:
        """Ask several times and print how long it took."""
        seconds: list[float] = []
        for _ in range(repeats):
            began = time.perf_counter()
            self.get(path)
            seconds.append(time.perf_counter() - began)
        spread = f"{1000 * statistics.median(seconds):8.1f} ms  (worst {1000 * max(seconds):.1f})"
        print(f"{name:<44}{spread}")


def memory_of(process: int) -> tuple[float, float]:
    """Return resident and peak resident memory in MB."""
    status = Path(f"/proc/{process}/status").read_text("utf-8").splitlines()
    kilobytes = {line.split(":")[0]: line.split()[1] for line in status if line.startswith("Vm")}
    return int(kilobytes["VmRSS"]) / 1000, int(kilobytes["VmHWM"]) / 1000


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--episodes", type=int, default=100_000)
    count = options.parse_args().episodes
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("index.html", "app.js", "app.css"):
            (root / name).write_text("", "utf-8")
        log = root / "big" / "episodes.jsonl"
        log.parent.mkdir()
        draw = random.Random(1)
        with log.open("w", encoding="utf-8") as stream:
            for place in range(count):
                phase, number = PHASES[place * len(PHASES) // count], place % (count // 3 + 1)
                stream.write(json.dumps(episode(draw, phase, number)) + "\n")
        print(f"{count} episodes, {log.stat().st_size / 1e6:.0f} MB; {platform.machine()}")
        server = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(root)], stdout=subprocess.PIPE, text=True
        )
        try:
            assert server.stdout is not None
            measure(server.pid, int(server.stdout.readline().split(":")[2].split("/")[0]), log)
        finally:
            server.terminate()
            server.wait()


def measure(process: int, port: int, log: Path) -> None:
    """Ask everything that the pages of one run ask."""
    client, here = Client(port), "/api/runs/big"
    client.get("/api/health")
    print(f"{'memory before':<44}{memory_of(process)[0]:8.0f} MB")
    table = f"{here}/episodes?phase=rsft"
    client.timed("cold: first rows (the log is read)", f"{table}&limit=50", 1)
    client.timed("warm: first rows", f"{table}&limit=50")
    client.timed("warm: the page of the run", here)
    client.timed("filter: wrong", f"{table}&filter=wrong")
    client.timed("filter: fixed against base", f"{table}&filter=fixed&against=base")
    client.timed("filter: expression", f"{table}&where=right+and+not+grounded+and+tier+%3E+1")
    client.timed("filter: id ~ 99", f"{here}/episodes?where=id+~+%2299%22")
    client.timed("search: a word of many", f"{here}/episodes?q=basalt")
    client.timed("search: a letter of all", f"{here}/episodes?q=e")
    client.timed("search: a word of none", f"{here}/episodes?q=zzzz")
    client.timed("sort by reward, page 500", f"{here}/episodes?sort=reward&desc=1&offset=25000")
    client.timed("sort by id", f"{here}/episodes?sort=id&desc=1")
    client.timed("frame", f"{here}/episodes/rsft/eval_000100")
    client.timed("three phases side by side", f"{here}/compare/eval_000100?phases=base,sft,rsft")
    client.timed("changes", f"{here}/changes?from=base&to=rsft")
    client.timed("story", f"{here}/story")
    client.timed("list of runs", "/api/runs")
    lines = "".join(json.dumps(episode(random.Random(2), "dpo", n)) + "\n" for n in range(100))
    with log.open("a", encoding="utf-8") as stream:
        stream.write(lines)
    client.timed("100 lines appended: first rows", f"{here}/episodes?phase=dpo", 1)
    now, peak = memory_of(process)
    print(f"{'memory of the server':<44}{now:8.0f} MB  (peak {peak:.0f})")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
