/**
 * A saved index: the fingerprints of the documents that were kept, in one file that says how they were made.
 *
 *   fingerprints   as in cluster/format.ts: a header with algorithm, parameters, seed and Unicode version, then the records
 *   trailer        0xFF, u32 number of records, SHA-256 of everything before this checksum
 *
 * It is written beside its place and renamed when it is whole. Reading takes a megabyte at a time, and nothing is believed
 * before the checksum of the whole was right: a comparison with half an index would look like a success.
 */
import { createHash } from "node:crypto";
import { access, constants, type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { type Fingerprints, messageOf, PipelineError } from "../../core/index.ts";
import { type AtomicFile, createAtomic } from "../../store/index.ts";
import {
  encodeHeader,
  encodeRecord,
  type Fingerprint,
  type FingerprintHeader,
  FingerprintParser,
  incomparable,
} from "../cluster/format.ts";

const END = 0xff;
const CHECKSUM_BYTES = 32;
const TRAILER_BYTES = 5 + CHECKSUM_BYTES;
const READ_BYTES = 1 << 20;
const WRITE_BYTES = 1 << 18;

/** A saved index that was found to be whole. */
export interface SavedIndex extends Fingerprints {
  readonly path: string;
  readonly header: FingerprintHeader;
  /** Documents in it. */
  readonly documents: number;
  /** SHA-256 of its contents, in hexadecimal digits. */
  readonly checksum: string;
}

/**
 * Reads the whole index once and checks it. Throws a `PipelineError`: kind "unreadable" when there is no such file, "truncated" or
 * "corrupt" when it is damaged, "changed" when it was made with other options than `wanted`, which the message names.
 */
export async function openIndex(path: string, wanted?: FingerprintHeader): Promise<SavedIndex> {
  const parser = new FingerprintParser(path);
  const visit = (chunk: Uint8Array): void => {
    parser.feed(chunk);
    while (parser.next());
    parser.retain();
  };
  const { bytes, checksum, trailer } = await readThrough(path, visit, () => parser.header !== undefined);
  parser.end();
  const { header } = parser;
  if (header === undefined) throw corrupt(path, "it has no header");
  if (trailer[0] !== END || trailer.readUInt32LE(1) !== parser.count % 2 ** 32) throw corrupt(path, "its end does not fit its contents");
  const difference = wanted === undefined ? undefined : incomparable(header, wanted);
  if (difference !== undefined) {
    const message = `${path} cannot be compared with this corpus: ${difference}; use equal options, or make the index anew`;
    throw new PipelineError({ kind: "changed", message });
  }
  return { path, header, documents: parser.count, checksum, bytes, read: () => readRecords(path, bytes) };
}

/** What the end of an index says of it, unchecked: reads 37 bytes. */
export async function indexEnd(path: string): Promise<Pick<SavedIndex, "bytes" | "documents" | "checksum">> {
  const file = await openFile(path);
  try {
    const bytes = await bytesBeforeTrailer(file, path);
    const trailer = Buffer.alloc(TRAILER_BYTES);
    await readFully(file, path, trailer, TRAILER_BYTES, bytes);
    return { bytes, documents: trailer.readUInt32LE(1), checksum: trailer.subarray(5).toString("hex") };
  } finally {
    await file.close();
  }
}

/** The index that the first `documents` of this one, in so many bytes, were; undefined when there are not so many. */
export async function prefixOf(
  { path, header, bytes }: SavedIndex,
  size: { readonly documents: number; readonly bytes: number },
): Promise<SavedIndex | undefined> {
  if (size.bytes > bytes) return undefined;
  const read = (): AsyncGenerator<Uint8Array, void> => readRecords(path, size.bytes);
  const hash = createHash("sha256");
  for await (const chunk of read()) hash.update(chunk);
  const checksum = hash.update(endOf(size.documents)).digest("hex");
  return { path, header, ...size, checksum, read };
}

/** All bytes but the trailer, checked against it. A wrong end and a wrong middle cannot be told apart once the checksum differs. */
async function readThrough(
  path: string,
  visit: (chunk: Uint8Array) => void,
  begun: () => boolean,
): Promise<{ readonly bytes: number; readonly checksum: string; readonly trailer: Buffer }> {
  const file = await openFile(path);
  try {
    const bytes = await bytesBeforeTrailer(file, path);
    const hash = createHash("sha256");
    const failures: unknown[] = [];
    for await (const chunk of chunks(file, path, bytes)) {
      hash.update(chunk);
      if (failures.length > 0) continue;
      try {
        visit(chunk);
      } catch (error) {
        failures.push(error);
      }
    }
    const trailer = Buffer.alloc(TRAILER_BYTES);
    await readFully(file, path, trailer, TRAILER_BYTES, bytes);
    const checksum = hash.update(trailer.subarray(0, 5)).digest();
    if (!checksum.equals(trailer.subarray(5))) {
      // A file that is no index at all is not a damaged one.
      if (failures.length > 0 && !begun()) throw failures[0];
      throw corrupt(path, "its checksum is wrong: it is damaged, or was cut off");
    }
    if (failures.length > 0) throw failures[0];
    return { bytes, checksum: checksum.toString("hex"), trailer };
  } finally {
    await file.close();
  }
}

async function bytesBeforeTrailer(file: FileHandle, path: string): Promise<number> {
  const facts = await file.stat();
  if (!facts.isFile()) throw new PipelineError({ kind: "unreadable", message: `the index ${path} cannot be read: it is no file` });
  const { size } = facts;
  if (size > TRAILER_BYTES) return size - TRAILER_BYTES;
  throw new PipelineError({ kind: "truncated", message: `${path}: ${size} bytes are too few for an index` });
}

/** The trailer before its checksum. */
function endOf(documents: number): Buffer {
  const end = Buffer.alloc(TRAILER_BYTES - CHECKSUM_BYTES);
  end[0] = END;
  end.writeUInt32LE(documents, 1);
  return end;
}

async function* readRecords(path: string, bytes: number): AsyncGenerator<Uint8Array, void> {
  const file = await openFile(path);
  try {
    yield* chunks(file, path, bytes);
  } finally {
    await file.close();
  }
}

/** The first `bytes` of the file; a chunk is valid until the next one is asked for. */
async function* chunks(file: FileHandle, path: string, bytes: number): AsyncGenerator<Buffer, void> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(READ_BYTES, bytes));
  for (let at = 0; at < bytes; ) {
    const length = Math.min(buffer.length, bytes - at);
    await readFully(file, path, buffer, length, at);
    yield buffer.subarray(0, length);
    at += length;
  }
}

async function readFully(file: FileHandle, path: string, into: Buffer, length: number, position: number): Promise<void> {
  for (let done = 0; done < length; ) {
    const { bytesRead } = await file.read(into, done, length - done, position + done);
    if (bytesRead === 0) throw new PipelineError({ kind: "truncated", message: `${path}: it ended while it was read` });
    done += bytesRead;
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    throw new PipelineError({ kind: "unreadable", message: `the index ${path} cannot be read: ${messageOf(error)}`, cause: error });
  }
}

function corrupt(path: string, what: string): PipelineError {
  return new PipelineError({ kind: "corrupt", message: `${path}: ${what}` });
}

/** Throws what writing the index would end with, hours later, when its folder is not there or may not be written to. */
export async function checkSavable(path: string): Promise<void> {
  await access(dirname(path), constants.W_OK).catch((error: unknown) => {
    throw unwritable(path, error);
  });
}

function unwritable(path: string, error: unknown): PipelineError {
  return new PipelineError({ kind: "unwritable", message: `the index ${path} cannot be written: ${messageOf(error)}`, cause: error });
}

/** Writes an index; nobody sees it before `commit`. */
export class IndexWriter {
  readonly header: FingerprintHeader;
  readonly #file: AtomicFile;
  readonly #hash = createHash("sha256");
  #pending: Uint8Array[] = [];
  #size = 0;
  #count = 0;
  #finished = false;

  static async create(path: string, header: FingerprintHeader): Promise<IndexWriter> {
    const file = await createAtomic(path).catch((error: unknown) => {
      throw unwritable(path, error);
    });
    const writer = new IndexWriter(file, header);
    writer.#push(encodeHeader(header));
    return writer;
  }

  constructor(file: AtomicFile, header: FingerprintHeader) {
    this.#file = file;
    this.header = header;
  }

  /** Adds a document; a promise when bytes were written. */
  add(fingerprint: Fingerprint): Promise<void> | undefined {
    this.#count++;
    this.#push(encodeRecord(this.header, fingerprint));
    return this.#size < WRITE_BYTES ? undefined : this.#flush();
  }

  /** Writes the end, behind which nothing can be added. `commit` does it by itself. */
  async finish(): Promise<void> {
    if (this.#finished) return;
    this.#finished = true;
    this.#push(endOf(this.#count));
    await this.#flush();
    await this.#file.write(this.#hash.digest());
  }

  async commit(): Promise<void> {
    await this.finish();
    await this.#file.commit();
  }

  abort(): Promise<void> {
    return this.#file.abort();
  }

  #push(bytes: Uint8Array): void {
    this.#pending.push(bytes);
    this.#size += bytes.length;
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#size = 0;
    this.#hash.update(bytes);
    await this.#file.write(bytes);
  }
}
