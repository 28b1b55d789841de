"""The addresses of the API over HTTP, the static files beside them, the guard around both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, NonNegativeInt, PositiveInt

from graphtutor.web.answers import Asked
from graphtutor.web.api import Api, Health
from graphtutor.web.app_blueprints import add_blueprints
from graphtutor.web.app_library import add_library
from graphtutor.web.blueprint_pages import BlueprintPages
from graphtutor.web.frame_schema import schema_text
from graphtutor.web.inference import QUIET_SECONDS, InferenceWorker
from graphtutor.web.jobs import FINAL
from graphtutor.web.library import Library
from graphtutor.web.loaded_models import Loader
from graphtutor.web.pool import PoolFilter, PoolQuery
from graphtutor.web.problem import WebError
from graphtutor.web.replies import add_get, error_reply, json_reply, text_reply
from graphtutor.web.security import App, ETags, Guard
from graphtutor.web.store import RunStore
from graphtutor.web.table import Filter, Sort, TableQuery

if TYPE_CHECKING:
    from fastapi import FastAPI

__all__ = ["create_app"]

_MOST_ROWS: Final = 200
_LOOK_SECONDS: Final = 0.05
_BEAT_SECONDS: Final = 15.0
_NOT_BUILT: Final = WebError(
    "graphtutor/web/static",
    wanted="the built pages of the app",
    got="none",
    remedy="in src/graphtutor/web/frontend: npm ci && npm run build",
)


def create_app(
    root: Path,
    load: Loader,
    static: Path | None = None,
    hosts: tuple[str, ...] = (),
    quiet_seconds: float = QUIET_SECONDS,
    library: Library | None = None,
    blueprints: Path | None = None,
) -> App:
    """Return the app over the runs in ``root``.

    ``load`` loads the model of a run's phase, ``static`` is the folder of the built pages, and
    ``hosts`` are names besides those of this machine that the server is reached by. An engine that
    gives no sign of life for ``quiet_seconds`` is given up. ``library`` is the store of documents,
    ``blueprints`` the folder of blueprint runs.
    """
    from fastapi import FastAPI
    from fastapi.middleware.gzip import GZipMiddleware

    worker = InferenceWorker(load, quiet_seconds=quiet_seconds)
    api = Api(RunStore(root), worker)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncGenerator[None]:
        yield
        worker.close()

    app = FastAPI(
        openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False, lifespan=lifespan
    )
    _add_errors(app)
    _add_runs(app, api)
    _add_run(app, api)
    _add_inference(app, api)
    add_library(app, library)
    add_blueprints(app, BlueprintPages(blueprints))
    _add_pages(app, static)
    return Guard(GZipMiddleware(ETags(app), minimum_size=1024), hosts)


def _add_runs(app: FastAPI, api: Api) -> None:
    def health() -> Any:
        return json_reply(Health())

    def schema() -> Any:
        return text_reply(schema_text())

    def runs() -> Any:
        return json_reply(api.runs())

    def compare(runs: str = "") -> Any:
        return json_reply(api.compare(runs))

    def examples(run_id: str, n: PositiveInt = 20) -> Any:
        return json_reply(api.examples(run_id, n))

    add_get(app, "/api/health", health)
    add_get(app, "/api/runs", runs)
    add_get(app, "/api/compare", compare)
    add_get(app, "/api/frame.schema.json", schema)
    add_get(app, "/api/runs/{run_id}", _page(api.run))
    add_get(app, "/api/runs/{run_id}/examples", examples)
    for page in (api.training, api.audit, api.distribution, api.probes, api.story):
        add_get(app, f"/api/runs/{{run_id}}/{page.__name__}", _page(page))


def _page(read: Callable[[str], BaseModel]) -> Callable[..., Any]:
    """Return the endpoint of a page that takes nothing but the run."""

    def page(run_id: str) -> Any:
        return json_reply(read(run_id))

    return page


def _add_run(app: FastAPI, api: Api) -> None:
    def episodes(
        run_id: str,
        phase: str = "",
        split: str = "eval",
        q: str = "",
        filter: Filter = "all",
        against: str = "",
        hop: int | None = None,
        tier: int | None = None,
        where: str = "",
        sort: Sort = "order",
        desc: bool = False,
        offset: NonNegativeInt = 0,
        limit: PositiveInt = 50,
        find: str = "",
    ) -> Any:
        query = TableQuery(
            phase=phase or None,
            split=split or None,
            q=q,
            filter=filter,
            against=against or None,
            hop=hop,
            tier=tier,
            where=where,
            sort=sort,
            desc=desc,
            offset=offset,
            limit=min(limit, _MOST_ROWS),
            find=find or None,
        )
        return json_reply(api.episodes(run_id, query))

    def episode(run_id: str, phase: str, ex_id: str, split: str = "eval") -> Any:
        return json_reply(api.episode(run_id, phase, ex_id, split))

    def frames(run_id: str, ex_id: str, phases: str = "") -> Any:
        return json_reply(api.frames(run_id, ex_id, phases))

    def pool(
        run_id: str,
        phase: str = "",
        round: int | None = None,
        filter: PoolFilter = "all",
        offset: NonNegativeInt = 0,
        limit: PositiveInt = 50,
    ) -> Any:
        query = PoolQuery(phase or None, round, filter, offset, min(limit, _MOST_ROWS))
        return json_reply(api.pool(run_id, query))

    def pool_task(run_id: str, phase: str, round: int, ex_id: str) -> Any:
        return json_reply(api.pool_task(run_id, phase, round, ex_id))

    here = "/api/runs/{run_id}"
    add_get(app, f"{here}/episodes", episodes)
    add_get(app, f"{here}/episodes/{{phase}}/{{ex_id:path}}", episode)
    add_get(app, f"{here}/compare/{{ex_id:path}}", frames)
    add_get(app, f"{here}/changes", _changes(api))
    add_get(app, f"{here}/candidates", pool)
    add_get(app, f"{here}/candidates/{{phase}}/{{round}}/{{ex_id:path}}", pool_task)


def _changes(api: Api) -> Callable[..., Any]:
    """Return the endpoint whose parameter is called "from", which is no name in Python."""
    from fastapi import Query

    early, late = Query(default="", alias="from"), Query(default="", alias="to")

    def changes(run_id: str, before: str = early, after: str = late) -> Any:
        return json_reply(api.changes(run_id, before, after))

    return changes


def _add_inference(app: FastAPI, api: Api) -> None:
    from fastapi.responses import StreamingResponse

    def infer(asked: Asked) -> Any:
        return json_reply(api.infer(asked), 202)

    def job(job: str) -> Any:
        return json_reply(api.job(job))

    def cancel(job: str) -> Any:
        return json_reply(api.cancel(job))

    async def events(job: str) -> Any:
        api.job(job)
        return StreamingResponse(_events(api.worker, job), media_type="text/event-stream")

    app.add_api_route("/api/infer", infer, methods=["POST"])
    app.add_api_route("/api/infer/{job}", cancel, methods=["DELETE"])
    add_get(app, "/api/infer/{job}", job)
    app.add_api_route("/api/infer/{job}/events", events, methods=["GET"])


async def _events(worker: InferenceWorker, job: str) -> AsyncIterator[str]:
    """Yield what a job says and every change of its state; the last event is its final state."""
    heard, told, quiet = 0, "", 0.0
    while True:
        pieces, view = worker.news(job, heard)
        heard += len(pieces)
        for piece in pieces:
            yield f"data: {piece.model_dump_json()}\n\n"
        # The clock alone is no news.
        state = view.model_dump_json(exclude={"seconds"})
        if state != told:
            yield f"data: {view.model_dump_json()}\n\n"
        if view.state in FINAL:
            return
        quiet = 0.0 if pieces or state != told else quiet + _LOOK_SECONDS
        told = state
        if quiet >= _BEAT_SECONDS:
            yield ": still here\n\n"
            quiet = 0.0
        await asyncio.sleep(_LOOK_SECONDS)


def _add_pages(app: FastAPI, static: Path | None) -> None:
    def unknown(rest: str) -> Any:
        raise _unknown(f"/api/{rest}")

    def not_built() -> Any:
        return error_reply(_NOT_BUILT, 503)

    app.add_api_route("/api/{rest:path}", unknown, methods=["GET", "HEAD", "POST", "DELETE"])
    if static is not None and (static / "index.html").is_file():
        from fastapi.staticfiles import StaticFiles

        app.mount("/", StaticFiles(directory=static, html=True))
    else:
        add_get(app, "/", not_built)


def _unknown(path: str) -> WebError:
    problem = WebError(path[:80], wanted="an address of the API", got="none")
    problem.status = 404
    return problem


def _add_errors(app: FastAPI) -> None:
    """Answer every error as JSON with its real status, and none with the inside of the server."""
    from fastapi import HTTPException
    from fastapi.exceptions import RequestValidationError

    def refused(_: Any, problem: Any) -> Any:
        return error_reply(problem, problem.status)

    def invalid(_: Any, problem: Any) -> Any:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:]) or "the request"
        got = repr(first.get("input"))[:80]
        return error_reply(WebError(where, wanted=str(first["msg"]), got=got), 400)

    def plain(_: Any, problem: Any) -> Any:
        got = str(problem.detail)[:80]
        return error_reply(
            WebError("the request", wanted="a page or an API address", got=got), problem.status_code
        )

    def bug(_: Any, problem: Any) -> Any:
        got = f"{type(problem).__name__}, a bug of this program"
        return error_reply(WebError("the server", wanted="an answer", got=got), 500)

    app.add_exception_handler(WebError, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    # By status as well: the router's own errors are of the class that this one is made from.
    for kind in (HTTPException, 400, 404, 405):
        app.add_exception_handler(kind, plain)
    app.add_exception_handler(Exception, bug)
