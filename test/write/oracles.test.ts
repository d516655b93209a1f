/** The readers our shards are for, run on our shards: webdataset, Python's tarfile, NumPy. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Batch } from "../../src/core/index.ts";
import { tarShards } from "../../src/write/index.ts";
import { docs, folder, write } from "./fixtures.ts";

const ORACLES = fileURLToPath(new URL("../oracles", import.meta.url));
const PYTHON = join(ORACLES, ".venv", "bin", "python");
const ready = spawnSync(PYTHON, ["-c", "import webdataset, numpy"]).status === 0;
const required = process.env["MILLRACE_REQUIRE_ORACLES"] === "1";
if (!ready && !required) console.log("skipped: test/write/oracles.test.ts (run `bash test/oracles/setup.sh` for webdataset and NumPy)");

interface PythonArray {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: unknown;
}

interface Reading {
  readonly samples: readonly (Readonly<Record<string, unknown>> & { readonly __key__: string })[];
  readonly shards: readonly {
    readonly members: number;
    readonly indexAgrees: boolean;
    readonly npyEqualsNumPy: boolean;
    readonly arrays: number;
  }[];
}

function read(paths: readonly string[]): Reading {
  const child = spawnSync(PYTHON, [join(ORACLES, "webdataset_reads.py"), ...paths], { encoding: "utf8", maxBuffer: 1 << 28 });
  if (child.status !== 0) throw new Error(`webdataset_reads.py failed: ${child.error?.message ?? child.stderr}`);
  return JSON.parse(child.stdout) as Reading;
}

describe.skipIf(!ready && !required)("Python reads our shards", () => {
  it.each(["uint32", "uint16", "int32"] as const)("documents with tokens as %s", async (tokenDtype) => {
    const dir = folder();
    const input = docs(60);
    const { shards } = await write(input, tarShards(join(dir, "train.v1-{shard}.tar"), { maxRecords: 25, tokenDtype }));
    const reading = read(shards.map(({ name }) => join(dir, name)));
    expect(reading.shards).toEqual([25, 25, 10].map((n) => ({ members: 3 * n, indexAgrees: true, npyEqualsNumPy: true, arrays: n })));
    expect(reading.samples).toEqual(
      input.map(({ text, tokens, ...rest }, i) => ({
        __key__: `train_v1-${String(Math.floor(i / 25)).padStart(6, "0")}-${String(i % 25).padStart(6, "0")}`,
        txt: text,
        json: rest,
        "tokens.npy": { dtype: tokenDtype, shape: [tokens.length], values: [...tokens] } satisfies PythonArray,
      })),
    );
  });

  it("batches", async () => {
    const dir = folder();
    const [width, count] = [5, 3];
    const cells = (fill: (i: number) => number): number[] => Array.from({ length: width * count }, (_, i) => fill(i));
    const rows = docs(count).map(({ id, origin }, i) => ({ id, length: i + 1, origin }));
    const batch: Batch = {
      width,
      rows,
      input_ids: Int32Array.from(cells((i) => i * 7)),
      attention_mask: Uint8Array.from(cells((i) => i % 2)),
      labels: Int32Array.from(cells((i) => -i)),
    };
    await write([batch, batch], tarShards(join(dir, "b-{shard}.tar")));
    const reading = read([join(dir, "b-000000.tar")]);
    expect(reading.shards).toEqual([{ members: 8, indexAgrees: true, npyEqualsNumPy: true, arrays: 6 }]);
    const array = (dtype: string, values: ArrayLike<number>): PythonArray => {
      const grid = Array.from({ length: count }, (_, row) => Array.from(values).slice(row * width, (row + 1) * width));
      return { dtype, shape: [count, width], values: grid };
    };
    expect(reading.samples.map(({ __key__, ...sample }) => sample)).toEqual(
      Array(2).fill({
        json: { width, rows },
        "input_ids.npy": array("int32", batch.input_ids),
        "attention_mask.npy": array("uint8", batch.attention_mask),
        "labels.npy": array(
          "int32",
          Array.from(batch.labels, (value) => value + 0),
        ),
      }),
    );
  });
});
