/**
 * The decision in one pass: what was kept so far, in memory, and whether the next document is a copy of it. Documents are
 * compared with kept documents only; one that is kept enters the indexes, one that goes enters none.
 */
import { type Doc, type ExclusionDetail, PipelineError } from "../core/index.ts";
import { ExactIndex } from "./exact.ts";
import { FingerprintIndex, type SavedFingerprints } from "./fingerprint-index.ts";
import type { Fingerprinter } from "./fingerprinter.ts";
import { UNICODE_VERSION } from "./fold.ts";
import { KeptNames, type SavedNames } from "./kept-names.ts";
import { NearIndex } from "./near-index.ts";
import type { Policy } from "./policy.ts";

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
  readonly #names: KeptNames | undefined;

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
    this.#exact.add(key);
    this.#names?.add(doc, signed);
    return undefined;
  }

  save(): SavedKept {
    const [keys, signatures] = [this.#exact.save(), this.#near.save()];
    return { unicode: UNICODE_VERSION, keys, signatures, fingerprints: this.#prints?.save(), names: this.#names?.save() };
  }

  load(saved: SavedKept, stage: string): void {
    checkUnicode(saved.unicode, stage);
    this.#exact.load(saved.keys);
    this.#near.load(saved.signatures);
    if (saved.fingerprints !== undefined) this.#prints?.load(saved.fingerprints);
    this.#names?.load(saved.names, this.#exact.count, this.#near.count);
  }
}

function checkUnicode(saved: string, stage: string): void {
  if (saved === UNICODE_VERSION) return;
  const message =
    `the saved state was made with Unicode ${saved} and this Node has Unicode ${UNICODE_VERSION}, which may fold letters differently; ` +
    `go on with a Node that has Unicode ${saved} (process.versions.unicode), or begin again`;
  throw new PipelineError({ kind: "changed", stage, message });
}
