/**
 * millrace: streams LLM training data from where it lies into shards or a training process. These are the names a pipeline
 * needs; everything else is behind a subpath (`millrace/read`, `millrace/dedupe`, ...).
 */
export { bucketByLength, padBatch, shard } from "./batch/index.ts";
export { clean } from "./clean/index.ts";
export {
  type Batch,
  type Doc,
  filter,
  flatMap,
  from,
  type Job,
  map,
  type Origin,
  type Pipeline,
  PipelineError,
  type Sink,
  type Stage,
  type StageContext,
  stage,
  type Tokenized,
} from "./core/index.ts";
export { dedupe } from "./dedupe/index.ts";
export { read } from "./read/index.ts";
export { chat, tokenize } from "./tokenize/index.ts";
export { jsonlShards, tarShards } from "./write/index.ts";
