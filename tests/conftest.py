"""Fixtures live in plugins by what they start: a Neo4j server, a browser. How Hypothesis and workers run is set here.

Where CI is set, properties are tried on the same examples every time, so that what was green stays green; elsewhere
ever new ones are. How long making one takes says more about what else the machine does than about a test.
"""

import os

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = ["tests.neo4j_server", "tests.browser", "tests.api_fixtures", "tests.map_service"]

settings.register_profile("here", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.register_profile("same", settings.get_profile("here"), derandomize=True)
settings.load_profile("same" if os.environ.get("CI") else "here")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep together, where several workers run, a module's tests, and all that share the one Neo4j server."""
    for item in items:
        group = "neo4j" if item.get_closest_marker("neo4j") else item.path.name
        item.add_marker(pytest.mark.xdist_group(group))
