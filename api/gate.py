"""Who comes in: every request is told apart, counted, and asked for a token, before anything looks at what it wants.

In this order, so that guessing tokens is slowed down as well:

1. Who is it? The holder of a valid token, else an address (`api.callers`). The grant of the token, None without a
   valid one, is in `request.state.grant` from here on.
2. Is it too often? Each token and each address has a rate of its own (`api.rates`): 429.
3. May it? Where there are tokens, everything but `_OPEN` needs one that allows reading: 401, 403 (`api.access`). A
   browser gets the page that asks for a token (`api.sign_in`) instead.
4. Is there room? 503.
5. Does its body arrive in time? 408.

`/healthz` passes whatever happens. A token comes as `Authorization: Bearer TOKEN`, or in the cookie that signing in
set; it is in no address and no log.
"""

import time
from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access import Grant, Keyring, Refusal, refusal
from api.access import Scope as Needed
from api.callers import Caller, Callers
from api.failures import refusal_response
from api.patience import SlowBodyError, patient_receive
from api.rates import Rates
from api.sign_in import COOKIE, ask_for_token, wants_page

__all__ = ["Gate", "presented"]

_ALWAYS = "/healthz"
_OPEN = frozenset({"/readyz", "/sign-in", "/sign-out"})
_ALSO_LOCAL = "/metrics"


class Gate:
    """The layer that lets requests in. `clock` is in seconds."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        keyring: Keyring,
        callers: Callers,
        rates: Rates,
        open_reads: bool,
        max_in_flight: int,
        receive_timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.app = app
        self._keyring = keyring
        self._callers = callers
        self._rates = rates
        self._open_reads = open_reads
        self._max_in_flight = max_in_flight
        self._receive_timeout_s = receive_timeout_s
        self._clock = clock
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "lifespan" or scope["path"] == _ALWAYS:
            await self.app(scope, receive, send)
            return
        response = self._refused(scope)
        if response is not None:
            await response(scope, receive, send)
            return
        self._in_flight += 1
        try:
            await self.app(scope, patient_receive(scope, receive, self._receive_timeout_s), send)
        except SlowBodyError:  # nothing was answered yet: whoever waits for a body answers when it has it
            sentence = f"the body did not arrive within {self._receive_timeout_s:g} s"
            response = refusal_response(scope, 408, "REQUEST_TIMEOUT", sentence, {"connection": "close"})
            await response(scope, receive, send)
        finally:
            self._in_flight -= 1

    def _refused(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        bearer, token = presented(headers)
        grant = self._keyring.grant(token) if token else None
        caller = self._callers.of(scope)
        scope.setdefault("state", {}).update(grant=grant, caller=caller)
        wait = self._rates.take(f"token {grant.name}" if grant else caller.address, self._clock())
        if wait:
            seconds = f"{wait} second" + "s" * (wait > 1)
            sentence = f"too many requests: try again in {seconds}"
            return refusal_response(scope, 429, "RATE_LIMITED", sentence, {"retry-after": str(wait)})
        why = self._why_not(scope, grant, caller, was_given=bearer)
        if why is not None:
            if wants_page(scope):
                return ask_for_token(scope, why)
            return refusal_response(scope, why.status, why.code, why.sentence, {"www-authenticate": why.challenge})
        if self._in_flight >= self._max_in_flight:
            sentence = "the service has its hands full: try again in a moment"
            return refusal_response(scope, 503, "OVERLOADED", sentence, {"retry-after": "1"})
        return None

    def _why_not(self, scope: Scope, grant: Grant | None, caller: Caller, *, was_given: bool) -> Refusal | None:
        path = scope["path"]
        if self._keyring.empty or path in _OPEN or (path == _ALSO_LOCAL and caller.is_local):
            return None
        if self._open_reads and not (was_given and grant is None):
            return None
        return refusal(grant, Needed.READ, was_given=was_given)


def presented(headers: Headers) -> tuple[bool, str]:
    """Return whether a token is in the header that is meant for it, and the token of there or of the cookie."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return True, token.strip()
    return False, cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
