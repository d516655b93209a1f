/** WebDataset tar, written and read, against `tar-stream`. Both write the same members; the digest is of what is read back. */
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline as pump } from "node:stream/promises";
import tar from "tar-stream";
import { type Doc, from } from "../../src/core/index.ts";
import { readSamples } from "../../src/read/index.ts";
import { tarShards } from "../../src/write/index.ts";
import { Digest, documents, textBytesOf } from "../corpus.ts";
import type { Group } from "../harness.ts";

function workspace(): string {
  const dir = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function writeOurs(docs: readonly Doc[], path: string): Promise<void> {
  await from(docs)
    .write(tarShards(path.replace(".tar", "-{shard}.tar"), { members: ["text"], maxBytes: 1e12, maxRecords: 1_000_000 }))
    .run();
}

async function writeTarStream(docs: readonly Doc[], path: string): Promise<void> {
  const pack = tar.pack();
  const written = pump(pack, createWriteStream(path));
  for (const [i, doc] of docs.entries()) {
    await new Promise<void>((resolve, reject) => {
      pack.entry({ name: `${String(i).padStart(9, "0")}.txt` }, doc.text, (error) => (error ? reject(error) : resolve()));
    });
  }
  pack.finalize();
  await written;
}

/** Bytes of every member, in order; names differ between the writers and are not compared. */
async function contents(path: string): Promise<string> {
  const digest = new Digest();
  const extract = tar.extract();
  extract.on("entry", (_header, stream, next) => {
    stream.on("data", (data: unknown) => {
      const chunk = data as Buffer;
      digest.number(chunk[0] as number);
      digest.number(chunk.length);
    });
    stream.on("end", next);
  });
  await pump(createReadStream(path), extract);
  return digest.text();
}

async function memberSizes(path: string): Promise<string> {
  const digest = new Digest();
  const extract = tar.extract();
  extract.on("entry", (header, stream, next) => {
    digest.number(header.size ?? 0);
    stream.on("end", next);
    stream.resume();
  });
  await pump(createReadStream(path), extract);
  return digest.text();
}

export const writeTarGroup: Group = {
  title: "write-tar: one .txt member a document; ours also hashes, indexes and fsyncs (MB of text)",
  contenders: [
    {
      name: "tarShards",
      prepare: async (corpus) => {
        const docs = documents(corpus);
        const dir = workspace();
        return async () => {
          await writeOurs(docs, join(dir, "out.tar"));
          return { bytes: textBytesOf(docs), documents: docs.length, digest: () => memberSizes(join(dir, "out-000000.tar")) };
        };
      },
    },
    {
      name: "tar-stream pack",
      prepare: async (corpus) => {
        const docs = documents(corpus);
        const path = join(workspace(), "out.tar");
        return async () => {
          await writeTarStream(docs, path);
          return { bytes: textBytesOf(docs), documents: docs.length, digest: () => memberSizes(path) };
        };
      },
    },
  ],
};

export const readTarGroup: Group = {
  title: "read-tar: every member's bytes (MB of text)",
  verify: async (corpus) => {
    const docs = documents(corpus, 4e6);
    const dir = workspace();
    await writeOurs(docs, join(dir, "a.tar"));
    await writeTarStream(docs, join(dir, "b.tar"));
    if ((await contents(join(dir, "a-000000.tar"))) !== (await contents(join(dir, "b.tar")))) throw new Error("the two writers differ");
    return "tar-stream reads the same member bytes from our shard as from its own";
  },
  contenders: [
    {
      name: "readSamples",
      prepare: async (corpus) => {
        const docs = documents(corpus);
        const dir = workspace();
        await writeOurs(docs, join(dir, "in.tar"));
        return async () => {
          const digest = new Digest();
          for await (const sample of readSamples(join(dir, "in-000000.tar")))
            for (const bytes of sample.members.values()) digest.number(bytes.length);
          return { bytes: textBytesOf(docs), documents: docs.length, digest: digest.text() };
        };
      },
    },
    {
      name: "tar-stream extract",
      prepare: async (corpus) => {
        const docs = documents(corpus);
        const dir = workspace();
        await writeOurs(docs, join(dir, "in.tar"));
        return async () => ({ bytes: textBytesOf(docs), documents: docs.length, digest: await memberSizes(join(dir, "in-000000.tar")) });
      },
    },
  ],
};
