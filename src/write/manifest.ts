import { type Json, type RunReport, type SinkContext, type SourceReport, VERSION } from "../core/index.ts";
import {
  type Configuration,
  configurationChanges,
  describeChange,
  MANIFEST_FORMAT,
  MANIFEST_VERSION,
  type Manifest,
  type ManifestInput,
  type ManifestLineage,
  type ManifestShard,
  type ManifestStage,
} from "../trace/index.ts";

/** What is known of a run before it begins. */
export type Identity = Configuration;

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
  return configurationChanges(earlier, now).map(describeChange);
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
