"""The only reader of the environment: every setting is a `NOTEATLAS_*` variable; the command line overrides them."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

__all__ = ["DEFAULT_RATE_PER_S", "LOOPBACK_HOSTS", "Network", "Settings"]

DEFAULT_RATE_PER_S = 50.0  # where other machines are served and nothing else is said

Network = IPv4Network | IPv6Network

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
_WILDCARD_ADDRESSES = {"", "0.0.0.0", "::", "[::]"}  # noqa: S104  (recognised, not bound to)


class Settings(BaseSettings):
    """What a running service may be told. Names carry their units."""

    model_config = SettingsConfigDict(env_prefix="NOTEATLAS_", frozen=True)

    store: str = Field(default=".noteatlas", description="The store's URL: a folder, a file, neo4j://... or bolt://...")
    lexicon: Annotated[tuple[Path, ...], NoDecode] = Field(
        default=(), description="Files of a lexicon of yours, or folders of them, separated by commas"
    )
    curation: Path | None = Field(
        default=None, description="The file of people's decisions; without it `load` takes the one in each folder"
    )
    cache: Path | None = Field(
        default=None, description="The folder in which it is remembered what notes said; without it one of the user's"
    )
    author: str = Field(default="", max_length=200, description="Who decides, as decisions say it")
    no_lexicon: bool = Field(default=False, description="Whether to leave out the shipped lexicon")
    llm_model: str = Field(default="", description="The name of the language model that `--llm` asks")
    llm_key: SecretStr | None = Field(default=None, description="What `--llm` sends as its bearer token")
    llm_cache: Path = Field(default=Path(".noteatlas-llm"), description="The folder of the answers that `--llm` got")
    llm_timeout_s: float = Field(default=60.0, gt=0, le=3600, description="How long `--llm` waits for one answer")
    host: str = Field(default="127.0.0.1", description="The address to listen on")
    port: int = Field(default=8765, ge=0, le=65535, description="The port to listen on; 0 picks a free one")
    workers: int = Field(default=1, ge=1, le=64, description="How many processes serve")
    hung_after_s: float = Field(
        default=30.0, ge=1, le=3600, description="After how long without a sign of life a worker is replaced"
    )
    allowed_hosts: Annotated[tuple[str, ...], NoDecode] = Field(
        default=LOOPBACK_HOSTS,
        description="Host names that requests may be addressed to, separated by commas; `*.example.org` for its "
        "subdomains, `*` for any; the address listened on is always one of them",
    )
    tokens: SecretStr | None = Field(
        default=None, description="Tokens with their scopes: `NAME:SCOPES:SECRET`, separated by commas"
    )
    tokens_file: Path | None = Field(
        default=None, description="A file of such entries, one a line, that is read again when it changes"
    )
    open_reads: bool = Field(default=False, description="Whether reading needs no token although there are tokens")
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Addresses or networks of proxies whose `X-Forwarded-*` headers are believed"
    )
    rate_per_s: float | None = Field(
        default=None, ge=0, le=100_000, description="How many requests a second each token or address may make; 0 any"
    )
    rate_burst: int = Field(default=100, ge=1, le=1_000_000, description="How many it may make at once before that")
    max_in_flight: int = Field(default=1_000, ge=1, le=100_000, description="Most requests that are worked on at once")
    max_executing: int = Field(
        default=16, ge=1, le=10_000, description="Most queries that are executed at once; the others wait their turn"
    )
    receive_timeout_s: float = Field(
        default=10.0, gt=0, le=3600, description="How long a client may take to send a request's head, and its body"
    )
    query_timeout_s: float = Field(
        default=10.0, gt=0, le=3600, description="How long a query may take before it is ended"
    )
    max_body_bytes: int = Field(default=262_144, gt=0, description="Largest request body that is read")
    persisted_file: Path | None = Field(
        default=None, description="A file of persisted operations that is read again when it changes"
    )
    persisted_only: bool = Field(default=False, description="Whether only persisted operations are executed")
    introspection: bool = Field(default=True, description="Whether the schema can be asked for")
    fast_execution: bool = Field(default=True, description="Whether plain selections are answered column by column")
    log_format: Literal["quiet", "text", "json"] = Field(
        default="quiet", description="`quiet` logs failures only, `text` a line for each request, `json` objects"
    )
    tracing: bool = Field(
        default=False, description="Whether spans are sent by OpenTelemetry's protocol (extra `otel`)"
    )
    ready_timeout_s: float = Field(
        default=2.0, gt=0, le=60, description="How long `/readyz` waits for the store before it answers 503"
    )

    @field_validator("lexicon", "allowed_hosts", "trusted_proxies", mode="before")
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

    @field_validator("trusted_proxies")
    @classmethod
    def _check_proxies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            try:
                ip_network(name)
            except ValueError:
                msg = f"{name}: not an address, nor a network such as 10.0.0.0/8"
                raise ValueError(msg) from None
        return value

    @property
    def proxies(self) -> tuple[Network, ...]:
        """The networks of `trusted_proxies`."""
        return tuple(ip_network(name) for name in self.trusted_proxies)

    @property
    def trusted_hosts(self) -> tuple[str, ...]:
        """Every host name that a request may carry: `allowed_hosts`, and `host` unless it means all addresses."""
        if self.host in _WILDCARD_ADDRESSES:
            return self.allowed_hosts
        host = f"[{self.host}]" if ":" in self.host and not self.host.startswith("[") else self.host
        return tuple(dict.fromkeys((*self.allowed_hosts, host)))
