/**
 * Stages 3 and 4 of datatrove's deduplication: clusters of documents that pairs connect, all but one of which go. Two sets are joined
 * under the root of the larger one, or of the first named where they are equal; that root stays. So which document stays depends on
 * the order of the pairs, and it is not always the earliest one. A cluster that a document of an index is in goes as a whole.
 *
 * Memory: some 100 bytes for each document that is in a pair.
 */
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { knownOptions, PipelineError } from "../../core/index.ts";
import { createAtomic } from "../../store/index.ts";
import { FROM_INDEX } from "./pairs.ts";
import { RecordBuffer, RecordFile } from "./record-file.ts";

export interface DatatroveClusterOptions {
  /** Also write `.clusters`: document and number of its cluster. Default false. */
  readonly ids?: boolean;
  /** Also write `.sizes`: document and size of its cluster. Default false. */
  readonly sizes?: boolean;
  /** Leave out the pairs with documents of an index. Default false. */
  readonly ignoreIndex?: boolean;
}

export interface DatatroveClustered {
  /** Documents in clusters, those of them that go, and clusters. */
  readonly documents: number;
  readonly removed: number;
  readonly clusters: number;
}

/** Task and document as one number, which is exact for tasks below 2^20 and sorts like the pair. */
const TASK = 2 ** 32;
const LAST_TASK = 2 ** 20 - 1;
/** All documents of indexes are one node, which sorts behind all others. */
const SHARED_INDEX = Number.MAX_SAFE_INTEGER;

function nodeOf(task: number, document: number, path: string): number {
  if (task === FROM_INDEX && document === FROM_INDEX) return SHARED_INDEX;
  if (task <= LAST_TASK) return task * TASK + document;
  throw new PipelineError({ kind: "corrupt", message: `${path} names task ${task}; expected at most ${LAST_TASK}` });
}

/** Union by size, with datatrove's rule for equal sizes. */
class Sets {
  readonly parents: Map<number, number> = new Map();
  readonly sizes: Map<number, number> = new Map();

  root(node: number): number {
    let root = node;
    for (let parent = this.parents.get(root); parent !== undefined && parent !== root; parent = this.parents.get(root)) root = parent;
    // The path is made short, and the node known.
    for (let at = node; at !== root; ) {
      const next = this.parents.get(at) ?? root;
      this.parents.set(at, root);
      at = next;
    }
    this.parents.set(root, root);
    return root;
  }

  join(a: number, b: number): void {
    let larger = this.root(a);
    let smaller = this.root(b);
    if (larger === smaller) return;
    const [sizeA, sizeB] = [this.sizes.get(larger) ?? 1, this.sizes.get(smaller) ?? 1];
    if (smaller === SHARED_INDEX || (larger !== SHARED_INDEX && sizeA < sizeB)) [larger, smaller] = [smaller, larger];
    this.parents.set(smaller, larger);
    this.sizes.set(larger, sizeA + sizeB);
    this.sizes.delete(smaller);
  }
}

/**
 * Stage 3: clusters the pairs of all `.dups` files under `pairs` and writes `{task:06d}.remove` under `clusters`, the numbers of the
 * documents that go, the same bytes as datatrove's `MinhashDedupCluster`. Throws a `PipelineError` that names a file cut short.
 */
export async function writeDatatroveClusters(
  pairs: string,
  clusters: string,
  options: DatatroveClusterOptions = {},
): Promise<DatatroveClustered> {
  knownOptions("writeDatatroveClusters", options, ["ids", "sizes", "ignoreIndex"]);
  const { ids = false, sizes = false, ignoreIndex = false } = options;
  const sets = new Sets();
  for (const name of (await readdir(pairs)).filter((file) => file.endsWith(".dups")).sort()) {
    const file = await RecordFile.open(join(pairs, name), 16);
    try {
      for (let more = file.next(); typeof more === "boolean" ? more : await more; more = file.next()) {
        const [a, b, c, d] = [0, 4, 8, 12].map((at) => file.view.getUint32(file.at + at, true)) as [number, number, number, number];
        const first = nodeOf(a, b, file.path);
        if (!ignoreIndex || first !== SHARED_INDEX) sets.join(first, nodeOf(c, d, file.path));
      }
    } finally {
      await file.close();
    }
  }
  await mkdir(clusters, { recursive: true });
  return writeClusters(sets, clusters, ids, sizes);
}

async function writeClusters(sets: Sets, folder: string, ids: boolean, sizes: boolean): Promise<DatatroveClustered> {
  const nodes = [...sets.parents.keys()].sort((a, b) => a - b);
  const numbers = new Map<number, number>();
  let removed = 0;
  let roots = 0;
  for (let from = 0; from < nodes.length; ) {
    const task = taskOf(nodes[from] as number);
    let to = from;
    while (to < nodes.length && taskOf(nodes[to] as number) === task) to++;
    const lines: Record<"remove" | "clusters" | "sizes", number[]> = { remove: [], clusters: [], sizes: [] };
    for (const node of nodes.slice(from, to)) {
      const document = node === SHARED_INDEX ? FROM_INDEX : node % TASK;
      const root = sets.root(node);
      if (root === node) roots++;
      else lines.remove.push(document);
      if (!numbers.has(root)) numbers.set(root, numbers.size);
      if (ids) lines.clusters.push(document, numbers.get(root) ?? 0);
      if (sizes) lines.sizes.push(document, sets.sizes.get(root) ?? 1);
    }
    removed += lines.remove.length;
    for (const [ending, values] of Object.entries(lines)) {
      if (values.length > 0) await writeNumbers(join(folder, `${String(task).padStart(6, "0")}.${ending}`), values);
    }
    from = to;
  }
  return { documents: nodes.length, removed, clusters: roots };
}

function taskOf(node: number): number {
  return node === SHARED_INDEX ? FROM_INDEX : Math.floor(node / TASK);
}

async function writeNumbers(path: string, values: readonly number[]): Promise<void> {
  const file = await createAtomic(path);
  try {
    const buffer = new RecordBuffer((bytes) => file.write(bytes));
    for (const value of values) await buffer.add32(value);
    await buffer.flush();
    await file.commit();
  } finally {
    await file.abort();
  }
}

/**
 * Stage 4: the numbers, ascending, of the documents of a task that go; none where there is no file. The data must be read in the same
 * order, by the same number of tasks, as when the signatures were made: the files do not say.
 */
export async function readDatatroveRemovals(clusters: string, task: number): Promise<Uint32Array> {
  const path = join(clusters, `${String(task).padStart(6, "0")}.remove`);
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return Buffer.alloc(0);
    throw new PipelineError({ kind: "unreadable", message: `${path} cannot be read`, cause });
  });
  if (bytes.length % 4 !== 0)
    throw new PipelineError({ kind: "truncated", message: `${path} has ${bytes.length} bytes, no multiple of 4` });
  return Uint32Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readUInt32LE(4 * i));
}
