"""The Python rivals of the sketch benches: signatures of JSON lines {"text"} on standard input, with the interpreter of test/oracles.

    minhash.py datatrove <hash>    the real stage 1: simplified text, spaCy words, hashed 5-grams, 14 x 8 permutations
    minhash.py datasketch          words by a regular expression, the set of 5-grams, `update_batch` with 112 permutations

Prints one JSON line: CPU seconds of the signatures alone, bytes of text, documents, peak memory in KiB, SHA-256 of all signatures.
"""
import hashlib
import json
import logging
import re
import resource
import struct
import sys
import time

texts = [json.loads(line)["text"] for line in sys.stdin]
digest = hashlib.sha256()

if sys.argv[1] == "datatrove":
    from loguru import logger

    logger.remove()
    logging.disable(logging.CRITICAL)
    from datatrove.pipeline.dedup import MinhashConfig, MinhashDedupSignature
    from datatrove.utils.hashing import HashConfig

    hash_fc = "sha1" if sys.argv[2] == "sha1-64" else "xxhash"
    step = MinhashDedupSignature("memory://unused", MinhashConfig(hash_config=HashConfig(precision=64, hash_fc=hash_fc)))

    def sign(text):
        shingles = step.get_shingles(text)
        return [value for band in step.get_signature(shingles) for value in band] if shingles.size else None

    def pack(signature):
        return struct.pack(f"<{len(signature)}Q", *signature)
else:
    from datasketch import MinHash

    words = re.compile(r"\w+")

    def sign(text):
        list_ = words.findall(text.lower())
        shingles = {" ".join(list_[i : i + 5]).encode() for i in range(len(list_) - 4)}
        sketch = MinHash(num_perm=112)
        sketch.update_batch(shingles)
        return sketch.hashvalues

    def pack(signature):
        return signature.tobytes()


for text in texts[:20]:
    sign(text)
before = time.process_time()
signatures = [sign(text) for text in texts]
seconds = time.process_time() - before
for signature in signatures:
    digest.update(pack(signature) if signature is not None else b"-")
print(
    json.dumps(
        {
            "cpuSeconds": seconds,
            "bytes": sum(len(text.encode()) for text in texts),
            "documents": len(texts),
            "peakKiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
            "digest": digest.hexdigest()[:16],
        }
    )
)
