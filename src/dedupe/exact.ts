/**
 * Exact duplicates: documents of equal normal form, by the first 128 bits of SHA-256 of that form.
 *
 * SHA-256, because it is specified everywhere, another language reproduces a key with its standard library, nobody can
 * make two documents collide on purpose, and `node:crypto` hashes 0.9 GB/s with it: faster than text is normalised. 128
 * bits of it let 10^12 documents collide with a probability of 1.5e-15. Turned down: XXH3-128, which is faster and
 * neither in Node nor collision-resistant.
 */
import { IdTable } from "./id-table.ts";
import type { Normaliser } from "./normalise.ts";
import { Records } from "./records.ts";

/** Bytes of a key. */
export const KEY_BYTES = 16;

/** Writes the key of the normal form that a normaliser holds. */
export function exactKey(document: Normaliser, key: Uint8Array): void {
  const digest = document.sha256();
  for (let i = 0; i < KEY_BYTES; i++) key[i] = digest.charCodeAt(i);
}

/** The keys of the documents kept so far: 16 bytes a document, and 4.1 to 5.2 bytes in the table. */
export class ExactIndex {
  readonly #records: Records = new Records(KEY_BYTES);
  /** Grows at other moments than the tables of a near index, whose staggers are 14ths. */
  readonly #table: IdTable;
  #probe: Uint8Array = new Uint8Array(0);

  /** `expected`, default 0, is the number of keys for which there is room from the beginning. */
  constructor(expected = 0) {
    this.#table = new IdTable(1 / 28, expected);
  }

  /** Keys added. */
  get count(): number {
    return this.#records.count;
  }

  /** Bytes of memory held. */
  get bytes(): number {
    return this.#records.bytes + this.#table.bytes;
  }

  /** The number of the kept document with this key (how many were added before it), or undefined. */
  find(key: Uint8Array): number | undefined {
    this.#probe = key;
    const id = this.#table.find(word(key, 0), word(key, 4), this.#same);
    return id < 0 ? undefined : id;
  }

  /** Adds a key and returns its number. */
  add(key: Uint8Array): number {
    const id = this.#records.push(key);
    if (!this.#table.hasRoom(id)) this.#grow(this.count, this.count);
    if (this.find(key) === undefined) this.#table.add(word(key, 4), id);
    return id;
  }

  /** `add` of the key that `find`, called last, did not find. */
  addMissing(key: Uint8Array): number {
    const id = this.#records.push(key);
    if (!this.#table.hasRoom(id)) {
      this.#grow(this.count, this.count);
      this.find(key); // the place where the key belongs is another one now
    }
    this.#table.add(word(key, 4), id);
    return id;
  }

  /** The key of that number. */
  at(id: number): Uint8Array {
    return this.#records.at(id);
  }

  /** The keys from number `from` on, which are all there is to save. */
  save(from = 0): Uint8Array[] {
    return this.#records.save(from);
  }

  /** Adds what another one had saved. */
  load(saved: readonly Uint8Array[]): void {
    const added = saved.reduce((sum, block) => sum + block.length, 0) / KEY_BYTES;
    this.#grow(this.count, this.count + added);
    for (const block of saved) for (let at = 0; at < block.length; at += KEY_BYTES) this.add(block.subarray(at, at + KEY_BYTES));
  }

  /** Makes room in the table for an entry each of `room` keys, of which `count` are there. */
  #grow(count: number, room: number): void {
    this.#table.grow(count, room, (id, halves) => {
      const block = this.#records.block(id);
      const at = this.#records.offset(id);
      halves[0] = word(block, at);
      halves[1] = word(block, at + 4);
    });
  }

  readonly #same = (id: number): boolean => this.#records.equals(id, this.#probe, 0, KEY_BYTES);
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24);
}
