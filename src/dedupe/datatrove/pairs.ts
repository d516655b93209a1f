/**
 * Stage 2 of datatrove's deduplication: the sorted files of a band are merged, and each record that equals the one before it is a pair.
 * Pairs go to `{band:05d}_{worker:02d}.dups`, four little-endian numbers of 32 bits each: task and document of the record before, task
 * and document of this one; a record that equals one of an index has 0xffffffff for the first two.
 *
 * Cost: a heap step a record. Memory: 128 KiB for each file of the band.
 */
import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { knownOptions, numberOption, optionType, PipelineError } from "../../core/index.ts";
import { type AtomicFile, createAtomic } from "../../store/index.ts";
import { RecordBuffer } from "./record-file.ts";
import { bandFiles, bandFolder, compareWords, SignatureFile } from "./sig-files.ts";
import { type DatatroveOptions, type DatatroveParameters, datatroveParameters, valueBytes } from "./signature.ts";

/** Stands for a document of an index. */
export const FROM_INDEX = 0xffff_ffff;

export interface DatatrovePairOptions extends Pick<DatatroveOptions, "bands" | "rows" | "hash"> {
  /** Folder of an index, whose signatures count as documents that come before all others. Default: none. */
  readonly index?: string;
  /** With an index: leave out the pairs of documents of this data among themselves. Default true, as in datatrove. */
  readonly onlyIndex?: boolean;
  /** With an index: add the signatures that are in none of its files yet, under this name. Default: nothing is added. */
  readonly addToIndex?: string;
  /** Parts that the range of hashes of a band is divided into, each with a file of its own. Default 1. */
  readonly workers?: number;
}

/** What is merged: a file, whether it is an index, and its number in the order of files. */
interface Reader {
  readonly file: SignatureFile;
  readonly fromIndex: boolean;
  readonly order: number;
  readonly task: number;
}

/**
 * Finds the pairs of all bands under `signatures` and writes them under `pairs`, the same bytes as datatrove's `MinhashDedupBuckets`.
 * Throws a `PipelineError` that names the file for one that is cut short, out of order or wrongly named.
 */
export async function writeDatatrovePairs(
  signatures: string,
  pairs: string,
  options: DatatrovePairOptions = {},
): Promise<{ readonly pairs: number }> {
  const { index, onlyIndex = true, addToIndex, workers = 1, ...shape } = options;
  knownOptions("writeDatatrovePairs", options, ["bands", "rows", "hash", "index", "onlyIndex", "addToIndex", "workers"]);
  const parameters = datatroveParameters("writeDatatrovePairs", shape);
  numberOption("writeDatatrovePairs", "workers", workers, { min: 1, max: 10_000, integer: true });
  if (index === undefined && addToIndex !== undefined)
    throw optionType("writeDatatrovePairs", "index", "a folder, for `addToIndex`", index);
  await mkdir(pairs, { recursive: true });
  let found = 0;
  for (let band = 0; band < parameters.bands; band++) {
    const files = await bandFiles(signatures, band, ".minhash.sig");
    const own = addToIndex === undefined ? undefined : new RegExp(`^${escaped(addToIndex)}_\\d{2}\\.minhash\\.index$`, "u");
    const indexes =
      index === undefined ? [] : (await bandFiles(index, band, ".minhash.index")).filter((path) => !own?.test(basename(path)));
    const borders = await bordersOf(files[0], workers, parameters);
    for (let worker = 0; worker < workers; worker++) {
      const number = String(worker).padStart(2, "0");
      const out = await Output.create(join(pairs, `${String(band).padStart(5, "0")}_${number}.dups`));
      const added =
        addToIndex === undefined || index === undefined
          ? undefined
          : await Output.create(join(bandFolder(index, band), `${addToIndex}_${number}.minhash.index`));
      const merge = new Merge(parameters, borders[worker] as Uint32Array, borders[worker + 1] as Uint32Array);
      try {
        await merge.open(files, indexes);
        found += await writePairs(merge, out, indexes.length > 0 && onlyIndex, added);
        await out.commit();
        await added?.commit();
      } finally {
        await merge.close();
        await out.abort();
        await added?.abort();
      }
    }
  }
  return { pairs: found };
}

/**
 * Makes an index of all signatures under `signatures`: the different ones of each band, sorted, as datatrove's `MinhashBuildIndex`
 * writes them to `bucket_000/{name}.minhash.index`. Throws as `writeDatatrovePairs` does.
 */
export async function writeDatatroveIndex(
  signatures: string,
  index: string,
  name: string,
  options: Pick<DatatroveOptions, "bands" | "rows" | "hash"> = {},
): Promise<{ readonly signatures: number }> {
  knownOptions("writeDatatroveIndex", options, ["bands", "rows", "hash"]);
  const parameters = datatroveParameters("writeDatatroveIndex", options);
  let written = 0;
  for (let band = 0; band < parameters.bands; band++) {
    await mkdir(bandFolder(index, band), { recursive: true });
    const out = await Output.create(join(bandFolder(index, band), `${name}.minhash.index`));
    // Without an upper border: an index has all there is.
    const merge = new Merge(parameters, new Uint32Array(valueBytes(parameters.hash) / 4), undefined);
    try {
      await merge.open(await bandFiles(signatures, band, ".minhash.sig"), []);
      while ((await merge.next()) !== undefined) {
        if (merge.repeats) continue;
        await out.buffer.add(merge.value());
        written++;
      }
      await out.commit();
    } finally {
      await merge.close();
      await out.abort();
    }
  }
  return { signatures: written };
}

async function writePairs(merge: Merge, out: Output, onlyIndex: boolean, added: Output | undefined): Promise<number> {
  let found = 0;
  for (let reader = await merge.next(); reader !== undefined; reader = await merge.next()) {
    const { before, repeats } = merge;
    if (reader.fromIndex) continue;
    if (!repeats || before === undefined) await added?.buffer.add(merge.value());
    else if (before.fromIndex || !onlyIndex) {
      const [task, document] = before.fromIndex ? [FROM_INDEX, FROM_INDEX] : [before.task, merge.documentBefore];
      await out.buffer.add32(task, document, reader.task, reader.file.document);
      found++;
    }
  }
  return found;
}

/** A file that appears whole. */
class Output {
  readonly #file: AtomicFile;
  readonly buffer: RecordBuffer;

  static async create(path: string): Promise<Output> {
    return new Output(await createAtomic(path));
  }

  private constructor(file: AtomicFile) {
    this.#file = file;
    this.buffer = new RecordBuffer((bytes) => file.write(bytes));
  }

  async commit(): Promise<void> {
    await this.buffer.flush();
    await this.#file.commit();
  }

  abort(): Promise<void> {
    return this.#file.abort();
  }
}

/**
 * The files of a band as one sequence, in datatrove's order: values, then index files before the others, then the order of files,
 * then documents. A binary heap of the files by the record each has at hand.
 */
class Merge {
  readonly #parameters: DatatroveParameters;
  readonly #from: Uint32Array;
  readonly #to: Uint32Array | undefined;
  readonly #heap: Reader[] = [];
  readonly #open: SignatureFile[] = [];
  readonly #values: Uint32Array;
  #current: Reader | undefined;
  /** Whether the record at hand has the values of the one before it, and where that one was. */
  repeats = false;
  before: Reader | undefined;
  documentBefore = -1;

  constructor(parameters: DatatroveParameters, from: Uint32Array, to: Uint32Array | undefined) {
    this.#parameters = parameters;
    this.#from = from;
    this.#to = to;
    this.#values = new Uint32Array((parameters.rows * valueBytes(parameters.hash)) / 4);
  }

  async open(files: readonly string[], indexes: readonly string[]): Promise<void> {
    const { rows, hash } = this.#parameters;
    for (const [i, path] of [...indexes, ...files].entries()) {
      const fromIndex = i < indexes.length;
      const file = await SignatureFile.open(path, rows, hash, !fromIndex);
      this.#open.push(file);
      await file.seek(this.#from);
      const reader = { file, fromIndex, order: i, task: fromIndex ? -1 : taskOf(path) };
      if (await this.#advance(reader)) this.#push(reader);
    }
  }

  /** Goes to the next record and returns its file; undefined at the end. */
  async next(): Promise<Reader | undefined> {
    const last = this.#current;
    if (last !== undefined) {
      this.before = last;
      this.documentBefore = last.file.document;
      this.#values.set(last.file.values);
      if (await this.#advance(last)) this.#push(last);
    }
    const next = this.#pop();
    this.repeats = last !== undefined && next !== undefined && compareWords(next.file.values, this.#values) === 0;
    this.#current = next;
    return next;
  }

  /** The values of the record at hand, as they stand in a file. */
  value(): Uint8Array {
    const records = this.#current?.file.records;
    if (records === undefined) return new Uint8Array(0);
    return new Uint8Array(records.view.buffer, records.at, 4 * this.#values.length);
  }

  async close(): Promise<void> {
    for (const file of this.#open.splice(0)) await file.records.close();
  }

  async #advance(reader: Reader): Promise<boolean> {
    if (!(await reader.file.next())) return false;
    return this.#to === undefined || compareWords(reader.file.values.subarray(0, this.#to.length), this.#to) < 0;
  }

  #push(reader: Reader): void {
    const heap = this.#heap;
    let at = heap.push(reader) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(reader, heap[parent] as Reader)) break;
      heap[at] = heap[parent] as Reader;
      at = parent;
    }
    heap[at] = reader;
  }

  #pop(): Reader | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const moved = heap.pop();
    if (top === undefined || moved === undefined || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Reader, heap[child] as Reader)) child++;
      if (!isBefore(heap[child] as Reader, moved)) break;
      heap[at] = heap[child] as Reader;
      at = child;
    }
    heap[at] = moved;
    return top;
  }
}

function isBefore(a: Reader, b: Reader): boolean {
  const order = compareWords(a.file.values, b.file.values);
  return order !== 0 ? order < 0 : a.order < b.order;
}

/** The task that a file is of is its name. */
function taskOf(path: string): number {
  const name = basename(path, ".minhash.sig");
  if (/^\d+$/u.test(name)) return Number(name);
  throw new PipelineError({ kind: "bad-name", message: `${path} is not named after a task, as 00012.minhash.sig is` });
}

/** Where each worker's hashes begin, and where the last one's end: quantiles of the first file, as words. */
async function bordersOf(path: string | undefined, workers: number, { rows, hash }: DatatroveParameters): Promise<Uint32Array[]> {
  const words = valueBytes(hash) / 4;
  // datatrove ends before 2^61 - 1, which no value reaches, or before 2^32 - 1, which one in 4 billion does.
  const end = words === 2 ? Uint32Array.of(0x1fff_ffff, 0xffff_ffff) : Uint32Array.of(0xffff_ffff);
  const borders = [new Uint32Array(words)];
  if (workers > 1 && path !== undefined) {
    const file = await SignatureFile.open(path, rows, hash, true);
    try {
      const { count } = file.records;
      if (count < workers) {
        throw new PipelineError({
          kind: "too-few",
          message: `${path} has ${count} records, too few to divide them for ${workers} workers`,
        });
      }
      for (let worker = 1; worker < workers; worker++) {
        file.records.seek(Math.floor(count / workers) * worker);
        file.values.fill(0);
        await file.next();
        borders.push(file.values.slice(0, words));
      }
    } finally {
      await file.records.close();
    }
  }
  while (borders.length < workers) borders.push(end);
  return [...borders, end];
}

function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/gu, "\\$&");
}
