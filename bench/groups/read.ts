/** Reading JSONL: against the loop everybody writes by hand, which holds the whole file in memory. */
import { createReadStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { gunzipSync, gzipSync } from "node:zlib";
import { read } from "../../src/read/index.ts";
import { Digest, rawBytes } from "../corpus.ts";
import type { Contender, Group, Sample } from "../harness.ts";

/** The corpus as one file, so that all contenders read the same bytes; it goes with the process. */
function oneFile(corpus: readonly string[], gzip: boolean): { path: string; bytes: number } {
  const dir = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  process.on("exit", () => rmSync(dir, { recursive: true, force: true }));
  const bytes = Buffer.concat(corpus.map(rawBytes));
  const path = join(dir, gzip ? "corpus.jsonl.gz" : "corpus.jsonl");
  writeFileSync(path, gzip ? gzipSync(bytes) : bytes);
  return { path, bytes: bytes.length };
}

function contender(name: string, gzip: boolean, loop: (path: string, each: (text: string) => void) => Promise<void> | void): Contender {
  return {
    name,
    prepare: async (corpus) => {
      const { path, bytes } = oneFile(corpus, gzip);
      return async (): Promise<Sample> => {
        const digest = new Digest();
        let documents = 0;
        await loop(path, (text) => {
          documents++;
          digest.number(text.length);
          digest.number(text.charCodeAt(text.length >> 1));
        });
        return { bytes, documents, digest: digest.text() };
      };
    },
  };
}

const ours = async (path: string, each: (text: string) => void): Promise<void> => {
  for await (const doc of read(path)) each(doc.text);
};

function parseLines(text: string, each: (text: string) => void): void {
  for (const line of text.split("\n")) if (line !== "") each((JSON.parse(line) as { text: string }).text);
}

export const readPlainGroup: Group = {
  title: "read: JSONL from a plain file (MB of the file)",
  contenders: [
    contender("millrace read", false, ours),
    contender("readFileSync + split + JSON.parse", false, (path, each) => parseLines(readFileSync(path, "utf8"), each)),
    contender("readline + JSON.parse", false, async (path, each) => {
      for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY }))
        parseLines(line, each);
    }),
  ],
};

export const readGzipGroup: Group = {
  title: "read-gzip: JSONL.gz (MB of the decompressed file)",
  contenders: [
    contender("millrace read", true, ours),
    contender("gunzipSync + split + JSON.parse", true, (path, each) => parseLines(gunzipSync(readFileSync(path)).toString("utf8"), each)),
  ],
};
