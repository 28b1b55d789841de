"""The domains that ship: whole, within bounds, and as many topics as promised."""

from __future__ import annotations

import pytest

from graphtutor.blueprint.gate import check_domain
from graphtutor.blueprint.load import domain_names, load_domain, load_framework


def test_there_are_some() -> None:
    assert domain_names()


@pytest.mark.parametrize("name", domain_names())
def test_a_domain_passes_its_gate(name: str) -> None:
    domain = load_domain(name)
    assert domain.domain == name
    assert check_domain(domain, load_framework(domain.framework)) == []
    assert len(domain.topics) >= 40
    assert len({len(topic.strands) for topic in domain.topics}) >= 3
