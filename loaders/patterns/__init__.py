"""Phrasings and word lists, as data: one YAML file per language or purpose."""

from functools import cache
from importlib import resources
from typing import Any, Final

import yaml

from graph.errors import InputError

__all__ = ["YAML_LOADER", "load_table", "parse_yaml"]

YAML_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""What YAML is read with: a safe loader, ten times faster where libyaml is there."""


@cache
def load_table(name: str) -> Any:
    """Return the parsed table `name` of this package. Raises FileNotFoundError for a name that is not shipped."""
    text = resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
    return yaml.load(text, Loader=YAML_LOADER)  # noqa: S506  a safe loader, C or Python


def parse_yaml(text: str, where: str) -> Any:
    """Return what a YAML text holds. Raises InputError that names `where` and the line at which it is no YAML."""
    try:
        return yaml.load(text, Loader=YAML_LOADER)  # noqa: S506  a safe loader, C or Python
    except yaml.MarkedYAMLError as error:
        line = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(f"{where}: not YAML: {error.problem or error.context}{line}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date that is none
        raise InputError(f"{where}: not YAML: {str(error).splitlines()[0]}") from error
