"""A build that is killed and started again: nothing paid twice, and the same file in the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from .llm_tutor import Tutor

TOPICS = [f"topic number {n}" for n in range(10)]
CALLS, AT_A_TIME = len(TOPICS) + 1, 2


def start(tutor: Tutor, folder: Path) -> subprocess.Popen[bytes]:
    given = ["--title", "Bread", "--topics", str(folder / "topics.txt"), "--llm", tutor.url]
    given += ["--model", "served", "--concurrency", str(AT_A_TIME), "--price-in", "1"]
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "graphtutor",
            "blueprint",
            "build",
            str(folder / "out.yaml"),
            *given,
        ],
        stdout=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )


def replies(folder: Path) -> set[str]:
    """Keys of the replies that are kept whole."""
    path = folder / "out.yaml.calls.jsonl"
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    return {line["key"] for line in map(json.loads, lines) if line["event"] == "answered"}


def prepared(folder: Path) -> Path:
    folder.mkdir()
    (folder / "topics.txt").write_text("\n".join(TOPICS), "utf-8")
    return folder


def test_a_killed_build_goes_on(tmp_path: Path) -> None:
    plain, killed = prepared(tmp_path / "plain"), prepared(tmp_path / "killed")
    with Tutor() as tutor:
        assert start(tutor, plain).wait(60) == 0
        assert len(tutor.requests) == CALLS
    asked: list[int] = []
    with Tutor() as tutor:
        tutor.think = 0.1
        for answers in (1, 4, 8):
            process = start(tutor, killed)
            while tutor.answered < answers and process.poll() is None:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)
            process.wait(60)
            assert process.returncode == -signal.SIGKILL
            # Never half of a blueprint, and at most what was under way is lost.
            assert not (killed / "out.yaml").exists()
            time.sleep(0.2)
            assert len(tutor.requests) - len(replies(killed)) <= AT_A_TIME * (len(asked) + 1)
            asked.append(len(tutor.requests))
        kept = replies(killed)
        assert 0 < len(kept) < CALLS
        assert start(tutor, killed).wait(60) == 0
        # The server's own log: after the last kill exactly what was not kept is asked.
        assert len(tutor.requests) - asked[-1] == CALLS - len(kept)
        bodies = [json.dumps(request, sort_keys=True) for request in tutor.requests]
    assert len(set(bodies)) == CALLS
    assert len(bodies) - CALLS <= 3 * AT_A_TIME
    assert (killed / "out.yaml").read_bytes() == (plain / "out.yaml").read_bytes()
