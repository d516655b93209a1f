/**
 * datatrove's signature files, `bucket_000/00000.minhash.sig`: for each band ("bucket") and task a file of records, the band's values
 * and the number of the document inside its task, all little-endian, sorted by values, then document. Index files have no number.
 *
 * Writing spools each band's records to disk and sorts one band at a time, so memory is 68 bytes (36 with 32-bit hashes) a document.
 */
import { type FileHandle, mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { PipelineError } from "../../core/index.ts";
import type { ShingleHash } from "../../kernels/sketch/index.ts";
import { createAtomic } from "../../store/index.ts";
import { RecordBuffer, RecordFile } from "./record-file.ts";
import { type DatatroveOptions, type DatatroveParameters, DatatroveSketcher, valueBytes } from "./signature.ts";

export function bandFolder(folder: string, band: number): string {
  return join(folder, `bucket_${String(band).padStart(3, "0")}`);
}

/** The files of a band in the order of their names, which is that of datatrove. */
export async function bandFiles(folder: string, band: number, ending: string): Promise<string[]> {
  const names = await readdir(bandFolder(folder, band)).catch((cause: unknown) => {
    throw new PipelineError({ kind: "unreadable", message: `${bandFolder(folder, band)} cannot be listed`, cause });
  });
  return names
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => join(bandFolder(folder, band), name));
}

export interface DatatroveSigned {
  /** Documents seen, and those that had a shingle: the others have no signature and are never duplicates. */
  readonly documents: number;
  readonly signed: number;
}

/**
 * Stage 1: writes the signatures of the documents of one task, the same bytes as datatrove's `MinhashDedupSignature`, under `folder`.
 * Options as those of {@link DatatroveSketcher}.
 */
export async function writeDatatroveSignatures(
  documents: AsyncIterable<{ readonly text: string }> | Iterable<{ readonly text: string }>,
  folder: string,
  task: number,
  options: DatatroveOptions = {},
): Promise<DatatroveSigned> {
  if (!Number.isInteger(task) || task < 0)
    throw new RangeError(`writeDatatroveSignatures: expected \`task\` to be a whole number, got ${task}`);
  const sketcher = new DatatroveSketcher(options);
  const writer = new SignatureWriter(folder, task, sketcher.parameters);
  let [seen, signed] = [0, 0];
  try {
    for await (const { text } of documents) {
      const signature = sketcher.signature(text);
      if (signature !== undefined) {
        await writer.add(signature, seen);
        signed++;
      }
      seen++;
    }
    await writer.finish();
  } finally {
    await writer.close();
  }
  return { documents: seen, signed };
}

/** Writes the files of one task. */
export class SignatureWriter {
  readonly #folder: string;
  readonly #task: number;
  readonly #parameters: DatatroveParameters;
  readonly #spools: { readonly path: string; readonly handle: FileHandle; readonly buffer: RecordBuffer }[] = [];
  readonly #record: Uint8Array;
  readonly #view: DataView;

  constructor(folder: string, task: number, parameters: DatatroveParameters) {
    this.#folder = folder;
    this.#task = task;
    this.#parameters = parameters;
    this.#record = new Uint8Array(recordBytes(parameters.rows, parameters.hash));
    this.#view = new DataView(this.#record.buffer);
  }

  /** Adds the signature of document `document` of the task. */
  async add(signature: BigUint64Array, document: number): Promise<void> {
    const { bands, rows, hash } = this.#parameters;
    if (signature.length !== bands * rows) throw new RangeError(`expected a signature of ${bands * rows} values, got ${signature.length}`);
    await this.#open();
    const bytes = valueBytes(hash);
    for (let band = 0; band < bands; band++) {
      for (let row = 0; row < rows; row++) {
        const value = signature[band * rows + row] as bigint;
        if (bytes === 8) this.#view.setBigUint64(8 * row, value, true);
        else this.#view.setUint32(4 * row, Number(value), true);
      }
      this.#view.setUint32(bytes * rows, document, true);
      await this.#spools[band]?.buffer.add(this.#record);
    }
  }

  /** Sorts the records of each band and gives the files their names. */
  async finish(): Promise<void> {
    await this.#open();
    for (const [band, spool] of this.#spools.entries()) {
      await spool.buffer.flush();
      const name = `${String(this.#task).padStart(5, "0")}.minhash.sig`;
      const file = await createAtomic(join(bandFolder(this.#folder, band), name));
      try {
        await file.write(sorted(await readFile(spool.path), this.#parameters));
        await file.commit();
      } finally {
        await file.abort();
      }
    }
  }

  /** Removes what was spooled. */
  async close(): Promise<void> {
    for (const { handle, path } of this.#spools.splice(0)) {
      await handle.close();
      await rm(path, { force: true });
    }
  }

  async #open(): Promise<void> {
    for (let band = this.#spools.length; band < this.#parameters.bands; band++) {
      const folder = bandFolder(this.#folder, band);
      await mkdir(folder, { recursive: true });
      const path = join(folder, `.${this.#task}.${process.pid}.spool`);
      const handle = await open(path, "w");
      const buffer = new RecordBuffer(async (bytes) => {
        await handle.writeFile(bytes);
      });
      this.#spools.push({ path, handle, buffer });
    }
  }
}

export function recordBytes(rows: number, hash: ShingleHash): number {
  return rows * valueBytes(hash) + 4;
}

/** The records in order. They are turned into big-endian numbers first, so that the order of bytes is the order of records. */
function sorted(records: Buffer, { rows, hash }: DatatroveParameters): Buffer {
  const width = recordBytes(rows, hash);
  const turned = Buffer.from(records);
  const swap = (bytes: Buffer): void => {
    for (let at = 0; at < bytes.length; at += width) {
      const values = bytes.subarray(at, at + width - 4);
      if (valueBytes(hash) === 8) values.swap64();
      else values.swap32();
      bytes.subarray(at + width - 4, at + width).swap32();
    }
  };
  swap(turned);
  const count = records.length / width;
  const order = Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) =>
    turned.compare(turned, b * width, (b + 1) * width, a * width, (a + 1) * width),
  );
  const out = Buffer.alloc(records.length);
  for (let i = 0; i < count; i++) records.copy(out, i * width, (order[i] as number) * width, ((order[i] as number) + 1) * width);
  return out;
}

/** One record of a signature file. */
export interface DatatroveRecord {
  /** The values of the band. */
  readonly values: BigUint64Array;
  /** The number of the document inside its task. */
  readonly document: number;
}

/**
 * Reads one `.minhash.sig` file, record by record, in its order. Memory: 128 KiB. Throws a `PipelineError` that names the file: "truncated"
 * when its length is no multiple of a record, "corrupt" when records are out of order or cannot be signatures, "unreadable" when it cannot be opened.
 */
export async function* readDatatroveSignatures(
  path: string,
  options: Pick<DatatroveOptions, "rows" | "hash"> = {},
): AsyncGenerator<DatatroveRecord, void, undefined> {
  const { rows = 8, hash = "xxh64" } = options;
  const file = await SignatureFile.open(path, rows, hash, true);
  try {
    while (await file.next()) {
      const { view, at } = file.records;
      const values = BigUint64Array.from({ length: rows }, (_, row) => {
        return valueBytes(hash) === 8 ? view.getBigUint64(at + 8 * row, true) : BigInt(view.getUint32(at + 4 * row, true));
      });
      yield { values, document: file.document };
    }
  } finally {
    await file.records.close();
  }
}

/** A sorted file of signatures, or of an index, whose order is checked as it is read. */
export class SignatureFile {
  readonly records: RecordFile;
  /** Whether records end with a document's number; those of an index do not. */
  readonly #numbered: boolean;
  readonly #words: number;
  readonly #wordsOfValue: number;
  readonly #before: Uint32Array;
  /** The values at hand as 32-bit words, the most significant first, so that their order is that of the values. */
  readonly values: Uint32Array;

  static async open(path: string, rows: number, hash: ShingleHash, numbered: boolean): Promise<SignatureFile> {
    const records = await RecordFile.open(path, rows * valueBytes(hash) + (numbered ? 4 : 0));
    return new SignatureFile(records, rows, hash, numbered);
  }

  private constructor(records: RecordFile, rows: number, hash: ShingleHash, numbered: boolean) {
    this.records = records;
    this.#numbered = numbered;
    this.#wordsOfValue = valueBytes(hash) / 4;
    this.#words = rows * this.#wordsOfValue;
    this.values = new Uint32Array(this.#words);
    this.#before = new Uint32Array(this.#words);
  }

  /** The document of the record at hand. */
  get document(): number {
    return this.#numbered ? this.records.view.getUint32(this.records.at + 4 * this.#words, true) : -1;
  }

  /** Goes to the next record; false at the end. */
  async next(): Promise<boolean> {
    const found = this.records.next();
    if (!(typeof found === "boolean" ? found : await found)) return false;
    this.#take();
    return true;
  }

  #take(): void {
    const { view, at, index } = this.records;
    this.#before.set(this.values);
    for (let i = 0; i < this.#words; i += this.#wordsOfValue) {
      for (let k = 0; k < this.#wordsOfValue; k++) {
        this.values[i + k] = view.getUint32(at + 4 * (i + this.#wordsOfValue - 1 - k), true);
      }
    }
    const tooLarge = this.#wordsOfValue === 2 && this.values.some((word, i) => i % 2 === 0 && word >= 0x2000_0000);
    if (tooLarge) {
      const message = `${this.records.path}: record ${index} has a value of 2^61 or more: not a file of 64-bit hashes in bands of these rows`;
      throw new PipelineError({ kind: "corrupt", message });
    }
    if (compareWords(this.values, this.#before) >= 0) return;
    throw new PipelineError({ kind: "corrupt", message: `${this.records.path}: record ${index} is out of order; make the file again` });
  }

  /** Goes before the first record whose first value is at least `least`, which is given as words. */
  async seek(least: Uint32Array): Promise<void> {
    let low = 0;
    let high = this.records.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      this.values.fill(0);
      this.records.seek(middle);
      await this.next();
      if (compareWords(this.values.subarray(0, this.#wordsOfValue), least) < 0) low = middle + 1;
      else high = middle;
    }
    this.values.fill(0);
    this.records.seek(low);
  }
}

export function compareWords(a: Uint32Array, b: Uint32Array): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] as number) - (b[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
