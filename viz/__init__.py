"""A knowledge graph in, something to look at out."""
