/** Exact and near-duplicate removal: `millrace/dedupe`. */
export { type KeptDocument, type Removal, RemovalAudit, type RemovalAuditOptions, type RemovalSummary, removalOf } from "./audit.ts";
export { bandKeys } from "./bands.ts";
export {
  type DatatroveClustered,
  type DatatroveClusterOptions,
  type DatatroveOptions,
  type DatatrovePairOptions,
  type DatatroveParameters,
  type DatatroveRecord,
  type DatatroveSigned,
  DatatroveSketcher,
  readDatatroveRemovals,
  readDatatroveSignatures,
  writeDatatroveClusters,
  writeDatatroveIndex,
  writeDatatrovePairs,
  writeDatatroveSignatures,
} from "./datatrove/index.ts";
export { type ContaminationHit, type DecontaminateOptions, decontaminate } from "./decontaminate.ts";
export { type Deduped, dedupe } from "./dedupe.ts";
export { type CorpusOptions, deduplicateCorpus } from "./deduplicate-corpus.ts";
export type { HashName } from "./document-key.ts";
export type { Embed } from "./embedding.ts";
export { detection, estimateJaccard } from "./estimate.ts";
export { EvaluationIndex, type EvaluationIndexOptions, type EvaluationText, evaluationIndex } from "./evaluation-index.ts";
export { ExactIndex } from "./exact.ts";
export { type DedupeExactOptions, dedupeExact } from "./exact-documents.ts";
export { type ExplainOptions, explainRemoval, type Passage, type RemovalExplanation, type SharedPassage, trueJaccard } from "./explain.ts";
export { foldOf, UNICODE_VERSION } from "./fold.ts";
export { exactKeyOf, normaliseForDedupe, shingles, sketch } from "./functions.ts";
export type { DuplicateGroup } from "./groups.ts";
export { filterErrorRate } from "./key-filter.ts";
export { NearIndex, type NearIndexOptions, type NearMatch, type NearMatches } from "./near-index.ts";
export { Normaliser, type Punctuation, type SketchBackend } from "./normalise.ts";
export { ALGORITHM, SKETCH_PRESETS, type SketchOptions, type SketchParameters } from "./parameters.ts";
export { dedupeLines, dedupeParagraphs, type Ignored, type PassageOptions } from "./passages.ts";
export { type DedupePlan, type DedupePlanOptions, type PlanShape, planDedupe } from "./plan.ts";
export type { PlanCost } from "./plan-cost.ts";
export type { DedupeOptions } from "./policy.ts";
export { type RemovalOptions, removal } from "./removal.ts";
export { describeIndex, type IndexDescription, mergeIndexes, type ShrinkOptions, shrinkIndex } from "./saved/maintain.ts";
export { type DedupeSemanticOptions, dedupeSemantic } from "./semantic.ts";
export { SemanticBuckets, type SemanticBucketsOptions, semanticBuckets } from "./semantic-buckets.ts";
export { splitSentences } from "./sentence-splitter.ts";
export { type DedupeSentencesOptions, dedupeSentences } from "./sentences.ts";
export { type SketchBatch, Sketcher } from "./sketch.ts";
export { type DedupeSubstringsOptions, dedupeSubstrings } from "./substrings.ts";
export type { TokenUnit } from "./text-tokens.ts";
export { type DedupeUrlsOptions, dedupeUrls, normaliseUrl, trackingParameters, type UrlRules } from "./urls.ts";
