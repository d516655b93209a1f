/**
 * Which keys of a whole corpus are not the first of their kind: the verdicts are one bit a key, in the order of the keys, each split's
 * beginning with a byte of its own.
 *
 * When the table of all keys fits the memory, one pass in order decides. Otherwise keys go to files by a part of their value, with
 * their place; equal keys meet in one file, and file after file is decided with a table of its own. Both give the same bits.
 * Memory: `memoryBytes`, and one bit a key for the verdicts. Disk: 16 bytes a key of 64 bits, 24 for one of 128, only in the second case.
 */
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { type DecideContext, type Fingerprints, PipelineError } from "../core/index.ts";
import type { Gate } from "./seen-keys.ts";

/** Table bytes for a byte of keys, at the worst moment: while the table grows the old one is there too. */
const TABLE_PER_KEY_BYTE = 3;
/** Files that are open at once, at most. */
const MOST_FILES = 512;
const WRITE_BYTES = 1 << 16;
const READ_BYTES = 1 << 20;
const TWO_POW_32 = 0x1_0000_0000;

export interface FirstRules {
  readonly words: 2 | 4;
  /** Bytes of a filter, which is never partitioned; 0 when there is none. */
  readonly filterBytes: number;
  gate(): Gate;
}

export async function* decideFirst(splits: readonly Fingerprints[], rules: FirstRules, context: DecideContext): AsyncGenerator<Uint8Array> {
  const keyBytes = 4 * rules.words;
  const total = splits.reduce((sum, split) => sum + split.bytes, 0);
  const files = Math.ceil((total * TABLE_PER_KEY_BYTE) / Math.max(1, context.memoryBytes));
  if (rules.filterBytes > 0 || files <= 1) {
    const gate = rules.gate();
    for (const split of splits) {
      const verdicts = newVerdicts(split, keyBytes);
      let at = 0;
      for await (const keys of keysOf(split, keyBytes, context)) {
        for (let i = 0; i < keys.length; i += rules.words, at++) if (!gate.admit(keys, i)) mark(verdicts, at);
      }
      yield verdicts;
    }
    return;
  }
  const verdicts = splits.map((split) => newVerdicts(split, keyBytes));
  const parts = await distribute(splits, Math.min(files, MOST_FILES), rules.words, context);
  for (const part of parts) {
    const gate = rules.gate();
    for await (const entries of part.entries()) {
      for (let i = 0; i < entries.length; i += rules.words + 2) {
        if (gate.admit(entries, i)) continue;
        mark(verdicts[entries[i + rules.words] as number] as Uint8Array, (entries[i + rules.words + 1] as number) >>> 0);
      }
      context.signal.throwIfAborted();
    }
  }
  yield* verdicts;
}

function newVerdicts(split: Fingerprints, keyBytes: number): Uint8Array {
  return new Uint8Array(Math.ceil(split.bytes / keyBytes / 8));
}

function mark(verdicts: Uint8Array, at: number): void {
  verdicts[at >>> 3] = (verdicts[at >>> 3] as number) | (1 << (at & 7));
}

/** The keys of a split, whole ones, however its bytes are cut. */
async function* keysOf(split: Fingerprints, keyBytes: number, context: DecideContext): AsyncGenerator<Int32Array> {
  let rest = Buffer.alloc(0);
  let seen = 0;
  for await (const chunk of split.read()) {
    context.signal.throwIfAborted();
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const whole = bytes.length - (bytes.length % keyBytes);
    seen += whole;
    rest = Buffer.from(bytes.subarray(whole));
    if (seen > split.bytes) break;
    yield new Int32Array(Uint8Array.prototype.slice.call(bytes, 0, whole).buffer, 0, whole / 4);
  }
  if (rest.length === 0 && seen === split.bytes) return;
  throw new PipelineError({ kind: "corrupt", message: `fingerprints of ${split.bytes} bytes were expected, ${seen + rest.length} came` });
}

/** Writes every key with its place (split, number in the split) to one of `count` files. */
async function distribute(splits: readonly Fingerprints[], count: number, words: 2 | 4, context: DecideContext): Promise<Part[]> {
  const parts: Part[] = [];
  for (let i = 0; i < count; i++) parts.push(await Part.create(join(context.directory, `keys-${i}`), words + 2, context));
  const entry = new Int32Array(words + 2);
  for (const [number, split] of splits.entries()) {
    let at = 0;
    entry[words] = number;
    for await (const keys of keysOf(split, 4 * words, context)) {
      for (let i = 0; i < keys.length; i += words, at++) {
        for (let w = 0; w < words; w++) entry[w] = keys[i + w] as number;
        entry[words + 1] = at;
        // By the lowest word: the table's order comes from the second one.
        const part = parts[Math.floor((((entry[0] as number) >>> 0) / TWO_POW_32) * count)] as Part;
        if (part.push(entry)) await part.flush();
      }
    }
  }
  for (const part of parts) await part.flush();
  return parts;
}

/** One file of entries: written once, then read once. */
class Part {
  readonly #file: FileHandle;
  readonly #words: number;
  readonly #buffer: Int32Array;
  #filled = 0;
  #written = 0;

  static async create(path: string, words: number, context: DecideContext): Promise<Part> {
    const file = await open(path, "wx+");
    context.scope.defer(() => file.close());
    return new Part(file, words);
  }

  constructor(file: FileHandle, words: number) {
    this.#file = file;
    this.#words = words;
    this.#buffer = new Int32Array(Math.floor(WRITE_BYTES / (4 * words)) * words);
  }

  /** True when the buffer is full and must be flushed. */
  push(entry: Int32Array): boolean {
    this.#buffer.set(entry, this.#filled);
    this.#filled += this.#words;
    return this.#filled === this.#buffer.length;
  }

  async flush(): Promise<void> {
    const bytes = new Uint8Array(this.#buffer.buffer, 0, 4 * this.#filled);
    for (let done = 0; done < bytes.length; )
      done += (await this.#file.write(bytes, done, bytes.length - done, this.#written + done)).bytesWritten;
    this.#written += bytes.length;
    this.#filled = 0;
  }

  async *entries(): AsyncGenerator<Int32Array> {
    const block = new Int32Array(Math.floor(READ_BYTES / (4 * this.#words)) * this.#words);
    const bytes = new Uint8Array(block.buffer);
    for (let at = 0; at < this.#written; ) {
      const wanted = Math.min(bytes.length, this.#written - at);
      for (let filled = 0; filled < wanted; ) {
        const { bytesRead } = await this.#file.read(bytes, filled, wanted - filled, at + filled);
        if (bytesRead === 0) throw new PipelineError({ kind: "truncated", message: "a temporary file of keys ended early" });
        filled += bytesRead;
      }
      at += wanted;
      yield block.subarray(0, wanted / 4);
    }
  }
}
