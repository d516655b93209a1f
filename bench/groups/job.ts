/** The whole main job, JSONL.gz to tar shards, against a script that does its bare bones with the same packages. */
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline as pump } from "node:stream/promises";
import { gunzipSync } from "node:zlib";
import tar from "tar-stream";
import { get_encoding } from "tiktoken";
import { bucketByLength, padBatch } from "../../src/batch/index.ts";
import { clean } from "../../src/clean/index.ts";
import type { Job } from "../../src/core/index.ts";
import { dedupe } from "../../src/dedupe/index.ts";
import { read } from "../../src/read/index.ts";
import { tokenize } from "../../src/tokenize/index.ts";
import { tarShards } from "../../src/write/index.ts";
import type { Group } from "../harness.ts";

function workspace(): string {
  const dir = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

/** The main job of the README, on any JSONL files. */
export function mainJob(files: readonly string[], out: string): Job {
  return read(files)
    .pipe(clean())
    .pipe(dedupe())
    .pipe(tokenize("cl100k_base"))
    .pipe(bucketByLength({ edges: [256, 512, 1024] }))
    .pipe(padBatch({ maxTokens: 65_536, padId: 0 }))
    .write(tarShards(join(out, "train-{shard}.tar")));
}

export const jobGroup: Group = {
  title: "job: read, clean, dedupe, tokenize, bucket, pad, write (MB of text read)",
  contenders: [
    {
      name: "the main job",
      prepare: async (corpus) => {
        const out = workspace();
        return async () => {
          const { report } = await mainJob(corpus, out).run();
          const stage = report.stages[0];
          for (const s of report.stages) console.error(`${s.name}: ${s.seconds.toFixed(2)} s`);
          return { bytes: stage?.bytes ?? 0, documents: stage?.out ?? 0, digest: "" };
        };
      },
    },
    {
      name: "script: read, tokenize, write",
      differs: "no cleaning, no deduplication, no batches, no manifest; whole files in memory",
      prepare: async (corpus) => {
        const path = join(workspace(), "out.tar");
        return async () => {
          const encoding = get_encoding("cl100k_base");
          const pack = tar.pack();
          const written = pump(pack, createWriteStream(path));
          let bytes = 0;
          let documents = 0;
          const add = (name: string, content: string | Buffer): Promise<void> =>
            new Promise((resolve, reject) => {
              pack.entry({ name }, content, (error) => (error ? reject(error) : resolve()));
            });
          for (const file of corpus) {
            const raw = readFileSync(file);
            for (const line of (file.endsWith(".gz") ? gunzipSync(raw) : raw).toString("utf8").split("\n")) {
              if (line === "") continue;
              const { text } = JSON.parse(line) as { text: string };
              bytes += Buffer.byteLength(text);
              const tokens = encoding.encode_ordinary(text);
              const key = String(documents++).padStart(9, "0");
              await add(`${key}.txt`, text);
              await add(`${key}.tokens.bin`, Buffer.from(tokens.buffer, tokens.byteOffset, tokens.byteLength));
            }
          }
          pack.finalize();
          await written;
          return { bytes, documents, digest: "" };
        };
      },
    },
  ],
};
