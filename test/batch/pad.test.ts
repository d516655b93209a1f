import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketByLength, type PadOptions, padBatch } from "../../src/batch/index.ts";
import { type Batch, from, type PipelineError } from "../../src/core/index.ts";
import { stageLaws } from "../laws/laws.ts";
import { collect, lengthsArbitrary, pipelineOf, recordsOf, someLengths, type TokenDoc } from "./records.ts";

const LAWS: readonly PadOptions[] = [
  { rows: 4 },
  { maxTokens: 100 },
  { maxTokens: 100, rows: 3, padTo: 8, padId: 7, side: "left" },
  { maxTokens: 64, dropLast: true },
  { rows: 1, maxTokens: 64 },
];
for (const options of LAWS) {
  stageLaws<TokenDoc, Batch>({
    name: `padBatch ${JSON.stringify(options)}`,
    make: () => padBatch(options),
    // Some records are as wide as the budget, so that one is carried over and fills a batch by itself; the last one is.
    input: () => recordsOf([...someLengths(40, 50), 64, 3, 60, 64, 64, 1, 64]),
    inputsOf: (batch) => batch.rows.length,
  });
}
const limits = fc.oneof(
  fc.record({ rows: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ maxTokens: fc.integer({ min: 96, max: 400 }) }),
  fc.record({ rows: fc.integer({ min: 1, max: 9 }), maxTokens: fc.integer({ min: 96, max: 400 }) }),
);
const layout = fc.record({
  padTo: fc.constantFrom(1, 2, 8, 16),
  padId: fc.constantFrom(0, 50_256),
  side: fc.constantFrom("right" as const, "left" as const),
});
const optionsArbitrary: fc.Arbitrary<PadOptions> = fc.tuple(limits, layout).map(([limit, rest]) => ({ ...rest, ...limit }));

function unpadded(batch: Batch, row: number): number[] {
  const ids: number[] = [];
  for (let i = row * batch.width; i < (row + 1) * batch.width; i++)
    if (batch.attention_mask[i] === 1) ids.push(batch.input_ids[i] as number);
  return ids;
}

describe("padBatch", () => {
  it("conserves every token of every record, in order", async () => {
    await fc.assert(
      fc.asyncProperty(lengthsArbitrary, optionsArbitrary, async (lengths, options) => {
        const batches = await collect(pipelineOf(lengths).pipe(padBatch(options)));
        const rows = batches.flatMap((batch) => batch.rows.map((row, i) => ({ ...row, ids: unpadded(batch, i) })));
        const expected = recordsOf(lengths).map(({ id, origin, tokens }) => ({ id, origin, length: tokens.length, ids: [...tokens] }));
        expect(rows).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });

  it("labels only tokens whose mask is 1, and counts them", async () => {
    const masks = fc.array(fc.option(fc.array(fc.constantFrom(0, 1), { minLength: 1, maxLength: 9 })), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(masks, layout, async (masks, rest) => {
        const records = recordsOf(masks.map((mask, i) => mask?.length ?? 1 + (i % 5))).map((record, i): TokenDoc => {
          const mask = masks[i];
          return mask == null ? record : { ...record, lossMask: Uint8Array.from(mask) };
        });
        const run = from(records)
          .pipe(padBatch({ ...rest, rows: 3 }))
          .run();
        const batches = await collect(run);
        const labels: number[][] = [];
        for (const batch of batches) {
          for (const [row, { length }] of batch.rows.entries()) {
            const columns = [...batch.labels.subarray(row * batch.width, (row + 1) * batch.width)];
            const from = rest.side === "left" ? batch.width - length : 0;
            labels.push(columns.splice(from, length));
            expect(new Set(columns).size === 0 || columns.every((label) => label === -100)).toBe(true);
          }
        }
        expect(labels).toEqual(records.map(({ tokens, lossMask }) => [...tokens].map((id, i) => (lossMask?.[i] === 0 ? -100 : id))));
        const masked = records.filter(({ lossMask }) => lossMask !== undefined);
        const trained = masked.reduce((sum, { lossMask }) => sum + (lossMask as Uint8Array).reduce((a, b) => a + b, 0), 0);
        expect(run.report().stages[1]?.counters["tokens trained"]).toBe(masked.length === 0 ? undefined : trained);
      }),
      { numRuns: 100 },
    );
  });

  it("refuses a mask that does not fit its tokens", async () => {
    const [short, long] = recordsOf([3, 3]) as [TokenDoc, TokenDoc];
    const records = [
      { ...short, lossMask: Uint8Array.of(1, 1) },
      { ...long, lossMask: [1, 1, 1] as unknown as Uint8Array },
    ];
    await expect(collect(from(records).pipe(padBatch({ rows: 2 })))).rejects.toMatchObject({ kind: "bad-mask", origin: short.origin });
    const run = from(records)
      .pipe(padBatch({ rows: 2 }))
      .run({ onError: "skip" });
    expect(await collect(run)).toEqual([]);
    expect(run.report().stages[1]?.errors).toEqual({ "bad-mask": 2 });
  });

  it("keeps its limits, is as narrow as they allow, and fills a batch before it begins the next", async () => {
    await fc.assert(
      fc.asyncProperty(lengthsArbitrary, optionsArbitrary, async (lengths, options) => {
        const { rows = Number.POSITIVE_INFINITY, maxTokens = Number.POSITIVE_INFINITY, padTo = 1 } = options;
        const batches = await collect(pipelineOf(lengths).pipe(padBatch(options)));
        const round = (length: number): number => Math.ceil(length / padTo) * padTo;
        for (const [i, batch] of batches.entries()) {
          expect(batch.rows.length).toBeLessThanOrEqual(rows);
          expect(batch.rows.length * batch.width).toBeLessThanOrEqual(maxTokens);
          expect(batch.width).toBe(round(Math.max(...batch.rows.map(({ length }) => length))));
          const next = batches[i + 1]?.rows[0];
          if (next === undefined) continue;
          const grown = (batch.rows.length + 1) * Math.max(batch.width, round(next.length));
          expect(batch.rows.length === rows || grown > maxTokens).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("agrees with itself in ids, mask and labels, and pads one side", async () => {
    await fc.assert(
      fc.asyncProperty(lengthsArbitrary, optionsArbitrary, async (lengths, options) => {
        for (const batch of await collect(pipelineOf(lengths).pipe(padBatch(options)))) {
          const size = batch.rows.length * batch.width;
          expect([batch.input_ids.length, batch.attention_mask.length, batch.labels.length]).toEqual([size, size, size]);
          for (const [row, { length }] of batch.rows.entries()) {
            const first = options.side === "left" ? batch.width - length : 0;
            for (let column = 0; column < batch.width; column++) {
              const i = row * batch.width + column;
              const token = column >= first && column < first + length;
              expect(batch.attention_mask[i]).toBe(token ? 1 : 0);
              expect(batch.labels[i]).toBe(token ? batch.input_ids[i] : -100);
              if (!token) expect(batch.input_ids[i]).toBe(options.padId);
            }
          }
        }
      }),
    );
  });

  it("counts what it pads", async () => {
    await fc.assert(
      fc.asyncProperty(lengthsArbitrary, optionsArbitrary, async (lengths, options) => {
        const run = pipelineOf(lengths).pipe(padBatch(options)).run();
        const batches = await collect(run);
        const columns = batches.reduce((sum, { width, rows }) => sum + width * rows.length, 0);
        const { tokens = 0, padding = 0, batches: count = 0 } = run.report().stages[1]?.counters ?? {};
        expect({ tokens, columns: tokens + padding, count }).toEqual({
          tokens: lengths.reduce((a, b) => a + b, 0),
          columns,
          count: batches.length,
        });
      }),
    );
  });

  it("makes a small batch as one would by hand", async () => {
    const [batch] = await collect(pipelineOf([2, 1]).pipe(padBatch({ rows: 2, padTo: 4, padId: 9, side: "left" })));
    expect(batch).toEqual({
      width: 4,
      input_ids: Int32Array.of(9, 9, 0, 1, 9, 9, 9, 1000),
      attention_mask: Uint8Array.of(0, 0, 1, 1, 0, 0, 0, 1),
      labels: Int32Array.of(-100, -100, 0, 1, -100, -100, -100, 1000),
      rows: [
        { id: "d0", origin: { source: "even", record: 0, offset: 0 }, length: 2 },
        { id: "d1", origin: { source: "odd", record: 1, offset: 10 }, length: 1 },
      ],
    });
  });

  it("keeps which part of a document a row is, and reads tokens that are a view", async () => {
    const [record] = recordsOf([1]);
    const view = Uint32Array.of(9, 8, 7, 6).subarray(1, 3);
    const part = { index: 2, count: 3 };
    const [batch] = await collect(from([{ ...(record as TokenDoc), part, tokens: view }]).pipe(padBatch({ rows: 1 })));
    expect(batch?.rows[0]?.part).toEqual(part);
    expect(batch?.input_ids).toEqual(Int32Array.of(8, 7));
  });

  it("pads less behind bucketByLength, and loses nothing there either", async () => {
    const lengths = someLengths(2000, 400);
    const share = async (run: ReturnType<ReturnType<typeof pipelineOf>["run"]> | AsyncIterable<Batch>): Promise<number> => {
      let columns = 0;
      let tokens = 0;
      for await (const batch of run as AsyncIterable<Batch>) {
        columns += batch.width * batch.rows.length;
        tokens += batch.rows.reduce((sum, { length }) => sum + length, 0);
      }
      expect(tokens).toBe(lengths.reduce((a, b) => a + b, 0));
      return 1 - tokens / columns;
    };
    const plain = await share(pipelineOf(lengths).pipe(padBatch({ maxTokens: 4096 })));
    const grouped = await share(
      pipelineOf(lengths)
        .pipe(bucketByLength({ edges: [32, 64, 128], window: 256 }))
        .pipe(padBatch({ maxTokens: 4096 })),
    );
    expect(grouped).toBeLessThan(plain / 3);
  });

  it("names a row that exceeds the budget by itself, or counts it and goes on", async () => {
    const error = await collect(pipelineOf([5, 50]).pipe(padBatch({ maxTokens: 40 }))).catch((e: unknown) => e as PipelineError);
    expect(error).toMatchObject({ kind: "too-long", stage: "padBatch", origin: { source: "odd", record: 1, offset: 10 } });
    expect((error as Error).message).toMatch(/"d1" has 50 tokens, a row of 50, more than maxTokens 40/);
    // Rounding counts: 37 tokens in multiples of 16 are a row of 48.
    await expect(collect(pipelineOf([37]).pipe(padBatch({ maxTokens: 40, padTo: 16 })))).rejects.toThrow(/37 tokens, a row of 48/);
    const run = pipelineOf([5, 50, 7])
      .pipe(padBatch({ maxTokens: 40 }))
      .run({ onError: "skip" });
    expect((await collect(run)).map(({ rows }) => rows.map(({ id }) => id))).toEqual([["d0", "d2"]]);
    expect(run.report().stages[1]?.errors).toEqual({ "too-long": 1 });
    expect(run.report().sources["odd"]).toMatchObject({ in: 1, out: 0, errors: { "too-long": 1 } });
  });

  it("refuses ids that int32 cannot hold, and tokens that are no Uint32Array", async () => {
    const [record] = recordsOf([1]) as [TokenDoc];
    const batchOf = (tokens: unknown): Promise<Batch[]> =>
      collect(from([{ ...record, tokens: tokens as Uint32Array }]).pipe(padBatch({ rows: 1 })));
    expect((await batchOf(Uint32Array.of(2 ** 31 - 1)))[0]?.input_ids).toEqual(Int32Array.of(2 ** 31 - 1));
    await expect(batchOf(Uint32Array.of(1, 2 ** 31))).rejects.toMatchObject({ kind: "bad-token", origin: record.origin });
    await expect(batchOf(Uint16Array.of(1, 2))).rejects.toMatchObject({ kind: "bad-token" });
  });

  it("drops records without tokens and, when asked, the last batch, with a reason", async () => {
    const run = pipelineOf([3, 0, 3, 3])
      .pipe(padBatch({ rows: 2, dropLast: true }))
      .run();
    expect(await collect(run)).toHaveLength(1);
    expect(run.report().stages[1]?.dropped).toEqual({ "no-tokens": 1, "last-batch": 1 });
  });

  it("refuses wrong options before anything runs", () => {
    const wrong =
      (value: unknown): (() => unknown) =>
      () =>
        padBatch(value as PadOptions);
    expect(wrong({})).toThrow(/expected `rows` or `maxTokens`/);
    expect(wrong({ rows: 0 })).toThrow(RangeError);
    expect(wrong({ rows: "8" })).toThrow(TypeError);
    expect(wrong({ maxTokens: 10, padTo: 16 })).toThrow(/`padTo` to be at most `maxTokens`/);
    expect(wrong({ rows: 1, padId: -100 })).toThrow(RangeError);
    expect(wrong({ rows: 1, side: "both" })).toThrow(/"right" or "left"/);
    expect(wrong({ rows: 1, dropLast: 1 })).toThrow(TypeError);
    expect(wrong({ batchSize: 8 })).toThrow(/unknown option `batchSize`/);
  });
});
