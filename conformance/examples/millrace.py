"""minhash@millrace/1 in plain Python, written from conformance/README.md alone: for reading, not for speed. No dependencies.

Reads cases on standard input and writes answers, one JSON object a line, as conformance/run.mjs wants it:

    node conformance/run.mjs -- python3 conformance/examples/millrace.py
"""

import hashlib
import json
import os
import sys

KIT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "minhash-millrace")
MASK = 0xFFFFFFFF
SPACE, SKIP, LETTER, SOLO, EXTEND, SYMBOL = range(6)


# ---- folding -----------------------------------------------------------------------------------------------------------


def load_folds():
    with open(os.path.join(KIT, "fold.json"), encoding="utf-8") as file:
        table = json.load(file)
    folds = {}
    for first, last, kind in table["ranges"]:
        for code_point in range(first, last + 1):
            folds[code_point] = [] if kind == SKIP else [(kind, code_point)]
    for digits, parts in table["folds"].items():
        pairs = [part.split(":") for part in parts.split(" ")] if parts else []
        folds[int(digits, 16)] = [(int(kind), int(letter, 16)) for kind, letter in pairs]
    for syllable in range(0xAC00, 0xD7A4):
        s = syllable - 0xAC00
        jamo = [0x1100 + s // 588, 0x1161 + s % 588 // 28] + ([0x11A7 + s % 28] if s % 28 else [])
        folds[syllable] = [(LETTER, letter) for letter in jamo]
    for surrogate in range(0xD800, 0xE000):
        folds[surrogate] = folds[0xFFFD]
    return folds


FOLDS = load_folds()


def words(text, punctuation):
    found, word, after_solo = [], "", False
    for character in text:
        for kind, code_point in FOLDS[ord(character)]:
            letter = chr(code_point)
            if kind == LETTER:
                word, after_solo = word + letter, False
            elif kind == SOLO or (kind == SYMBOL and punctuation == "keep"):
                if word:
                    found.append(word)
                found.append(letter)
                word, after_solo = "", True
            elif kind == EXTEND and after_solo:
                found[-1] += letter
            elif kind == EXTEND:
                word += letter
            else:
                if word:
                    found.append(word)
                word, after_solo = "", False
    return found + [word] if word else found


def exact_key(text, ngram):
    normal = words(text, "drop")
    if len(normal) < ngram:
        normal = words(text, "keep")
    return hashlib.sha256(" ".join(normal).encode()).hexdigest()[:32]


# ---- hashing -----------------------------------------------------------------------------------------------------------


def mix(x):
    x ^= x >> 16
    x = x * 0x21F0AAAD & MASK
    x ^= x >> 15
    x = x * 0xD35A2D97 & MASK
    return x ^ x >> 15


def seeded(seed, n):
    return mix((seed + n * 0x9E3779B9) & MASK)


def lanes(data, a, b):
    for at in range(0, len(data), 8):
        block = data[at : at + 8].ljust(8, b"\0")
        low, high = int.from_bytes(block[:4], "little"), int.from_bytes(block[4:], "little")
        a = (a ^ low) * 0x85EBCA77 & MASK
        a = (a ^ a >> 15 ^ high) * 0xC2B2AE3D & MASK
        a ^= a >> 13
        b = (b ^ high) * 0x27D4EB2F & MASK
        b = (b ^ b >> 16 ^ low) * 0x165667B1 & MASK
        b ^= b >> 14
    return a, b


def shingles(text, ngram, unit, seed):
    units = words(text, "drop")
    if unit == "characters":
        units = "".join(units)
    hashes = [lanes(one.encode(), 0x243F6A88, 0x85A308D3) for one in units]
    found = []
    for i in range(len(hashes) - ngram + 1):
        value = place = 0
        for a, b in hashes[i : i + ngram]:
            value = (value * 0x915F77F5 + a) & MASK
            place = (place * 0x93D765DD + b) & MASK
        found.append([mix((value + seeded(seed, 1)) & MASK), mix((place + seeded(seed, 2)) & MASK)])
    return found


# ---- signatures --------------------------------------------------------------------------------------------------------

EMPTY = 2**31 - 1


def signed(x):
    return x - 2**32 if x >= 2**31 else x


def signature(text, ngram, unit, bands, rows, seed):
    found = shingles(text, ngram, unit, seed)
    if not found:
        return None
    size = bands * rows
    bins = [EMPTY] * size
    for value, place in found:
        j = (place >> 16) * size >> 16
        bins[j] = min(bins[j], signed(value))
    values = {value for value, _ in found}
    for j in range(size):
        if bins[j] == EMPTY:
            a, b = seeded(seed, 3 + 2 * j) | 1, seeded(seed, 4 + 2 * j)
            bins[j] = min([EMPTY] + [signed((value * a + b) & MASK) for value in values])
    return bytes(mix(least & MASK) >> 24 for least in bins)


def band_keys(sig, bands, rows):
    keys = []
    for band in range(bands):
        salt = (band + 1) * 0x9E3779B9 & MASK
        a, b = lanes(sig[band * rows : (band + 1) * rows], 0x243F6A88 ^ salt, 0x85A308D3 ^ salt)
        keys.append("%08x%08x" % (mix(a), mix(b)))
    return keys


def equal_values(a, b):
    return sum(x == y for x, y in zip(a, b))


def estimate(a, b):
    return (256 * equal_values(a, b) - len(a)) / (255 * len(a))


# ---- decisions ---------------------------------------------------------------------------------------------------------


def candidates(signatures, bands, rows):
    keys = [band_keys(sig, bands, rows) if sig is not None else [] for sig in signatures]
    count = len(keys)
    return [[i, j] for i in range(count) for j in range(i + 1, count) if any(x == y for x, y in zip(keys[i], keys[j]))]


def verified(keys, signatures, bands, rows, threshold):
    kept, owners, verdicts = {}, {}, []
    for i, (key, sig) in enumerate(zip(keys, signatures)):
        if key in kept:
            verdicts.append(["exact", kept[key]])
            continue
        mine = list(enumerate(band_keys(sig, bands, rows))) if sig is not None else []
        compared = sorted({owners[band] for band in mine if band in owners})
        best = max(compared, key=lambda owner: equal_values(signatures[owner], sig), default=None)
        if best is not None and estimate(signatures[best], sig) >= threshold:
            verdicts.append(["near", best, estimate(signatures[best], sig)])
            continue
        kept[key] = i
        for band in mine:
            owners.setdefault(band, i)
        verdicts.append(["kept"])
    return verdicts


def components(keys, signatures, bands, rows):
    root = list(range(len(keys)))

    def find(i):
        while root[i] != i:
            i = root[i]
        return i

    first = {key: i for i, key in reversed(list(enumerate(keys)))}
    for i, j in candidates(signatures, bands, rows) + [[first[key], i] for i, key in enumerate(keys)]:
        x, y = sorted((find(i), find(j)))
        root[y] = x
    return [["kept"] if find(i) == i else ["exact" if first[key] < i else "near", find(i)] for i, key in enumerate(keys)]


def dedupe(texts, match, ngram, unit, bands, rows, seed, threshold=None):
    keys = [exact_key(text, ngram) for text in texts]
    signatures = [signature(text, ngram, unit, bands, rows, seed) for text in texts]
    if match == "components":
        return components(keys, signatures, bands, rows)
    return verified(keys, signatures, bands, rows, threshold)


# ---- the runner's side -------------------------------------------------------------------------------------------------


def from_hex(digits):
    return None if digits is None else bytes.fromhex(digits)


def to_hex(sig):
    return None if sig is None else sig.hex()


OPERATIONS = {
    "words": words,
    "exact-key": exact_key,
    "shingles": shingles,
    "signature": lambda **input: to_hex(signature(**input)),
    "band-keys": lambda signature, bands, rows: band_keys(from_hex(signature), bands, rows),
    "estimate": lambda a, b: estimate(from_hex(a), from_hex(b)),
    "candidates": lambda signatures, bands, rows: candidates([from_hex(sig) for sig in signatures], bands, rows),
    "dedupe": dedupe,
}

for line in sys.stdin:
    case = json.loads(line)
    operation = OPERATIONS.get(case["op"]) if case["profile"] == "minhash@millrace" else None
    if operation is None:
        print(json.dumps({"id": case["id"], "unsupported": True}))
    else:
        print(json.dumps({"id": case["id"], "output": operation(**case["input"])}), flush=True)
