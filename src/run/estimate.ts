/** What a plan will need, before anything runs: a rule of thumb with its assumptions in the open. */
import type { Plan } from "./plan.ts";

export interface Estimate {
  readonly inputs: number;
  /** As they lie on disk, and about how many once decompressed (compressed files count threefold). */
  readonly bytes: number;
  readonly textBytes: number;
  readonly tasks: number;
  /** Bytes of disk that the run needs beside its output: records kept between phases, about as large as the text. */
  readonly keptBytes: number;
  /** Bytes of the output, if nothing is dropped, about: text and its JSON once more. */
  readonly outputBytes: number;
  /** Bytes of memory of one worker, about: Node, the library, buffers, and one record at a time. */
  readonly workerBytes: number;
}

const GROWTH = 3;
const COMPRESSED = /\.(gz|tgz|zst|zstd|tzst)$/i;
/** A worker that reads, cleans and writes was measured at 110 to 190 MB; tokenizers come on top. See docs/run.md. */
const WORKER_BYTES = 200e6;

export function estimate(plan: Plan): Estimate {
  const bytes = plan.inputs.reduce((sum, { size }) => sum + size, 0);
  const textBytes = plan.inputs.reduce((sum, { name, size }) => sum + (COMPRESSED.test(name) ? size * GROWTH : size), 0);
  const keeping = plan.phases.filter((phase) => phase.kind === "observe" && phase.keeps).length;
  return {
    inputs: plan.inputs.length,
    bytes,
    textBytes,
    tasks: plan.phases.reduce((sum, { tasks }) => sum + tasks, 0),
    keptBytes: keeping * textBytes,
    outputBytes: textBytes,
    workerBytes: WORKER_BYTES,
  };
}
