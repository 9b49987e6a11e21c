"""What people decide about a graph: decisions as values, and their application to what the notes say. No I/O."""
