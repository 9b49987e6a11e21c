"""What `explain` prints: relations in words, with their sentences, and what the rules read that found them."""

from collections.abc import Iterable, Mapping

from api.cli_output import cut, in_words, one_line, reason_row, title_of
from api.explaining import Explanation
from graph.model import Evidence, Origin, Relation
from loaders.rules import rule_words

__all__ = ["explanation_json", "explanation_text"]

_SENTENCES_SHOWN = 5  # of one relation; JSON has all


def explanation_text(found: Explanation) -> str:
    """Return each relation in words with what supports it, or the chain, or that there is none."""
    one, other = (title_of(found.concepts[end]) for end in found.ends)
    names = {concept_id: one_line(concept.name) for concept_id, concept in found.concepts.items()}
    if found.relations:
        return "\n".join(line for relation in found.relations for line in _relation(relation, found, names))
    if found.chain is None:
        return f"No relation, and no chain of relations, leads from {one} to {other}."
    lines = [f"No relation between {one} and {other}. The shortest chain:"]
    for number, relation in enumerate(found.chain, 1):
        first, *rest = _relation(relation, found, names)
        lines += [f"{number:>3}. {first}", *(f"     {line.removeprefix('  ')}" for line in rest)]
    return "\n".join(lines)


def _relation(relation: Relation, found: Explanation, names: Mapping[str, str]) -> list[str]:
    lines = [f"{in_words(relation.key, names)} ({relation.type.value})"]
    lines.append(f"  {relation.origin.value}, confidence {relation.confidence:.2f}")
    lines += _sentences(relation.evidence, "  ")
    if not relation.evidence and relation.origin is Origin.CURATED:
        lines.append("  a person said so")
    for key in relation.because:
        lines.append(f"  because {in_words(key, names)} ({key[1].value})")
        if key in found.derived_from:
            lines += _sentences(found.derived_from[key].evidence, "    ")
    return lines


def _sentences(evidence: Iterable[Evidence], indent: str) -> list[str]:
    rows = list(evidence)
    lines = []
    for row in rows[:_SENTENCES_SHOWN]:
        words = rule_words(row.rule)
        rule = f"{one_line(row.rule)}{f': {words}' if words else ''}"
        place = f"({one_line(row.source)}:{row.line})"
        if row.says_so:
            lines += [f"{indent}“{cut(row.text)}” {place}", f"{indent}  {rule}"]
        else:
            lines.append(f"{indent}{rule} {place}")
    more = len(rows) - _SENTENCES_SHOWN
    return [*lines, f"{indent}and {more} more sentences"] if more > 0 else lines


def explanation_json(found: Explanation) -> dict[str, object]:
    """Return an explanation as the JSON of `explain`."""
    names = {concept_id: concept.name for concept_id, concept in found.concepts.items()}
    rows = [{"id": c.id, "name": c.name, "aliases": c.aliases} for end in found.ends for c in [found.concepts[end]]]
    rules = {e.rule for r in (*found.relations, *(found.chain or ()), *found.derived_from.values()) for e in r.evidence}

    def row(relation: Relation) -> dict[str, object]:
        return {"words": in_words(relation.key, names)} | reason_row(relation, found.derived_from)

    return {
        "concepts": rows,
        "relations": [row(relation) for relation in found.relations],
        "chain": None if found.chain is None else [row(relation) for relation in found.chain],
        "rules": {rule: words for rule in sorted(rules) if (words := rule_words(rule))},
    }
