"""What a rule reads, in a few words: from the name that evidence carries to what a person can check.

The words are data (`patterns/rules.yaml`), by the rule's name or by how it begins, so that a new phrasing of a family
has words as soon as it has a name.
"""

from functools import cache

from loaders.patterns import load_table

__all__ = ["rule_words"]


@cache
def rule_words(rule: str) -> str | None:
    """Return what `rule` reads; None for the rule of another program, whose evidence was imported.

    >>> rule_words("en.uses.based")
    'an English phrasing that says that one is based or built on the other'
    """
    table = load_table("rules.yaml")
    language, _, rest = rule.partition(".")
    if language in table["languages"]:
        words = _longest(table["phrasings"], rest)
        return f"{table['languages'][language]} that says {words}" if words else None
    return _longest(table["families"], rule)


def _longest(table: dict[str, str], name: str) -> str | None:
    """Return the row of the longest beginning of a dotted name, itself included."""
    while name:
        if name in table:
            return table[name]
        name = name.rpartition(".")[0]
    return None
