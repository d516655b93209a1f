/**
 * The decision in one pass: what was kept so far, in memory, and whether the next document is a copy of it. Documents are
 * compared with kept documents only; one that is kept enters the indexes, one that goes enters none.
 */
import { type Doc, type ExclusionDetail, PipelineError } from "../core/index.ts";
import { nameOf, parseName } from "./document-name.ts";
import { ExactIndex } from "./exact.ts";
import { FingerprintIndex, type SavedFingerprints } from "./fingerprint-index.ts";
import { type Fingerprinter, headerOf } from "./fingerprinter.ts";
import { UNICODE_VERSION } from "./fold.ts";
import { KeptNames, type SavedNames } from "./kept-names.ts";
import { NearIndex } from "./near-index.ts";
import type { Policy } from "./policy.ts";
import { IndexWriter, type SavedIndex } from "./saved/index-file.ts";
import { eachRecord } from "./saved/records.ts";

/** Why a document goes, and of which it is a copy, as far as that is known. */
export interface Removal {
  readonly reason: "exact" | "near";
  /** Empty where nobody remembers names. */
  readonly detail: ExclusionDetail | undefined;
}

/** What a checkpoint holds: the indexes, from which tables are built again. */
export interface SavedKept {
  readonly unicode: string;
  readonly keys: Uint8Array[];
  readonly signatures: Uint8Array[];
  /** Only with `match: "unverified"`. */
  readonly fingerprints?: SavedFingerprints[] | undefined;
  /** One bit a document, those of loaded indexes included: whether it has a signature. */
  readonly signed: Uint8Array;
  /** Checksums of the indexes that were loaded; what is in them is not saved once more. */
  readonly indexes: readonly string[];
  /** Of the documents kept; absent in a run that keeps no exclusions. */
  readonly names?: SavedNames | undefined;
}

/** The documents kept so far. */
export class Kept {
  /** Pairs of signatures compared so far. */
  get compared(): number {
    return this.#near.compared;
  }

  readonly #exact: ExactIndex;
  readonly #near: NearIndex;
  /** Stands in for the other two, for documents with a signature, where nothing is verified. */
  readonly #prints: FingerprintIndex | undefined;
  #names: KeptNames | undefined;
  #signed: Uint8Array = new Uint8Array(64);
  readonly #indexes: string[] = [];
  /** Exact keys and signatures that came from indexes. */
  #indexed = { keys: 0, signatures: 0 };

  /** `named`: remember who the kept documents are. */
  constructor(policy: Omit<Policy<Doc>, "score">, named: boolean) {
    const { match, threshold, expected, parameters, duplicates } = policy;
    const { bands, rows } = parameters;
    const unverified = match === "unverified";
    this.#exact = new ExactIndex(unverified ? 0 : expected);
    this.#near = new NearIndex({ bands, rows, threshold, expected: unverified || duplicates === "exact" ? 0 : expected });
    this.#prints = unverified ? new FingerprintIndex({ bands, rows, expected }) : undefined;
    this.#names = named ? new KeptNames() : undefined;
  }

  /** Says why the document that the fingerprinter read goes; if it stays, it is remembered. */
  admit(doc: Doc, fingerprinter: Fingerprinter): Removal | undefined {
    const { key } = fingerprinter;
    if (this.#prints !== undefined && fingerprinter.sketch()) {
      const reason = this.#prints.insert(fingerprinter.signature, key);
      return reason === undefined ? undefined : { reason, detail: undefined };
    }
    const same = this.#exact.find(key);
    if (same !== undefined) return { reason: "exact", detail: this.#names?.of(same) };
    const signed = fingerprinter.sketch();
    if (signed) {
      const match = this.#near.insert(fingerprinter.signature);
      if (match !== undefined) {
        return { reason: "near", detail: this.#names && { ...this.#names.ofSignature(match.id), similarity: match.similarity } };
      }
    }
    this.#mark(this.#exact.addMissing(key), signed);
    this.#names?.add(doc, signed);
    return undefined;
  }

  /** Remembers the documents of a saved index as if they had been kept. */
  async loadIndex(index: SavedIndex): Promise<void> {
    await eachRecord(index.path, index, ({ key, signature, name }) => {
      if (this.#prints !== undefined && signature !== undefined) {
        this.#prints.add(signature, key);
        return undefined;
      }
      this.#mark(this.#exact.add(key), signature !== undefined);
      if (signature !== undefined) this.#near.add(signature);
      if (name !== "") this.#names?.add(parseName(name), signature !== undefined);
      else this.#names?.addUnknown(signature !== undefined);
      return undefined;
    });
    this.#indexes.push(index.checksum);
    this.#indexed = { keys: this.#exact.count, signatures: this.#near.count };
  }

  /** Everything that is kept as one index, which nobody sees before it is committed. */
  async makeIndex(path: string, policy: Pick<Policy<Doc>, "duplicates" | "keep" | "parameters">): Promise<IndexWriter> {
    const names = this.#names;
    const writer = await IndexWriter.create(path, { ...headerOf(policy, names !== undefined), priority: false, index: true });
    try {
      let signatures = 0;
      for (let i = 0; i < this.#exact.count; i++) {
        const signed = ((this.#signed[i >>> 3] as number) >>> (i & 7)) & 1;
        const signature = signed === 1 ? this.#near.at(signatures++) : undefined;
        const name = names === undefined ? "" : nameOf(names.of(i));
        await writer.add({ key: this.#exact.at(i), signature, priority: 0, name });
      }
      await writer.finish();
      return writer;
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  save(): SavedKept {
    const [keys, signatures] = [this.#exact.save(this.#indexed.keys), this.#near.save(this.#indexed.signatures)];
    const signed = this.#signed.slice(0, Math.ceil(this.#exact.count / 8));
    const known = { unicode: UNICODE_VERSION, keys, signatures, signed, indexes: [...this.#indexes] };
    return { ...known, fingerprints: this.#prints?.save(), names: this.#names?.save() };
  }

  /** Takes over what was saved, after the indexes that were loaded then. */
  load(saved: SavedKept, stage: string): void {
    checkUnicode(saved.unicode, stage);
    if (saved.indexes.join() !== this.#indexes.join()) {
      const message = "the indexes that the run began with have changed since its state was saved; put them back, or begin again";
      throw new PipelineError({ kind: "changed", stage, message });
    }
    this.#signed = new Uint8Array(Math.max(64, saved.signed.length));
    this.#signed.set(saved.signed);
    this.#exact.load(saved.keys);
    this.#near.load(saved.signatures);
    if (saved.fingerprints !== undefined) this.#prints?.load(saved.fingerprints);
    // Names were saved with those of the indexes, unlike the rest: whole pages of them cannot be told apart.
    if (this.#names !== undefined && saved.names !== undefined) this.#names = new KeptNames();
    this.#names?.load(saved.names, this.#exact.count, this.#near.count);
  }

  #mark(id: number, signed: boolean): void {
    if (id >>> 3 >= this.#signed.length) {
      const grown = new Uint8Array(this.#signed.length * 2);
      grown.set(this.#signed);
      this.#signed = grown;
    }
    if (signed) this.#signed[id >>> 3] = (this.#signed[id >>> 3] as number) | (1 << (id & 7));
  }
}

function checkUnicode(saved: string, stage: string): void {
  if (saved === UNICODE_VERSION) return;
  const message =
    `the saved state was made with Unicode ${saved} and this Node has Unicode ${UNICODE_VERSION}, which may fold letters differently; ` +
    `go on with a Node that has Unicode ${saved} (process.versions.unicode), or begin again`;
  throw new PipelineError({ kind: "changed", stage, message });
}
