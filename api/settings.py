"""The only reader of the environment: every setting is a `NOTEATLAS_*` variable; the command line overrides them."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

__all__ = ["LOOPBACK_HOSTS", "Settings"]

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
_WILDCARD_ADDRESSES = {"", "0.0.0.0", "::", "[::]"}  # noqa: S104  (recognised, not bound to)


class Settings(BaseSettings):
    """What a running service may be told. Names carry their units."""

    model_config = SettingsConfigDict(env_prefix="NOTEATLAS_", frozen=True)

    store: str = Field(default=".noteatlas", description="The store's URL: a folder, a file, neo4j://... or bolt://...")
    host: str = Field(default="127.0.0.1", description="The address to listen on")
    port: int = Field(default=8765, ge=0, le=65535, description="The port to listen on; 0 picks a free one")
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=LOOPBACK_HOSTS,
        description="Host names that requests may be addressed to, separated by commas; `*.example.org` for its "
        "subdomains, `*` for any; the address listened on is always one of them",
    )
    max_body_bytes: int = Field(default=262_144, gt=0, description="Largest request body that is read")
    ready_timeout_s: float = Field(
        default=2.0, gt=0, le=60, description="How long `/readyz` waits for the store before it answers 503"
    )

    @field_validator("allowed_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(name.strip() for name in value.split(",") if name.strip())
        return value

    @field_validator("allowed_hosts")
    @classmethod
    def _check_wildcards(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value:
            msg = "name at least one host"
            raise ValueError(msg)
        wrong = [name for name in value if "*" in name.removeprefix("*.") and name != "*"]
        if wrong:
            msg = f"{wrong[0]}: `*` stands for a whole name, or for the first part as in `*.example.org`"
            raise ValueError(msg)
        return value

    @property
    def trusted_hosts(self) -> tuple[str, ...]:
        """Every host name that a request may carry: `allowed_hosts`, and `host` unless it means all addresses."""
        if self.host in _WILDCARD_ADDRESSES:
            return self.allowed_hosts
        host = f"[{self.host}]" if ":" in self.host and not self.host.startswith("[") else self.host
        return tuple(dict.fromkeys((*self.allowed_hosts, host)))
