"""Fixtures live in plugins by what they start: a Neo4j server, a browser."""

pytest_plugins = ["tests.neo4j_server", "tests.browser", "tests.api_fixtures"]
