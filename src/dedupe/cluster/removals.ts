/**
 * From "document d goes because of document o", in any order, to verdicts in the order of the corpus, out of core: removals
 * are distributed by chunks of o where names are wanted, meet the names of their documents there, and are distributed once
 * more by chunks of d.
 */
import { join } from "node:path";
import type { Fingerprints } from "../../core/index.ts";
import { chunksOf } from "./batches.ts";
import { BlockFile } from "./block-file.ts";
import { type FingerprintHeader, KIND } from "./format.ts";
import type { Decisions } from "./ordered-verdicts.ts";
import { Places } from "./places.ts";
import { IN_INDEX, NOT_COMPARED, STATUS, VerdictWriter } from "./verdicts.ts";

/** Words of a removal: document, the one that stays, status << 16 | equal values, size of the group. */
const WORDS = 4;
/** Documents of a chunk: what of it has to be in memory at once are its removals. */
const CHUNK = 65_536;
const LEAST_BLOCK = 1024;
const LARGEST_BLOCK = 64 * 1024;
/** A removal with its name has to fit a block; the few names that are longer are left out. */
const NAMED_BLOCK = 8192;
const LONGEST_STORED_NAME = NAMED_BLOCK - (WORDS + 2) * 4;

export interface RemovalOptions {
  readonly documents: number;
  readonly memoryBytes: number;
  readonly directory: string;
  readonly signal: AbortSignal;
  /** True when verdicts carry the name of the document that stays. */
  readonly names: boolean;
}

export class Removals implements Decisions {
  readonly #options: RemovalOptions;
  /** By the document that stays; only where names are wanted. */
  readonly #byKept: BlockFile | undefined;
  /** By the document that goes; behind each its name's length in bytes, and the name. */
  readonly #byDropped: BlockFile;

  constructor(options: RemovalOptions) {
    const { documents, memoryBytes, directory, names } = options;
    this.#options = options;
    const chunks = Math.max(1, Math.ceil(documents / CHUNK));
    const block = Math.min(LARGEST_BLOCK, Math.max(LEAST_BLOCK, Math.floor(memoryBytes / 16 / chunks)));
    this.#byKept = names ? new BlockFile(join(directory, "removals-by-kept"), chunks, block) : undefined;
    this.#byDropped = new BlockFile(join(directory, "removals"), chunks, names ? Math.max(block, NAMED_BLOCK) : block);
  }

  add(document: number, of: number, status: number, equal: number, size: number): void {
    const named = this.#byKept !== undefined && (status === STATUS.exact || status === STATUS.near);
    if (named) write(this.#byKept as BlockFile, Math.floor(of / CHUNK), WORDS, document, of, (status << 16) | equal, size);
    else this.#settle(document, of, (status << 16) | equal, size, undefined);
  }

  addAll(told: Uint32Array): void {
    for (let i = 0; i < told.length; i += 4) {
      this.add(told[i] as number, told[i + 1] as number, told[i + 2] as number, NOT_COMPARED, told[i + 3] as number);
    }
  }

  #settle(document: number, of: number, info: number, size: number, name: Uint8Array | undefined): void {
    const file = this.#byDropped;
    const nameWords = name === undefined ? 0 : Math.ceil(name.length / 4);
    const at = write(file, Math.floor(document / CHUNK), WORDS + 1 + nameWords, document, of, info, size);
    file.words[at + WORDS] = name?.length ?? 0;
    if (name !== undefined) file.bytes.set(name, (at + WORDS + 1) * 4);
  }

  /** Adds the names of the documents that stay. Called once, when all removals are in. */
  async name(splits: readonly Fingerprints[], header: FingerprintHeader): Promise<void> {
    const file = this.#byKept;
    if (file === undefined) return;
    let document = 0;
    // The names of one chunk at a time; its removals pass by in blocks, since one document may be the reason for millions.
    const names: (Uint8Array | undefined)[] = [];
    const settle = (): void => {
      const first = document - names.length;
      for (const block of file.blocks(first / CHUNK)) {
        for (let at = 0; at < block.length; at += WORDS) {
          const of = block[at + 1] as number;
          this.#settle(block[at] as number, of, block[at + 2] as number, block[at + 3] as number, names[of - first]);
        }
      }
      names.length = 0;
    };
    for await (const { parser } of chunksOf(splits, header, this.#options.signal)) {
      while (parser.next()) {
        const known = parser.kind !== KIND.failed && parser.nameLength <= LONGEST_STORED_NAME;
        names.push(known ? new Uint8Array(parser.bytes.subarray(parser.nameAt, parser.nameAt + parser.nameLength)) : undefined);
        document++;
        if (names.length === CHUNK) settle();
      }
    }
    if (names.length > 0) settle();
  }

  /**
   * The verdicts of each split, in order; `counts` are the documents of the splits, of which the first `indexes` are indexes and
   * get no verdicts.
   */
  async *verdicts(counts: readonly number[], indexes: number): AsyncGenerator<Uint8Array, void> {
    const places = new Places(counts);
    let chunk: Uint32Array = new Uint32Array(0);
    let at = new Int32Array(0);
    let loaded = -1;
    for (const [split, count] of counts.entries()) {
      this.#options.signal.throwIfAborted();
      if (split < indexes) continue;
      const writer = new VerdictWriter(count);
      for (let i = 0; i < count; i++) {
        const document = (places.begins[split] as number) + i;
        if (Math.floor(document / CHUNK) !== loaded) {
          loaded = Math.floor(document / CHUNK);
          chunk = this.#byDropped.load(loaded);
          at = byDropped(chunk);
        }
        const record = at[document % CHUNK] as number;
        if (record >= 0) tell(writer, i, chunk, record, places, indexes);
      }
      yield writer.finish();
    }
  }

  close(): void {
    this.#byKept?.close();
    this.#byDropped.close();
  }
}

function write(file: BlockFile, partition: number, words: number, a: number, b: number, c: number, d: number): number {
  const at = file.reserve(partition, words);
  file.words[at] = a;
  file.words[at + 1] = b;
  file.words[at + 2] = c;
  file.words[at + 3] = d;
  return at;
}

/** Where the removal of each document of the chunk lies, or -1. */
function byDropped(chunk: Uint32Array): Int32Array<ArrayBuffer> {
  const places = new Int32Array(CHUNK).fill(-1);
  for (let at = 0; at < chunk.length; at += WORDS + 1 + Math.ceil((chunk[at + WORDS] as number) / 4)) {
    places[(chunk[at] as number) % CHUNK] = at;
  }
  return places;
}

function tell(writer: VerdictWriter, document: number, chunk: Uint32Array, at: number, places: Places, indexes: number): void {
  const info = chunk[at + 2] as number;
  const [status, equal] = [info >>> 16, info & 0xffff];
  const size = chunk[at + 3] as number;
  if (status === STATUS.failed || status === STATUS.head) {
    if (status === STATUS.failed) writer.failed(document);
    else writer.head(document, size);
    return;
  }
  places.find(chunk[at + 1] as number);
  const name = new Uint8Array(chunk.buffer, chunk.byteOffset + (at + WORDS + 1) * 4, chunk[at + WORDS] as number);
  const split = places.split < indexes ? IN_INDEX : places.split - indexes;
  writer.dropped(document, status, split, places.number, equal, size, name);
}
