/** Exact and near-duplicate removal: `millrace/dedupe`. */
export { bandKeys } from "./bands.ts";
export { type DedupeOptions, dedupe } from "./dedupe.ts";
export type { HashName } from "./document-key.ts";
export { detection, estimateJaccard } from "./estimate.ts";
export { ExactIndex } from "./exact.ts";
export { type DedupeExactOptions, dedupeExact } from "./exact-documents.ts";
export { type ExplainOptions, explainRemoval, type Passage, type RemovalExplanation, type SharedPassage, trueJaccard } from "./explain.ts";
export { foldOf, UNICODE_VERSION } from "./fold.ts";
export { exactKeyOf, normaliseForDedupe, shingles, sketch } from "./functions.ts";
export { NearIndex, type NearMatch } from "./near-index.ts";
export { Normaliser, type Punctuation, type SketchBackend } from "./normalise.ts";
export { ALGORITHM, type SketchOptions, type SketchParameters } from "./parameters.ts";
export { type DedupePlan, type DedupePlanOptions, type PlanShape, planDedupe } from "./plan.ts";
export type { PlanCost } from "./plan-cost.ts";
export { type RemovalOptions, removal } from "./removal.ts";
export { type SketchBatch, Sketcher } from "./sketch.ts";
export { type DedupeUrlsOptions, dedupeUrls, normaliseUrl, trackingParameters, type UrlRules } from "./urls.ts";
