"""The ways in (command line, GraphQL, pages) and the composition root."""
