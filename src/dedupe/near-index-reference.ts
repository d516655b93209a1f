/**
 * The index of near-index.ts in plain TypeScript: what the kernel (src/kernels/near-index) has to agree with, and what is used where it
 * does not run. Band keys are looked up in tables that store numbers only (id-table.ts) and confirmed with the signatures.
 */

import type { NearIndexShape } from "../kernels/near-index/index.ts";
import { BandKeys } from "./band-keys.ts";
import { bandKey } from "./bands.ts";
import { matches } from "./estimate.ts";
import { IdTable } from "./id-table.ts";
import { Records } from "./records.ts";

export class ReferenceNearIndex {
  /** Pairs of signatures compared so far. */
  compared = 0;
  /** The best match of the last call that found one: its equal values. */
  equal = 0;
  readonly #bands: number;
  readonly #rows: number;
  readonly #needed: number;
  readonly #records: Records;
  readonly #tables: readonly IdTable[];
  readonly #reader: BandKeys;
  /** For each band the owner of the key looked up last, or -1. */
  readonly #owners: Int32Array;
  /** Where what is touched goes, so that no compiler takes the reads for useless. */
  readonly #touched: Int32Array;
  // The band being looked up, for `#same`: made once, since a closure for each look-up would cost more than the look-up.
  #signature: Uint8Array = new Uint8Array(0);
  #from = 0;

  /** `needed` is the least number of equal values of a match, `expected` the number of documents for which there is room from the beginning. */
  constructor({ bands, rows, needed }: NearIndexShape, expected: number) {
    this.#bands = bands;
    this.#rows = rows;
    this.#needed = needed;
    this.#records = new Records(bands * rows);
    this.#reader = new BandKeys(bands, rows);
    this.#owners = new Int32Array(bands);
    this.#touched = new Int32Array(bands);
    this.#tables = Array.from({ length: bands }, (_, band) => new IdTable(band / bands, expected));
  }

  /** Documents added. */
  get count(): number {
    return this.#records.count;
  }

  /** Bytes of memory held. */
  get bytes(): number {
    return this.#tables.reduce((sum, table) => sum + table.bytes, this.#records.bytes);
  }

  /** The number of the best match, or -1. */
  find(signature: Uint8Array): number {
    const keys = this.#keysOf(signature);
    const owners = this.#owners;
    let found = 0;
    for (let band = 0; band < this.#bands; band++) {
      const owner = this.#owner(signature, band, keys);
      owners[band] = owner;
      if (owner >= 0) found++;
    }
    return found === 0 ? -1 : this.#best(signature);
  }

  /** The number of the best match; where there is none, the signature is added: -1. */
  insert(signature: Uint8Array): number {
    const id = this.find(signature);
    if (id < 0) this.#enter(signature);
    return id;
  }

  /** `insert` of the signatures that lie side by side in `signatures`, one after the other. */
  insertBatch(signatures: Uint8Array, ids: Int32Array, equals: Int32Array): void {
    const { width } = this.#records;
    for (let i = 0, at = 0; at < signatures.length; i++, at += width) {
      ids[i] = this.insert(signatures.subarray(at, at + width));
      equals[i] = this.equal;
    }
  }

  /** The most similar of the owners that `find` left, or -1; of equals the one added first. */
  #best(signature: Uint8Array): number {
    const owners = this.#owners;
    let best = -1;
    let bestEqual = this.#needed - 1;
    for (let band = 0; band < this.#bands; band++) {
      const id = owners[band] as number;
      if (id < 0 || owners.indexOf(id) < band) continue;
      this.compared++;
      const equal = matches(signature, this.#records.block(id), this.#records.offset(id));
      if (equal > bestEqual || (equal === bestEqual && best >= 0 && id < best)) {
        best = id;
        bestEqual = equal;
      }
    }
    this.equal = bestEqual;
    return best;
  }

  /** Adds a document and returns its number. */
  add(signature: Uint8Array): number {
    const keys = this.#keysOf(signature);
    for (let band = 0; band < this.#bands; band++) this.#owners[band] = this.#owner(signature, band, keys);
    return this.#enter(signature);
  }

  /** Adds the document whose keys and owners were looked up last. */
  #enter(signature: Uint8Array): number {
    const { keys } = this.#reader;
    const id = this.#records.push(signature);
    for (let band = 0; band < this.#bands; band++) {
      if ((this.#owners[band] as number) >= 0) continue;
      const table = this.#tables[band] as IdTable;
      if (!table.hasRoom(id)) {
        this.#grow(band, this.count, this.count);
        this.#owner(signature, band, keys); // the place where the key belongs is another one now
      }
      table.add(keys[2 * band + 1] as number, id);
    }
    return id;
  }

  /** The signature of that number. */
  at(id: number): Uint8Array {
    return this.#records.at(id);
  }

  /** The signatures from number `from` on, which are all there is to save. */
  save(from: number): Uint8Array[] {
    return this.#records.save(from);
  }

  /** Adds what another one of the same options had saved. */
  load(saved: readonly Uint8Array[]): void {
    const added = saved.reduce((sum, block) => sum + block.length, 0) / this.#records.width;
    for (let band = 0; band < this.#bands; band++) this.#grow(band, this.count, this.count + added);
    for (const block of saved) {
      for (let at = 0; at < block.length; at += this.#records.width) this.add(block.subarray(at, at + this.#records.width));
    }
  }

  /** Makes room in the table of a band for an entry each of `room` records, of which `count` are there. */
  #grow(band: number, count: number, room: number): void {
    const records = this.#records;
    const from = band * this.#rows;
    (this.#tables[band] as IdTable).grow(count, room, (id, key) => {
      bandKey(records.block(id), records.offset(id) + from, this.#rows, band, key, 0);
    });
  }

  /** The keys of a signature, with their buckets on the way into the cache. */
  #keysOf(signature: Uint8Array): Int32Array {
    this.#reader.read(signature);
    const { keys } = this.#reader;
    for (let band = 0; band < this.#bands; band++) this.#touched[band] = (this.#tables[band] as IdTable).touch(keys[2 * band] as number);
    return keys;
  }

  /** The owner of a signature's key in a band, or -1. */
  #owner(signature: Uint8Array, band: number, keys: Int32Array): number {
    this.#signature = signature;
    this.#from = band * this.#rows;
    return (this.#tables[band] as IdTable).find(keys[2 * band] as number, keys[2 * band + 1] as number, this.#same);
  }

  readonly #same = (id: number): boolean => this.#records.equals(id, this.#signature, this.#from, this.#rows);
}
