"""Mermaid: a diagram whose labels end nothing, whatever notes are called."""

import re
import string

from hypothesis import given

from graph.exchange.mermaid import to_mermaid
from graph.model import Concept, KnowledgeGraph, Origin, Relation, RelationType
from tests.graph_strategies import hostile_text
from tests.map_samples import hostile_graph


@given(hostile_text)
def test_any_name_is_one_quoted_line(name: str) -> None:
    """Letters and digits stand as they are; what could end a label, or mean something to a renderer, is an entity."""
    text = to_mermaid(KnowledgeGraph.of([Concept("a", name)])).decode()
    first, node = text.splitlines()
    assert first == "flowchart LR"
    label = re.fullmatch(r'  n0\["(.*)"\]', node)
    assert label is not None
    plain = re.sub(r"#\d+;", "", label.group(1))
    assert not set(plain) & set('"<>&#;`|{}\\')
    assert set(plain) & set(string.punctuation) <= set("-_.,:+/*%=()[]")


def test_arrows_carry_their_verbs_and_inferred_ones_are_dotted() -> None:
    kinds = RelationType
    graph = KnowledgeGraph.of(
        [Concept("a", "A"), Concept("b", "B")],
        [
            Relation("a", kinds.EXTENDS, "b"),
            Relation("a", kinds.CONTRASTS_WITH, "b"),
            Relation("b", kinds.PREREQUISITE_OF, "a", Origin.INFERRED, 0.7, (), (("a", kinds.EXTENDS, "b"),)),
        ],
    )
    assert to_mermaid(graph).decode().splitlines()[3:] == [
        "  n0 ---|contrasts with| n1",
        "  n0 -->|extends| n1",
        "  n1 -.->|is a prerequisite of| n0",
    ]


def test_hostile_names_end_nothing() -> None:
    text = to_mermaid(hostile_graph()).decode()
    assert "<" not in text
    assert "alert(1)" in text
