"""The composition root: settings in, an application out.

`create_app` puts the parts together and touches nothing: the store is opened when the server starts and closed when
it stops. There is no application at module level, and the environment is read by `Settings` alone.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.staticfiles import StaticFiles

from api.errors import details, log_failure, row_for
from api.http import GRAPHIQL_FOLDER, graphql_router
from api.middleware import Shell
from api.pages import pages_router
from api.settings import Settings
from graph.errors import NoteAtlasError, StoreError
from graph.store import open_store

__all__ = ["create_app"]


def create_app(settings: Settings) -> FastAPI:
    """Return the service: GraphQL at `/graphql`, the pages, `/healthz` and `/readyz`.

    The application's lifespan opens `settings.store` and sets `app.state.store`. A store that cannot be opened fails
    the start, with the error's one line as the reason.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            async with open_store(settings.store) as store:
                app.state.store = store
                yield
        except StoreError as error:
            app.state.start_failure = error
            raise

    # FastAPI's own documentation pages load scripts from a CDN, and what they would document is GraphQL.
    app = FastAPI(title="Note Atlas", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.settings = settings
    app.state.start_failure = None
    # The last one added is the outermost.
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=settings.max_body_bytes)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.trusted_hosts, www_redirect=False)
    app.add_middleware(Shell)
    app.add_exception_handler(NoteAtlasError, _answer_failure)
    app.include_router(graphql_router())
    app.mount("/graphiql", StaticFiles(directory=GRAPHIQL_FOLDER), name="graphiql")
    app.add_route("/healthz", _healthz, methods=["GET"], include_in_schema=False)
    app.add_route("/readyz", _readyz, methods=["GET"], include_in_schema=False)
    app.include_router(pages_router())
    return app


async def _healthz(_: Request) -> Response:
    """Answer 200 as long as the event loop turns."""
    return PlainTextResponse("ok")


async def _readyz(request: Request) -> Response:
    """Answer 200 if the store answers in time, else 503 and why."""
    try:
        async with asyncio.timeout(request.app.state.settings.ready_timeout_s):
            await request.app.state.store.get(["readyz"])
    except TimeoutError:
        return JSONResponse({"ready": False, "reason": "the store does not answer in time"}, 503)
    except StoreError as error:
        log_failure(error, request.state.request_id)
        return JSONResponse({"ready": False, "reason": row_for(error).sentence}, 503)
    return JSONResponse({"ready": True})


async def _answer_failure(request: Request, error: Exception) -> Response:
    """Answer a page's request that failed on purpose, by the table of errors."""
    row = row_for(error)
    body: dict[str, object] = {"error": row.sentence or str(error), "code": row.code, **details(error)}
    if row.sentence is not None:
        log_failure(error, request.state.request_id)
        body["requestId"] = request.state.request_id
    return JSONResponse(body, row.status)
