import { canonicalJson, differingParts, type Json, type RunReport, type SinkContext, type SourceReport, VERSION } from "../core/index.ts";
import {
  MANIFEST_FORMAT,
  MANIFEST_VERSION,
  type Manifest,
  type ManifestInput,
  type ManifestLineage,
  type ManifestShard,
  type ManifestStage,
} from "../trace/index.ts";

/** The part of a manifest that is known before the run: two runs that share it are the same command. */
export interface Identity {
  readonly versions: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly stages: readonly { readonly name: string; readonly config: Json }[];
  readonly sink: { readonly name: string; readonly config: Json };
}

/**
 * `engine` names what the bytes depend on beside this library: always the Unicode tables of the JavaScript engine (NFC,
 * `\p{L}`, lower case), for compressed shards the compressor. Two manifests that differ there say why the bytes may too.
 */
export function identityOf(run: Pick<SinkContext, "seed" | "stages">, sink: string, config: Json, engine: readonly string[]): Identity {
  const versions: Record<string, string> = { millrace: VERSION };
  for (const name of ["unicode", ...engine]) versions[name] = process.versions[name] ?? "unknown";
  const stages = run.stages.map(({ name, config }) => ({ name, config }));
  return { versions, seed: run.seed, stages, sink: { name: sink, config } };
}

/** What differs between the run that wrote a manifest and this one, in words; empty when nothing does. */
export function differences(earlier: Manifest, now: Identity): readonly string[] {
  const found: string[] = [];
  const compare = (what: string, was: unknown, is: unknown): void => {
    const [before, after] = differingParts((was ?? null) as Json, (is ?? null) as Json).map(canonicalJson);
    if (before !== after) found.push(`${what} was ${before} and is now ${after}`);
  };
  compare("the seed", earlier.seed, now.seed);
  for (const name of new Set([...Object.keys(earlier.versions), ...Object.keys(now.versions)])) {
    compare(`the version of ${name}`, earlier.versions[name], now.versions[name]);
  }
  const names = (stages: readonly { readonly name: string }[]): string => stages.map((stage) => stage.name).join(", ");
  if (names(earlier.stages) !== names(now.stages)) {
    found.push(`the stages were ${names(earlier.stages)} and are now ${names(now.stages)}`);
  } else {
    for (const [i, stage] of now.stages.entries()) compare(`the configuration of ${stage.name}`, earlier.stages[i]?.config, stage.config);
  }
  compare("the sink", earlier.sink, now.sink);
  return found;
}

/** What the sink itself knows once the last shard is in place. */
export interface Written {
  readonly shards: readonly ManifestShard[];
  readonly oversized: number;
  readonly deliveredBefore: number;
  /** By source: documents the engine counted as delivered, but the sink could not write and reported as errors. */
  readonly refused: ReadonlyMap<string, number>;
  readonly inputs: Readonly<Record<string, ManifestInput>>;
  readonly lineage: ManifestLineage | null;
}

/** Every object whose keys depend on the data has them sorted, so that equal runs give equal text. */
export function buildManifest(identity: Identity, report: RunReport, written: Written): Manifest {
  const { shards, oversized, deliveredBefore, refused, inputs, lineage } = written;
  const sum = (pick: (shard: ManifestShard) => number): number => shards.reduce((total, shard) => total + pick(shard), 0);
  const stages = identity.stages.map(({ name, config }, i): ManifestStage => {
    const books = report.stages[i];
    const { in: taken = 0, out = 0, bytes = 0, dropped = {}, errors = {}, counters = {} } = books ?? {};
    return { name, config, in: taken, out, bytes, dropped: sorted(dropped), errors: sorted(errors), counters: sorted(counters) };
  });
  const sources: Record<string, SourceReport> = Object.create(null);
  for (const [name, { in: taken, out, dropped, errors }] of Object.entries(sorted(report.sources))) {
    sources[name] = { in: taken, out: out - (refused.get(name) ?? 0), dropped: sorted(dropped), errors: sorted(errors) };
  }
  return {
    format: MANIFEST_FORMAT,
    version: MANIFEST_VERSION,
    versions: identity.versions,
    seed: identity.seed,
    sink: identity.sink,
    deliveredBefore,
    totals: {
      shards: shards.length,
      bytes: sum((shard) => shard.bytes),
      records: sum((shard) => shard.records),
      documents: sum((shard) => shard.documents),
      tokens: sum((shard) => shard.tokens),
      oversized,
    },
    stages,
    sources,
    inputs: sorted(inputs),
    lineage,
    shards,
  };
}

function sorted<V>(record: Readonly<Record<string, V>>): Record<string, V> {
  const out: Record<string, V> = Object.create(null); // a file may well be named `__proto__`
  for (const key of Object.keys(record).sort()) out[key] = record[key] as V;
  return out;
}
