/** One sample of a shard, of whatever format, as `millrace inspect` looks at it. */
import { createHash } from "node:crypto";
import { messageOf, PipelineError } from "../core/index.ts";
import { readNpy, readSamples, type Sample } from "../read/index.ts";
import { type Entry, readEntry, type Store, withoutCompression } from "../store/index.ts";

export interface SampleView {
  /** Key in a tar; number of the line in JSON lines. */
  readonly key: string;
  readonly id: string | undefined;
  readonly text: string | undefined;
  /** Token ids without padding: one array of a document, one a row of a batch. */
  readonly rows: readonly ArrayLike<number>[];
  /** Cells of a batch that are padding. */
  readonly padding: number;
  /** "txt, json, tokens.npy", or the field names of a line. */
  readonly parts: string;
}

/** What one shard turned out to be. */
export interface ShardLook {
  readonly name: string;
  readonly bytes: number;
  readonly samples: number;
  /** How much could not be read, and the first messages about it. The samples before and behind are counted. */
  readonly problems: number;
  readonly messages: readonly string[];
}

/** A line longer than this is taken for damage: no shard writer of ours makes one, and memory stays bounded. */
const MAX_LINE = 64 << 20;

/** Messages that are kept of one shard: a file of another kind may hold a million bad lines. */
const MAX_MESSAGES = 5;

export type ShardKind = "tar" | "jsonl";

/** The format of a shard by its name, or undefined. */
export function shardKind(name: string): ShardKind | undefined {
  const plain = withoutCompression(name).toLowerCase();
  return plain.endsWith(".tar") ? "tar" : /\.(jsonl|ndjson)$/.test(plain) ? "jsonl" : undefined;
}

/** Reads one shard as a stream and hands every sample to `see`, in order. Memory: one sample and the reader's look-ahead. */
export async function lookAt(store: Store, entry: Entry, see: (sample: SampleView) => void, signal: AbortSignal): Promise<ShardLook> {
  let samples = 0;
  let problems = 0;
  const messages: string[] = [];
  const problem = (message: string): void => {
    problems++;
    if (messages.length < MAX_MESSAGES) messages.push(message);
  };
  const seen = (view: () => SampleView): void => {
    const number = samples++;
    let sample: SampleView;
    try {
      sample = view();
    } catch (error) {
      problem(`${entry.name}: sample ${number}: ${messageOf(error)}`);
      return;
    }
    see(sample);
  };
  if (shardKind(entry.name) === "tar") {
    // A bad sample must not hide the good ones behind it.
    const pass = readSamples(entry.name).run({ onError: "skip", signal });
    for await (const sample of pass) seen(() => viewOfTar(sample));
    for (const { message } of pass.report().errors) problem(message);
  } else {
    try {
      for await (const line of lines(store, entry, signal)) {
        const number = samples;
        seen(() => viewOfLine(line, number));
      }
    } catch (error) {
      if (signal.aborted) throw error;
      problem(`${entry.name}: ${messageOf(error)}`);
    }
  }
  return { name: entry.name, bytes: entry.size, samples, problems, messages };
}

async function* lines(store: Store, entry: Entry, signal: AbortSignal): AsyncGenerator<string> {
  let rest: Buffer[] = [];
  let held = 0;
  for await (const chunk of readEntry(store, entry, { signal })) {
    let from = 0;
    for (let newline = chunk.indexOf(10); newline >= 0; newline = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...rest, chunk.subarray(from, newline)]).toString();
      rest = [];
      held = 0;
      from = newline + 1;
      if (line.trim() !== "") yield line;
    }
    if (from === chunk.length) continue;
    rest.push(Buffer.from(chunk.subarray(from))); // a copy: the reader may use the chunk's memory again
    held += chunk.length - from;
    if (held > MAX_LINE) throw new PipelineError({ kind: "too-long", message: `a line is longer than ${MAX_LINE} bytes` });
  }
  const last = Buffer.concat(rest).toString();
  if (last.trim() !== "") yield last;
}

type Fields = Readonly<Record<string, unknown>>;

function viewOfTar({ key, members }: Sample): SampleView {
  const string = (extension: string): string | undefined => {
    const bytes = members.get(extension);
    return bytes === undefined ? undefined : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  };
  const numbers = (extension: string): ArrayLike<number> | undefined => {
    const bytes = members.get(extension);
    if (bytes === undefined) return undefined;
    const { data } = readNpy(bytes);
    return data instanceof BigInt64Array || data instanceof BigUint64Array ? Array.from(data, Number) : data;
  };
  const json = string("json");
  const fields: Fields = json === undefined ? {} : ((JSON.parse(json) ?? {}) as Fields);
  return {
    key,
    id: idOf(fields),
    text: string("txt") ?? (typeof fields["text"] === "string" ? fields["text"] : undefined),
    ...tokensOf(numbers("tokens.npy"), numbers("input_ids.npy"), numbers("attention_mask.npy"), fields["width"]),
    parts: [...members.keys()].join(", "),
  };
}

function viewOfLine(line: string, number: number): SampleView {
  const fields = JSON.parse(line) as Fields | null;
  if (typeof fields !== "object" || fields === null) throw new TypeError("the line is not a JSON object");
  const numbers = (name: string): ArrayLike<number> | undefined => {
    const value = fields[name];
    return Array.isArray(value) && value.every((item) => typeof item === "number") ? (value as number[]) : undefined;
  };
  return {
    key: `line ${number}`,
    id: idOf(fields),
    text: typeof fields["text"] === "string" ? fields["text"] : undefined,
    ...tokensOf(numbers("tokens"), numbers("input_ids"), numbers("attention_mask"), fields["width"]),
    parts: Object.keys(fields).join(", "),
  };
}

function idOf(fields: Fields): string | undefined {
  const { id } = fields as { readonly id?: unknown };
  return typeof id === "string" || typeof id === "number" ? String(id) : undefined;
}

/** A document's tokens, or the rows of a batch without their padding. */
function tokensOf(
  tokens: ArrayLike<number> | undefined,
  inputIds: ArrayLike<number> | undefined,
  mask: ArrayLike<number> | undefined,
  width: unknown,
): { readonly rows: readonly ArrayLike<number>[]; readonly padding: number } {
  if (tokens !== undefined) return { rows: [tokens], padding: 0 };
  if (inputIds === undefined) return { rows: [], padding: 0 };
  const columns = typeof width === "number" && width > 0 ? width : inputIds.length;
  const rows: number[][] = [];
  for (let first = 0; first < inputIds.length; first += columns) {
    const row: number[] = [];
    for (let i = first; i < Math.min(first + columns, inputIds.length); i++) if (mask?.[i] !== 0) row.push(inputIds[i] as number);
    rows.push(row);
  }
  return { rows, padding: inputIds.length - rows.reduce((n, row) => n + row.length, 0) };
}

/** SHA-256 of a file as it lies on disk, in hex. */
export async function fileHash(store: Store, entry: Entry, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of store.stream(entry, { signal })) hash.update(chunk);
  return hash.digest("hex");
}
