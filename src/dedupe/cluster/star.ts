/**
 * The streaming decision, out of core: documents are gone through in order, and one is dropped when the owner of one of its
 * keys (the first KEPT document that had the key) passes verification, exactly as a table in memory would have it.
 *
 * No table is kept. Who has a key is known beforehand as a chain of links (links.ts), so the owner of a key, with its
 * signature, is handed on along the chain: a document sends to the next one with the same key the owner it was told, or
 * itself when there is none and it stays. Documents are processed in chunks; what is sent to a later chunk waits on disk
 * until that chunk is loaded (time-forward processing: Chiang et al. 1995). So there is no random access, memory is that of
 * one chunk, and a boilerplate key with millions of documents costs one message each.
 *
 * Turned down: verifying all candidate pairs first (their number depends on which documents stay, and the result would not
 * be the streaming one), and a table of owners (its size grows with the corpus, and signatures are read at random).
 */
import { join } from "node:path";
import { matchesNeeded } from "../estimate.ts";
import type { Batch, BatchSource } from "./batches.ts";
import { BlockFile } from "./block-file.ts";
import { KIND } from "./format.ts";
import { equalValues, PlaceTable, SignatureBlock } from "./signature-blocks.ts";

export interface StarOptions {
  /** 0 when only exact keys count. */
  readonly bands: number;
  readonly rows: number;
  readonly threshold: number;
  /** False: a shared band key is enough. */
  readonly verified: boolean;
  /** The first documents, so many, stay whatever they resemble. */
  readonly forced: number;
  readonly documents: number;
  readonly memoryBytes: number;
  readonly directory: string;
  readonly signal: AbortSignal;
}

/** `equal`: values the signatures share, or undefined for an exact copy or where nothing was compared. */
export type OnDrop = (document: number, of: number, reason: "exact" | "near", equal: number | undefined) => void;

/** Links by the chunk of the document they begin at, two words each: number in the chunk << 8 | band, and the next document. */
export const LINK_WORDS = 2;

const LEAST_BLOCK = 2048;
const LARGEST_BLOCK = 1 << 22;

/** Decides over the documents of the source, in order; yields how many were decided so far, and returns how many pairs were compared. */
export async function* resolveStar(
  source: BatchSource,
  links: BlockFile,
  options: StarOptions,
  onDrop: OnDrop,
): AsyncGenerator<number, number> {
  const mail = new Mail(links.partitions, source.capacity, options);
  const chunk = new Chunk(source.capacity, options, mail, onDrop);
  try {
    for await (const batch of source.batches()) {
      options.signal.throwIfAborted();
      chunk.decide(batch, links);
      yield batch.first + batch.count;
    }
  } finally {
    mail.close();
  }
  return chunk.compared;
}

/** Signatures of documents of earlier chunks, and where each lies. */
interface Foreign {
  readonly block: SignatureBlock;
  readonly places: PlaceTable;
}

/** What documents send to documents of later chunks. */
class Mail {
  readonly #owners: BlockFile;
  readonly #signatures: BlockFile;
  readonly #capacity: number;
  readonly #width: number;

  constructor(chunks: number, capacity: number, { bands, rows, memoryBytes, directory }: StarOptions) {
    this.#capacity = capacity;
    this.#width = bands * rows;
    const block = Math.min(LARGEST_BLOCK, Math.max(LEAST_BLOCK, Math.floor(memoryBytes / 12 / chunks)));
    this.#owners = new BlockFile(join(directory, "owners"), chunks, block);
    this.#signatures = new BlockFile(join(directory, "owner-signatures"), chunks, block);
  }

  /** Words of a signature with the document's number before it. */
  get #signatureWords(): number {
    return 1 + Math.ceil(this.#width / 4);
  }

  sendOwner(to: number, band: number, owner: number): void {
    const chunk = Math.floor(to / this.#capacity);
    const at = this.#owners.reserve(chunk, LINK_WORDS);
    this.#owners.words[at] = ((to - chunk * this.#capacity) << 8) | band;
    this.#owners.words[at + 1] = owner;
  }

  sendSignature(chunk: number, owner: number, from: SignatureBlock, offset: number): void {
    const { words, bytes } = this.#signatures;
    const at = this.#signatures.reserve(chunk, this.#signatureWords);
    words[at] = owner;
    const whole = ((this.#width | offset) & 3) === 0 ? this.#width >>> 2 : 0;
    const first = offset >>> 2;
    for (let k = 0; k < whole; k++) words[at + 1 + k] = from.words[first + k] as number;
    if (whole === 0) bytes.set(from.bytes.subarray(offset, offset + this.#width), (at + 1) * 4);
  }

  owners(chunk: number): Iterable<Uint32Array> {
    return this.#owners.blocks(chunk);
  }

  /** The signatures sent to a chunk, and where that of each owner lies. */
  signatures(chunk: number): Foreign {
    const stride = this.#signatureWords;
    const all = this.#signatures.load(chunk);
    const places = new PlaceTable(all.length / stride);
    for (let at = 0; at < all.length; at += stride) places.set(all[at] as number, (at + 1) * 4);
    return { block: new SignatureBlock(new Uint8Array(all.buffer)), places };
  }

  close(): void {
    this.#owners.close();
    this.#signatures.close();
  }
}

class Chunk {
  compared = 0;
  /** Bytes of a signature. */
  readonly width: number;
  readonly #options: StarOptions;
  readonly #mail: Mail;
  readonly #onDrop: OnDrop;
  readonly #capacity: number;
  readonly #needed: number;
  /** For each document of the chunk and each band, and one for the exact key: the owner plus one, or 0. */
  readonly #owners: Uint32Array;
  /** For each document of the chunk whether it has an owner at all. */
  readonly #owned: Uint8Array;
  #first = 0;
  #own = new SignatureBlock(new Uint8Array(0));
  #foreign: Foreign = { block: this.#own, places: new PlaceTable(0) };
  /** What the document at hand sent already: owner and chunk in turn. */
  readonly #sent: number[] = [];

  constructor(capacity: number, options: StarOptions, mail: Mail, onDrop: OnDrop) {
    this.#options = options;
    this.#mail = mail;
    this.#onDrop = onDrop;
    this.#capacity = capacity;
    this.width = options.bands * options.rows;
    this.#needed = matchesNeeded(options.threshold, options.bands * options.rows);
    this.#owners = new Uint32Array(capacity * (options.bands + 1));
    this.#owned = new Uint8Array(capacity);
  }

  decide(batch: Batch, links: BlockFile): void {
    const number = batch.first / this.#capacity;
    this.#first = batch.first;
    if (this.#own.bytes !== batch.signatures) this.#own = new SignatureBlock(batch.signatures);
    this.#owners.fill(0);
    this.#owned.fill(0);
    for (const block of this.#mail.owners(number)) this.#receive(block);
    this.#foreign = this.#mail.signatures(number);
    const out = new Outgoing(links.load(number), this.#capacity);
    for (let i = 0; i < batch.count; i++) {
      const [begin, end] = [out.begin(i), out.begin(i + 1)];
      // Most documents share no key with any other.
      if ((begin === end && this.#owned[i] === 0) || batch.kinds[i] === KIND.failed) continue;
      this.#decideOne(i, batch.first + i, out, begin, end);
    }
  }

  #receive(block: Uint32Array): void {
    const owners = this.#owners;
    const owned = this.#owned;
    const groups = this.#options.bands + 1;
    for (let i = 0; i < block.length; i += LINK_WORDS) {
      const packed = block[i] as number;
      owners[(packed >>> 8) * groups + (packed & 255)] = (block[i + 1] as number) + 1;
      owned[packed >>> 8] = 1;
    }
  }

  #decideOne(i: number, id: number, out: Outgoing, begin: number, end: number): void {
    const { bands, forced } = this.#options;
    const stays = this.#owned[i] === 0 || id < forced || !this.#drop(i, id);
    this.#sent.length = 0;
    const row = i * (bands + 1);
    for (let link = begin; link < end; link++) {
      const band = out.bands[link] as number;
      const owner = (this.#owners[row + band] as number) - 1;
      if (owner >= 0) this.#tell(out.to[link] as number, band, owner);
      else if (stays) this.#tell(out.to[link] as number, band, id);
    }
  }

  /** Drops the document if an owner of its keys is a reason to. */
  #drop(i: number, id: number): boolean {
    const { bands, verified } = this.#options;
    const row = i * (bands + 1);
    const owners = this.#owners;
    const copy = (owners[row + bands] as number) - 1;
    if (copy >= 0) {
      this.#onDrop(id, copy, "exact", undefined);
      return true;
    }
    let best = -1;
    let bestEqual = this.#needed - 1;
    let last = -1;
    for (let band = 0; band < bands; band++) {
      const owner = (owners[row + band] as number) - 1;
      if (owner < 0 || owner === last || this.#metBefore(row, band, owner)) continue;
      last = owner;
      const equal = verified ? this.#compare(i, owner) : this.#needed;
      if (equal > bestEqual || (equal === bestEqual && best >= 0 && owner < best)) {
        best = owner;
        bestEqual = equal;
      }
    }
    if (best < 0) return false;
    this.#onDrop(id, best, "near", verified ? bestEqual : undefined);
    return true;
  }

  #metBefore(row: number, band: number, owner: number): boolean {
    for (let at = row; at < row + band; at++) if (this.#owners[at] === owner + 1) return true;
    return false;
  }

  #compare(i: number, owner: number): number {
    this.compared++;
    const { width } = this;
    if (owner >= this.#first) return equalValues(this.#own, i * width, this.#own, (owner - this.#first) * width, width);
    return equalValues(this.#own, i * width, this.#foreign.block, this.#foreign.places.get(owner), width);
  }

  /** Tells a later document who owns a key they share. */
  #tell(to: number, band: number, owner: number): void {
    const { bands, verified } = this.#options;
    const local = to - this.#first;
    if (local < this.#capacity) {
      this.#owned[local] = 1;
      this.#owners[local * (bands + 1) + band] = owner + 1;
      return;
    }
    this.#mail.sendOwner(to, band, owner);
    if (!verified || band === bands) return;
    const chunk = Math.floor(to / this.#capacity);
    const sent = this.#sent;
    for (let i = 0; i < sent.length; i += 2) if (sent[i] === owner && sent[i + 1] === chunk) return;
    sent.push(owner, chunk);
    if (owner >= this.#first) this.#mail.sendSignature(chunk, owner, this.#own, (owner - this.#first) * this.width);
    else this.#mail.sendSignature(chunk, owner, this.#foreign.block, this.#foreign.places.get(owner));
  }
}

/** The links that begin in a chunk, by document. */
class Outgoing {
  readonly to: Uint32Array;
  readonly bands: Uint8Array;
  readonly #begins: Uint32Array;

  constructor(packed: Uint32Array, capacity: number) {
    const count = packed.length / LINK_WORDS;
    const begins = new Uint32Array(capacity + 2);
    for (let i = 0; i < packed.length; i += LINK_WORDS) {
      const slot = ((packed[i] as number) >>> 8) + 2;
      begins[slot] = (begins[slot] as number) + 1;
    }
    for (let i = 2; i < begins.length; i++) begins[i] = (begins[i] as number) + (begins[i - 1] as number);
    this.to = new Uint32Array(count);
    this.bands = new Uint8Array(count);
    for (let i = 0; i < packed.length; i += LINK_WORDS) {
      const from = (packed[i] as number) >>> 8;
      const at = begins[from + 1] as number;
      begins[from + 1] = at + 1;
      this.to[at] = packed[i + 1] as number;
      this.bands[at] = (packed[i] as number) & 255;
    }
    this.#begins = begins;
  }

  begin(document: number): number {
    return this.#begins[document] as number;
  }
}
