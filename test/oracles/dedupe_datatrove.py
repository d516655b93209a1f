"""What the real datatrove makes of texts: the oracle of src/dedupe/datatrove.

    dedupe_datatrove.py signatures <hash>     JSON lines {"text"} in; for each {"words": [...], "signature": hex or null} out: the words of the
                                              simplified text, the values little-endian in band order
    dedupe_datatrove.py pipeline <hash> <folder> [tasks]
                                              JSON lines {"text", "task"} in; the four stages are run into <folder>: sigs/, dups/, clusters/,
                                              and index/, index-dups/ with an index of task 0;
                                              out: one JSON line with the numbers of the documents kept, by task
<hash> is xxh64, xxh32, sha1-64 or sha1-32. `tasks` is the number of tasks of stage 2, a multiple of 14.
"""
import json
import logging
import struct
import sys
from collections import defaultdict
from pathlib import Path

from loguru import logger

logger.remove()
logging.disable(logging.CRITICAL)

from datatrove.data import Document  # noqa: E402
from datatrove.pipeline.dedup import MinhashBuildIndex, MinhashConfig, MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature  # noqa: E402
from datatrove.utils.hashing import HashConfig  # noqa: E402
from datatrove.utils.text import simplify_text  # noqa: E402

mode, name = sys.argv[1:3]
precision = 32 if name.endswith("32") else 64
config = MinhashConfig(hash_config=HashConfig(precision=precision, hash_fc="sha1" if name.startswith("sha1") else "xxhash"))

if mode == "signatures":
    step = MinhashDedupSignature(output_folder="memory://unused", config=config)
    for line in sys.stdin:
        text = json.loads(line)["text"]
        shingles = step.get_shingles(text)
        signature = None
        if shingles.size:
            values = [value for band in step.get_signature(shingles) for value in band]
            signature = struct.pack(f"<{len(values)}{'I' if precision == 32 else 'Q'}", *values).hex()
        print(json.dumps({"words": step.word_tokenizer.word_tokenize(simplify_text(text)), "signature": signature}))
else:
    folder = Path(sys.argv[3])
    tasks = defaultdict(list)
    for line in sys.stdin:
        row = json.loads(line)
        tasks[row["task"]].append(Document(text=row["text"], id=str(len(tasks[row["task"]]))))
    for rank, docs in tasks.items():
        MinhashDedupSignature(output_folder=str(folder / "sigs"), config=config).run(iter(docs), rank, len(tasks))
    # An index of the first task alone, then all tasks against it, which adds what is new.
    MinhashDedupSignature(output_folder=str(folder / "sigs0"), config=config).run(iter(tasks[0]), 0, 1)
    for bucket in range(14):
        MinhashBuildIndex(str(folder / "sigs0"), str(folder / "index"), "first", config=config).run(None, bucket, 14)
    for rank in range(14):
        MinhashDedupBuckets(
            str(folder / "sigs"), str(folder / "index-dups"), str(folder / "index"), config=config, create_index_name="second"
        ).run(None, rank, 14)
    world = int(sys.argv[4]) if len(sys.argv) > 4 else 14
    for rank in range(world):
        MinhashDedupBuckets(str(folder / "sigs"), str(folder / "dups"), config=config).run(None, rank, world)
    MinhashDedupCluster(str(folder / "dups"), str(folder / "clusters"), config=config, save_cluster_id=True, save_cluster_size=True).run(None, 0, 1)
    kept = {rank: [int(doc.id) for doc in MinhashDedupFilter(str(folder / "clusters")).run(iter(docs), rank, len(tasks))] for rank, docs in tasks.items()}
    print(json.dumps(kept))
