/**
 * `dedupe`: keeps one of every group of equal or nearly equal documents; the first, in one streaming pass, unless told otherwise.
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
import { type Doc, PipelineError, type Stage, type StageContext } from "../core/index.ts";
import { corpusWide } from "./corpus-wide.ts";
import { Fingerprinter, headerOf } from "./fingerprinter.ts";
import { type DuplicateGroup, groupOf } from "./groups.ts";
import { ALGORITHM } from "./parameters.ts";
import { type DedupeOptions, needsWholeCorpus, type Policy, policyOf } from "./policy.ts";
import { checkSavable, openIndex } from "./saved/index-file.ts";
import { Kept, type SavedKept } from "./streaming.ts";

const NAME = "dedupe";

/** What `dedupe` passes on: the document, with its group where groups are asked for. */
export type Deduped<T extends Doc, G extends boolean> = G extends true ? T & { readonly group: DuplicateGroup } : T;

/**
 * Drops every document that equals, or nearly equals, one that is kept; the others pass unchanged and in order. Reasons:
 * "exact-duplicate", "near-duplicate". In a run that keeps its exclusions, each of them says of which document it is
 * a copy: `detail` is `{ of: its id, origin: its origin }`, and with near duplicates the estimated `similarity`.
 *
 * Equal means equal words after folding (case, accents, spacing and, except in documents of fewer than `ngram` words,
 * punctuation do not count); nearly equal means that the sets of word n-grams have an estimated Jaccard similarity of at
 * least `threshold`. In scripts without spaces each letter with its marks is a word.
 *
 * In one pass, `run` keeps the first document of each group. Other choices (`keep: "longest"`, `keep: "best"`, `match:
 * "components"`) need the whole corpus before the first document can be passed on: there the stage works in a planned run,
 * or through `deduplicateCorpus`, and `run` throws a `PipelineError` of kind "whole-corpus" that says so.
 *
 * Memory: about 200 bytes for each document kept (see docs/dedupe.md), 75 with `match: "unverified"`, 21 with `duplicates:
 * "exact"`, and scratch for the largest document; a checkpoint holds 128, 75 or 16 bytes for each kept document; names of kept
 * documents, for exclusions and groups, take another 40 and the length of the id in both (see kept-names.ts). The result
 * depends on the documents and their order, and on nothing else. A saved state is refused by a Node with another Unicode
 * version, where letters may fold differently. Throws `TypeError` or `RangeError` for wrong options.
 *
 * Method: one-permutation MinHash with locality-sensitive hashing, `minhash@millrace/1`; see sketch.ts.
 */
export function dedupe<T extends Doc, const G extends boolean = false>(options: DedupeOptions<T, G> = {}): Stage<T, Deduped<T, G>> {
  const policy = policyOf(NAME, options);
  const stage: Stage<T, T> = {
    name: NAME,
    config: configOf(policy),
    lookAhead: 0,
    corpusWide: corpusWide(policy),
    run: (input, context) => run(policy, input, context),
  };
  // The type of what comes out depends on an option's value, which the compiler cannot follow into `run`.
  return stage as unknown as Stage<T, Deduped<T, G>>;
}

/** The resolved options as plain values. What decides nothing (`expected`, `save`) is not among them. */
export function configOf<T extends Doc>({ expected: _, save: __, parameters, score, against, ...rest }: Policy<T>): unknown {
  const rare = { ...(score === undefined ? {} : { score }), ...(against.length === 0 ? {} : { against }) };
  return { algorithm: ALGORITHM, ...rest, ...rare, ...parameters };
}

async function* run<T extends Doc>(policy: Policy<T>, input: AsyncIterable<T>, context: StageContext): AsyncGenerator<T, void> {
  const obstacle = needsWholeCorpus(policy);
  if (obstacle !== undefined) {
    const message = `${obstacle} needs the whole corpus before the first document can be passed on; use deduplicateCorpus() or a planned run, or keep the first of each group with match: "verified"`;
    throw new PipelineError({ kind: "whole-corpus", stage: context.stage, message });
  }
  if (policy.save !== undefined) await checkSavable(policy.save); // before the corpus is read, not behind it
  const fingerprinter = new Fingerprinter(policy);
  const kept = new Kept(policy, policy.groups || context.keepsExclusions);
  const saved = context.restored<SavedKept | null>();
  for (const path of policy.against) await kept.loadIndex(await openIndex(path, headerOf(policy, false)));
  if (saved != null) kept.load(saved, context.stage);
  context.checkpoint(() => kept.save());

  for await (const doc of input) {
    fingerprinter.read(doc.text);
    if (fingerprinter.short) context.count("shorter than a shingle");
    const comparedBefore = kept.compared;
    const removal = kept.admit(doc, fingerprinter);
    if (kept.compared > comparedBefore) context.count("pairs compared", kept.compared - comparedBefore);
    if (policy.groups) yield { ...doc, group: groupOf(doc, removal?.reason, removal?.detail, undefined) };
    else if (removal === undefined) yield doc;
    else context.drop(doc, `${removal.reason}-duplicate`, removal.detail);
  }
  // An index of documents that were not delivered after all would make the next run drop them.
  if (policy.save !== undefined) context.whenDone(await kept.makeIndex(policy.save, policy));
}
