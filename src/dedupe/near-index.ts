/**
 * The signatures of the documents kept so far, and per band a table from key to document: streaming locality-sensitive
 * hashing with verification.
 *
 * A band key belongs to the first kept document that had it; later ones are not added under it. So a document is compared
 * with at most `bands` others, however common a boilerplate key is, and the work stays linear. What that costs: a kept
 * document whose key another one owns cannot be found through that band. It agrees there with the owner without being
 * similar enough, so this takes few of its bands: of documents half of whose shingles are one template, 0.5^8 = 1 band in
 * 256; at the very edge of a threshold of 0.7, where 82 % may be template, one in five.
 *
 * Memory: `bands * rows` bytes of signature a document, and 4.1 to 5.2 bytes for each band key.
 */
import { numberOption } from "../core/index.ts";
import { BandKeys } from "./band-keys.ts";
import { bandKey } from "./bands.ts";
import { estimateOf, matches, matchesNeeded } from "./estimate.ts";
import { IdTable } from "./id-table.ts";
import { sketchParameters } from "./parameters.ts";
import { Records } from "./records.ts";

/** Numbers of documents are 30 bits wide. */
const MOST_EXPECTED = 2 ** 30;

/** The most similar of the kept documents that were compared. */
export interface NearMatch {
  /** Its number: how many documents had been added before it. */
  readonly id: number;
  /** Estimated Jaccard similarity. */
  readonly similarity: number;
}

export class NearIndex {
  /** Pairs of signatures compared so far. */
  compared = 0;
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

  /**
   * `threshold`, from 0 to 1: the least estimated similarity of a match. `expected`, default 0: the number of documents for
   * which there is room from the beginning; below it nothing has to be moved. Throws for options `dedupe` refuses.
   */
  constructor(options: { readonly bands: number; readonly rows: number; readonly threshold: number; readonly expected?: number }) {
    const { bands, rows } = sketchParameters("NearIndex", options);
    const expected = numberOption("NearIndex", "expected", options.expected ?? 0, { min: 0, max: MOST_EXPECTED, integer: true });
    const threshold = numberOption("NearIndex", "threshold", options.threshold, { min: 0, max: 1 });
    this.#bands = bands;
    this.#rows = rows;
    this.#needed = matchesNeeded(threshold, bands * rows);
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

  /** The most similar kept document that shares a band key and reaches the threshold; of equals, the one added first. */
  find(signature: Uint8Array): NearMatch | undefined {
    const keys = this.#keysOf(signature);
    const owners = this.#owners;
    let found = 0;
    for (let band = 0; band < this.#bands; band++) {
      const owner = this.#owner(signature, band, keys);
      owners[band] = owner;
      if (owner >= 0) found++;
    }
    return found === 0 ? undefined : this.#best(signature);
  }

  /** `find`, and where it finds nothing, `add`: about half the time of the two calls. */
  insert(signature: Uint8Array): NearMatch | undefined {
    const match = this.find(signature);
    if (match === undefined) this.#enter(signature);
    return match;
  }

  /** The most similar of the owners that `find` left. */
  #best(signature: Uint8Array): NearMatch | undefined {
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
    return best < 0 ? undefined : { id: best, similarity: estimateOf(bestEqual, signature.length) };
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
  save(from = 0): Uint8Array[] {
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
    if (signature.length !== this.#records.width) {
      throw new RangeError(`NearIndex: expected a signature of ${this.#records.width} values, got ${signature.length}`);
    }
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
