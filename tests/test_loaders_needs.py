"""Few templates are tried on a sentence, and no match is lost: what a template needs is in all that it matches."""

import random
import re
from collections.abc import Iterator
from functools import cache, partial
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import yaml

from loaders.encoding import FIRST_CONCEPT, LAST_CONCEPT, MAX_SENTENCE, Encoded, encode
from loaders.lexicon import default_lexicon
from loaders.mentions import Mention, find_mentions
from loaders.needs import CONCEPT, WordIndex, led, needs
from loaders.phrasing import Template, phrasings, readings
from loaders.sentences import split_sentences

HERE = Path(__file__).parent
PADDING = ["", "", "因此,", "so ", "x"]
TRIES, SAMPLES = 200, 5  # how often a text is made at random for a template, how many that it matches are enough


@pytest.mark.parametrize(
    ("pattern", "words", "concepts"),
    [
        ("a variant of", [{"a variant of"}], 0),
        (f"{CONCEPT}(?:solve|fix)(?:es|ed)?{CONCEPT}", [{"solve", "fix"}], 2),
        ("是(?:一种)?的?变体", [{"是变体", "是的变体", "是一种变体", "是一种的变体"}], 0),
        ("由.{0,4}组成", [{"组成"}, {"由"}], 0),
        ("(?:又|也)?称", [{"称"}], 0),
        ("(?:能)*做(?:了)*", [{"做"}], 0),
        ("(?:ab|c.*de)f", [{"ab", "de"}, {"f"}], 0),
        ("(?:ab|.*)c", [{"c"}], 0),
        ("(?:ab){2}", [{"ab"}], 0),
        ("a(?!b)c(?=d)", [{"ac"}], 0),
        ("[ab]c", [{"ac", "bc"}], 0),
        ("[a-z]c[^d]", [{"c"}], 0),
        ("(?>a|ab)c", [{"ac", "abc"}], 0),
        (f"(?:{CONCEPT}|{CONCEPT}x{CONCEPT})", [], 1),
        ("(?i)variant", [], 0),
        ("(?:x)?", [], 0),
        (r"\w+\d", [], 0),
        (r"(?P<q>a|b)c(?P=q)", [{"ac", "bc"}], 0),
    ],
)  # fmt: skip
def test_needs_are_read_off_a_pattern(pattern: str, words: list[set[str]], concepts: int) -> None:
    found = needs(pattern)
    assert sorted(map(sorted, found.words)) == sorted(map(sorted, words))
    assert found.concepts == concepts


def test_an_index_gives_the_patterns_whose_needs_a_text_meets() -> None:
    index = WordIndex([needs(p) for p in ("是.*变体", "变体", "x", ".*", f"{CONCEPT}变体", "体是|不")])
    assert index.candidates("这是变体", 0) == [0, 1, 3]
    assert index.candidates("变体是", 1) == [0, 1, 3, 4, 5]
    assert index.candidates("x", 0) == [2, 3]
    assert index.candidates("", 0) == [3]


@pytest.mark.parametrize(
    ("pattern", "flags"),
    [
        ("称|叫做|\\b(?:aka|also called)", re.IGNORECASE),
        (r"[。！？]+|(?<=[a-z])\.|\n(?=- )", 0),
        ("(?:x)?y|z", 0),
        ("(?:x)*", 0),
        ("[^a]b", 0),
        (r"\w+y", 0),
        ("(?i:称a|B)c", 0),
        ("(?P<one>a|b)(?P=one)", 0),
        ("(?!)", 0),
        ("]|\\^|-|a", 0),
    ],
)
def test_a_pattern_that_is_led_matches_the_same(pattern: str, flags: int) -> None:
    dice = random.Random(pattern)
    chars = "abcxyz称叫做aaka ALSO called。！.\n- ]^Bb1"
    texts = ["", "also called x. 称y。\n- z", *("".join(dice.choices(chars, k=12)) for _ in range(300))]
    plain = re.compile(pattern, flags)
    for text in texts:
        expected = [(m.span(), m.groups()) for m in plain.finditer(text)]
        assert [(m.span(), m.groups()) for m in led(pattern, flags).finditer(text)] == expected


def test_a_pattern_is_led_by_what_it_can_begin_with() -> None:
    assert led("称|(?<=x)叫|\\bA", re.IGNORECASE).pattern.startswith("(?=[Aa叫称])")
    assert led("(?:x)*y").pattern.startswith("(?=[xy])")
    assert led(r"\w称").pattern == r"\w称"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_texts_made_from_a_template_meet_its_needs(language: str) -> None:
    """Walk each template's own pattern at random; of the texts that it then matches, none may lack what it needs."""
    templates = [(rule, t) for rule in phrasings(language) for t in rule.templates]
    unmade = 0
    for rule, template in templates:
        samples = 0
        for text in islice(_made_for(template), SAMPLES):
            form = Encoded(text, (Mention("a", (0, 1), (0, 1)),) * MAX_SENTENCE, partial(range, len(text)), language)
            found = [match for read, _, match in readings([form], language) if read is rule]
            assert all(match in found for match in template.matches(form)), f"{rule.name}: {text}"
            samples += 1
        unmade += not samples
    assert unmade < len(templates) / 20


def _made_for(template: Template) -> Iterator[str]:
    """Yield texts that a template matches, made by walking its pattern at random."""
    dice = random.Random(template.expression)
    tree = import_module("re._parser").parse(template.expression)
    for _ in range(TRIES):
        text = dice.choice(PADDING) + _sample(tree, dice) + dice.choice(PADDING)
        if template.pattern.search(text):
            yield text


def _sample(items: Any, dice: random.Random) -> str:
    """Return a text that a pattern's parts match, but for what they assert about what stands around."""
    out = []
    for operation, value in items:
        match str(operation):
            case "LITERAL":
                out.append(chr(value))
            case "NOT_LITERAL" | "ANY":
                out.append(dice.choice("x字"))
            case "IN":
                out.append(_member(value, dice))
            case "BRANCH":
                out.append(_sample(dice.choice(value[1]), dice))
            case "SUBPATTERN":
                out.append(_sample(value[3], dice))
            case "ATOMIC_GROUP":
                out.append(_sample(value, dice))
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                least, most, inner = value
                out += [_sample(inner, dice) for _ in range(dice.randint(least, min(int(most), least + 2)))]
            case "ASSERT":
                out.append(_sample(value[1], dice) if dice.random() < 0.5 else "")
            case "AT" | "ASSERT_NOT":
                pass
            case other:
                pytest.fail(f"a template uses {other}: teach this test to sample it")
    return "".join(out)


def _member(items: Any, dice: random.Random) -> str:
    if str(items[0][0]) == "NEGATE":
        return dice.choice("xyz字词 ")
    operation, value = dice.choice(items)
    match str(operation):
        case "LITERAL":
            return chr(value)
        case "RANGE":
            return chr(dice.randint(*value))
        case _:
            return dice.choice({"CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " "}.get(str(value), "x"))


@cache
def _forms(language: str) -> tuple[Encoded, ...]:
    """The sentences of the sample notes and of the rules' own cases, with and without their brackets."""
    texts = [
        row["text"]
        for f in ("zh", "en")
        for row in yaml.safe_load((HERE / f"data/relations.{f}.yaml").read_text(encoding="utf-8"))
    ]
    texts += [
        line
        for note in sorted(HERE.parent.glob("notes/*/*.md"))
        for line in note.read_text(encoding="utf-8").split("\n")
    ]
    found = []
    for text in texts:
        for start, end in split_sentences(text):
            sentence = text[start:end]
            mentions = find_mentions(sentence, default_lexicon())
            if mentions:
                found += [
                    encode(sentence, mentions, language=language, brackets=brackets) for brackets in (False, True)
                ]
    return tuple(found)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_prefiltering_changes_no_reading(language: str) -> None:
    """On real sentences, of either language, every rule reads what it reads when all of its templates are tried."""
    read = 0
    for form in _forms(language):
        expected = [(rule.name, match) for rule in phrasings(language) for match in rule.matches(form)]
        assert [(rule.name, match) for rule, _, match in readings([form], language)] == expected, form.text
        read += len(expected)
    assert read > 100


def test_concepts_are_those_of_the_encoding() -> None:
    assert FIRST_CONCEPT == CONCEPT < LAST_CONCEPT
