"""The composition root: settings in, an application out.

`create_app` puts the parts together and touches nothing: the store is opened when the server starts and closed when
it stops. There is no application at module level, and the environment is read by `Settings` alone.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from opentelemetry.trace import TracerProvider
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import WebSocketRoute
from starlette.staticfiles import StaticFiles

from api.access import Keyring
from api.callers import Callers
from api.errors import details, log_failure, row_for
from api.failures import failure_response, note_code
from api.gate import Gate
from api.http import GRAPHIQL_FOLDER, graphql_router
from api.metrics import Metrics
from api.middleware import Shell
from api.notices import notice
from api.observing import Observer
from api.pages import pages_router
from api.persisted import Persisted
from api.rates import Rates
from api.settings import DEFAULT_RATE_PER_S, Settings
from api.shelf import Shelf
from api.sign_in import sign_in_routes
from api.sockets import is_loopback
from api.subscriptions import Sockets, serve_socket
from api.tracing import Traced, Tracing, exporting_provider
from api.turnstile import Turnstile
from api.watching import LoadWatch
from graph.errors import NoteAtlasError, StoreError
from graph.store import open_store
from viz.wording import Said

__all__ = ["create_app"]


def create_app(
    settings: Settings, *, spans: TracerProvider | None = None, shared_metrics: Path | None = None
) -> FastAPI:
    """Return the service: GraphQL at `/graphql`, the pages, `/healthz`, `/readyz` and `/metrics`.

    The application's lifespan opens `settings.store` and sets `app.state.store`, `shelf` and `watch`. A store that
    cannot be opened fails the start, with the error's one line as the reason. Raises InputError if there are tokens
    or persisted operations that cannot be used.

    `spans` is where traces go, in place of what the settings say; `shared_metrics` the folder in which several workers
    keep their metrics (`api.metrics`).
    """
    provider = spans or (exporting_provider() if settings.tracing else None)
    tracing = Tracing(provider) if provider else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            async with open_store(settings.store) as store:
                app.state.store = Traced(store, tracing) if tracing else store
                app.state.shelf = Shelf(app.state.store)
                app.state.watch = LoadWatch(store)
                warming = asyncio.create_task(app.state.shelf.warm())
                yield
                warming.cancel()
                app.state.watch.stop()
        except StoreError as error:
            app.state.start_failure = error
            raise
        finally:
            if tracing:
                await asyncio.to_thread(tracing.shutdown)

    # FastAPI's own documentation pages load scripts from a CDN, and what they would document is GraphQL.
    app = FastAPI(title="Note Atlas", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.settings = settings
    app.state.start_failure = None
    app.state.persisted = Persisted(settings.persisted_file, only=settings.persisted_only)
    app.state.tracing = tracing
    app.state.turnstile = Turnstile(
        settings.max_executing, settings.query_timeout_s, room=lambda: getattr(app.state.store, "room", None)
    )
    app.state.store = app.state.shelf = None
    app.state.metrics = Metrics(
        revision=lambda: app.state.shelf.revision if app.state.shelf else None, shared=shared_metrics
    )
    app.state.keyring = Keyring(settings.tokens.get_secret_value() if settings.tokens else None, settings.tokens_file)
    # The last one added is the outermost.
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=settings.max_body_bytes)
    app.add_middleware(
        Gate,
        keyring=app.state.keyring,
        callers=Callers(settings.proxies),
        rates=Rates(_rate(settings), settings.rate_burst),
        open_reads=settings.open_reads,
        max_in_flight=settings.max_in_flight,
        receive_timeout_s=settings.receive_timeout_s,
    )
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=settings.trusted_hosts, www_redirect=False)
    app.add_middleware(Shell)
    app.add_middleware(
        Observer,
        metrics=app.state.metrics,
        statements=lambda: getattr(app.state.store, "statements", 0),
        tracing=tracing,
    )
    app.add_exception_handler(NoteAtlasError, _answer_failure)
    app.add_exception_handler(404, _answer_not_found)
    app.state.sockets = Sockets()
    app.include_router(graphql_router())
    app.router.routes.append(WebSocketRoute("/graphql", serve_socket))
    if settings.introspection:
        app.mount("/graphiql", StaticFiles(directory=GRAPHIQL_FOLDER), name="graphiql")
    app.add_route("/healthz", _healthz, methods=["GET"], include_in_schema=False)
    app.add_route("/readyz", _readyz, methods=["GET"], include_in_schema=False)
    app.add_route("/metrics", _metrics, methods=["GET"], include_in_schema=False)
    app.router.routes.extend(sign_in_routes())
    app.include_router(pages_router())
    return app


def _rate(settings: Settings) -> float:
    """Return how many requests a second a caller may make: what is set, else any where only this machine is served."""
    if settings.rate_per_s is not None:
        return settings.rate_per_s
    return 0.0 if is_loopback(settings.host) else DEFAULT_RATE_PER_S


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


async def _metrics(request: Request) -> Response:
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.text(), headers={"content-type": Metrics.media_type, "cache-control": "no-store"})


async def _answer_failure(request: Request, error: Exception) -> Response:
    """Answer a page's request that failed on purpose, by the table of errors."""
    row = row_for(error)
    note_code(request.scope, row.code)
    body: dict[str, object] = {"error": row.sentence or str(error), "code": row.code, **details(error)}
    if row.sentence is not None:
        log_failure(error, request.state.request_id)
        body["requestId"] = request.state.request_id
    return failure_response(request.headers.get("accept"), body, row.status, notice(error), path=request.url.path)


async def _answer_not_found(request: Request, _: Exception) -> Response:
    """Answer a request for what is not served."""
    said = Said("There is no such page here.", "这里没有这个页面。")
    body = {"error": "there is no such page", "code": "NOT_FOUND"}
    return failure_response(request.headers.get("accept"), body, 404, said, path=request.url.path)
