/**
 * `dedupe`: keeps the first of every group of equal or nearly equal documents, in one streaming pass.
 *
 *   1. normalise: words, folded (normalise.ts, fold.ts)
 *   2. exact: a document whose 128-bit key a kept one has is dropped (exact.ts)
 *   3. near: its signature (sketch.ts) is compared with those of the kept documents that share the key of a band
 *      (near-index.ts); it is dropped when one of them reaches the threshold
 *   4. a document that is kept enters both indexes; a dropped one enters none
 *
 * Documents are compared with kept documents only (the "star" rule), so a chain A ~ B ~ C never removes C for A's sake
 * unless C resembles A itself. A document of fewer words than a shingle has no signature. There punctuation and symbols
 * count as words (or "C++" were a copy of "C#") and only step 2 applies; a document of nothing but white space is a copy
 * of any other such. How many went that way is the counter "shorter than a shingle".
 *
 * Turned down: connected components without verification, which datatrove uses, because chains make it delete unrelated
 * documents (on 18,000 of them 12.6 % of its removals had a Jaccard similarity below 0.4); Bloom filters, which are
 * smaller but drop documents by mistake and cannot say for which document; storing band keys beside signatures.
 */
import { type Doc, knownOptions, numberOption, PipelineError, type Stage, wordOption } from "../core/index.ts";
import { ExactIndex, exactKey, KEY_BYTES } from "./exact.ts";
import { UNICODE_VERSION } from "./fold.ts";
import { KeptNames, type SavedNames } from "./kept-names.ts";
import { NearIndex } from "./near-index.ts";
import { Normaliser } from "./normalise.ts";
import { ALGORITHM, SKETCH_OPTIONS, type SketchOptions, sketchParameters } from "./parameters.ts";
import { Sketcher } from "./sketch.ts";

/** Options of {@link dedupe}. The shape of the signature is in {@link SketchOptions}. */
export interface DedupeOptions extends SketchOptions {
  /** Which duplicates go: "near" drops exact and near duplicates, "exact" only exact ones. Default "near". */
  readonly duplicates?: "near" | "exact";
  /**
   * A document goes when its estimated Jaccard similarity (of word `ngram`s) to a kept one is at least this: 0 to 1,
   * default 0.7. Estimates have a standard error of 0.05 at most. `bands` and `rows` decide which pairs are compared at
   * all: with 14 and 8 half of the pairs at 0.68, 92 % at 0.8 and practically all above 0.9; a threshold far below that
   * needs a looser shape (25 bands of 5 rows for 0.5).
   */
  readonly threshold?: number;
}

/** What a checkpoint holds: the indexes, from which the tables are built again. */
interface DedupeState {
  readonly unicode: string;
  readonly keys: Uint8Array[];
  readonly signatures: Uint8Array[];
  /** Of the documents kept; absent in a run that keeps no exclusions. */
  readonly names?: SavedNames | undefined;
}

const NAME = "dedupe";

/**
 * Drops every document that equals, or nearly equals, one that was kept before; the others pass unchanged and in order.
 * Reasons: "exact-duplicate", "near-duplicate". In a run that keeps its exclusions, each of them says of which document it is
 * a copy: `detail` is `{ of: its id, origin: its origin }`, and with near duplicates the estimated `similarity`.
 *
 * Equal means equal words after folding (case, accents, spacing and, except in documents of fewer than `ngram` words,
 * punctuation do not count); nearly equal means that the sets of word n-grams have an estimated Jaccard similarity of at
 * least `threshold`. In scripts without spaces each letter with its marks is a word.
 *
 * Memory: about 200 bytes for each document kept (see docs/dedupe.md), 21 with `duplicates: "exact"`, and scratch for the
 * largest document; a checkpoint holds 128 or 16 bytes for each kept document; names of kept documents, for exclusions, take
 * another 40 and the length of the id in both (see kept-names.ts). The result depends on the documents
 * and their order, and on nothing else. A saved state is refused by a Node with another Unicode version, where letters may fold
 * differently. Throws `TypeError` or `RangeError` for wrong options.
 *
 * Method: one-permutation MinHash with locality-sensitive hashing, `minhash@millrace/1`; see sketch.ts.
 */
export function dedupe<T extends Doc>(options: DedupeOptions = {}): Stage<T, T> {
  knownOptions(NAME, options, ["duplicates", "threshold", ...SKETCH_OPTIONS]);
  const { duplicates = "near", threshold = 0.7 } = options;
  wordOption(NAME, "duplicates", duplicates, ["near", "exact"]);
  numberOption(NAME, "threshold", threshold, { min: 0, max: 1 });
  const parameters = sketchParameters(NAME, options);
  for (const option of ["threshold", "bands", "rows", "seed"] as const) {
    if (duplicates === "exact" && options[option] !== undefined)
      throw new TypeError(`${NAME}: \`${option}\` has no meaning with \`duplicates: "exact"\``);
  }
  const { bands, rows } = parameters;
  return {
    name: NAME,
    config: { algorithm: ALGORITHM, duplicates, threshold, ...parameters },
    lookAhead: 0,
    async *run(input, context) {
      const normaliser = new Normaliser();
      const key = new Uint8Array(KEY_BYTES);
      const signature = new Uint8Array(bands * rows);
      const sketcher = new Sketcher(parameters);
      const exact = new ExactIndex();
      const near = new NearIndex({ bands, rows, threshold });

      const names = context.keepsExclusions ? new KeptNames() : undefined;

      const saved = context.restored<DedupeState | null>();
      if (saved != null) {
        checkUnicode(saved.unicode, context.stage);
        exact.load(saved.keys);
        near.load(saved.signatures);
        names?.load(saved.names, exact.count, near.count);
      }
      context.checkpoint((): DedupeState => {
        return { unicode: UNICODE_VERSION, keys: exact.save(), signatures: near.save(), names: names?.save() };
      });

      for await (const doc of input) {
        normaliser.read(doc.text);
        const short = sketcher.isShort(normaliser);
        if (short) {
          normaliser.read(doc.text, "keep");
          context.count("shorter than a shingle");
        }
        exactKey(normaliser, key);
        const same = exact.find(key);
        if (same !== undefined) {
          context.drop(doc, "exact-duplicate", names?.of(same));
          continue;
        }
        if (!short && duplicates === "near") {
          sketcher.sketch(normaliser, signature);
          const comparedBefore = near.compared;
          const match = near.find(signature);
          if (near.compared > comparedBefore) context.count("pairs compared", near.compared - comparedBefore);
          if (match !== undefined) {
            context.drop(doc, "near-duplicate", names && { ...names.ofSignature(match.id), similarity: match.similarity });
            continue;
          }
          near.add(signature);
        }
        exact.add(key);
        names?.add(doc, !short && duplicates === "near");
        yield doc;
      }
    },
  };
}

function checkUnicode(saved: string, stage: string): void {
  if (saved === UNICODE_VERSION) return;
  const message =
    `the saved state was made with Unicode ${saved} and this Node has Unicode ${UNICODE_VERSION}, which may fold letters differently; ` +
    `go on with a Node that has Unicode ${saved} (process.versions.unicode), or begin again`;
  throw new PipelineError({ kind: "changed", stage, message });
}
