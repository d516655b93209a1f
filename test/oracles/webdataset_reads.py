"""What Python's readers make of tar shards, as JSON for test/write/oracles.test.ts.

    test/oracles/.venv/bin/python test/oracles/webdataset_reads.py shard.tar [shard.tar ...]

Samples come from webdataset, structure from tarfile, arrays from NumPy (which also writes them again, to compare bytes).
The byte-offset index is checked by Energon's rule: the first header of every sample, then the end of the last one.
"""
import io
import json
import struct
import sys
import tarfile

import numpy as np
import webdataset as wds
from webdataset.tariterators import base_plus_ext


def plain(value):
    if isinstance(value, np.ndarray):
        return {"dtype": str(value.dtype), "shape": list(value.shape), "values": value.tolist()}
    return value


def structure(path):
    offsets, end, keys, rewritten = [], 0, set(), []
    with tarfile.open(path) as tar:
        members = tar.getmembers()
        for member in members:
            assert member.isreg() and not member.pax_headers, member.name
            assert (member.mode, member.mtime, member.uid, member.gid) == (0o444, 0, 0, 0), member.name
            assert member.offset_data - member.offset == 512, f"{member.name} has extended headers"
            key, _ = base_plus_ext(member.name)
            if key not in keys:
                keys.add(key)
                offsets.append(member.offset)
            end = member.offset_data + (member.size + 511) // 512 * 512
            if member.name.endswith(".npy"):
                data = tar.extractfile(member).read()
                again = io.BytesIO()
                np.save(again, np.load(io.BytesIO(data)))
                rewritten.append(again.getvalue() == data)
    with open(path + ".idx", "rb") as file:
        data = file.read()
    index = list(struct.unpack(f"<{len(data) // 8}Q", data))
    return {"members": len(members), "indexAgrees": index == [*offsets, end], "npyEqualsNumPy": all(rewritten), "arrays": len(rewritten)}


paths = sys.argv[1:]
samples = [
    {name: plain(value) for name, value in sample.items() if name not in ("__url__", "__local_path__")}
    for sample in wds.WebDataset(paths, shardshuffle=False).decode()
]
json.dump({"webdataset": wds.__version__, "samples": samples, "shards": [structure(path) for path in paths]}, sys.stdout)
