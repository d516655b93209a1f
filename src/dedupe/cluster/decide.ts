/**
 * The decision over a whole corpus from its fingerprints, with bounded memory:
 *
 *   links       each document to the next one with the same key, for every band key and exact key         (key-links.ts)
 *   resolve     "verified", "unverified": in order, against the kept owner of each key                    (star.ts)
 *               "components": union-find                                                                  (components.ts)
 *   verdicts    at once, or first back into the order of the corpus, with names where they are wanted     (ordered-verdicts.ts, removals.ts)
 *
 * With `keep` "longest" or "best" the fingerprints are first put into the order of their priority         (ranks.ts)
 *
 * Keys that fit the memory make no file. Otherwise, on disk: 12 bytes for each band key, 20 for an exact key, then 8 for each link, and a signature
 * for most of the documents that share a key. The result depends on the fingerprints and the order of the splits, not on memory,
 * timing or workers.
 */
import { join } from "node:path";
import { type DecideContext, type Fingerprints, PipelineError } from "../../core/index.ts";
import { type BatchSource, chunksOf, inOrder } from "./batches.ts";
import { BlockFile } from "./block-file.ts";
import { componentBytes, componentsOf } from "./components.ts";
import { type FingerprintHeader, KIND } from "./format.ts";
import { type KeyLinks, keyLinks } from "./key-links.ts";
import { type Decisions, OrderedVerdicts } from "./ordered-verdicts.ts";
import { byPriority, checkMemory, documentsIn, type RankedSource } from "./ranks.ts";
import { Removals } from "./removals.ts";
import { LINK_WORDS, type OnDrop, resolveStar } from "./star.ts";
import { MOST } from "./union-find.ts";
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
/** Documents whose keys are distributed at once: their columns stay in the cache. */
const DISTRIBUTED_AT_ONCE = 2048;
const LEAST_BLOCK = 1024;
/** Links of few chunks stay in memory, those of many are written in long runs. */
const LARGEST_BLOCK = 1 << 22;
/** Of the memory, what links are found with while others wait for their documents, and at least where a union-find takes the rest. */
const LINK_SHARE = 0.6;
const LEAST_LINK_SHARE = 0.25;
/** Bytes of a document's place in an order by priority, which is held to the end. */
const ORDER_BYTES = 8;

/** Yields the verdicts of each split, one array a split, in the order of the splits. */
export async function* decide(
  splits: readonly Fingerprints[],
  options: DecideOptions,
  context: DecideContext,
): AsyncGenerator<Uint8Array, void> {
  const { header, match, indexes } = options;
  const { memoryBytes, directory, signal } = context;
  const { rows } = header.parameters;
  const bands = header.duplicates === "near" ? header.parameters.bands : 0;
  const width = bands * rows;
  const capacity = chunkOf(memoryBytes, bands, width);
  let ranked: RankedSource | undefined;
  let keys: KeyLinks | undefined;
  let removals: Removals | undefined;
  try {
    if (header.priority) ranked = await byPriority(splits, header, { indexes, width, capacity, memoryBytes, directory, signal });
    const source = ranked ?? inOrder(splits, header, width, DISTRIBUTED_AT_ONCE, signal);
    const fingerprintBytes = splits.reduce((sum, split) => sum + split.bytes, 0);
    const order = ranked === undefined ? 0 : ranked.order.length * ORDER_BYTES;
    const free = Math.max(0, memoryBytes - order);
    const forLinks = match === "components" ? besideComponents(free, fingerprintBytes / (17 + width)) : free * LINK_SHARE;
    keys = keyLinks({ bands, rows, fingerprintBytes, memoryBytes: forLinks, directory, signal });
    await keys.distribute(source);
    const { documents } = keys;
    const { counts } = source;
    checkNumbers(documents, match);
    const forced = documentsIn(counts, indexes);
    // Without priorities and names, decisions come as verdicts go.
    const ordered = ranked === undefined && !header.names ? new OrderedVerdicts(counts, indexes) : undefined;
    if (ordered === undefined) removals = new Removals({ documents, names: header.names, memoryBytes, directory, signal });
    const decisions = (ordered ?? removals) as Decisions;
    const plan = { bands, rows, documents, forced, capacity, memoryBytes, directory, signal, order: ranked?.order };
    const steps =
      match === "components"
        ? components(keys, plan, counts, options, decisions, context)
        : star(
            keys,
            ranked ?? inOrder(splits, header, width, capacity, signal),
            { ...plan, verified: match === "verified", threshold: options.threshold },
            decisions,
            context,
          );
    for await (const decided of steps) if (ordered !== undefined) yield* ordered.until(decided);
    if (ordered !== undefined) yield* ordered.until(documents);
    if (removals === undefined) return;
    await tellFailed(splits, header, signal, removals);
    await removals.name(splits, header);
    yield* removals.verdicts(counts, indexes);
  } finally {
    ranked?.close();
    keys?.close();
    removals?.close();
  }
}

interface Plan {
  readonly bands: number;
  readonly rows: number;
  readonly documents: number;
  /** The first documents, so many, stay whatever they resemble. */
  readonly forced: number;
  readonly capacity: number;
  readonly memoryBytes: number;
  readonly directory: string;
  readonly signal: AbortSignal;
  /** The number in the corpus of the document of each rank, where they differ. */
  readonly order: Uint32Array | undefined;
}

/** Yields how many documents were decided so far. */
async function* components(
  keys: KeyLinks,
  { bands, documents, forced, memoryBytes, order }: Plan,
  counts: readonly number[],
  { giant, sizes }: DecideOptions,
  decisions: Decisions,
  context: DecideContext,
): AsyncGenerator<number, void> {
  checkMemory(componentBytes(documents), memoryBytes, 'match: "components"');
  const found = componentsOf(documents);
  await keys.link((pairs, band) => found.unite(pairs, band === bands));
  keys.close();
  // A chain that ran away shows as one huge component: it is counted, so that the report of the run shows it.
  const { largest, giants, inGiants } = found.settle(giant);
  context.count("documents in the largest component", largest);
  if (giants > 0) {
    context.count("giant components", giants);
    context.count("documents in giant components", inGiants);
  }
  let end = 0;
  for (const count of counts) {
    const begin = Math.max(end, forced);
    end += count;
    if (end <= begin) continue;
    for (const told of found.told(begin, end, sizes)) decisions.addAll(ordered(told, order));
    yield end;
  }
}

/** From ranks to the documents that have them. */
function ordered(told: Uint32Array, order: Uint32Array | undefined): Uint32Array {
  if (order === undefined) return told;
  for (let i = 0; i < told.length; i += 4) {
    told[i] = order[told[i] as number] as number;
    told[i + 1] = order[told[i + 1] as number] as number;
  }
  return told;
}

interface StarPlan extends Plan {
  readonly verified: boolean;
  readonly threshold: number;
}

/** Yields how many documents were decided so far. */
async function* star(
  keys: KeyLinks,
  source: BatchSource,
  plan: StarPlan,
  decisions: Decisions,
  context: DecideContext,
): AsyncGenerator<number, void> {
  const { capacity, documents, memoryBytes, directory, order } = plan;
  const chunks = Math.max(1, Math.ceil(documents / capacity));
  const block = Math.min(LARGEST_BLOCK, Math.max(LEAST_BLOCK, Math.floor(memoryBytes / 8 / chunks)));
  const links = new BlockFile(join(directory, "links"), chunks, block);
  const onDrop: OnDrop = (document, of, reason, equal) => {
    const [goes, stays] = order === undefined ? [document, of] : [order[document] as number, order[of] as number];
    decisions.add(goes, stays, STATUS[reason], equal ?? NOT_COMPARED, 0);
  };
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
    const compared = yield* resolveStar(source, links, plan, onDrop);
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

/** Documents of a chunk of the star pass: what it holds for each, links and signatures of others included, three times over. */
function chunkOf(memoryBytes: number, bands: number, width: number): number {
  const each = 17 + width + 17 * (bands + 1) + 2 * (width + 60);
  return Math.max(LEAST_CHUNK, Math.min(LARGEST_CHUNK, Math.floor(memoryBytes / 3 / each)));
}

/** Memory for finding links beside the union-find of so many documents. */
function besideComponents(memoryBytes: number, documents: number): number {
  return Math.max(memoryBytes * LEAST_LINK_SHARE, memoryBytes - componentBytes(documents));
}

function checkNumbers(documents: number, match: DecideOptions["match"]): void {
  const most = match === "components" ? MOST : 2 ** 32 - 2;
  if (documents <= most) return;
  const message = `${documents} documents are more than can be numbered (${most}); deduplicate parts of the corpus`;
  throw new PipelineError({ kind: "too-long", message });
}
