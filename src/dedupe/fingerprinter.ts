/** From a document to what decides about it: its exact key, and its signature if it has a shingle. */
import { type Doc, PipelineError, type StageContext } from "../core/index.ts";
import type { FingerprintHeader } from "./cluster/format.ts";
import { exactKey, KEY_BYTES } from "./exact.ts";
import { UNICODE_VERSION } from "./fold.ts";
import { Normaliser } from "./normalise.ts";
import { ALGORITHM } from "./parameters.ts";
import type { Policy } from "./policy.ts";
import { Sketcher } from "./sketch.ts";

/** Reads one document at a time into `key` and `signature`. */
export class Fingerprinter {
  readonly key: Uint8Array = new Uint8Array(KEY_BYTES);
  readonly signature: Uint8Array;
  /** Whether the document has fewer words than a shingle. */
  short = false;
  readonly #normaliser: Normaliser = new Normaliser();
  readonly #sketcher: Sketcher;
  readonly #exactOnly: boolean;

  constructor({ parameters, duplicates }: Pick<Policy<Doc>, "parameters" | "duplicates">) {
    this.signature = new Uint8Array(parameters.bands * parameters.rows);
    this.#sketcher = new Sketcher(parameters);
    this.#exactOnly = duplicates === "exact";
  }

  /** Reads the document as far as its exact key. */
  read(text: string): void {
    const normaliser = this.#normaliser;
    normaliser.read(text);
    this.short = this.#sketcher.isShort(normaliser);
    // Where there is no shingle signs count as words, or "C++" were a copy of "C#".
    if (this.short) normaliser.read(text, "keep");
    exactKey(normaliser, this.key);
  }

  /** Writes the signature of the document read last; false when it has none, or when only exact copies count. */
  sketch(): boolean {
    return !this.short && !this.#exactOnly && this.#sketcher.sketch(this.#normaliser, this.signature);
  }
}

/**
 * A fingerprinter that the tasks of a worker hand on: its kernel and the fold pages in it cost milliseconds, and a new memory for
 * each task is felt by the garbage collector. Stages may share it, since none keeps a document in it beyond one turn.
 */
export function sharedFingerprinter(
  { parameters, duplicates }: Pick<Policy<Doc>, "parameters" | "duplicates">,
  context: StageContext,
): Promise<Fingerprinter> {
  const key = `fingerprinter ${JSON.stringify({ parameters, duplicates })}`;
  return context.shared(
    key,
    async () => new Fingerprinter({ parameters, duplicates }),
    () => {},
  );
}

/** What the fingerprints of these options depend on. */
export function headerOf<T extends Doc>(
  { duplicates, keep, parameters }: Pick<Policy<T>, "duplicates" | "keep" | "parameters">,
  names: boolean,
): FingerprintHeader {
  const priority = keep !== "first";
  return { version: 1, algorithm: ALGORITHM, unicode: UNICODE_VERSION, duplicates, parameters, priority, names };
}

/** How far ahead a document comes in the choice of the one that stays. Throws when the user's score is no finite number. */
export function priorityOf<T extends Doc>({ keep, score }: Pick<Policy<T>, "keep" | "score">, doc: T): number {
  if (keep === "first") return 0;
  if (keep === "longest") return doc.text.length;
  const value: unknown = score?.(doc);
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new PipelineError({
    kind: "bad-score",
    message: `the score of document ${JSON.stringify(doc.id)} is ${String(value)}, not a finite number`,
  });
}
