"""The addresses of blueprints: domains, runs, answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import NonNegativeInt, PositiveInt

from graphtutor.web.blueprint_pages import BlueprintPages
from graphtutor.web.blueprint_runs import Form
from graphtutor.web.replies import add_get, json_reply

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["add_blueprints"]

_MOST_ROWS: Final = 50


def add_blueprints(app: FastAPI, pages: BlueprintPages) -> None:
    """Add the addresses below ``/api/blueprints``."""

    def listed() -> Any:
        return json_reply(pages.list())

    def domain(domain: str) -> Any:
        return json_reply(pages.domain(domain))

    def run(run_id: str) -> Any:
        return json_reply(pages.run(run_id))

    def answers(
        run_id: str,
        domain: str = "",
        form: Form = "all",
        offset: NonNegativeInt = 0,
        limit: PositiveInt = 10,
    ) -> Any:
        return json_reply(pages.answers(run_id, domain, form, offset, min(limit, _MOST_ROWS)))

    add_get(app, "/api/blueprints", listed)
    add_get(app, "/api/blueprints/{domain}", domain)
    add_get(app, "/api/blueprints/runs/{run_id}", run)
    add_get(app, "/api/blueprints/runs/{run_id}/answers", answers)
