"""The concept graph: what it is, where it lives, and what can be computed on it."""
