import { describe, expect, it } from "vitest";
import {
  type Doc,
  type Excluded,
  filter,
  flatMap,
  from,
  map,
  PipelineError,
  pipeline,
  type RunReport,
  type Sink,
  type Source,
  type Stage,
  stage,
} from "../../src/core/index.ts";
import { collect, docs, memory } from "./helpers.ts";

describe("Pipeline", () => {
  it("is a description: every loop is a pass of its own", async () => {
    const p = from(docs(5)).pipe(filter((doc) => doc.origin.record > 1));
    expect((await collect(p)).map((doc) => doc.id)).toEqual(["s2", "s3", "s4"]);
    expect(await collect(p)).toHaveLength(3);
    expect(p.report().stages[1]).toMatchObject({ name: "filter", in: 5, out: 3, dropped: { filtered: 2 } });
  });

  it("says so when what is piped is no stage, or what is written to no sink", () => {
    const p = from(docs(1));
    const piped = (value: unknown) => () => p.pipe(value as Stage<Doc, Doc>);
    expect(piped(undefined)).toThrow(new TypeError("pipe: expected a stage, with `name` and `run`, got undefined"));
    expect(piped(null)).toThrow("got null");
    expect(piped({ name: "half" })).toThrow("got object");
    expect(piped(filter)).toThrow("got the function filter; call it");
    expect(() => p.write(undefined as unknown as Sink<Doc>)).toThrow(
      new TypeError("write: expected a sink, with `name` and `write`, got undefined"),
    );
  });

  it("gives stages of one name names of their own", () => {
    const p = from(docs(1)).pipe(map((doc) => doc)).pipe(map((doc) => doc)).pipe(map((doc) => doc)); // biome-ignore format: one chain
    expect(p.stages.map((s) => s.name)).toEqual(["from", "map", "map#2", "map#3"]);
  });

  it("names stage, file, record and offset when a stage throws", async () => {
    const p = from(docs(5)).pipe(
      stage("picky", async function* (input) {
        for await (const doc of input) {
          if (doc.origin.record === 3) throw new Error("I do not like it");
          yield doc;
        }
      }),
    );
    const failure = (await collect(p).catch((error: unknown) => error)) as PipelineError;
    expect(failure).toBeInstanceOf(PipelineError);
    expect(failure.message).toBe("picky: I do not like it (s: record 3 at byte 24)");
    expect(failure.origin).toEqual({ source: "s", record: 3, offset: 24 });
    expect(failure.cause).toBeInstanceOf(Error);
    expect(() => p.state()).toThrow(/failed/);
  });

  it("skips and counts what a per-record function throws on, when told to", async () => {
    const moody = map((doc: Doc) => {
      if (doc.origin.record % 2 === 0) throw new Error("even");
      return doc;
    });
    const p = from(docs(6)).pipe(moody).with({ onError: "skip" });
    expect((await collect(p)).map((doc) => doc.id)).toEqual(["s1", "s3", "s5"]);
    const report = p.report();
    expect(report.stages[1]?.errors).toEqual({ "stage-failed": 3 });
    expect(report.errors[0]).toEqual({ kind: "stage-failed", message: "map: even (s: record 0 at byte 0)" });
    expect(report.sources["s"]).toEqual({ in: 6, out: 3, dropped: {}, errors: { "stage-failed": 3 } });
  });

  it("balances every source: in = out + dropped + errors", async () => {
    const p = from([...docs(10, "a"), ...docs(7, "b")])
      .pipe(filter((doc) => (doc.origin.record % 3 === 0 ? "third" : true), { name: "pick" }))
      .pipe(flatMap((doc) => [0, 1].map((index) => ({ ...doc, part: { index, count: 2 } }))));
    await collect(p);
    for (const [name, source] of Object.entries(p.report().sources)) {
      const gone = Object.values(source.dropped).reduce((x, y) => x + y, 0);
      expect(source.in, name).toBe(source.out + gone);
    }
    expect(p.report().sources["a"]).toEqual({ in: 10, out: 6, dropped: { "pick: third": 4 }, errors: {} });
  });

  it("runs map concurrently, in order, and no further ahead than asked", async () => {
    let running = 0;
    let most = 0;
    const p = from(docs(20)).pipe(
      map(
        async (doc) => {
          most = Math.max(most, ++running);
          await new Promise((resolve) => setTimeout(resolve, doc.origin.record % 3));
          running--;
          return doc.id;
        },
        { concurrency: 4 },
      ),
    );
    expect(await collect(p)).toEqual(docs(20).map((doc) => doc.id));
    expect(most).toBe(4);
  });

  it("refuses options that make no sense, naming option, rule and value", () => {
    expect(() => map((x: number) => x, { concurrency: 0 })).toThrow(
      "map: expected `concurrency` to be an integer between 1 and 1024, got 0",
    );
    expect(() => from(docs(1)).run({ seed: 0.5 })).toThrow("pipeline: expected `seed` to be a safe integer, got 0.5");
  });

  it("draws the same random numbers for the same seed, others for another", async () => {
    const draw = (seed: number): Promise<number[]> =>
      collect(from(docs(4)).pipe(map((_doc, context) => context.random())).with({ seed })); // biome-ignore format: one line
    expect(await draw(7)).toEqual(await draw(7));
    expect(await draw(7)).not.toEqual(await draw(8));
  });

  it("reports progress at the end, with bytes read and their total", async () => {
    const seen: RunReport[] = [];
    const source: Source<Doc> = {
      name: "two",
      async *run(context) {
        context.total(100);
        for (const doc of docs(2)) {
          context.read(50);
          yield doc;
        }
      },
    };
    await collect(pipeline(source).with({ onProgress: (report) => seen.push(report) }));
    expect(seen.at(-1)).toMatchObject({ finished: true, bytesRead: 100, bytesTotal: 100, delivered: 2 });
  });

  it("tells where the time went", async () => {
    const busy = (ms: number): void => {
      const end = performance.now() + ms;
      while (performance.now() < end);
    };
    const work = (name: string, ms: number) =>
      filter<Doc>(
        () => {
          busy(ms);
          return true;
        },
        { name },
      );
    const p = from(docs(10)).pipe(work("light", 1)).pipe(work("heavy", 8)); // biome-ignore format: one chain
    for await (const _ of p) busy(2);
    const report = p.report();
    const slowest = [...report.stages].sort((a, b) => b.seconds - a.seconds)[0];
    expect(slowest?.name).toBe("heavy");
    expect(report.consumerSeconds).toBeGreaterThan(0.015);
    const sum = report.stages.reduce((total, s) => total + s.seconds, report.consumerSeconds);
    expect(Math.abs(sum - report.seconds)).toBeLessThan(0.01 + report.seconds * 0.05);
  });
});

describe("closing", () => {
  const opener = (log: string[], hang = false): Source<Doc> => ({
    name: "opener",
    async *run(context) {
      context.scope.defer(() => void log.push("first opened, last closed"));
      context.scope.defer(() => void log.push("second"));
      context.signal.addEventListener("abort", () => log.push("abort"));
      yield* docs(3);
      if (hang) await new Promise(() => {});
    },
  });

  it("closes what was opened in reverse order, at the end and after a break", async () => {
    const whole: string[] = [];
    await collect(pipeline(opener(whole)));
    expect(whole).toEqual(["second", "first opened, last closed"]);
    const broken: string[] = [];
    for await (const _ of pipeline(opener(broken))) break;
    expect(broken).toEqual(["abort", "second", "first opened, last closed"]);
  });

  it("settles on abort although source and stage ignore the signal", async () => {
    const log: string[] = [];
    const abort = new AbortController();
    const p = pipeline(opener(log, true)).pipe(map((doc) => doc)).with({ signal: abort.signal }); // biome-ignore format: one chain
    setTimeout(() => abort.abort(new Error("stop")), 5);
    await expect(collect(p)).rejects.toThrow("stop");
    expect(log).toEqual(["abort", "second", "first opened, last closed"]);
  });

  it("lets timers and signals have a turn when all records are at hand", async () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(new Error("a timer fired")), 1);
    const endless = from(function* () {
      for (;;) yield 1;
    });
    await expect(collect(endless.pipe(filter(() => false)).with({ signal: abort.signal }))).rejects.toThrow("a timer fired");
  });

  it("throws the reason of a signal that was aborted before", async () => {
    await expect(collect(from(docs(3)).with({ signal: AbortSignal.abort(new Error("never")) }))).rejects.toThrow("never");
  });

  it("is closed by `await using`", async () => {
    const log: string[] = [];
    {
      await using p = pipeline(opener(log));
      const items = p[Symbol.asyncIterator]();
      await items.next();
    }
    expect(log.at(-1)).toBe("first opened, last closed");
  });
});

describe("jobs and exclusions", () => {
  it("runs a sink and returns the report and the sink's output", async () => {
    const sink = memory<Doc>();
    const job = from(docs(4)).write(sink);
    expect(sink.records).toHaveLength(0);
    const { report, output } = await job.run();
    expect(output).toBe(4);
    expect(report).toMatchObject({ delivered: 4, finished: true });
  });

  it("keeps every dropped record with its original text, stage and reason", async () => {
    const gone = memory<unknown>();
    const p = from(docs(6))
      .pipe(map((doc) => ({ ...doc, text: "changed" })))
      .pipe(filter((doc) => (doc.origin.record % 2 === 0 ? "even" : true), { name: "odd" }));
    expect(await collect(p.with({ exclusions: gone }))).toHaveLength(3);
    expect(gone.ended).toBe("complete");
    expect(gone.records).toEqual(
      docs(6)
        .filter((doc) => doc.origin.record % 2 === 0)
        .map(({ id, text, meta, origin }) =>
          expect.objectContaining({ id, text, meta, stage: "odd", reason: "even", origin: expect.objectContaining(origin) }),
        ),
    );
  });

  it("keeps what a stage says beside the reason, and nothing where it says nothing", async () => {
    const even = stage<Doc, Doc>(
      "even",
      async function* (input, context) {
        expect(context.keepsExclusions).toBe(true);
        for await (const doc of input) {
          const { record } = doc.origin;
          if (record % 2 === 0) yield doc;
          else if (record === 1) context.drop(doc, "odd", { of: "s0", origin: { source: "s", record: 0, offset: 0 }, similarity: 0.91 });
          else context.drop(doc, "odd");
        }
      },
      { stateless: true },
    );
    const gone = memory<Excluded>();
    const run = from(docs(6)).pipe(even).run({ exclusions: gone });
    expect(await collect(run)).toHaveLength(3);
    expect(gone.records.map(({ id, reason, detail }) => ({ id, reason, detail }))).toEqual([
      { id: "s1", reason: "odd", detail: { of: "s0", origin: { source: "s", record: 0, offset: 0 }, similarity: 0.91 } },
      { id: "s3", reason: "odd", detail: undefined },
      { id: "s5", reason: "odd", detail: undefined },
    ]);
    expect(gone.records.map((record) => "detail" in record)).toEqual([true, false, false]);
    expect(run.report().stages[1]?.dropped).toEqual({ odd: 3 }); // details do not split the count
  });

  it("tells stages whether dropped records are kept", async () => {
    const told: boolean[] = [];
    const asks = stage<Doc, Doc>("asks", (input, context) => {
      told.push(context.keepsExclusions);
      return input;
    });
    await collect(from(docs(1)).pipe(asks));
    await collect(from(docs(1)).pipe(asks).with({ exclusions: memory<unknown>() }));
    expect(told).toEqual([false, true]);
  });

  it("keeps the original text over a checkpoint", async () => {
    const chain = () =>
      from(docs(8))
        .pipe(map((doc) => ({ ...doc, text: "changed" })))
        .pipe(hold())
        .pipe(filter((doc) => (doc.origin.record === 0 ? true : "late")));
    const run = chain().run({ exclusions: memory() });
    await run.next();
    const state = JSON.parse(JSON.stringify(run.state()));
    await run.return();
    const gone = memory<{ text: string }>();
    await collect(chain().restore(state).with({ exclusions: gone }));
    // Record 1 was inside `hold` when the state was taken.
    expect(gone.records.map((record) => record.text)).toEqual(
      docs(8)
        .slice(1)
        .map((doc) => doc.text),
    );
  });

  it("stops the run when the exclusions sink fails", async () => {
    const broken = {
      name: "broken",
      async write(): Promise<void> {
        throw new Error("disk full");
      },
    };
    const p = from(docs(2000)).pipe(filter(() => false)).with({ exclusions: broken }); // biome-ignore format: one chain
    await expect(collect(p)).rejects.toThrow("disk full");
  });

  it("fails the exclusions sink when the run fails, so that nothing half is published", async () => {
    const gone = memory<unknown>();
    const failing = { name: "failing", write: async (input: AsyncIterable<Doc>) => { for await (const _ of input) throw new Error("sink"); } }; // biome-ignore format: short
    const job = from(docs(6)).pipe(filter((doc) => doc.origin.record > 2)).write(failing); // biome-ignore format: one chain
    await expect(job.run({ exclusions: gone })).rejects.toThrow("sink");
    expect(gone.ended).toBe("failed");
  });
});

/** Holds every record back by one: the smallest stage with a buffer. */
function hold<T>() {
  return stage<T, T>(
    "hold",
    async function* (input, context) {
      let held = context.restored<T[]>() ?? [];
      context.checkpoint(() => held);
      for await (const record of input) {
        const [out] = held;
        held = [record];
        if (out !== undefined) yield out;
      }
      const rest = held;
      held = [];
      yield* rest;
    },
    { lookAhead: 1 },
  );
}
