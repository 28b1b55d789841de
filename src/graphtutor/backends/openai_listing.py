"""The look at the servers before anything is generated: do they answer, do they have the model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from graphtutor.backends.openai_answer import error_text, model_names
from graphtutor.backends.openai_client import Access, open_client
from graphtutor.backends.openai_pool import refusal
from graphtutor.errors import BackendError, ModelError

if TYPE_CHECKING:
    import httpx

__all__ = ["check_served"]

_Found = tuple[str, ...] | str | BackendError
_SHOWN: Final = 5
_NOT_IMPLEMENTED: Final = 501
_UNLISTED: Final = "default_model"
"""The name under which mlx_lm.server knows what it was started with; it does not list it."""


def check_served(urls: Sequence[str], name: str, access: Access) -> None:
    """Ask each server once which models it has.

    Raises BackendError if no server answers or one refuses the key, and ModelError if one lists its
    models and ``name`` is not among them. A server without such a list is taken as it is.
    """
    found = asyncio.run(_ask_all(urls, access))
    for said in found.values():
        if isinstance(said, BackendError):
            raise said
    problems = {url: said for url, said in found.items() if isinstance(said, str)}
    if len(problems) == len(urls):
        raise BackendError(
            "model.server.urls",
            wanted="a server that answers",
            got="; ".join(f"{url}: {said}" for url, said in problems.items()),
            remedy="start the server, or give its address",
        )
    for url, names in found.items():
        if isinstance(names, tuple) and names and name != _UNLISTED:
            _refuse_unlisted(url, name, names)


def _refuse_unlisted(url: str, name: str, names: tuple[str, ...]) -> None:
    if {name, f"{name}:latest"} & {*names}:  # Ollama takes the tag "latest" as understood
        return
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    raise ModelError(
        url,
        wanted=f"a server of {name}",
        got=f"one of {', '.join(names[:_SHOWN])}{more}",
        remedy="set model.name to a name that the server knows",
    )


async def _ask_all(urls: Sequence[str], access: Access) -> dict[str, _Found]:
    """Return by URL the models that it lists, or why it cannot be used."""
    async with open_client(access) as client:
        found = await asyncio.gather(*(_ask(client, url, access) for url in urls))
    return dict(zip(urls, found, strict=True))


async def _ask(client: httpx.AsyncClient, url: str, access: Access) -> _Found:
    import httpx

    try:
        async with asyncio.timeout(access.seconds):
            response = await client.get(f"{url}/models")
    except (TimeoutError, httpx.TimeoutException):
        return f"no answer within {access.seconds:g} s"
    except httpx.RequestError as problem:
        return access.show(f"{type(problem).__name__}: {problem}")
    status = response.status_code
    said = access.show(error_text(response.content))
    if status in (401, 403):
        return refusal(url, status, said, access)
    if status >= 500 and status != _NOT_IMPLEMENTED:
        return f"HTTP {status}: {said}"
    return model_names(response.content) if response.is_success else ()
