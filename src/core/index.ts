/** The engine: pipelines, stages, documents, checkpoints, errors. It knows no stage by name. */
export type { CorpusWide, DecideContext, Fingerprints } from "./corpus-wide.ts";
export { type Doc, keepOriginal, type Origin, originalText, originOf, type Part, type Traced, textBytes, tracedRows } from "./doc.ts";
export {
  describeOrigin,
  type ErrorFacts,
  type ErrorKind,
  knownOptions,
  messageOf,
  numberOption,
  optionType,
  PipelineError,
  wordOption,
} from "./errors.ts";
export { Execution, type RunOptions, type Step } from "./execution.ts";
export { drain, Job, type JobParts, type JobResult } from "./job.ts";
export { asFailure } from "./ledger.ts";
export type { Pending } from "./outcome.ts";
export { Pipeline, pipeline } from "./pipeline.ts";
export type { Piece, PlannedInput, PlannedSink, PublishContext, Split, SplitRun, SplitSource, TaskPlace } from "./planned.ts";
export { Random } from "./random.ts";
export type { Batch, Row, Tokenized } from "./records.ts";
export type { ErrorEntry, RunReport, SourceReport, StageReport } from "./report.ts";
export { Scope } from "./scope.ts";
export { Shared } from "./shared.ts";
export { from } from "./sources.ts";
export type {
  Departure,
  Excluded,
  ExclusionDetail,
  InputFacts,
  OnError,
  RunObserver,
  Sink,
  SinkContext,
  Source,
  SourceContext,
  Stage,
  StageContext,
} from "./stage.ts";
export { type FilterOptions, filter, flatMap, type MapOptions, map, stage } from "./stages.ts";
export { canonicalJson, differingParts, fromJson, type Json, type PipelineState, type StageState, toJson } from "./state.ts";
export { VERSION } from "./version.ts";
export { recordBytes, rememberBytes, utf8Length } from "./weigh.ts";
