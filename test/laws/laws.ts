/**
 * The law suite: what every stage promises, checked for each stage by the same code. A stage's test file calls
 * `stageLaws({ name, make, input })`; it then proves early break, abort, throw, timing, checkpoint at every step and the
 * declared memory bound.
 */
import { describe, expect, it } from "vitest";
import { from, PipelineError, type PipelineState, pipeline, type RunOptions, type Stage, toJson } from "../../src/core/index.ts";

export interface LawCase<In, Out> {
  readonly name: string;
  /** A fresh stage, equal to the one made before. */
  readonly make: () => Stage<In, Out>;
  /** The same records every time; at least 20, enough to make the stage do all it does. */
  readonly input: () => readonly In[];
  /** How many input records one output accounts for; default 1. Part 0 of a document counts 1, later parts 0. */
  readonly inputsOf?: (output: Out) => number;
  readonly options?: RunOptions;
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A source that counts what is pulled, can be slow, can fail at a record, and knows whether it was closed. */
function probe<In>(
  records: readonly In[],
  behaviour: { delay?: (i: number) => Promise<void> | undefined; failAt?: number; hangAt?: number } = {},
) {
  const seen = { pulled: 0, closed: false, opened: false };
  const source = {
    name: "probe",
    async *run(context: { signal: AbortSignal; checkpoint(save: () => unknown): void; restored<S>(): S | undefined }): AsyncGenerator<In> {
      let i = context.restored<number>() ?? 0;
      context.checkpoint(() => i);
      seen.opened = true;
      try {
        for (; i < records.length; ) {
          await behaviour.delay?.(i);
          if (i === behaviour.failAt) throw new Error("the probe failed");
          if (i === behaviour.hangAt) await new Promise(() => {});
          seen.pulled++;
          yield records[i++] as In;
        }
      } finally {
        seen.closed = true;
      }
    },
  };
  return { seen, pipeline: pipeline(source) };
}

const view = (output: unknown): string => JSON.stringify(toJson(output));

async function collect<T>(items: AsyncIterable<T>): Promise<string[]> {
  const out: string[] = [];
  for await (const item of items) out.push(view(item));
  return out;
}

export function stageLaws<In, Out>(law: LawCase<In, Out>): void {
  const options = law.options ?? {};
  const inputsOf = law.inputsOf ?? (() => 1);
  const bound = law.make().lookAhead ?? 0;

  describe(`laws: ${law.name}`, () => {
    it("gives the same output every time it is run", async () => {
      const run = (): Promise<string[]> => collect(from(law.input()).pipe(law.make()).with(options));
      const first = await run();
      expect(first.length).toBeGreaterThan(0);
      expect(await run()).toEqual(first);
    });

    it("does not depend on how the input is timed", async () => {
      const expected = await collect(from(law.input()).pipe(law.make()).with(options));
      const slow = probe(law.input(), { delay: (i) => (i % 3 === 0 ? tick() : undefined) });
      expect(await collect(slow.pipeline.pipe(law.make()).with(options))).toEqual(expected);
    });

    it(`holds at most its declared ${bound} records, at every step`, async () => {
      const { seen, pipeline: input } = probe(law.input());
      const run = input.pipe(law.make()).run(options);
      let accounted = 0;
      for await (const item of run) {
        accounted += inputsOf(item);
        const report = run.report().stages[1];
        const gone = sum(report?.dropped) + sum(report?.errors);
        expect(seen.pulled - accounted - gone).toBeLessThanOrEqual(bound);
      }
      expect(seen.closed).toBe(true);
    });

    it("closes the source on an early break and pulls nothing more", async () => {
      const total = (await collect(from(law.input()).pipe(law.make()).with(options))).length;
      for (const stopAfter of new Set([1, 2, Math.ceil(total / 2)])) {
        const { seen, pipeline: input } = probe(law.input());
        let pulledAtBreak = 0;
        let delivered = 0;
        for await (const _ of input.pipe(law.make()).with(options)) {
          pulledAtBreak = seen.pulled;
          if (++delivered === stopAfter) break;
        }
        await tick();
        expect(seen.closed).toBe(true);
        expect(seen.pulled).toBe(pulledAtBreak);
      }
    });

    it("settles promptly and closes when aborted while a pull is pending", async () => {
      const { seen, pipeline: input } = probe(law.input(), { hangAt: Math.floor(law.input().length / 2) });
      const abort = new AbortController();
      const run = input.pipe(law.make()).run({ ...options, signal: abort.signal });
      const reason = new Error("enough");
      const consumed = (async () => {
        for await (const _ of run);
      })();
      setTimeout(() => abort.abort(reason), 20);
      await expect(consumed).rejects.toBe(reason);
      expect(seen.opened).toBe(true);
      await expect(run.next()).resolves.toMatchObject({ done: true });
    });

    it("passes on a failure of its input and closes", async () => {
      const { seen, pipeline: input } = probe(law.input(), { failAt: Math.floor(law.input().length / 2) });
      const failure = await collect(input.pipe(law.make()).with(options)).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(PipelineError);
      expect((failure as PipelineError).stage).toBe("probe");
      expect((failure as PipelineError).message).toContain("the probe failed");
      expect(seen.closed).toBe(true);
    });

    it("yields exactly the rest when restored at every checkpoint", { timeout: 240_000 }, async () => {
      const whole: string[] = [];
      const states: string[] = [];
      const run = from(law.input()).pipe(law.make()).run(options);
      states.push(JSON.stringify(run.state()));
      for await (const item of run) {
        whole.push(view(item));
        states.push(JSON.stringify(run.state()));
      }
      const end = JSON.stringify(run.state());
      const total = run.report();
      for (const [done, text] of [...states, end].entries()) {
        const resumed = from(law.input())
          .pipe(law.make())
          .restore(JSON.parse(text) as PipelineState)
          .run();
        expect(await collect(resumed), `restored after ${done} items`).toEqual(whole.slice(done));
        const report = resumed.report();
        expect(report.stages.map(({ seconds: _, ...counts }) => counts)).toEqual(total.stages.map(({ seconds: _, ...counts }) => counts));
      }
    });

    it("can be restored twice in a row", async () => {
      const whole = await collect(from(law.input()).pipe(law.make()).with(options));
      const third = Math.floor(whole.length / 3);
      let state: PipelineState | undefined;
      for (let round = 0; round < 2; round++) {
        const base = from(law.input()).pipe(law.make());
        const run = state === undefined ? base.run(options) : base.restore(JSON.parse(JSON.stringify(state)) as PipelineState).run(options);
        for (let i = 0; i < third; i++) expect(view((await run.next()).value)).toBe(whole[round * third + i]);
        state = run.state();
        await run.return();
      }
      const rest = from(law.input())
        .pipe(law.make())
        .restore(state as PipelineState);
      expect(await collect(rest)).toEqual(whole.slice(2 * third));
    });
  });
}

function sum(counts: Readonly<Record<string, number>> | undefined): number {
  return Object.values(counts ?? {}).reduce((a, b) => a + b, 0);
}
