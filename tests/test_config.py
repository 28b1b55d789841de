"""Configuration: presets, files and options merge in that order, and mistakes are named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from graphtutor.config import (
    RunConfig,
    changed_keys,
    dump_config,
    load_config,
    preset_names,
)
from graphtutor.errors import ConfigError


def _file(folder: Path, text: str) -> Path:
    path = folder / "run.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_preset_with_the_models_name_is_used_unasked() -> None:
    """The embedded model trains all its weights: that is its preset, not the general default."""
    assert RunConfig().sft.method == "lora"
    assert load_config().sft.method == "full"
    assert load_config(overrides=["model.name=some/hub-model"]).sft.method == "lora"


@pytest.mark.parametrize("preset", sorted({*preset_names()} - {"nano", "blueprint-nano"}))
def test_a_preset_is_found_by_the_hub_id_as_well(preset: str) -> None:
    """``MODEL=owner/name`` on a make target gets the settings that belong to that model."""
    config = load_config(preset=preset)
    assert "/" in config.model.name
    assert config.model.revision
    assert load_config(overrides=[f"model.name={config.model.name}"]) == config


def test_file_lies_over_preset_and_options_over_file(tmp_path: Path) -> None:
    """The later layer wins key by key; a section that is given in part keeps its other keys."""
    path = _file(tmp_path, "seed: 7\nsft: {steps: 11, lr: 2e-4}\n")
    config = load_config(path, overrides=["sft.steps=12"])
    assert (config.seed, config.sft.steps, config.sft.lr) == (7, 12, 2e-4)
    assert config.sft.method == load_config().sft.method


def test_the_file_may_choose_another_model_and_so_no_preset(tmp_path: Path) -> None:
    """The model's name is looked up in all layers, an option's over the file's."""
    path = _file(tmp_path, "model: {name: elsewhere}\n")
    assert load_config(path).sft.method == "lora"
    assert load_config(path, overrides=["model.name=nano"]).sft.method == "full"


def test_an_empty_file_changes_nothing(tmp_path: Path) -> None:
    """YAML reads an empty file as null, which is no mapping; here it is an empty one."""
    assert load_config(_file(tmp_path, "# nothing yet\n")) == load_config()


@pytest.mark.parametrize(
    ("text", "value"), [("1e-4", 1e-4), ("2E-3", 2e-3), ("1.5e+0", 1.5), (".5e-2", 5e-3)]
)
def test_scientific_notation_is_a_number(tmp_path: Path, text: str, value: float) -> None:
    """YAML 1.1 reads 1e-4 as text, for want of a dot and a sign; users write it all the same."""
    assert load_config(overrides=[f"sft.lr={text}"]).sft.lr == value
    assert load_config(_file(tmp_path, f"sft: {{lr: {text}}}\n")).sft.lr == value


def test_rsft_takes_over_the_shape_of_the_adapter_that_it_goes_on_with() -> None:
    config = load_config(overrides=["model.name=x", "sft.lora_r=8", "sft.method=lora"])
    assert (config.rsft.lora_r, config.rsft.method) == (8, "lora")
    config = load_config(overrides=["model.name=x", "sft.lora_r=8", "rsft.lora_r=4"])
    assert config.rsft.lora_r == 4


def test_an_option_may_hold_a_list() -> None:
    """The value of --set is YAML."""
    assert load_config(overrides=["phases=[base, sft]"]).phases == ("base", "sft")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["sft.stepz=3"], "sft.stepz: wanted Extra inputs are not permitted, got 3"),
        (["sft.steps=0"], "sft.steps: wanted Input should be greater than or equal to 1, got 0"),
        (["sft=3"], "configuration, sft: wanted"),
        (["rsft.rounds=ten"], "rsft.rounds: wanted Input should be a valid integer"),
        (["sft.steps"], "--set: wanted key.path=value, got 'sft.steps'"),
        (["sft..steps=3"], "--set: wanted key.path=value, got 'sft..steps=3'"),
        (["=3"], "--set: wanted key.path=value, got '=3'"),
        (["phases=[base, rsft]"], "phase rsft starts from the SFT model: add sft to phases"),
        (["phases=[sft, sft]"], "a phase is named twice"),
        (["reward.grounded.correct=-1"], "must score above the best wrong one"),
        (["reward.grounded.invalid_format=-2"], "must be below the worst valid completion"),
    ],
)
def test_a_mistake_is_named(overrides: list[str], message: str) -> None:
    """Where, what was wanted, what came."""
    with pytest.raises(ConfigError) as caught:
        load_config(overrides=overrides)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sft: [", "wanted valid YAML"),
        ("- a\n- b\n", "wanted a mapping of settings, got list"),
        ("sfd: {steps: 3}\n", "sfd: wanted Extra inputs are not permitted"),
    ],
)
def test_a_broken_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    """The message begins with the file's path."""
    path = _file(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value).startswith(str(path))
    assert message in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A path that is not there is bad input, not a FileNotFoundError."""
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: wanted a readable YAML file"):
        load_config(tmp_path / "nowhere.yaml")


def test_an_unknown_preset_lists_the_known_ones() -> None:
    """So that nobody has to look for the folder of presets."""
    with pytest.raises(ConfigError) as caught:
        load_config(preset="huge")
    assert all(name in str(caught.value) for name in preset_names())


@pytest.mark.parametrize("name", preset_names())
def test_every_shipped_preset_is_valid(name: str) -> None:
    """A preset with a key that has been renamed would fail at its user's desk."""
    assert isinstance(load_config(preset=name), RunConfig)


def test_a_configuration_cannot_be_changed() -> None:
    """What a run depends on stays what it was when the run began."""
    with pytest.raises(ValidationError):
        setattr(load_config(), "seed", 1)  # noqa: B010 - the checker knows the field is frozen


CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "seed": st.integers(0, 2**31),
        "sft.lr": st.floats(1e-12, 10, exclude_min=True),
        "sft.steps": st.integers(1, 10**6),
        "rsft.source": st.sampled_from(["short", "long", "mixed"]),
        "phases": st.sampled_from([["base"], ["sft"], ["base", "sft", "rsft"]]),
        "graph": st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1),
    },
)


def _changed(changes: dict[str, Any]) -> RunConfig:
    data = load_config().model_dump(mode="json")
    for key, value in changes.items():
        section, _, name = key.rpartition(".")
        (data[section] if section else data)[name] = value
    return RunConfig.model_validate(data)


@given(CHANGES)
def test_what_is_dumped_loads_to_the_same(changes: dict[str, Any]) -> None:
    """``config.yaml`` of a run is enough to run it again."""
    config = _changed(changes)
    assert RunConfig.model_validate(yaml.safe_load(dump_config(config))) == config


@given(CHANGES)
def test_changed_keys_names_what_differs(changes: dict[str, Any]) -> None:
    """Exactly the keys whose value is another one, dotted, whichever way round."""
    before, after = load_config(), _changed(changes)
    data = before.model_dump(mode="json")

    def old(key: str) -> Any:
        section, _, name = key.rpartition(".")
        return (data[section] if section else data)[name]

    expected = sorted(key for key, value in changes.items() if value != old(key))
    assert changed_keys(before, after) == changed_keys(after, before) == expected


def test_dumped_file_is_loaded_through_the_front_door(tmp_path: Path) -> None:
    """The round trip holds for the reader that users meet, tuples and nested sections included."""
    config = load_config(overrides=["rsft.hop_weights=[1, 2, 3]", "sft.lr=1e-5", "seed=9"])
    assert load_config(_file(tmp_path, dump_config(config))) == config


def test_shares_that_do_not_add_up_are_named_with_those_of_the_preset() -> None:
    """Setting one share leaves the preset's others as they are, which is easy to forget."""
    with pytest.raises(ConfigError, match=r"not whole 0\.8, merge 0\.05, drill 0\.45"):
        load_config(preset="blueprint-nano", overrides=["blueprint.shares={whole: 0.8}"])
