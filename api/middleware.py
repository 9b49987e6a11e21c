"""What every response has in common: an id, headers that keep browsers careful, and no exception's text.

One ASGI layer around the application. It also turns a store that cannot be opened into one line at the start, where
Starlette would send the server a traceback.
"""

from uuid import uuid4

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import INTERNAL, log_failure, redact
from api.failures import failure_response, note_code
from api.notices import notice
from graph.errors import StoreError

__all__ = ["HEADERS", "Shell"]

# A response's own value of one of these stays: pages have their own policy.
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
}
_RAW_HEADERS = [(name.encode(), value.encode()) for name, value in HEADERS.items()]


class Shell:
    """The outermost layer of our own.

    Gives each request an id, in `request.state.request_id` and in the header `x-request-id`; adds `HEADERS`; answers
    500 with the id for an exception that nobody handled, and logs it once.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                own = [*message.get("headers", ())]
                names = {name for name, _ in own}
                added = [pair for pair in _RAW_HEADERS if pair[0] not in names]
                message["headers"] = [*own, (b"x-request-id", request_id.encode()), *added]
            await send(message)

        try:
            await self.app(scope, receive, send_with_headers)
        except ClientDisconnect:
            return  # nobody is there to be answered
        except Exception as error:
            if started:
                raise  # half an answer cannot be mended: the server drops the connection, and logs
            log_failure(error, request_id)
            note_code(scope, INTERNAL.code)
            body = {"error": INTERNAL.sentence, "code": INTERNAL.code, "requestId": request_id}
            accept = Headers(scope=scope).get("accept")
            response = failure_response(accept, body, INTERNAL.status, notice(error), path=scope["path"])
            await response(scope, receive, send_with_headers)

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        reason: StoreError | None = None

        async def send_in_one_line(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed" and (failure := scope["app"].state.start_failure):
                nonlocal reason
                reason = failure
                message = {**message, "message": redact(str(failure))}
            await send(message)

        try:
            await self.app(scope, receive, send_in_one_line)
        except StoreError as error:
            if error is not reason:
                raise
