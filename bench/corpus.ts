/** The text benches run on: documents of the demo, or of the files named with `--corpus`. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { globSync } from "tinyglobby";
import type { Doc } from "../src/core/index.ts";

/** Documents beyond this many bytes are left out, so that a bench ends in minutes whatever the corpus. */
const LIMIT = 32e6;

export async function demoCorpus(): Promise<string[]> {
  const folder = fileURLToPath(new URL("../.cache/demo", import.meta.url));
  const files = existsSync(folder) ? globSync("*.jsonl.gz", { cwd: folder, absolute: true }).sort() : [];
  if (files.length === 0) throw new Error("the demo's text is not there yet: run `npm run demo` once, or name files with --corpus");
  return files;
}

/** The raw bytes of a JSONL file, decompressed. */
export function rawBytes(file: string): Buffer {
  const bytes = readFileSync(file);
  return file.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}

/** The documents of JSONL files, in order, up to `limit` bytes of text. */
export function documents(files: readonly string[], limit: number = LIMIT): Doc[] {
  const docs: Doc[] = [];
  let total = 0;
  for (const file of files) {
    const text = rawBytes(file).toString("utf8");
    let record = 0;
    for (const line of text.split("\n")) {
      if (line === "") continue;
      const row = JSON.parse(line) as { id?: string; text?: string };
      if (typeof row.text !== "string") continue;
      docs.push({ id: row.id ?? `${file}:${record}`, text: row.text, meta: {}, origin: { source: file, record, offset: 0 } });
      record++;
      total += Buffer.byteLength(row.text);
      if (total >= limit) return docs;
    }
  }
  return docs;
}

export function textBytesOf(docs: readonly { readonly text: string }[]): number {
  return docs.reduce((sum, doc) => sum + Buffer.byteLength(doc.text), 0);
}

/** A digest that is fed cheap pieces while the clock runs: a 32-bit mix per number, made text at the end. */
export class Digest {
  #a = 0x811c9dc5;
  #n = 0;

  number(value: number): void {
    this.#a = Math.imul(this.#a ^ value, 0x01000193) ^ (this.#a >>> 15);
    this.#n++;
  }

  text(): string {
    return `${this.#n}:${(this.#a >>> 0).toString(16)}`;
  }
}

export function sha(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}
