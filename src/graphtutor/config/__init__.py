"""The configuration of a run: a preset, then a YAML file, then ``--set a.b=c`` options."""

from graphtutor.config.load import changed_keys, dump_config, load_config, preset_names
from graphtutor.config.model import ModelConfig, ServerConfig
from graphtutor.config.sections import (
    ADAPTER_SHAPE,
    EvaluationConfig,
    GroundedRewardConfig,
    Phase,
    Probe,
    RewardConfig,
    RsftConfig,
    RunConfig,
    SpecRewardConfig,
    TasksConfig,
    TrainConfig,
)

__all__ = [
    "ADAPTER_SHAPE",
    "EvaluationConfig",
    "GroundedRewardConfig",
    "ModelConfig",
    "Phase",
    "Probe",
    "RewardConfig",
    "RsftConfig",
    "RunConfig",
    "ServerConfig",
    "SpecRewardConfig",
    "TasksConfig",
    "TrainConfig",
    "changed_keys",
    "dump_config",
    "load_config",
    "preset_names",
]
