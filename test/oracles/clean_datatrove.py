"""What the real datatrove decides about each text: the oracle of src/clean.

Reads JSON lines `{"text": ...}` on standard input and writes one JSON line for each:
    words       the words of its English tokenizer (only with --words), else their number and digest
    sentences   the number of sentences of its sentence splitter
    repetition, quality, fineweb, c4, c4Loose, c4Strict   {"reason": word or null} and for C4 the text it leaves
    pipeline    the first reason of FineWeb's chain of filters, with the rule's name, and the text it leaves
A filter that throws gives {"error": class name}.
"""
import hashlib
import json
import sys
import warnings

from datatrove.data import Document
from datatrove.pipeline.filters import C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter
from datatrove.utils.text import split_into_sentences, split_into_words

warnings.simplefilter("ignore")  # numpy warns about the mean of nothing

filters = {
    "repetition": GopherRepetitionFilter(),
    "quality": GopherQualityFilter(),
    "qualitySmall": GopherQualityFilter(min_doc_words=10, max_doc_words=1000),
    "c4": C4QualityFilter(),
    "c4Loose": C4QualityFilter(filter_no_terminal_punct=False),
    "c4Strict": C4QualityFilter(min_num_sentences=3, min_words_per_line=5),
    "fineweb": FineWebQualityFilter(),
}
# examples/fineweb.py of datatrove, from the text on.
chain = [("gopher-repetition", "repetition"), ("gopher-quality", "quality"), ("c4", "c4Loose"), ("fineweb", "fineweb")]


def judge(name, text):
    document = Document(text=text, id="0")
    try:
        verdict = filters[name].filter(document)
    except Exception as error:
        return {"error": type(error).__name__}, text
    out = {"reason": None if verdict is True else verdict[1]}
    if name.startswith("c4"):
        out["text"] = document.text if verdict is True else None
    return out, document.text


def run_chain(text):
    for rule, name in chain:
        verdict, text = judge(name, text)
        if verdict.get("reason") or verdict.get("error"):
            return {"reason": f"{rule}/{verdict.get('reason') or verdict['error']}", "text": None}
    return {"reason": None, "text": text}


for line in sys.stdin:
    text = json.loads(line)["text"]
    words = split_into_words(text)
    out = {"sentences": len(split_into_sentences(text)), "count": len(words)}
    if "--words" in sys.argv:
        out["words"] = words
    else:
        out["digest"] = hashlib.md5("\n".join(words).encode("utf-8", "surrogatepass")).hexdigest()
    for name in filters:
        out[name], _ = judge(name, text)
    out["pipeline"] = run_chain(text)
    sys.stdout.write(json.dumps(out) + "\n")
