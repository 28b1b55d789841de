# pyright: basic, reportMissingImports=false, reportCallIssue=false
"""A verifiers environment: multi-hop questions, scored against the graph they were made from.

Reward: the share of the best total that a completion reaches under grounded-1.0, between 0 and 1;
0 for a wrong letter or a broken format. The tasks need one answer and no tools, so the environment
brings a harness that makes one request and nothing else, and runs it on this machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import verifiers.v1 as vf
from openai import AsyncOpenAI

from graphtutor.harness.folder import ExportFolder
from graphtutor.harness.unit_score import unit_score
from graphtutor.reward.profiles import GROUNDED, Scored

__all__ = ["ChainEnv", "ChainTaskset", "OneAnswerHarness"]


@lru_cache(maxsize=1)
def export() -> ExportFolder:
    """Return the tasks, the graph and the scorer that came with this package."""
    return ExportFolder(Path(__file__).resolve().parent / "data")


class ChainData(vf.TaskData):
    """One question; ``id`` finds the task in tasks.jsonl. The answer stays out of the trace."""

    hop_len: int


class ChainTask(vf.Task[ChainData]):
    """One question and its rewards."""

    @property
    def key(self) -> str:
        """The task's id, which stays the same however tasks are selected."""
        return str(self.data.id)

    def scored(self, trace: vf.Trace) -> Scored:
        """Score the last reply."""
        return export().score(self.key, trace.last_reply)

    @vf.reward
    async def chain(self, trace: vf.Trace) -> float:
        """Return the share of the best total under grounded-1.0."""
        folder = export()
        return unit_score(folder.scorer, folder.tasks[self.key], self.scored(trace), GROUNDED)

    @vf.metric
    async def verdicts(self, trace: vf.Trace) -> dict[str, float]:
        """Report letter, format and groundedness beside the reward."""
        scored = self.scored(trace)
        return {
            "letter": float(scored.right),
            "format": float(scored.parsed.valid),
            "grounded": float(scored.grounded),
        }


class ChainConfig(vf.TasksetConfig):
    """Which tasks to load: ``hops`` 0 takes every length."""

    hops: int = 0


class ChainTaskset(vf.Taskset[ChainTask, ChainConfig]):
    """The exported tasks in the order of their file."""

    def load(self) -> Iterator[ChainTask]:
        """Yield the tasks."""
        for task in export().tasks.values():
            if self.config.hops in (0, task.hop_len):
                data = ChainData(id=task.id, name=task.id, prompt=task.prompt, hop_len=task.hop_len)
                yield ChainTask(data, self.config.task)


class OneAnswerHarness(vf.Harness[vf.HarnessConfig]):
    """One chat request, no tools, no program in a sandbox."""

    APPENDS_SYSTEM_PROMPT = True
    EXECUTES_CODE = False
    NEEDS_CONTAINER = False

    async def launch(
        self,
        ctx: vf.ModelContext,
        trace: vf.Trace,
        runtime: vf.Runtime,
        endpoint: str,
        secret: str,
        mcp_urls: dict[str, str],
        data: vf.TaskData,
    ) -> vf.ProgramResult:
        """Ask once; the answer is recorded on the way, by the server behind ``endpoint``."""
        system, prompt = self.resolve_text_prompt(data)
        messages: Any = [{"role": "system", "content": system}] if system else []
        messages.append({"role": "user", "content": prompt or ""})
        async with AsyncOpenAI(base_url=endpoint, api_key=secret, max_retries=0) as client:
            await client.chat.completions.create(model=ctx.model, messages=messages)
        return vf.ProgramResult(exit_code=0, stdout="", stderr="")


class ChainEnvConfig(vf.EnvConfig):
    """One seat. It runs here: the default runtime is a hosted sandbox, which one request needs not.

    Configure it under ``--env.agent.*``.
    """

    agent: vf.AgentConfig = vf.AgentConfig(runtime=vf.SubprocessConfig())


class ChainEnv(vf.Env[ChainEnvConfig]):
    """One question, one answer."""

    async def run(self, task: vf.Task, agents: vf.Agents) -> None:
        """Let the model answer ``task``."""
        await agents.agent.run(task)
