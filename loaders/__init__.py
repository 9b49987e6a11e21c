"""Notes in, a knowledge graph out. Pure but for reading files."""
