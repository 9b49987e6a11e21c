"""Who may write: the one place that says whose decisions a request may make."""

from starlette.requests import Request

from api.access import Scope, refusal
from api.deciding import NOBODY, Writer
from api.settings import Settings

__all__ = ["writer_of"]


def writer_of(request: Request) -> Writer | tuple[str, str]:
    """Return who asks, if they may write, else the code and the sentence that they are told.

    Where there are tokens, one with the scope is needed, even if reading is open. Where there are none, whoever is on
    this machine may: another site's page was refused before, and another machine is not trusted.
    """
    settings: Settings = request.app.state.settings
    grant, caller = request.state.grant, request.state.caller
    if request.app.state.keyring.empty:
        if caller.is_local:
            return Writer(settings.author, settings.curation)
        return ("FORBIDDEN", "only a caller on the service's own machine may write here, as there are no tokens")
    why = refusal(grant, Scope.WRITE)
    if why is not None or grant is None:
        return (why.code, why.sentence) if why else NOBODY
    return Writer(grant.name, settings.curation)
