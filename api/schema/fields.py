"""Strawberry's declarations with types that mypy can follow: a field that is computed, an argument, both described."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import strawberry

__all__ = ["A_CONCEPT", "CONCEPTS", "arg", "mutation", "resolver", "subscription"]

A_CONCEPT = "An id, a name or an alias of a concept, in any case."
CONCEPTS = "Ids, names or aliases of concepts, in any case."
"""What every argument that takes concepts says of them."""

F = TypeVar("F", bound=Callable[..., Any])


def resolver(description: str) -> Callable[[F], F]:
    """Return the decorator that makes a method a field of its type."""
    return cast("Callable[[F], F]", strawberry.field(description=description))


def mutation(description: str) -> Callable[[F], F]:
    """Return the decorator that makes a method a field that writes."""
    return cast("Callable[[F], F]", strawberry.mutation(description=description))


def subscription(description: str) -> Callable[[F], F]:
    """Return the decorator that makes a method, an asynchronous generator, a field that can be subscribed to."""
    return cast("Callable[[F], F]", strawberry.subscription(description=description))


def arg(description: str) -> object:
    """Return the annotation that describes an argument: `Annotated[int, arg("How many.")]`."""
    return strawberry.argument(description=description)
