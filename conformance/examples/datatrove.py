"""minhash@datatrove in plain Python, written from conformance/README.md alone: for reading, not for speed. No dependencies.

    node conformance/run.mjs --profile minhash@datatrove -- python3 conformance/examples/datatrove.py
"""

import hashlib
import json
import re
import sys
import unicodedata

M64, MERSENNE = 2**64 - 1, 2**61 - 1
BANDS, ROWS, NGRAM = 14, 8, 5

# ---- words -------------------------------------------------------------------------------------------------------------

PUNCTUATION = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u0021-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u009f\u00ab\u00b4\u00bb\u2013\u2014\u2019\u201c-\u201e"
    "\u2026\u2236\u2501\u25ba\u3001\u3002\u3008-\u300d\u3010\u3011\uff01\uff05\uff08\uff09\uff0c\uff0e\uff11\uff1a\uff1b\uff1f\uff5e]"
)
NUMBER = re.compile("\\d+(?:[.,\u060c\u066b\u2396-\u2398]\\d+)?")
AT_BOTH_ENDS = "\u00a1\u00b7\u00bf\u060c\u061b\u061f\u066a\u06d4\u0964\u2018\u201a\u27e6\u27e7\u300e\u300f\u3014\u3015"
CURRENCY = "\u00a3\u00a5\u0e3f\ufdfc" + "".join(map(chr, range(0x20A0, 0x20C0)))
UNITS = "km m dm cm mm ha nm yd in ft kg g mg t lb oz kmh mph mbar mb kb gb tb".split()
WHOLE = {"cannot": "can not", "cant": "ca nt", "gonna": "gon na", "gotta": "got ta", "id": "i d", "ima": "i m a", "wed": "we d"}
WHOLE.update({"wont": "wo nt", "yall": "y all"})
SPECIAL = """aint arent cannot cant cantve couldnt couldntve couldve darent didnt didntve doesnt doesntve dont dontve gonna gotta hadnt
hadntve hasnt havent hed hedve hellve hes howd howdve howll howllve howre hows howve id idve illve im ima isnt itd itdve itll itllve ive
maynt mayntve mightnt mightntve mightve mustnt mustntve mustve neednt needntve notve oughtnt oughtntve shant shantve shedve shellve shes
shouldnt shouldntve shouldve thatd thatdve thatll thatllve thats thered theredve therell therellve therere theres thereve thesed thesedve
thesell thesellve thesere theseve theyd theydve theyll theyllve theyre theyve thisd thisdve thisll thisllve thiss thosed thosedve thosell
thosellve thosere thoseve wasnt wed wedve wellve werent weve whatd whatdve whatll whatllve whatre whats whatve whend whendve whenll
whenllve whenre whens whenve whered wheredve wherell wherellve wherere wheres whereve whod whodve wholl whollve whos whove whyd whydve
whyll whyllve whyre whys whyve wont wontve wouldnt wouldntve wouldve yall youd youdve youll youllve youre youve""".split()


def cut(word):
    if word in WHOLE:
        return WHOLE[word].split()
    if word.endswith("ve"):
        rest = word[:-2]
        return (cut(rest) if rest in SPECIAL or rest in ("hell", "ill", "shed", "shell", "well") else [rest]) + ["ve"]
    ending = next(end for end in ("nt", "ll", "re", "d", "s", "m") if word.endswith(end) or word in ("ill", "hell") and end == "ll")
    return [word[: -len(ending)], ending]


def words(text):
    text = PUNCTUATION.sub(" ", NUMBER.sub("0", text.lower()))
    text = " ".join(text.split())
    text = "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")
    found = []
    for piece in text.split(" "):
        tail = []
        while piece and piece not in SPECIAL:
            unit = next((u for u in sorted(UNITS, key=len, reverse=True) + list(CURRENCY) if piece.endswith("0" + u)), None)
            if piece[0] in AT_BOTH_ENDS + CURRENCY + "\u00a7":
                found, piece = found + [piece[0]], piece[1:]
            elif unit is not None:
                piece, tail = piece[: -len(unit)], [unit] + tail
            elif piece[-1] in AT_BOTH_ENDS:
                piece, tail = piece[:-1], [piece[-1]] + tail
            else:
                break
        found += (cut(piece) if piece in SPECIAL else [piece] if piece else []) + tail
    return found


# ---- hashes ------------------------------------------------------------------------------------------------------------


def xxh(data, bits):
    if bits == 64:
        p1, p2, p3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
        p4, p5, turns, turn = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5, (1, 7, 12, 18), 31
    else:
        p1, p2, p3, p4, p5 = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F, 0x165667B1
        turns, turn = (1, 7, 12, 18), 13
    mask, size = 2**bits - 1, bits // 8

    def rol(x, r):
        return (x << r | x >> bits - r) & mask

    def number(at, length):
        return int.from_bytes(data[at : at + length], "little")

    def step(state, lane):
        return rol((state + lane * p2) & mask, turn) * p1 & mask

    at = 0
    if len(data) >= 4 * size:
        v = [(p1 + p2) & mask, p2, 0, -p1 & mask]
        while at + 4 * size <= len(data):
            v = [step(state, number(at + i * size, size)) for i, state in enumerate(v)]
            at += 4 * size
        h = sum(rol(state, r) for state, r in zip(v, turns)) & mask
        if bits == 64:
            for state in v:
                h = ((h ^ step(0, state)) * p1 + p4) & mask
    else:
        h = p5
    h = (h + len(data)) & mask
    while bits == 64 and at + 8 <= len(data):
        h = (rol(h ^ step(0, number(at, 8)), 27) * p1 + p4) & mask
        at += 8
    while at + 4 <= len(data):
        h = (rol(h ^ number(at, 4) * p1 & mask, 23) * p2 + p3) & mask if bits == 64 else rol((h + number(at, 4) * p3) & mask, 17) * p4 & mask
        at += 4
    while at < len(data):
        h = rol(h ^ data[at] * p5 & mask, 11) * p1 & mask if bits == 64 else rol((h + data[at] * p5) & mask, 11) * p1 & mask
        at += 1
    for shift, prime in ((33, p2), (29, p3), (32, 1)) if bits == 64 else ((15, p2), (13, p3), (16, 1)):
        h = (h ^ h >> shift) * prime & mask
    return h


def shingle_hash(shingle, name):
    bits = 32 if name.endswith("32") else 64
    if name.startswith("xxh"):
        return xxh(shingle.encode(), bits)
    return int.from_bytes(hashlib.sha1(shingle.encode()).digest()[: bits // 8], "little")


def mersenne_twister(seed):
    state = [seed]
    for i in range(1, 624):
        state.append((1812433253 * (state[-1] ^ state[-1] >> 30) + i) & 0xFFFFFFFF)
    while True:
        for i in range(624):
            y = state[i] & 0x80000000 | state[(i + 1) % 624] & 0x7FFFFFFF
            state[i] = state[(i + 397) % 624] ^ y >> 1 ^ (0x9908B0DF if y & 1 else 0)
        for y in list(state):
            y ^= y >> 11
            y ^= y << 7 & 0x9D2C5680
            y ^= y << 15 & 0xEFC60000
            yield y ^ y >> 18


def permutations(count, seed=1):
    draws = mersenne_twister(seed)

    def below(span):
        while True:
            number = (next(draws) << 32 | next(draws)) & MERSENNE
            if number <= span:
                return number

    a = [1 + below(MERSENNE - 2) for _ in range(count)]
    return list(zip(a, [below(MERSENNE - 1) for _ in range(count)]))


PERMUTATIONS = permutations(BANDS * ROWS)


# ---- signatures, clusters ----------------------------------------------------------------------------------------------


def signature(text, name):
    found = words(text)
    hashes = {shingle_hash(" ".join(found[i : i + NGRAM]), name) for i in range(len(found) - NGRAM + 1)}
    mask = 0xFFFFFFFF if name.endswith("32") else M64
    return [min((h * a + b & M64) % MERSENNE & mask for h in hashes) for a, b in PERMUTATIONS] if hashes else None


def signature_hex(text, hash):
    values, size = signature(text, hash), 4 if hash.endswith("32") else 8
    return None if values is None else b"".join(value.to_bytes(size, "little") for value in values).hex()


def dedupe(texts, tasks, hash):
    places = [(task, document) for task, count in enumerate(tasks) for document in range(count)]
    signed = [(signature(text, hash), place) for text, place in zip(texts, places)]
    parent, size = {place: place for place in places}, {place: 1 for place in places}

    def find(place):
        while parent[place] != place:
            place = parent[place]
        return place

    for band in range(BANDS):
        records = sorted((values[band * ROWS : (band + 1) * ROWS], place) for values, place in signed if values is not None)
        for (values, place), (others, other) in zip(records, records[1:]):
            if values == others and find(place) != find(other):
                x, y = find(place), find(other)
                if size[x] < size[y]:
                    x, y = y, x
                parent[y], size[x] = x, size[x] + size[y]
    return [[document for document in range(count) if find((task, document)) == (task, document)] for task, count in enumerate(tasks)]


OPERATIONS = {"words": words, "signature": signature_hex, "dedupe": dedupe}

for line in sys.stdin:
    case = json.loads(line)
    operation = OPERATIONS.get(case["op"]) if case["profile"] == "minhash@datatrove" else None
    if operation is None:
        print(json.dumps({"id": case["id"], "unsupported": True}))
    else:
        print(json.dumps({"id": case["id"], "output": operation(**case["input"])}), flush=True)
