"""The two media types of a GraphQL response, and which of them a client wants."""

from typing import Literal

__all__ = ["JSON", "RESPONSE", "MediaType", "media_type"]

MediaType = Literal["application/graphql-response+json", "application/json"]
RESPONSE: MediaType = "application/graphql-response+json"
JSON: MediaType = "application/json"


def media_type(accept: str | None) -> MediaType | None:
    """Return the media type to answer with, None if `accept`, an Accept header, allows neither.

    Without a header, or if it only has wildcards that allow it, `application/json`; of two that are named, the one
    with the higher quality, `application/graphql-response+json` if equal.
    """
    if accept is None or not accept.strip():
        return JSON
    quality = {}
    for part in accept.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality[name] = _quality(parameters)
    named: dict[MediaType, float] = {media: quality[media] for media in (RESPONSE, JSON) if media in quality}
    best = max(named, key=named.__getitem__, default=None)
    if best and named[best] > 0:
        return best
    wild = quality.get("application/*", quality.get("*/*", 0.0))
    return JSON if wild > 0 and JSON not in named else None


def _quality(parameters: list[str]) -> float:
    given = next((p[2:] for p in parameters if p.startswith("q=")), "1")
    try:
        return float(given)
    except ValueError:
        return 0.0
