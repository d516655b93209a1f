/**
 * The decision over a whole corpus from its fingerprints, with bounded memory:
 *
 *   keys        every band key and exact key to disk, by band and first bits                          (links.ts)
 *   links       each document to the next one with the same key                                       (links.ts)
 *   resolve     "verified", "unverified": in order, against the kept owner of each key                (star.ts)
 *               "components": union-find                                                              (components.ts)
 *   removals    back into the order of the corpus, with names where they are wanted                   (removals.ts)
 *
 * With `keep` "longest" or "best" the fingerprints are first put into the order of their priority     (ranks.ts)
 *
 * Disk: about 12 bytes for each band key, 20 for an exact key, 8 for each link, and a signature for most of the documents
 * that share a key. The result depends on the fingerprints and the order of the splits, not on memory, timing or workers.
 */
import { join } from "node:path";
import { type DecideContext, type Fingerprints, PipelineError } from "../../core/index.ts";
import { type BatchSource, chunksOf, inOrder } from "./batches.ts";
import { BlockFile } from "./block-file.ts";
import { Components } from "./components.ts";
import { type FingerprintHeader, KIND } from "./format.ts";
import { type KeyLinks, keyLinks } from "./key-links.ts";
import { byPriority, checkMemory, documentsIn, type RankedSource } from "./ranks.ts";
import { Removals } from "./removals.ts";
import { LINK_WORDS, type OnDrop, resolveStar } from "./star.ts";
import { NOT_COMPARED, STATUS } from "./verdicts.ts";

export interface DecideOptions {
  readonly header: FingerprintHeader;
  readonly match: "verified" | "unverified" | "components";
  readonly threshold: number;
  /** Components of more documents than this are reported. */
  readonly giant: number;
  /** True when the first document of each group is told its size (components only). */
  readonly sizes: boolean;
  /** So many of the splits, the first ones, are indexes that the corpus is compared with: their documents stay, without verdicts. */
  readonly indexes: number;
}

const LARGEST_CHUNK = 1 << 20;
const LEAST_CHUNK = 16;
const DISTRIBUTED_AT_ONCE = 2048;
const LEAST_BLOCK = 1024;
const LARGEST_BLOCK = 32 * 1024;

/** Yields the verdicts of each split, one array a split, in the order of the splits. */
export async function* decide(
  splits: readonly Fingerprints[],
  options: DecideOptions,
  context: DecideContext,
): AsyncGenerator<Uint8Array, void> {
  const { header, match } = options;
  const { memoryBytes, directory, signal } = context;
  const { rows } = header.parameters;
  const bands = header.duplicates === "near" ? header.parameters.bands : 0;
  const width = bands * rows;
  const shape = { bands, rows, memoryBytes, directory, signal };
  const capacity = chunkOf(memoryBytes, bands, width);
  let ranked: RankedSource | undefined;
  let keys: KeyLinks | undefined;
  let removals: Removals | undefined;
  try {
    if (header.priority) {
      ranked = await byPriority(splits, header, { indexes: options.indexes, width, capacity, memoryBytes, directory, signal });
    }
    // Small batches stay in the cache; the star needs large ones.
    const source = ranked ?? inOrder(splits, header, width, DISTRIBUTED_AT_ONCE, signal);
    const fingerprintBytes = splits.reduce((sum, split) => sum + split.bytes, 0);
    keys = keyLinks({ ...shape, fingerprintBytes });
    await keys.distribute(source);
    const { documents } = keys;
    const { counts } = source;
    checkNumbers(documents);
    const forced = documentsIn(counts, options.indexes);
    removals = new Removals({ documents, names: header.names, memoryBytes, directory, signal });
    const found = removals;
    const order = ranked?.order;
    const onDrop: OnDrop = (document, of, reason, equal) => {
      const [goes, stays] = order === undefined ? [document, of] : [order[document] as number, order[of] as number];
      found.add(goes, stays, STATUS[reason], equal ?? NOT_COMPARED, sizes === undefined ? 0 : (sizes[of] as number));
    };
    let sizes: Uint32Array | undefined;
    if (match === "components") {
      checkMemory(Components.bytesFor(documents), memoryBytes, 'match: "components"');
      const components = new Components(documents, bands);
      await keys.link(components.link);
      const all = components.sizes();
      if (options.sizes) sizes = all;
      components.resolve(forced, onDrop);
      reportGiants(all, options.giant, context);
      if (sizes !== undefined) tellHeads(sizes, forced, order, removals);
    } else {
      await star(
        keys,
        ranked ?? inOrder(splits, header, width, capacity, signal),
        { ...shape, documents, forced, capacity, verified: match === "verified", threshold: options.threshold },
        onDrop,
        context,
      );
    }
    await tellFailed(splits, header, signal, removals);
    await removals.name(splits, header);
    yield* removals.verdicts(counts, options.indexes);
  } finally {
    ranked?.close();
    keys?.close();
    removals?.close();
  }
}

interface StarPlan {
  readonly bands: number;
  readonly rows: number;
  readonly documents: number;
  readonly forced: number;
  readonly capacity: number;
  readonly verified: boolean;
  readonly threshold: number;
  readonly memoryBytes: number;
  readonly directory: string;
  readonly signal: AbortSignal;
}

async function star(keys: KeyLinks, source: BatchSource, plan: StarPlan, onDrop: OnDrop, context: DecideContext): Promise<void> {
  const { capacity, documents, memoryBytes, directory } = plan;
  const chunks = Math.max(1, Math.ceil(documents / capacity));
  const block = Math.min(LARGEST_BLOCK, Math.max(LEAST_BLOCK, Math.floor(memoryBytes / 8 / chunks)));
  const links = new BlockFile(join(directory, "links"), chunks, block);
  try {
    await keys.link((pairs, band) => {
      for (let i = 0; i < pairs.length; i += 2) {
        const from = pairs[i] as number;
        const chunk = Math.floor(from / capacity);
        const at = links.reserve(chunk, LINK_WORDS);
        links.words[at] = ((from - chunk * capacity) << 8) | band;
        links.words[at + 1] = pairs[i + 1] as number;
      }
    });
    keys.close();
    const compared = await resolveStar(source, links, plan, onDrop);
    if (compared > 0) context.count("pairs compared", compared);
  } finally {
    links.close();
  }
}

async function tellFailed(
  splits: readonly Fingerprints[],
  header: FingerprintHeader,
  signal: AbortSignal,
  removals: Removals,
): Promise<void> {
  // Only a score can fail, so without priorities there is nothing to look for.
  if (!header.priority) return;
  let document = 0;
  for await (const { parser } of chunksOf(splits, header, signal)) {
    for (; parser.next(); document++) if (parser.kind === KIND.failed) removals.add(document, document, STATUS.failed, NOT_COMPARED, 0);
  }
}

function tellHeads(sizes: Uint32Array, forced: number, order: Uint32Array | undefined, removals: Removals): void {
  for (let root = forced; root < sizes.length; root++) {
    const document = order === undefined ? root : (order[root] as number);
    if ((sizes[root] as number) > 1) removals.add(document, document, STATUS.head, NOT_COMPARED, sizes[root] as number);
  }
}

/** A chain that ran away shows as one huge component: it is counted, so that the report of the run shows it. */
function reportGiants(sizes: Uint32Array, giant: number, context: DecideContext): void {
  let [largest, giants, inGiants] = [0, 0, 0];
  for (const size of sizes) {
    if (size > largest) largest = size;
    if (size <= giant) continue;
    giants++;
    inGiants += size;
  }
  context.count("documents in the largest component", largest);
  if (giants === 0) return;
  context.count("giant components", giants);
  context.count("documents in giant components", inGiants);
}

/** Documents of a chunk of the star pass: what it holds for each, links and signatures of others included, three times over. */
function chunkOf(memoryBytes: number, bands: number, width: number): number {
  const each = 17 + width + 17 * (bands + 1) + 2 * (width + 60);
  return Math.max(LEAST_CHUNK, Math.min(LARGEST_CHUNK, Math.floor(memoryBytes / 3 / each)));
}

function checkNumbers(documents: number): void {
  if (documents < 2 ** 32 - 1) return;
  const message = `${documents} documents are more than can be numbered (2^32 - 2); deduplicate parts of the corpus`;
  throw new PipelineError({ kind: "too-long", message });
}
