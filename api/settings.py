"""The only reader of the environment: every setting is a `NOTEATLAS_*` variable; the command line overrides them."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

__all__ = ["Settings"]


class Settings(BaseSettings):
    """What a running service may be told. Names carry their units."""

    model_config = SettingsConfigDict(env_prefix="NOTEATLAS_", frozen=True)

    store: str = Field(default=".noteatlas", description="The store's URL: a folder, a file, neo4j://... or bolt://...")
    host: str = Field(default="127.0.0.1", description="The address to listen on")
    port: int = Field(default=8765, ge=0, le=65535, description="The port to listen on; 0 picks a free one")
    max_body_bytes: int = Field(default=262_144, gt=0, description="Largest request body that is read")
