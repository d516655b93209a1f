/** Splits of a planned run: read in order, they are the whole input, record for record and origin for origin. */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  type Doc,
  Execution,
  type Piece,
  type PlannedInput,
  type RunOptions,
  type Source,
  type SourceContext,
  type Split,
} from "../../src/core/index.ts";
import { read } from "../../src/read/index.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "millrace-splits-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

interface Read {
  readonly docs: readonly Doc[];
  readonly splits: readonly Split[];
  readonly inputs: readonly PlannedInput[];
  readonly digests: ReadonlyMap<Piece, string>;
  readonly errors: readonly string[];
}

function sourceOf(patterns: string | readonly string[]): Source<Doc> {
  return read(patterns).write({ name: "none", write: async () => undefined }).parts.steps[0]?.source as Source<Doc>;
}

/** All records, split by split, as the tasks of a planned run read them. */
async function bySplits(patterns: string | readonly string[], bytes: number, options: RunOptions = {}): Promise<Read> {
  const source = sourceOf(patterns);
  const cut = source.splits;
  if (cut === undefined) throw new Error("the source cannot be cut");
  const { inputs, splits } = await cut.plan({ bytes });
  const next = new Map<number, number>();
  const docs: Doc[] = [];
  const errors: string[] = [];
  const digests = new Map<Piece, string>();
  for (const split of splits) {
    const pieces: (Piece & { record: number })[] = [];
    for (const piece of split) {
      const input = inputs[piece.input] as PlannedInput;
      const record = next.get(piece.input) ?? 0;
      pieces.push({ ...piece, record });
      if (piece.end < input.size) next.set(piece.input, record + (await cut.count(input, piece, new AbortController().signal)));
    }
    const digest = (piece: number, sha256: string): void => void digests.set(split[piece] as Piece, sha256);
    const step = {
      name: "read",
      config: null,
      source: { name: "read", run: (context: SourceContext) => cut.run({ inputs, pieces, digest }, context) },
    };
    const execution = new Execution<Doc>([step as { name: string; config: null; source: Source<unknown> }], options);
    for await (const doc of execution) docs.push(doc);
    errors.push(...execution.report().errors.map((error) => error.message));
  }
  return { docs, splits, inputs, digests, errors };
}

async function whole(patterns: string | readonly string[], options: RunOptions = {}): Promise<{ docs: Doc[]; errors: string[] }> {
  const run = read(patterns).run(options);
  const docs: Doc[] = [];
  for await (const doc of run) docs.push(doc);
  return { docs, errors: run.report().errors.map((error) => error.message) };
}

/** A line of JSON, a blank one, a bad one; with `\n`, `\r\n`, or (the last one) nothing behind it. */
const line = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: "grapheme", maxLength: 60 }).map((text) => JSON.stringify({ text })) },
  fc.constantFrom("", "  ", "\t\r", "{", '{"text": 1}'),
);
const file = fc.record({
  lines: fc.array(fc.tuple(line, fc.constantFrom("\n", "\r\n")), { maxLength: 60 }),
  open: fc.boolean(),
  gzip: fc.boolean(),
  mark: fc.boolean(),
});

describe("splits", () => {
  it("in order are the whole input, whatever its size, its line ends and its errors", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 5 }), fc.integer({ min: 1, max: 3000 }), async (files, bytes) => {
        const dir = mkdtempSync(join(tmpdir(), "millrace-splits-"));
        try {
          for (const [i, { lines, open, gzip, mark }] of files.entries()) {
            const text = (mark ? "\ufeff" : "") + lines.map(([content, end]) => content + end).join("");
            const content = Buffer.from(open ? text.trimEnd() : text);
            writeFileSync(join(dir, `${i}.jsonl${gzip ? ".gz" : ""}`), gzip ? gzipSync(content) : content);
          }
          const pattern = `${dir}/*`;
          const expected = await whole(pattern, { onError: "skip" });
          const actual = await bySplits(pattern, bytes, { onError: "skip" });
          expect(actual.docs).toEqual(expected.docs);
          expect(actual.errors.slice(0, 100)).toEqual(expected.errors);
          for (const [piece, sha256] of actual.digests) {
            const content = readFileSync((actual.inputs[piece.input] as PlannedInput).name).subarray(piece.start, piece.end);
            expect(sha256).toBe(createHash("sha256").update(content).digest("hex"));
          }
          expect(actual.digests.size).toBe(actual.splits.flat().length);
        } finally {
          rmSync(dir, { recursive: true, force: true });
        }
      }),
      { numRuns: 150 },
    );
  });

  it("cut a large file into stretches of equal size that begin with a line, and put small ones together", async () => {
    const dir = folder();
    writeFileSync(join(dir, "large.jsonl"), `${JSON.stringify({ text: "x".repeat(89) })}\n`.repeat(1000)); // 101 bytes a line
    for (let i = 0; i < 10; i++) writeFileSync(join(dir, `small-${i}.txt`), "x".repeat(4000));
    const { splits } = await bySplits(`${dir}/*`, 12_500);
    const large = splits.filter((split) => split[0]?.input === 0);
    expect(large.map(([piece]) => piece?.start)).toEqual([0, 112, 223, 334, 445, 556, 667, 778, 889].map((line) => line * 101));
    expect(large.every((split) => split.length === 1 && (split[0]?.start ?? 1) % 101 === 0)).toBe(true);
    expect(splits.slice(large.length).map((split) => split.map(({ input }) => input))).toEqual([[1, 2, 3], [4, 5, 6], [7, 8, 9], [10]]);
  });

  it("keep a line that is longer than a split in one piece", async () => {
    const dir = folder();
    writeFileSync(join(dir, "a.jsonl"), ["x", "y".repeat(300_000), "z"].map((text) => `${JSON.stringify({ text })}\n`).join(""));
    const { docs, splits } = await bySplits(`${dir}/*`, 1000);
    expect(docs.map(({ origin }) => origin.record)).toEqual([0, 1, 2]);
    expect(splits.length).toBeLessThanOrEqual(3);
  });

  it("refuse a file that is not the one of the plan, also where bad files are skipped", async () => {
    const dir = folder();
    const path = join(dir, "a.jsonl");
    writeFileSync(path, '{"text": "a"}\n');
    const cut = sourceOf(path).splits;
    const plan = await cut?.plan({ bytes: 1000 });
    utimesSync(path, 1, 1);
    const pieces = [{ input: 0, start: 0, end: 14, record: 0 }];
    const source = { name: "read", run: (context: never) => cut?.run({ inputs: plan?.inputs ?? [], pieces }, context) } as Source<unknown>;
    const run = new Execution([{ name: "read", config: null, source }], { onError: "skip" });
    await expect(run.next()).rejects.toMatchObject({ kind: "changed", origin: { source: path, record: 0, offset: 0 } });
  });
});
