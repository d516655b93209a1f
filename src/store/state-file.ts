/**
 * States of pipelines as files. `JSON.stringify` of a state ends at V8's longest string, 512 MB, which the index of a deduplication
 * reaches at about 3 million documents. So the file is JSON lines: the first holds the state, in which `{ "$line": n }` stands
 * for every long string, and line n holds that string. A small state is one line that any reader of JSON understands.
 *
 * Turned down: one JSON text written piece by piece, which would need a parser of our own to be read piece by piece.
 */
import { createReadStream } from "node:fs";
import { type Json, messageOf, PipelineError, type PipelineState } from "../core/index.ts";
import { createAtomic } from "./atomic.ts";

/** Longer strings get a line of their own: every page of an index does, names and options do not. */
const LONG = 4096;
const FLUSH = 1 << 20;
const NEWLINE = 10;

/** The first line. */
interface Head {
  readonly millraceState: 1;
  /** Lines that follow. */
  readonly lines: number;
  readonly state: Json;
}

/**
 * Writes what `pipeline.state()` returned, of any size, as a file that is whole or absent. An earlier file of that name is replaced once
 * the new one is on disk. Memory: 1 MiB beside the state. Throws the file system's own errors.
 */
export async function writeState(path: string, state: PipelineState): Promise<void> {
  const own: Json[] = [];
  const head: Head = { millraceState: 1, lines: 0, state: shortened(state as unknown as Json, own) };
  const file = await createAtomic(path);
  try {
    let pending = `${JSON.stringify({ ...head, lines: own.length })}\n`;
    for (const line of own) {
      pending += `${JSON.stringify(line)}\n`;
      if (pending.length < FLUSH) continue;
      await file.write(Buffer.from(pending));
      pending = "";
    }
    await file.write(Buffer.from(pending));
    await file.commit();
  } catch (error) {
    await file.abort();
    throw error;
  }
}

/**
 * The state that `writeState` wrote, for `pipeline.restore`; also one that is plain `JSON.stringify(state)`. Throws a `PipelineError`: "truncated"
 * or "corrupt" for what is no whole state; and the file system's own errors.
 */
export async function readState(path: string): Promise<PipelineState> {
  const lines: unknown[] = [];
  for await (const line of linesOf(path)) {
    try {
      lines.push(JSON.parse(line.toString("utf8")));
    } catch (error) {
      throw damaged("corrupt", path, `line ${lines.length + 1} is not JSON: ${messageOf(error)}`);
    }
  }
  const [head, ...own] = lines as [Partial<Head> | undefined, ...Json[]];
  if (typeof head !== "object" || head === null) throw damaged("truncated", path, "it is empty");
  if (Array.isArray((head as Partial<PipelineState>).stages)) return head as unknown as PipelineState;
  if (head.millraceState !== 1 || head.state === undefined) throw damaged("corrupt", path, "it is not a state that this library wrote");
  if (own.length !== head.lines) throw damaged("truncated", path, `it has ${own.length} of ${head.lines} lines behind the first`);
  return restored(head.state, own, path) as unknown as PipelineState;
}

/** The value with references to `own` in the place of long strings, and of what could be taken for a reference. */
function shortened(value: Json, own: Json[]): Json {
  if (typeof value === "string") return value.length > LONG ? { $line: own.push(value) } : value;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => shortened(item, own));
  if (Object.hasOwn(value, "$line")) return { $line: own.push(value) };
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shortened(item, own)]));
}

function restored(value: Json, own: readonly Json[], path: string): Json {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map((item) => restored(item, own, path));
  const { $line: line } = value as { readonly $line?: Json };
  if (line === undefined) return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, restored(item, own, path)]));
  const found = typeof line === "number" ? own[line - 1] : undefined;
  if (found === undefined) throw damaged("corrupt", path, `it refers to line ${JSON.stringify(line)}, which is not there`);
  return found;
}

/** The lines of a file, without their ends. `node:readline` would also end them at U+2028, which JSON strings may hold. */
async function* linesOf(path: string): AsyncGenerator<Buffer, void> {
  let parts: Buffer[] = [];
  for await (const chunk of createReadStream(path, { highWaterMark: FLUSH }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      yield Buffer.concat([...parts, chunk.subarray(from, end)]);
      parts = [];
      from = end + 1;
    }
    if (from < chunk.length) parts.push(chunk.subarray(from));
  }
  if (parts.length > 0) yield Buffer.concat(parts);
}

function damaged(kind: "truncated" | "corrupt", path: string, what: string): PipelineError {
  return new PipelineError({ kind, message: `the state in ${path} cannot be used: ${what}` });
}
