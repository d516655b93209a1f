"""Writes the data of the profile minhash@datatrove: the answers of the real datatrove, through the oracle of the tests.

    bash test/oracles/setup.sh && test/oracles/.venv/bin/python conformance/make_datatrove.py

Run it from the root of the repository. The texts are the kit's own; `corpus.json` is that of minhash-millrace, in two tasks.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

KIT = Path(__file__).resolve().parent
ORACLE = KIT.parent / "test" / "oracles" / "dedupe_datatrove.py"
HASHES = ["xxh64", "sha1-64", "xxh32", "sha1-32"]

# What datatrove does to letters, numbers and signs; words that spaCy cuts. Symbols of category So are left out: spaCy's list of them is
# that of one Unicode version, and no part of this specification.
TEXTS = [
    "The quick brown fox jumps over the lazy dog.",
    "The quick brown fox jumps over the lazy dog. And then it runs away from the 3 bears!",
    "too short doc here",
    "It's 3.14 o'clock -- at 10:30 on Monday, 2024-01-02.",
    "Caf\u00e9  na\u00efve\n\t\u00c0\u00c9\u00ce and so on, and so forth",
    "1,234.56 dollars \u0663\u066b\u0661\u0664 and 7,8,9 more",
    "\u201cQuoted\u201d \u2026 text\u2014dash \u2018single\u2019 ends",
    "foo_bar-baz/qux a.b.c 1.2.3.4 x=y",
    "\u6771\u4eac\u306f\u30012024\u5e74\u3002 one two three four",
    "\ufb01ne \u00c5 \u0130stanbul \u1e9e words follow here",
    "dont cant wont cannot gonna gotta id wed hes shes its were well hell ill",
    "couldve thereve hellve cantve idve shouldntve youdve yall ima theyre",
    "5km 10kg 3mph 7gb 12in 0km 4lb 9tb and 3kmh on 8 mm",
    "km kg mph nothing to cut here 5k 5m5 55kgs",
    "\u00bfque? \u00a1si! \u00a350 \u20ac7km a\u00b7b \u00b7ab\u00b7 \u2018x\u2018y\u2018 \u00a71 5\u00a3 one two three",
    "A very long line of words " * 40,
    "one two three four five",
    "",
]


def oracle(args, rows):
    text = "".join(json.dumps(row) + "\n" for row in rows)
    out = subprocess.run([sys.executable, str(ORACLE), *args], input=text, capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def write(op, cases):
    lines = ",\n".join(json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
    head = json.dumps({"profile": "minhash@datatrove", "version": "datatrove 0.10.0", "op": op}, separators=(",", ":"))
    (KIT / "minhash-datatrove" / f"{op}.json").write_text(f'{head[:-1]},"cases":[\n{lines}\n]}}\n', encoding="utf-8")


def main():
    rows = [{"text": text} for text in TEXTS]
    write("words", [{"input": row, "output": answer["words"]} for row, answer in zip(rows, oracle(["signatures", "xxh64"], rows))])
    signatures = []
    for name in HASHES:
        for row, answer in zip(rows, oracle(["signatures", name], rows)):
            signatures.append({"input": {**row, "hash": name}, "output": answer["signature"]})
    write("signature", signatures)
    texts = json.loads((KIT / "minhash-millrace" / "corpus.json").read_text(encoding="utf-8"))
    half = len(texts) // 2
    rows = [{"text": text, "task": int(i >= half)} for i, text in enumerate(texts)]
    dedupe = []
    for name in HASHES:
        with tempfile.TemporaryDirectory() as folder:
            [kept] = oracle(["pipeline", name, folder], rows)
        dedupe.append({"input": {"texts": "corpus.json", "tasks": [half, len(texts) - half], "hash": name}, "output": [kept["0"], kept["1"]]})
    write("dedupe", dedupe)
    (KIT / "minhash-datatrove" / "corpus.json").write_text((KIT / "minhash-millrace" / "corpus.json").read_text(encoding="utf-8"), encoding="utf-8")


main()
