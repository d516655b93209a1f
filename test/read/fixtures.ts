/** What the tests of the readers share: parsers without files, tar archives by `tar-stream`, runs that collect. */
import { gzipSync } from "node:zlib";
import { type Header, pack } from "tar-stream";
import { type Doc, type Pipeline, PipelineError, type PipelineState, type RunReport } from "../../src/core/index.ts";
import type { Parser, ParserInput } from "../../src/read/parser.ts";
import { storedZstdFrame } from "../store/fixtures.ts";

export interface Parsed<T> {
  readonly records: readonly T[];
  readonly errors: readonly PipelineError[];
  /** The cursor after each record. */
  readonly cursors: readonly { readonly record: number; readonly offset: number }[];
  readonly counters: Readonly<Record<string, number>>;
}

/** Runs a parser over bytes cut at the given places; a reused buffer shows who keeps bytes past their life. */
export function parse<T>(
  make: (input: ParserInput) => Parser<T>,
  bytes: Uint8Array,
  cuts: readonly number[] = [],
  input: Partial<ParserInput> = {},
): Parsed<T> {
  const records: T[] = [];
  const errors: PipelineError[] = [];
  const cursors: { record: number; offset: number }[] = [];
  const counters: Record<string, number> = {};
  const parser = make({
    source: "s",
    record: 0,
    offset: 0,
    maxBytes: 1 << 20,
    mine: () => true,
    report: (error, origin) => errors.push(new PipelineError({ ...error.facts, origin })),
    count: (name) => {
      counters[name] = (counters[name] ?? 0) + 1;
    },
    ...input,
  });
  const scratch = Buffer.alloc(bytes.length);
  const drain = (): void => {
    for (let record = parser.next(); record !== undefined; record = parser.next()) {
      records.push(record);
      cursors.push({ record: parser.record, offset: parser.offset });
    }
  };
  const from = input.offset ?? 0;
  let at = from;
  for (const cut of [...new Set(cuts)]
    .filter((cut) => cut > from && cut < bytes.length)
    .sort((a, b) => a - b)
    .concat(bytes.length)) {
    scratch.set(bytes.subarray(at, cut));
    parser.push(scratch.subarray(0, cut - at));
    drain();
    scratch.fill(0x58, 0, cut - at);
    at = cut;
  }
  parser.end();
  drain();
  return { records, errors, cursors, counters };
}

/** A member for {@link tarOf}: a name, or more of its header, and the content. */
export type TarMember = readonly [header: string | (Partial<Header> & Pick<Header, "name">), content: string | Uint8Array];

/** A tar archive as `tar-stream` writes it. */
export async function tarOf(members: readonly TarMember[]): Promise<Buffer> {
  const archive = pack();
  const parts: Uint8Array[] = [];
  const done = new Promise<void>((resolve, reject) => {
    archive.on("data", (chunk) => parts.push(chunk as Uint8Array));
    archive.on("end", resolve);
    archive.on("error", reject);
  });
  for (const [header, content] of members) {
    archive.entry({ mtime: new Date(0), ...(typeof header === "string" ? { name: header } : header) }, Buffer.from(content));
  }
  archive.finalize();
  await done;
  return Buffer.concat(parts);
}

export const COMPRESSIONS: readonly (readonly [suffix: string, pack: (bytes: Uint8Array) => Buffer])[] = [
  ["", (bytes) => Buffer.from(bytes)],
  [".gz", (bytes) => gzipSync(bytes)],
  [".zst", (bytes) => storedZstdFrame(bytes, { blockBytes: 100 })],
];

export async function collect<T>(pipeline: Pipeline<T>): Promise<T[]> {
  const out: T[] = [];
  for await (const item of pipeline) out.push(item);
  return out;
}

/** All items, and the state before the first, after each, and at the end, as another process would get it. */
export async function statesOf<T>(
  pipeline: Pipeline<T>,
): Promise<{ readonly items: T[]; readonly states: PipelineState[]; readonly report: RunReport }> {
  const run = pipeline.run();
  const items: T[] = [];
  const states = [JSON.stringify(run.state())];
  for await (const item of run) {
    items.push(item);
    states.push(JSON.stringify(run.state()));
  }
  states.push(JSON.stringify(run.state()));
  return { items, states: states.map((text) => JSON.parse(text) as PipelineState), report: run.report() };
}

export async function failureOf(pipeline: Pipeline<unknown>): Promise<PipelineError> {
  try {
    await collect(pipeline);
  } catch (error) {
    return error as PipelineError;
  }
  throw new Error("the pipeline did not fail");
}

export function jsonl(...records: readonly unknown[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join("");
}

export function texts(docs: readonly Doc[]): string[] {
  return docs.map((doc) => doc.text);
}
