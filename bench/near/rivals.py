"""The rivals of bench/near: usage `rivals.py lsh|stages <signatures> <documents>`; prints one JSON line.

Signatures are 112 bytes a document. What is timed is the CPU time of this process for the work alone: objects and files that
stand for the output of the stage before are made first.
"""

import json
import os
import resource
import sys
import tempfile
import time

import numpy as np

BANDS, ROWS = 14, 8


def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def lsh(values):
    """datasketch: query, and insert what found nothing."""
    from datasketch import MinHash, MinHashLSH

    sketches = [MinHash(num_perm=BANDS * ROWS, hashvalues=row) for row in values.astype(np.uint64)]
    index = MinHashLSH(num_perm=BANDS * ROWS, params=(BANDS, ROWS))
    kept = []
    before = time.process_time()
    for i, sketch in enumerate(sketches):
        if not index.query(sketch):
            index.insert(i, sketch)
            kept.append(i)
    return time.process_time() - before, kept


def stages(values):
    """datatrove: its second and third stage, on signature files as its first one writes them."""
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets, MinhashDedupCluster
    from loguru import logger

    logger.remove()
    documents = len(values)
    record = np.dtype([("values", "<u8", ROWS), ("document", "<u4")])
    with tempfile.TemporaryDirectory() as folder:
        for band in range(BANDS):
            rows = np.empty(documents, dtype=record)
            rows["values"] = values[:, band * ROWS : (band + 1) * ROWS]
            rows["document"] = np.arange(documents)
            order = np.lexsort((rows["document"], *(rows["values"][:, k] for k in reversed(range(ROWS)))))
            os.makedirs(f"{folder}/signatures/bucket_{band:03d}")
            rows[order].tofile(f"{folder}/signatures/bucket_{band:03d}/00000.minhash.sig")
        config = MinhashConfig(num_buckets=BANDS, hashes_per_bucket=ROWS)
        before = time.process_time()
        for rank in range(BANDS):
            MinhashDedupBuckets(f"{folder}/signatures", f"{folder}/pairs", config=config).run(None, rank, BANDS)
        MinhashDedupCluster(f"{folder}/pairs", f"{folder}/remove", config=config).run(None, 0, 1)
        seconds = time.process_time() - before
        path = f"{folder}/remove/000000.remove"
        removed = np.fromfile(path, dtype="<u4") if os.path.exists(path) else np.empty(0, dtype="<u4")
        gone = set(removed.tolist())
        return seconds, [i for i in range(documents) if i not in gone]


mode, path, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
signatures = np.fromfile(path, dtype=np.uint8, count=count * BANDS * ROWS).reshape(count, BANDS * ROWS)
seconds, kept = {"lsh": lsh, "stages": stages}[mode](signatures)
checksum = 0
for document in kept:
    checksum = (checksum * 31 + document) % 2147483647
print(json.dumps({"documents": count, "seconds": seconds, "kept": len(kept), "checksum": checksum, "peakMiB": peak_mib()}))
