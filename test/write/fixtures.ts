/** What the tests of this folder share: records, temporary folders, a look at what lies in one. */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extract } from "tar-stream";
import { onTestFinished } from "vitest";
import { type Doc, from, type JobResult, type RunOptions, type Sink, type Tokenized } from "../../src/core/index.ts";
import type { Manifest } from "../../src/trace/index.ts";

/** A folder that is removed when the test ends. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "millrace-write-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const WORDS = ["mill", "race", "wheel", "Wasser", "水車", "🜄", "é", "\u0000", "\n", '"', "\\", "naïve"];

/** Documents of very different lengths, the same every time. */
export function docs(count: number, source = "corpus/a.jsonl"): (Doc & Tokenized)[] {
  return Array.from({ length: count }, (_, i) => {
    const words = (i * 37) % 97;
    const text = Array.from({ length: words }, (_, w) => WORDS[(i + w * 5) % WORDS.length]).join(" ");
    const tokens = Uint32Array.from({ length: words }, (_, w) => (i * 31 + w * 1009) % 60_000);
    return { id: `doc.${i}`, text, meta: { n: i, nested: { ok: true } }, origin: { source, record: i, offset: i * 1000 }, tokens };
  });
}

/** Runs records into a sink and returns the manifest. */
export async function write<T>(records: Iterable<T> | AsyncIterable<T>, sink: Sink<T>, options: RunOptions = {}): Promise<Manifest> {
  return (await result(records, sink, options)).output as Manifest;
}

export function result<T>(records: Iterable<T> | AsyncIterable<T>, sink: Sink<T>, options: RunOptions = {}): Promise<JobResult> {
  return from(records).write(sink).run(options);
}

/** Every file of a folder by name, hidden ones included. */
export function files(path: string): Map<string, Buffer> {
  return new Map(
    readdirSync(path)
      .sort()
      .map((name) => [name, readFileSync(join(path, name))]),
  );
}

export function names(path: string): string[] {
  return readdirSync(path).sort();
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** The u64 values of an index file. */
export function offsets(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length / 8 }, (_, i) => Number(bytes.readBigUInt64LE(i * 8)));
}

export interface TarEntry {
  readonly name: string;
  readonly bytes: Buffer;
  readonly mode: number | undefined;
  readonly mtime: number | undefined;
  readonly type: string | null | undefined;
  readonly uid: number | undefined;
  readonly gid: number | undefined;
}

/** The members of a tar as `tar-stream` sees them. */
export async function untar(bytes: Uint8Array): Promise<TarEntry[]> {
  const entries: TarEntry[] = [];
  const reader = extract();
  reader.end(bytes);
  for await (const entry of reader) {
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    const { name, mode, mtime, type, uid, gid } = entry.header;
    entries.push({ name, bytes: Buffer.concat(chunks), mode, mtime: mtime?.getTime(), type, uid, gid });
  }
  return entries;
}

/** Reads a `.npy` file by the format's own rules. */
export function readNpy(bytes: Buffer): { readonly descr: string; readonly shape: readonly number[]; readonly values: readonly number[] } {
  if (bytes.subarray(0, 8).toString("latin1") !== "\x93NUMPY\x01\x00") throw new Error("no .npy 1.0");
  const head = 10 + bytes.readUInt16LE(8);
  const dict = bytes.subarray(10, head).toString("latin1");
  const parts = /^\{'descr': '([^']+)', 'fortran_order': False, 'shape': \(([0-9, ]*)\), \} *\n$/.exec(dict);
  if (parts === null || head % 64 !== 0) throw new Error(`malformed header ${JSON.stringify(dict)}`);
  const [, descr = "", dims = ""] = parts;
  const shape = dims
    .split(",")
    .filter((dim) => dim.trim() !== "")
    .map(Number);
  const data = bytes.subarray(head);
  const width = Number(descr.slice(2));
  const values = Array.from({ length: data.length / width }, (_, i) => {
    if (descr === "<i4") return data.readInt32LE(i * 4);
    return data.readUIntLE(i * width, width);
  });
  return { descr, shape, values };
}

/** Waits until the condition holds; fails loudly rather than hanging. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 6000; i++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`waited in vain for ${what}`);
}
