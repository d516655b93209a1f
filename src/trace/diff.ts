/** Compares two finished runs: what they were told to do, what they read, what became of it, and of which documents. */
import { type Change, configurationChanges } from "./compare.ts";
import { type DocumentChanges, diffDocuments } from "./diff-documents.ts";
import { findRun, type Run } from "./find-manifest.ts";
import type { Manifest, ManifestInput, ManifestTotals } from "./manifest.ts";
import { withLineage } from "./places.ts";

export interface DiffOptions {
  /** Documents that are listed for each kind of change, at most. Default 10. All are counted. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** A number that differs between two runs. */
export interface CountChange {
  readonly stage: string;
  /** "in", "out", "dropped: <reason>" or "error: <kind>". */
  readonly what: string;
  readonly was: number;
  readonly is: number;
}

export interface RunDiff {
  /** Paths of the two manifests. */
  readonly was: string;
  readonly is: string;
  /** True when both runs read the same, did the same and wrote the same. */
  readonly equal: boolean;
  readonly configuration: readonly Change[];
  /** Inputs that one of the runs has not read, and those of one name whose bytes differ. */
  readonly inputs: { readonly added: readonly string[]; readonly removed: readonly string[]; readonly changed: readonly string[] };
  /** Totals that differ: shards, bytes, records, documents, tokens, oversized. */
  readonly totals: Readonly<Record<string, { readonly was: number; readonly is: number }>>;
  /** Counts of stages that differ, in the order of the pipeline. */
  readonly counts: readonly CountChange[];
  /** Shards of one name whose bytes differ, and those that one of the runs lacks. */
  readonly shards: number;
  /** Null when one of the runs kept no lineage; `withoutLineage` then says which. */
  readonly documents: DocumentChanges | null;
  readonly withoutLineage: readonly string[];
}

/**
 * Compares two runs, named by folder, manifest or shard. Documents are matched by source and record, in one pass over both
 * lineage files. Memory: two blocks of lineage, and the documents that are listed. Throws what `findRun` and
 * `LineageFile.open` throw.
 */
export async function diffRuns(a: string, b: string, options: DiffOptions = {}): Promise<RunDiff> {
  const [was, is] = [await findRun(a), await findRun(b)];
  const configuration = configurationChanges(was.manifest, is.manifest);
  const inputs = inputChanges(was.manifest.inputs, is.manifest.inputs);
  const totals = totalChanges(was.manifest.totals, is.manifest.totals);
  const counts = countChanges(was.manifest, is.manifest);
  const shards = shardChanges(was.manifest, is.manifest);
  const withoutLineage = [was, is].filter(({ manifest }) => manifest.lineage === null).map(({ path }) => path);
  const documents = withoutLineage.length > 0 ? null : await documentChanges(was, is, options);
  const inputsDiffer = inputs.added.length + inputs.removed.length + inputs.changed.length > 0;
  const differs = configuration.length > 0 || inputsDiffer || Object.keys(totals).length > 0 || counts.length > 0 || shards > 0;
  const equal = !differs && (documents === null || documents.changed === 0);
  return { was: was.path, is: is.path, equal, configuration, inputs, totals, counts, shards, documents, withoutLineage };
}

async function documentChanges(was: Run, is: Run, { limit = 10, signal }: DiffOptions): Promise<DocumentChanges> {
  return withLineage(was, (before) => withLineage(is, (after) => diffDocuments(before, after, limit, signal)));
}

function inputChanges(was: Readonly<Record<string, ManifestInput>>, is: Readonly<Record<string, ManifestInput>>): RunDiff["inputs"] {
  const added = Object.keys(is).filter((name) => !Object.hasOwn(was, name));
  const removed = Object.keys(was).filter((name) => !Object.hasOwn(is, name));
  const changed = Object.keys(is).filter(
    (name) => Object.hasOwn(was, name) && !sameInput(was[name] as ManifestInput, is[name] as ManifestInput),
  );
  return { added, removed, changed };
}

/** Digests are compared where both runs have them; a run that cut a file has those of its pieces. */
function sameInput(a: ManifestInput, b: ManifestInput): boolean {
  if (a.bytes !== b.bytes) return false;
  if (a.sha256 !== null && b.sha256 !== null) return a.sha256 === b.sha256;
  if (a.pieces === undefined || b.pieces === undefined) return true;
  const ends = (input: ManifestInput): Map<number, string | null> => new Map(input.pieces?.map(({ end, sha256 }) => [end, sha256]));
  const [one, other] = [ends(a), ends(b)];
  if ([...one.keys()].join() !== [...other.keys()].join()) return true; // cut elsewhere: nothing to compare
  return [...one].every(([end, sha256]) => sha256 === null || (other.get(end) ?? sha256) === sha256);
}

function totalChanges(was: ManifestTotals, is: ManifestTotals): RunDiff["totals"] {
  const names = ["shards", "bytes", "records", "documents", "tokens", "oversized"] as const;
  return Object.fromEntries(names.filter((name) => was[name] !== is[name]).map((name) => [name, { was: was[name], is: is[name] }]));
}

function countChanges(was: Manifest, is: Manifest): CountChange[] {
  const stages = [...new Set([...is.stages, ...was.stages].map(({ name }) => name))];
  return stages.flatMap((stage) => {
    const [before, after] = [countsOf(was, stage), countsOf(is, stage)];
    return [...new Set([...before.keys(), ...after.keys()])]
      .map((what) => ({ stage, what, was: before.get(what) ?? 0, is: after.get(what) ?? 0 }))
      .filter((change) => change.was !== change.is);
  });
}

function countsOf({ stages }: Manifest, name: string): ReadonlyMap<string, number> {
  const stage = stages.find((one) => one.name === name);
  if (stage === undefined) return new Map();
  const listed = (prefix: string, counts: Readonly<Record<string, number>>): [string, number][] =>
    Object.entries(counts).map(([key, count]) => [`${prefix}: ${key}`, count]);
  return new Map([["in", stage.in], ["out", stage.out], ...listed("dropped", stage.dropped), ...listed("error", stage.errors)]);
}

function shardChanges(was: Manifest, is: Manifest): number {
  const before = new Map(was.shards.map(({ name, sha256 }) => [name, sha256]));
  const after = new Map(is.shards.map(({ name, sha256 }) => [name, sha256]));
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => before.get(name) !== after.get(name)).length;
}
