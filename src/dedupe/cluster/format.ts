/**
 * Fingerprints of documents as bytes: what the observation of a split leaves behind, and what a saved index holds.
 *
 *   header   "mrfinger", u32 length of the JSON behind it, JSON: FingerprintHeader
 *   record   u8 kind, 16 bytes exact key, signature (kind "signed"), f64 priority (if the header says so),
 *            u16 length and UTF-8 of the name (if the header says so); a record of kind "failed" is the one byte
 *
 * All numbers are little-endian. A document takes 129 bytes with the default shape of the signature, 17 without one.
 */
import { PipelineError } from "../../core/index.ts";
import { KEY_BYTES } from "../exact.ts";
import type { SketchParameters } from "../parameters.ts";

/** What fingerprints depend on: two sets compare only if all of it is equal. */
export interface FingerprintHeader {
  readonly version: 1;
  readonly algorithm: string;
  /** Version of the tables by which letters were folded. */
  readonly unicode: string;
  /** Everything else a signature depends on. */
  readonly parameters: SketchParameters;
  /** "exact" when no record has a signature. */
  readonly duplicates: "near" | "exact";
  /** True when records carry a priority (how long, how good). */
  readonly priority: boolean;
  /** True when records carry the name of their document. */
  readonly names: boolean;
  /** True in a saved index. */
  readonly index?: boolean;
}

/** A document without a signature, one with, and one that could not be judged. */
export const KIND = { short: 0, signed: 1, failed: 2 } as const;

/** The record of a document that could not be judged. */
export const FAILED_RECORD: Uint8Array = Uint8Array.of(KIND.failed);

const MAGIC = "mrfinger";
const LONGEST_HEADER = 4096;
/** Longest name in bytes; a longer one is left out. */
export const LONGEST_NAME = 0xffff;

export function encodeHeader(header: FingerprintHeader): Uint8Array {
  const json = Buffer.from(JSON.stringify(header));
  const bytes = Buffer.alloc(MAGIC.length + 4 + json.length);
  bytes.write(MAGIC, "latin1");
  bytes.writeUInt32LE(json.length, MAGIC.length);
  json.copy(bytes, MAGIC.length + 4);
  return bytes;
}

/** One document, as it is encoded. */
export interface Fingerprint {
  readonly key: Uint8Array;
  readonly signature: Uint8Array | undefined;
  readonly priority: number;
  readonly name: string;
}

export function encodeRecord(header: FingerprintHeader, { key, signature, priority, name }: Fingerprint): Uint8Array {
  const nameBytes = header.names ? Buffer.from(name) : Buffer.alloc(0);
  const named = nameBytes.length <= LONGEST_NAME ? nameBytes : Buffer.alloc(0);
  const length = 1 + KEY_BYTES + (signature?.length ?? 0) + (header.priority ? 8 : 0) + (header.names ? 2 + named.length : 0);
  const bytes = Buffer.allocUnsafeSlow(length);
  bytes[0] = signature === undefined ? KIND.short : KIND.signed;
  bytes.set(key, 1);
  let at = 1 + KEY_BYTES;
  if (signature !== undefined) {
    bytes.set(signature, at);
    at += signature.length;
  }
  if (header.priority) at = bytes.writeDoubleLE(priority, at);
  if (header.names) {
    at = bytes.writeUInt16LE(named.length, at);
    bytes.set(named, at);
  }
  return bytes;
}

/** Reads fingerprints that come in chunks of any size: `feed` a chunk, then call `next` until it returns false. */
export class FingerprintParser {
  header: FingerprintHeader | undefined;
  kind = 0;
  /** The bytes that the offsets below point into. */
  bytes: Buffer = Buffer.alloc(0);
  keyAt = 0;
  signatureAt = 0;
  priority = 0;
  nameAt = 0;
  nameLength = 0;
  /** Records read. */
  count = 0;
  #at = 0;
  readonly #what: string;

  /** `what` names the fingerprints in errors. */
  constructor(what: string) {
    this.#what = what;
  }

  feed(chunk: Uint8Array): void {
    const rest = this.bytes.subarray(this.#at);
    const fresh = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.bytes = rest.length === 0 ? fresh : Buffer.concat([rest, fresh]);
    this.#at = 0;
  }

  /** Copies what is left of the last chunk: whoever fed it may use its memory again. */
  retain(): void {
    this.bytes = Buffer.from(this.bytes.subarray(this.#at));
    this.#at = 0;
  }

  /** Reads the next record into the fields; false when more bytes are needed. */
  next(): boolean {
    const header = this.header ?? this.readHeader();
    if (header === undefined) return false;
    const { bytes } = this;
    const kind = bytes[this.#at];
    if (kind === undefined) return false;
    if (kind > KIND.failed || (kind === KIND.signed && header.duplicates === "exact")) {
      throw this.#corrupt(`record ${this.count} is of the unknown kind ${kind}`);
    }
    let at = this.#at + 1;
    if (kind !== KIND.failed) {
      this.keyAt = at;
      at += KEY_BYTES;
      this.signatureAt = at;
      if (kind === KIND.signed) at += header.parameters.bands * header.parameters.rows;
      if (header.priority) {
        if (at + 8 > bytes.length) return false;
        this.priority = bytes.readDoubleLE(at);
        at += 8;
      }
      this.nameLength = 0;
      if (header.names) {
        if (at + 2 > bytes.length) return false;
        this.nameLength = bytes.readUInt16LE(at);
        this.nameAt = at + 2;
        at += 2 + this.nameLength;
      }
    }
    if (at > bytes.length) return false;
    this.kind = kind;
    this.#at = at;
    this.count++;
    return true;
  }

  /** What was fed and not read. */
  get rest(): Uint8Array {
    return this.bytes.subarray(this.#at);
  }

  /** Goes on behind `count` records that someone else read, with the bytes behind them. */
  resume(rest: Uint8Array, count: number): void {
    this.bytes = Buffer.from(rest);
    this.#at = 0;
    this.count = count;
  }

  /** Throws unless everything fed was read: what is left is a piece of a record. */
  end(): void {
    if (this.header === undefined) throw this.#truncated("before the end of its header");
    if (this.#at !== this.bytes.length) throw this.#truncated(`in the middle of record ${this.count}`);
  }

  /** Reads the header if enough bytes are there. */
  readHeader(): FingerprintHeader | undefined {
    const { bytes } = this;
    const begin = MAGIC.length + 4;
    if (bytes.length < begin) return undefined;
    if (bytes.toString("latin1", 0, MAGIC.length) !== MAGIC) throw this.#corrupt("it does not begin with fingerprints");
    const length = bytes.readUInt32LE(MAGIC.length);
    if (length > LONGEST_HEADER) throw this.#corrupt(`its header claims ${length} bytes`);
    if (bytes.length < begin + length) return undefined;
    this.header = parseHeader(bytes.toString("utf8", begin, begin + length), (message) => this.#corrupt(message));
    this.#at = begin + length;
    return this.header;
  }

  #corrupt(message: string): PipelineError {
    return new PipelineError({ kind: "corrupt", message: `${this.#what}: ${message}` });
  }

  #truncated(where: string): PipelineError {
    return new PipelineError({ kind: "truncated", message: `${this.#what}: it ends ${where}` });
  }
}

function parseHeader(json: string, corrupt: (message: string) => PipelineError): FingerprintHeader {
  let header: Partial<FingerprintHeader>;
  try {
    header = JSON.parse(json) as Partial<FingerprintHeader>;
  } catch (error) {
    throw corrupt(`its header is no JSON (${String(error)})`);
  }
  if (header.version !== 1) throw corrupt(`it is of version ${String(header.version)}, and this library reads version 1`);
  const { bands, rows } = header.parameters ?? {};
  if (!isCount(bands, 128) || !isCount(rows, 64)) throw corrupt(`its header has ${String(bands)} bands of ${String(rows)} rows`);
  return header as FingerprintHeader;
}

function isCount(value: unknown, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most;
}

/** The first difference between two headers that makes their fingerprints incomparable, in words; undefined when there is none. */
export function incomparable(saved: FingerprintHeader, wanted: FingerprintHeader): string | undefined {
  const difference = (field: string, there: unknown, here: unknown): string | undefined =>
    there === here ? undefined : `\`${field}\` is ${JSON.stringify(there)} there and ${JSON.stringify(here)} here`;
  for (const field of ["algorithm", "unicode", "duplicates"] as const) {
    const found = difference(field, saved[field], wanted[field]);
    if (found !== undefined) return found;
  }
  for (const [field, here] of Object.entries(wanted.parameters)) {
    const found = difference(field, saved.parameters[field as keyof SketchParameters], here);
    if (found !== undefined) return found;
  }
  return undefined;
}
