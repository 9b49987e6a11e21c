"""What a source says, as rows."""

from hypothesis import HealthCheck, given, settings

from graph.contribution import encode, with_relations
from graph.edits import decode
from graph.model import KnowledgeGraph
from tests.graph_strategies import graphs


@given(graphs(), graphs())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_relations_join_rows_as_if_all_had_been_encoded_together(graph: KnowledgeGraph, other: KnowledgeGraph) -> None:
    """Those that are there already are merged, in this order; the digest is that of all."""
    together = KnowledgeGraph.of(graph.concepts, (*graph.relations, *other.relations), graph.passages, graph.sources)
    joined = with_relations(encode("a.md", graph), other.relations)
    assert joined == encode("a.md", together)
    assert list(joined.relations) == list(encode("a.md", together).relations)
    assert decode(joined) == together
