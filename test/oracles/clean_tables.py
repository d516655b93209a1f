"""Writes src/clean/unicode-data.ts and src/clean/english-data.ts: the tables that `clean` must share with datatrove.

Run by hand, with the interpreter of test/oracles/setup.sh, when a pinned version in requirements.txt changes:
    test/oracles/.venv/bin/python test/oracles/clean_tables.py
Every table is read out of the running libraries (Python's Unicode tables, spaCy's compiled rules, datatrove's constants),
never typed by hand.
"""
import pathlib
import re
import sys
import unicodedata
from importlib.metadata import version

import spacy
from datatrove.utils.text import PUNCTUATION_SET, TERMINAL_PUNCTUATION
from spacy.lang import char_classes as cc
from spacy.lang.punctuation import TOKENIZER_PREFIXES, TOKENIZER_SUFFIXES
from spacy.pipeline import Sentencizer
from spacy.symbols import ORTH

OUT = pathlib.Path(__file__).resolve().parents[2] / "src" / "clean"
POINTS = [p for p in range(0x110000) if not 0xD800 <= p <= 0xDFFF]

english = spacy.blank("en").tokenizer


def ranges(test):
    """The code points for which `test(chr)` holds, as hexadecimal ranges."""
    out, first, last = [], None, None
    for point in POINTS:
        if not test(chr(point)):
            continue
        # The surrogates are no characters, so a range may run across them without saying anything about them.
        if last is not None and (point == last + 1 or (last == 0xD7FF and point == 0xE000)):
            last = point
            continue
        if first is not None:
            out.append((first, last))
        first = last = point
    if first is not None:
        out.append((first, last))
    return " ".join(f"{a:x}" if a == b else f"{a:x}-{b:x}" for a, b in out)


def char_class(body):
    pattern = re.compile(f"[{body}]")
    return lambda char: pattern.match(char) is not None


def wrapped(text, separator=" ", width=136):
    lines, line = [], ""
    for item in text.split(separator):
        if line and len(line) + 1 + len(item) > width:
            lines.append(line)
            line = item
        else:
            line = f"{line}{separator}{item}" if line else item
    return "\n".join([*lines, line])


# The rules of more than one character that affixes.ts spells out. A new one in spaCy must stop this script.
plain = lambda piece: re.sub(r"\\(.)", r"\1", piece)
multi = {p for p in TOKENIZER_PREFIXES if p.strip() and len(plain(p)) > 1 and not p.startswith("[")}
assert multi == {r"\+(?![0-9])", "……", r"\.\.+", r"US\$", r"C\$", r"A\$"}, multi
multi = [s for s in TOKENIZER_SUFFIXES if s.strip() and len(plain(s)) > 1 and not s.startswith("[")]
assert len(multi) == 12 and multi[:6] == ["……", r"\.\.+", "'s", "'S", "’s", "’S"], multi
assert english.token_match is None

before_dot = re.compile(next(s for s in TOKENIZER_SUFFIXES if s.startswith("(?<=[0-9a-z")))

# Characters with which another one before them may compose: none of them may be called settled.
seconds = set()
for char in map(chr, POINTS):
    canonical = unicodedata.decomposition(char)
    if canonical and not canonical.startswith("<"):
        seconds.update(unicodedata.normalize("NFD", char)[1:])
        seconds.update(chr(int(point, 16)) for point in canonical.split()[1:])
seconds.update(map(chr, [*range(0x1161, 0x1176), *range(0x11A8, 0x11C3)]))  # Hangul composes by rule


def settled(char):
    if unicodedata.category(char) == "Cn" or unicodedata.combining(char) or char in seconds:
        return False
    return unicodedata.normalize("NFC", char) == char


classes = {
    "space": (str.isspace, "`str.isspace`"),
    "lineBreak": (lambda c: len(f"a{c}b".splitlines()) == 2, "where `str.splitlines` cuts"),
    "alphabetic": (str.isalpha, "`str.isalpha`: general category L"),
    "wordCharacter": (lambda c: re.match(r"\w", c) is not None, "`\\w` of Python's `re`"),
    "digit": (lambda c: re.match(r"\d", c) is not None, "`\\d` of Python's `re`: general category Nd"),
    "punctuation": (lambda c: unicodedata.category(c).startswith("P"), "general category P, spaCy's `is_punct`"),
    "symbol": (lambda c: c in PUNCTUATION_SET, "datatrove's `PUNCTUATION_SET`, 281 characters"),
    "terminal": (lambda c: c in TERMINAL_PUNCTUATION, "datatrove's `TERMINAL_PUNCTUATION`, 159 characters"),
    "sentenceEnd": (lambda c: c in Sentencizer.default_punct_chars, "spaCy's `Sentencizer.default_punct_chars`"),
    "prefix": (lambda c: c not in "+." and english.find_prefix(c) == 1, "one-character prefixes of spaCy's English rules"),
    "suffix": (lambda c: c != "." and english.find_suffix(c) == 1, "one-character suffixes that need no context"),
    "infix": (lambda c: c != "." and len(english.find_infix(f" {c} ")) == 1, "one-character infixes that need no context"),
    "quote": (char_class(cc.CONCAT_QUOTES), "spaCy's `CONCAT_QUOTES`"),
    "letter": (char_class(cc.ALPHA), "spaCy's `ALPHA`"),
    "lower": (char_class(cc.ALPHA_LOWER), "spaCy's `ALPHA_LOWER`"),
    "upper": (char_class(cc.ALPHA_UPPER), "spaCy's `ALPHA_UPPER`"),
    "unsettled": (lambda c: c >= "\u0300" and not settled(c), "NFC may change it or what stands before it (or a later Unicode may say so)"),
    "beforeDot": (lambda c: before_dot.search(c + ".") is not None, "after which a final full stop is cut off"),
}
tails = list(dict.fromkeys([plain(x) for x in cc.LIST_UNITS + cc.LIST_CURRENCY] + ["+"]))
assert all(x and max(x) <= "\uffff" and not re.search("[0-9]", x) for x in tails)

head = f"""/*
 * GENERATED by test/oracles/clean_tables.py: do not edit.
 * Unicode {unicodedata.unidata_version} (Python {sys.version.split()[0]}), spaCy {version("spacy")} (MIT, Copyright (C) 2016-2024 ExplosionAI GmbH and others),
 * datatrove {version("datatrove")} (Apache-2.0, Copyright 2023 The Hugging Face team).
 */
"""
unicode_ts = head + f"""
/** Sets of code points, as hexadecimal ranges. */
export const SETS = {{
"""
for name, (test, note) in classes.items():
    unicode_ts += f"  /** {note} */\n  {name}: `\n{wrapped(ranges(test))}\n`,\n"
unicode_ts += "} as const;\n"

rules = []
for chunk, parts in sorted(english.rules.items()):
    if chunk.isspace():
        continue  # white space never becomes a word
    orths = [part[ORTH] for part in parts]
    assert "".join(orths) == chunk and not any(c in chunk for c in " \n`") and "${" not in chunk
    rules.append(" ".join(orths))
english_ts = head + f"""
/** Chunks that are cut in a way of their own: a tab between two, a space at each cut. */
export const EXCEPTIONS: string = String.raw`
{chr(10).join(wrapped(chr(9).join(rules), chr(9), 130).split(chr(10)))}
`;

/** What is cut off behind 0-9: spaCy's `UNITS` and `CURRENCY`, and `+`. */
export const BEHIND_NUMERAL: string =
  "{" ".join(tails)}";
"""
(OUT / "unicode-data.ts").write_text(unicode_ts)
(OUT / "english-data.ts").write_text(english_ts)
print(f"{len(rules)} exceptions, {len(tails)} tails, {len(classes)} sets")
