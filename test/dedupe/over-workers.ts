/**
 * The law of `corpusWide`: over the splits of a corpus the three steps pass on the same records, and drop the others for the same
 * reasons, as one pass over the whole.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DecideContext, type Fingerprints, from, Scope, type Stage, stage } from "../../src/core/index.ts";

export interface Outcome<Out> {
  readonly passed: Out[];
  readonly dropped: Readonly<Record<string, number>>;
  readonly counters: Readonly<Record<string, number>>;
}

const sum = (into: Record<string, number>, counts: Readonly<Record<string, number>> = {}): void => {
  for (const [name, count] of Object.entries(counts)) into[name] = (into[name] ?? 0) + count;
};

/** One pass over the whole corpus. */
export async function inOnePass<In, Out>(make: () => Stage<In, Out>, records: readonly In[]): Promise<Outcome<Out>> {
  const run = from(records).pipe(make()).run();
  const passed: Out[] = [];
  for await (const record of run) passed.push(record);
  const report = run.report().stages[1];
  return { passed, dropped: { ...report?.dropped }, counters: { ...report?.counters } };
}

/** The same over splits that end before the given records; every step has a stage object of its own, as on another machine. */
export async function overWorkers<In, Out>(
  make: () => Stage<In, Out>,
  records: readonly In[],
  cuts: readonly number[],
  options: { readonly memoryBytes?: number; readonly chunkBytes?: number } = {},
): Promise<Outcome<Out> & { readonly files: number }> {
  const { memoryBytes = 1 << 30, chunkBytes } = options;
  const bounds = [0, ...[...new Set(cuts)].filter((cut) => cut > 0 && cut < records.length).sort((a, b) => a - b), records.length];
  const splits = bounds.slice(1).map((end, i) => records.slice(bounds[i], end));
  const steps = (): NonNullable<Stage<In, Out>["corpusWide"]> => {
    const { corpusWide } = make();
    if (corpusWide === undefined) throw new Error("the stage has no corpusWide");
    return corpusWide;
  };

  const observed: Fingerprints[] = [];
  for (const split of splits) {
    const chunks: Uint8Array[] = [];
    const observe = stage<In, Uint8Array>("observe", (input, context) => steps().observe(input, context), { stateless: true });
    for await (const chunk of from(split).pipe(observe)) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    observed.push({
      bytes: bytes.length,
      async *read() {
        // Readers may cut the bytes anywhere.
        const size = chunkBytes ?? Math.max(1, bytes.length);
        for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
      },
    });
  }

  const directory = await mkdtemp(join(tmpdir(), "millrace-decide-"));
  const scope = new Scope();
  let files = 0;
  const counting = Object.create(scope) as Scope;
  counting.defer = (close) => {
    files++;
    scope.defer(close);
  };
  const context: DecideContext = { signal: new AbortController().signal, scope: counting, memoryBytes, directory, count: () => {} };
  const verdicts: Uint8Array[] = [];
  try {
    for await (const bytes of steps().decide(observed, context)) verdicts.push(bytes.slice());
  } finally {
    await scope.close();
    await rm(directory, { recursive: true });
  }
  if (verdicts.length !== splits.length) throw new Error(`${verdicts.length} verdicts for ${splits.length} splits`);

  const passed: Out[] = [];
  const dropped: Record<string, number> = {};
  const counters: Record<string, number> = {};
  for (const [i, split] of splits.entries()) {
    const apply = stage<In, Out>("apply", (input, stageContext) => steps().apply(input, verdicts[i] as Uint8Array, stageContext), {
      stateless: true,
    });
    const run = from(split).pipe(apply).run();
    for await (const record of run) passed.push(record);
    sum(dropped, run.report().stages[1]?.dropped);
    sum(counters, run.report().stages[1]?.counters);
  }
  return { passed, dropped, counters, files };
}
