"""The sections of a run's configuration: typed, frozen, unknown keys refused.

Each default stands here and nowhere else; a field's description is its help text.
"""

from __future__ import annotations

from typing import Any, Final, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, model_validator

from graphtutor.config.model import ModelConfig

__all__ = [
    "ADAPTER_SHAPE",
    "BlueprintConfig",
    "EvaluationConfig",
    "GroundedRewardConfig",
    "Phase",
    "Probe",
    "RewardConfig",
    "RsftConfig",
    "RunConfig",
    "SpecRewardConfig",
    "TasksConfig",
    "TrainConfig",
]

Phase = Literal["base", "sft", "sft_more", "rsft", "rsft_short", "rsft_answer", "rsft_placebo"]
Probe = Literal["rotation", "wording", "retrieval", "samples"]


class Section(BaseModel):
    """A part of the configuration: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TasksConfig(Section):
    """How many tasks of each kind are made from the graph. 4 and 5 hops each, where it says so."""

    train_one_hop: int = Field(default=2, ge=1, description="1-hop tasks per edge in train.jsonl")
    train_two_hop: int = Field(
        default=1100, ge=0, description="2-hop tasks in train.jsonl, at most"
    )
    train_three_hop: int = Field(
        default=2300, ge=0, description="3-hop tasks in train.jsonl, at most"
    )
    train_long: int = Field(
        default=400, ge=0, description="tasks per hop length in train_long.jsonl"
    )
    dev: int = Field(default=60, ge=0, description="tasks per hop length in dev.jsonl")
    eval: int = Field(default=400, ge=1, description="tasks per hop length in eval.jsonl")
    search: int = Field(
        default=100, ge=0, description="tasks per hop length in eval_search.jsonl, at most"
    )
    tier_one_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="share of dev, eval and train_long with one possible answer",
    )
    free_wording: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="share of train.jsonl worded freely, not by one of three templates",
    )
    seed: int = Field(default=0, ge=0, description="seed of the task generator")


class TrainConfig(Section):
    """One supervised training: LoRA or full, loss on the completion only."""

    method: Literal["lora", "full"] = Field(
        default="lora", description="train an adapter or all weights"
    )
    lora_r: int = Field(default=16, ge=1, description="LoRA rank")
    lora_alpha: int = Field(default=16, ge=1, description="LoRA alpha; the scale is alpha / r")
    lora_dropout: float = Field(default=0.0, ge=0, lt=1, description="dropout on the LoRA input")
    lr: float = Field(default=1e-4, gt=0, description="peak learning rate")
    schedule: Literal["constant", "linear", "cosine"] = Field(
        default="linear", description="decay of lr"
    )
    warmup: float = Field(default=0.03, ge=0, lt=1, description="share of steps that lr rises over")
    weight_decay: float = Field(default=0.0, ge=0, description="AdamW weight decay")
    steps: int = Field(default=1000, ge=1, description="optimiser steps")
    batch_size: int = Field(default=8, ge=1, description="examples per optimiser step")
    micro_tokens: int = Field(
        default=4096,
        ge=64,
        description="padded tokens per forward pass; gradients of a batch add up over the passes",
    )
    gradient_checkpointing: bool = Field(
        default=False, description="keep fewer activations and compute them again: less memory"
    )
    max_grad_norm: float = Field(
        default=1.0, gt=0, description="gradients are clipped to this norm"
    )
    checkpoint_every: int = Field(
        default=100, ge=1, description="steps between resumable checkpoints"
    )
    hop_weights: tuple[float, float, float] = Field(
        default=(1.0, 1.0, 1.0),
        description="how often 1-, 2- and 3-hop tasks are drawn, relatively",
    )


class RsftConfig(TrainConfig):
    """Rejection sampling fine-tuning: sample, score, keep, train on the model's own winners."""

    steps: int = Field(default=500, ge=1, description="optimiser steps per round")
    source: Literal["short", "long", "mixed"] = Field(
        default="long", description="tasks to sample on"
    )
    rounds: int = Field(default=1, ge=1, le=10, description="rounds of sampling and training")
    k_samples: int = Field(default=8, ge=1, le=256, description="completions sampled per task")
    temperature: float = Field(default=0.8, gt=0, description="sampling temperature")
    top_p: float = Field(
        default=1.0, gt=0, le=1, description="nucleus: smallest set of this probability"
    )
    keep_top: int = Field(default=1, ge=1, description="winners kept per task and round")
    max_per_task: int = Field(
        default=4, ge=1, description="distinct winners kept per task over all rounds"
    )
    max_tasks: int = Field(default=0, ge=0, description="tasks sampled per round; 0 takes all")
    replay: float = Field(
        default=0.25, ge=0, le=1, description="share of SFT examples in each batch"
    )


class SpecRewardConfig(Section):
    """spec-1.0: correctness, entity coverage, spam penalty."""

    correct: float = 1.0
    incorrect: float = -2.0
    weight_correctness: float = Field(default=1.0, ge=0)
    weight_path: float = Field(default=0.5, ge=0)
    min_hits: int = Field(default=2, ge=0)
    max_path_reward: float = Field(default=1.0, ge=0)
    repeat_entity_max: int = Field(default=2, ge=1)
    repeat_penalty: float = Field(default=0.5, ge=0)


class GroundedRewardConfig(SpecRewardConfig):
    """grounded-1.0: bridges in real, connected edges; false edges cost; format below all."""

    repeat_penalty: float = Field(default=0.25, ge=0)
    false_edge_penalty: float = Field(default=0.25, ge=0)
    false_edge_max: float = Field(default=0.5, ge=0)
    invalid_format: float = -3.0

    @model_validator(mode="after")
    def _ordered(self) -> GroundedRewardConfig:
        worst = self.repeat_penalty + self.false_edge_max
        worst_right = self.weight_correctness * self.correct - worst
        best_wrong = (
            self.weight_correctness * self.incorrect + self.weight_path * self.max_path_reward
        )
        worst_wrong = self.weight_correctness * self.incorrect - worst
        if worst_right <= best_wrong:
            raise ValueError(
                f"the worst right answer ({worst_right:g}) must score above the best wrong one "
                f"({best_wrong:g}); raise correct or lower incorrect, weight_path or the penalties"
            )
        if self.invalid_format >= worst_wrong:
            raise ValueError(
                f"invalid_format ({self.invalid_format:g}) must be below the worst valid "
                f"completion ({worst_wrong:g})"
            )
        return self


class RewardConfig(Section):
    """Constants of the reward profiles and which one selects winners."""

    select: Literal["spec-1.0", "grounded-1.0", "answer-only"] = Field(
        default="grounded-1.0", description="what chooses the winners of RSFT"
    )
    spec: SpecRewardConfig = SpecRewardConfig()
    grounded: GroundedRewardConfig = GroundedRewardConfig()


class EvaluationConfig(Section):
    """How a phase is evaluated: greedily, without the graph."""

    batch_size: int = Field(
        default=128, ge=1, description="prompts decoded together; changes no result"
    )
    max_new_tokens: int = Field(
        default=160, ge=8, description="length limit of a completion, in tokens"
    )
    limit: int = Field(default=0, ge=0, description="evaluate the first n tasks only; 0 takes all")
    probes: tuple[Probe, ...] = Field(
        default=("rotation", "wording", "retrieval"),
        description="further questions to each phase: the right option moved through A-D, a "
        "wording never trained on, the facts in the prompt, several samples a task",
    )
    probe_tasks: int = Field(
        default=100, ge=0, description="tasks of eval that each probe asks; 0 takes all"
    )
    samples: int = Field(
        default=8, ge=2, le=256, description="completions a task of the probe 'samples'"
    )
    temperature: float = Field(
        default=0.8, gt=0, description="sampling temperature of the probe 'samples'"
    )
    curve_tasks: int = Field(
        default=40, ge=0, description="dev tasks per point of the learning curve"
    )
    curve_points: int = Field(
        default=4, ge=0, description="points of the learning curve per training"
    )


class BlueprintConfig(Section):
    """How a model is trained on a blueprint's examples; other runs do not look at it."""

    curriculum: bool = Field(
        default=False, description="train evolution after evolution, as the hierarchy orders them"
    )
    shares: dict[str, float] = Field(
        default_factory=dict,
        description="share of a kind of example in training, such as {whole: 0.4}; the other kinds "
        "have the rest, by their number. A curriculum does not look at it",
    )

    @model_validator(mode="after")
    def _in_bounds(self) -> BlueprintConfig:
        if min(self.shares.values(), default=0) < 0 or sum(self.shares.values()) > 1:
            # A preset's own shares stay where only some are set, so all of them are named.
            given = ", ".join(f"{kind} {share:g}" for kind, share in self.shares.items())
            raise ValueError(f"shares between 0 and 1 that add up to 1 at most, not {given}")
        return self


ADAPTER_SHAPE: Final = ("method", "lora_r", "lora_alpha", "lora_dropout")
"""The settings that RSFT takes over from SFT unless it is given its own."""


class RunConfig(Section):
    """Everything a run depends on."""

    graph: str = Field(
        default="software_troubleshooting", description="bundled name or path of kg.json"
    )
    seed: int = Field(default=0, ge=0, description="seed of training and sampling")
    phases: tuple[Phase, ...] = Field(
        default=("base", "sft", "rsft"), description="what to run, in order"
    )
    tasks: TasksConfig = TasksConfig()
    model: ModelConfig = ModelConfig()
    sft: TrainConfig = TrainConfig()
    rsft: RsftConfig = RsftConfig()
    reward: RewardConfig = RewardConfig()
    evaluation: EvaluationConfig = EvaluationConfig()
    blueprint: BlueprintConfig = BlueprintConfig()

    @model_validator(mode="before")
    @classmethod
    def _one_adapter(cls, data: dict[str, Any]) -> dict[str, Any]:
        """RSFT goes on with what SFT trained: unless it says otherwise it has the same shape."""
        sft, rsft = data.get("sft"), data.get("rsft", {})
        if not isinstance(sft, dict) or not isinstance(rsft, dict):
            return data
        given = cast("dict[str, Any]", sft)
        shape = {key: given[key] for key in ADAPTER_SHAPE if key in given}
        return {**data, "rsft": {**shape, **cast("dict[str, Any]", rsft)}}

    @model_validator(mode="after")
    def _phases(self) -> RunConfig:
        if len(set(self.phases)) != len(self.phases):
            raise ValueError("a phase is named twice")
        for phase in self.phases:
            if phase not in ("base", "sft") and "sft" not in self.phases:
                raise ValueError(f"phase {phase} starts from the SFT model: add sft to phases")
        return self
