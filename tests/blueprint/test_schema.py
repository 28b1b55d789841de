"""The schemas take what loads and refuse what does not; the starter passes the gate."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from graphtutor.blueprint.gate import check_domain
from graphtutor.blueprint.load import domain_names, framework_names, load_domain, load_framework
from graphtutor.blueprint.schema import SCHEMAS, schema_of
from graphtutor.blueprint.template import TEMPLATE
from graphtutor.errors import ConfigError


def validate(kind: str, data: Any) -> None:
    jsonschema.Draft202012Validator(schema_of(kind)).validate(data)


def shipped(kind: str, name: str) -> Any:
    file = resources.files("graphtutor") / "blueprint" / f"{kind}s" / f"{name}.yaml"
    return yaml.safe_load(file.read_text("utf-8"))


@pytest.mark.parametrize(
    ("kind", "name"),
    [*(("framework", n) for n in framework_names()), *(("domain", n) for n in domain_names())],
)
def test_what_ships_keeps_to_its_schema(kind: str, name: str) -> None:
    validate(kind, shipped(kind, name))


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_is_one_and_is_json(kind: str) -> None:
    schema = json.loads(json.dumps(schema_of(kind)))
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda d: d.update(colour="red"), []),
        (lambda d: d.pop("style"), []),
        (lambda d: d.update(domain="My domain"), ["domain"]),
        (lambda d: d["hierarchy"][0].update(evolution=0), ["hierarchy", 0, "evolution"]),
        (lambda d: d["topics"][0].update(strands=[]), ["topics", 0, "strands"]),
        (
            lambda d: d["topics"][0]["strands"][0].update(core=3),
            ["topics", 0, "strands", 0, "core"],
        ),
    ],
)
def test_a_broken_file_is_refused_where_it_breaks(change: Any, path: list[Any]) -> None:
    data = yaml.safe_load(TEMPLATE)
    validate("domain", data)
    change(data)
    with pytest.raises(jsonschema.ValidationError) as refused:
        validate("domain", data)
    assert list(refused.value.absolute_path) == path


def test_another_kind_is_refused() -> None:
    with pytest.raises(ConfigError, match="one of framework, domain, got 'topic'"):
        schema_of("topic")


def test_the_starter_passes_the_gate(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(TEMPLATE, "utf-8")
    domain = load_domain(str(file))
    assert check_domain(domain, load_framework(domain.framework)) == []
    assert len({len(topic.strands) for topic in domain.topics}) == 3
    # Somebody who starts from it should not have to look up what a key means.
    assert all(f"{key}:" in TEMPLATE for key in ("domain", "style", "hierarchy", "topics"))
    assert TEMPLATE.count("#") >= 15
