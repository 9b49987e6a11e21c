"""The front matter of a note (YAML between two lines of dashes) -> its fields, each with its line.

Nothing is constructed from the YAML: its nodes are walked, two lists deep, so that no tag, no anchor and no size can
do harm. What is not YAML, or longer than a note's front matter is, gives no fields.
"""

import re
from collections.abc import Iterator

import yaml

from loaders.document import Field
from loaders.fields import folded_key, values
from loaders.patterns import YAML_LOADER

__all__ = ["read_front_matter"]

_MAX_LENGTH = 16 * 1024
_MAX_NODES = 500
_MAX_TEXT = 300
_MAX_NESTING = 200  # libyaml walks down on the C stack; the loader in Python stops in time
_NESTED = re.compile(r"(?:[-?:][ \t]+){4}")


def read_front_matter(content: str, first_line: int) -> list[Field]:
    """Return the fields of a front matter whose first line is `first_line` of the file."""
    if len(content) > _MAX_LENGTH:
        return []
    deep = content.count("[") + content.count("{") > _MAX_NESTING or _NESTED.search(content)
    try:
        root = yaml.compose(content, Loader=yaml.SafeLoader if deep else YAML_LOADER)
    except (yaml.YAMLError, RecursionError, ValueError):
        return []  # a note's text is worth reading though its front matter is broken, as Obsidian does
    if not isinstance(root, yaml.MappingNode):
        return []
    rows = content.split("\n")
    fields: list[Field] = []
    for key, value in root.value[:_MAX_NODES]:
        if not isinstance(key, yaml.ScalarNode):
            continue
        begins = key.start_mark.line
        name = folded_key(key.value)
        for text, line in _scalars(value):
            start = begins if sum(map(len, rows[begins : line + 1])) <= _MAX_TEXT else line
            written = "\n".join(rows[start : line + 1]).strip()[:_MAX_TEXT]
            fields += [Field(name, *v, first_line + start, written) for v in values(name, text)]
            if len(fields) > _MAX_NODES:
                return fields
    return fields


def _scalars(node: yaml.Node, depth: int = 0) -> Iterator[tuple[str, int]]:
    """Yield the texts of a value with their lines; an unquoted `[[x]]` is a list in a list, and means a link."""
    if isinstance(node, yaml.ScalarNode):
        yield node.value, node.start_mark.line
    elif isinstance(node, yaml.SequenceNode) and depth < 3:
        inner = node.value[0] if len(node.value) == 1 else None
        if node.flow_style and isinstance(inner, yaml.SequenceNode) and inner.flow_style and not depth:
            names = [n.value for n in inner.value if isinstance(n, yaml.ScalarNode)]
            yield f"[[{', '.join(names)}]]", node.start_mark.line
            return
        for item in node.value[:_MAX_NODES]:
            if isinstance(item, yaml.SequenceNode) and item.flow_style and len(item.value) == 1:
                linked = item.value[0]
                linked = linked.value[0] if isinstance(linked, yaml.SequenceNode) and len(linked.value) == 1 else linked
                if isinstance(linked, yaml.ScalarNode):
                    yield f"[[{linked.value}]]", linked.start_mark.line
                continue
            yield from _scalars(item, depth + 1)
