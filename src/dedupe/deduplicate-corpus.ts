/**
 * Deduplication of a whole corpus in one process, for choices that no single pass can make: the documents go through once to
 * leave fingerprints in a temporary file, these are decided over, and the documents go through once more.
 */
import { createReadStream } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CorpusWide,
  type DecideContext,
  type Doc,
  type Fingerprints,
  numberOption,
  optionType,
  type Pipeline,
  PipelineError,
  type Stage,
  type StageContext,
} from "../core/index.ts";
import { apply, corpusWide } from "./corpus-wide.ts";
import { configOf, type Deduped } from "./dedupe.ts";
import { type DedupeOptions, type Policy, policyOf } from "./policy.ts";
import { type BaseMark, markOf } from "./saved/base.ts";

const NAME = "deduplicateCorpus";
const READ_BYTES = 1 << 20;

/** How {@link deduplicateCorpus} works, beside what it decides. */
export interface CorpusOptions {
  /** Bytes of memory for the decision. What does not fit goes to temporary files. Default 1 GB; at least 1 MB. */
  readonly memoryBytes?: number;
  /** Folder for temporary files: about 320 to 460 bytes a document. Default: the system's. */
  readonly directory?: string;
}

/**
 * A pipeline of the documents of `open()` without their duplicates; `open` is called twice, and must give the same documents in
 * the same order. All options of {@link dedupe} work here, also those that need the whole corpus; the order stays that of the
 * corpus. Reasons and details are those of `dedupe`.
 *
 * Memory: `memoryBytes`, of which `keep: "longest"` and `"best"` need 28 bytes a document and `match: "components"` 4.1, and beside it the
 * verdicts, 1 byte a document and 16 for each that goes, up to three times that. Disk: about 320 bytes a document, 460 with `keep: "longest"` or
 * `"best"`. A restored run decides once more, then goes on where it was. Throws `TypeError` or `RangeError` for wrong options, and a
 * `PipelineError` of kind "changed" when the second pass gives other documents than the first.
 */
export function deduplicateCorpus<T extends Doc, const G extends boolean = false>(
  open: () => Pipeline<T>,
  options: DedupeOptions<T, G> & CorpusOptions = {},
): Pipeline<Deduped<T, G>> {
  if (typeof open !== "function") throw optionType(NAME, "open", "a function that gives a pipeline", open);
  const { memoryBytes = 1e9, directory, ...rest } = options;
  numberOption(NAME, "memoryBytes", memoryBytes, { min: 1e6 });
  if (directory !== undefined && typeof directory !== "string") throw optionType(NAME, "directory", "the path of a folder", directory);
  const policy = policyOf(NAME, rest as DedupeOptions<T>);
  const stage: Stage<T, T> = {
    name: "dedupe",
    config: configOf(policy),
    lookAhead: 0,
    run: (input, context) => decideAndApply(policy, open, input, context, memoryBytes, directory ?? tmpdir()),
  };
  return open().pipe(stage as unknown as Stage<T, Deduped<T, G>>);
}

/** What a checkpoint holds. */
interface Progress {
  /** Documents passed on or dropped. */
  readonly done: number;
  readonly base?: BaseMark | undefined;
}

async function* decideAndApply<T extends Doc>(
  policy: Policy<T>,
  open: () => Pipeline<T>,
  input: AsyncIterable<T>,
  context: StageContext,
  memoryBytes: number,
  parent: string,
): AsyncGenerator<T, void> {
  const saved = context.restored<Progress>();
  let done = saved?.done ?? 0;
  const skip = done;
  // The decision of a restored run is that of the first one, although `save` may have replaced the index since.
  const base = saved === undefined ? await markOf(policy.against, policy.save) : saved.base;
  context.checkpoint((): Progress => ({ done, base }));
  // A restored run has the counters of the one it continues; what it decides once more was counted then.
  const counting = skip === 0 ? context : { ...context, count: () => {} };
  const verdicts = await verdictsOf(corpusWide(policy, base), open, counting, memoryBytes, parent);
  async function* counted(): AsyncGenerator<T, void> {
    for await (const doc of input) {
      done++;
      yield doc;
    }
  }
  yield* apply(policy, counted(), verdicts, context, skip);
}

/** The first pass over the documents and the decision, in a temporary folder of their own. */
async function verdictsOf<T extends Doc>(
  steps: CorpusWide<T, T>,
  open: () => Pipeline<T>,
  context: StageContext,
  memoryBytes: number,
  parent: string,
): Promise<Uint8Array> {
  const { signal, scope } = context;
  const directory = await mkdtemp(join(parent, "millrace-dedupe-"));
  try {
    const path = join(directory, "fingerprints");
    const bytes = await write(path, steps.observe(open().run({ signal, seed: context.seed, onError: context.onError }), context));
    const fingerprints: Fingerprints = { bytes, read: () => createReadStream(path, { highWaterMark: READ_BYTES, signal }) };
    const decide: DecideContext = { signal, scope, memoryBytes, directory, count: context.count, whenDone: context.whenDone };
    let verdicts: Uint8Array | undefined;
    // To its end: an index that is to be saved is ready when all verdicts were taken.
    for await (const all of steps.decide([fingerprints], decide)) verdicts ??= all;
    if (verdicts !== undefined) return verdicts;
    throw new PipelineError({ kind: "stage-failed", stage: context.stage, message: "the decision gave no verdicts" });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function write(path: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const file = await open(path, "wx");
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      await file.writeFile(chunk);
      bytes += chunk.length;
    }
  } finally {
    await file.close();
  }
  return bytes;
}
