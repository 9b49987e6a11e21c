"""What is beside concepts (`graph.beside`) as part of a statement that has found the concepts."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from graph.beside import MOST_BESIDE, Around, Beside, Gathering
from graph.contribution import read_concept, read_relations
from graph.model import Concept
from graph.neo4j_run import relation_pattern

__all__ = ["Expansion"]

_LEVEL: Final = "CASE WHEN size({0}) > {1} THEN [] ELSE {0} END"


class Expansion:
    """The clauses that go from the nodes in the variable `found` to what is beside them, and what their rows mean.

    `clauses` bind what is in `returned`, a list of lists of rows; `values` are their parameters.
    """

    def __init__(self, beside: Sequence[Beside]) -> None:
        self.clauses = ""
        self._columns: list[str] = []
        self.values: dict[str, object] = {}
        self._beside = tuple(beside)
        self._expand("found", self._beside)

    @property
    def returned(self) -> str:
        """The expression for what `read` takes."""
        return f"[{', '.join(self._columns)}]"

    def _expand(self, level: str, beside: Sequence[Beside]) -> None:
        for one in beside:
            number = len(self._columns)
            pattern = relation_pattern(one.where, suffix=str(number))
            if pattern is None:
                self._columns += ["[]", "[]"]
                continue
            arrow, condition, values = pattern
            relations, ends = f"relations{number}", f"ends{number}"
            self.values |= values
            self.clauses += (
                f" CALL ({level}) {{ UNWIND {_LEVEL.format(level, MOST_BESIDE)} AS c MATCH (c){arrow}(end:Concept) "
                f"WHERE {condition} RETURN collect(r.data) AS {relations}"
                f"{f', collect(DISTINCT end) AS {ends}' if one.ends else ''} }}"
            )
            self._columns += [relations, f"[end IN {ends} | end.data]" if one.ends else "[]"]
            if one.ends:
                self._expand(ends, one.beside)

    def read(self, found: Sequence[Concept], columns: Sequence[list[str]]) -> Around:
        """Return what is around the concepts `found`, given the value of `returned`."""
        gathering = Gathering()
        self._read(gathering, found, self._beside, iter(columns))
        return gathering.done()

    def _read(
        self, into: Gathering, level: Sequence[Concept], beside: Sequence[Beside], columns: Iterator[list[Any]]
    ) -> None:
        into.concepts.update({concept.id: concept for concept in level})
        for one in beside:
            relations, ends = next(columns), [read_concept(data) for data in next(columns)]
            if len(level) <= MOST_BESIDE:
                into.add([concept.id for concept in level], one.where, read_relations(relations))
            if one.ends and relation_pattern(one.where) is not None:
                self._read(into, ends, one.beside, columns)
