"""Fixtures of the tests of the API: a store with the sample graphs, and the service over one."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from api.app import create_app
from api.settings import Settings
from graph.sqlite_store import SqliteStore
from tests.api_service import Service, fill, serving


@pytest.fixture(scope="session")
async def api_store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[SqliteStore]:
    """An open SQLite store with the sample graphs."""
    async with SqliteStore(str(tmp_path_factory.mktemp("api-store"))) as store:
        await fill(store)
        yield store


@pytest.fixture(scope="session")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Service]:
    """The service over a store with the sample graphs, as `create_app` makes it."""
    folder = str(tmp_path_factory.mktemp("service-store"))
    async with SqliteStore(folder) as store:
        await fill(store)
    with serving(create_app(Settings(store=folder))) as running:
        yield running


@pytest.fixture
async def disposable(tmp_path: Path) -> AsyncIterator[Service]:
    """A service like `service`, of one test's own, which may write to it."""
    async with SqliteStore(str(tmp_path)) as store:
        await fill(store)
    with serving(create_app(Settings(store=str(tmp_path)))) as running:
        yield running
