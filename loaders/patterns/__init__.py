"""Phrasings and word lists, as data: one YAML file per language or purpose."""

from functools import cache
from importlib import resources
from typing import Any

import yaml

__all__ = ["load_table"]


@cache
def load_table(name: str) -> Any:
    """Return the parsed table `name` of this package. Raises FileNotFoundError for a name that is not shipped."""
    return yaml.safe_load(resources.files(__name__).joinpath(name).read_text(encoding="utf-8"))
