import {
  type Doc,
  knownOptions,
  numberOption,
  type OnError,
  optionType,
  type Pipeline,
  PipelineError,
  pipeline,
  wordOption,
} from "../core/index.ts";
import { withoutCompression } from "../store/index.ts";
import type { FieldNames } from "./fields.ts";
import { JsonlParser } from "./jsonl.ts";
import type { Parser, ParserInput } from "./parser.ts";
import { type Sample, SampleParser } from "./samples.ts";
import type { Worker } from "./share.ts";
import { fileSource } from "./source.ts";
import { TarDocParser } from "./tar-docs.ts";
import { TextParser } from "./text.ts";

/** What a file holds, its compression aside. */
export type Format = "jsonl" | "text" | "tar";

/** Options of {@link readSamples}. */
export interface ReadSamplesOptions {
  /** Which share of the records to read: `index` of `count` workers, from 0. Default `{ index: 0, count: 1 }`: all. */
  readonly worker?: Worker;
  /**
   * Largest record in bytes: a line, a text file, the contents of a sample together. A longer one is an error of kind
   * "too-long", found without holding more than this. Default 64 MiB; 1 to 512 MiB - 24 (the longest string of V8).
   */
  readonly maxLineBytes?: number;
  /** Overrides the run's `onError` for bad records and bad files. */
  readonly onError?: OnError;
}

/** Options of {@link read}. */
export interface ReadOptions extends ReadSamplesOptions {
  /**
   * Default "auto": by the name, suffixes of compression aside. `.jsonl`, `.ndjson` and `.json` hold one object a line,
   * `.txt`, `.text` and `.md` one document a file, `.tar` (`.tgz`) WebDataset samples.
   */
  readonly format?: Format | "auto";
  /**
   * Name of the field that holds the text, in JSON lines and in the `.json` members of a tar. Dots make a path. Default "text". False: the
   * records have none (conversations, say); the text is empty then and every field is metadata.
   */
  readonly text?: string | false;
  /** Name of the field that holds the id; false: always derive it from the origin. Dots make a path. Default "id". */
  readonly id?: string | false;
}

const SAMPLE_OPTIONS = ["worker", "maxLineBytes", "onError"] as const;
const FORMATS = ["auto", "jsonl", "text", "tar"] as const;
export const DEFAULT_MAX_BYTES: number = 64 * 1024 * 1024;
const LONGEST_STRING = 2 ** 29 - 24;

const SUFFIXES: readonly (readonly [RegExp, Format])[] = [
  [/\.(jsonl|ndjson|json)$/i, "jsonl"],
  [/\.(txt|text|md)$/i, "text"],
  [/\.tar$/i, "tar"],
];

/**
 * Documents from files: JSON lines, text files and WebDataset tars, plain, gzip or zstd (known by their first bytes).
 *
 * `patterns` are file names and globs (`corpus/*.jsonl.gz`, `{000..146}` ranges); each must match something. Files are read
 * one after the other, sorted by name, records in file order. A record without an id gets one from its place:
 * `<source>:<record>`, `<source>` for a text file, `<source>#<key>` for a sample. `meta` holds every other field; for a
 * sample also its other members as bytes and its key as `__key__`.
 *
 * A `for await` loop over it looks 2 x 512 KiB ahead in the file, and for compressed files at most 64 KiB and two outputs of
 * 256 KiB more; it holds at most one record of `maxLineBytes`. `pipeline.state()` restores at any record: a plain file is
 * continued at its offset, a compressed one is decompressed up to it.
 *
 * Throws `TypeError` or `RangeError` for a mistake in the options. While running it reports, each with file, record and
 * offset, "truncated", "corrupt", "bad-json", "bad-field", "invalid-utf8", "too-long", "vanished", "changed" and
 * "unreadable" (skipped and counted under `onError: "skip"`), and throws "empty-match".
 */
export function read(patterns: string | readonly string[], options: ReadOptions = {}): Pipeline<Doc> {
  knownOptions("read", options, ["format", "text", "id", ...SAMPLE_OPTIONS]);
  const { format, text, id, parser } = docParsing("read", options);
  const common = commonOptions("read", patterns, options);
  return pipeline(
    fileSource<Doc>({
      ...common,
      name: "read",
      config: { patterns: common.patterns, format, text, id, worker: common.worker, maxLineBytes: common.maxBytes },
      single: (name) => (format === "auto" ? knownFormat(name) : format) === "text",
      lines: (name) => (format === "auto" ? knownFormat(name) : format) === "jsonl",
      parser,
    }),
  );
}

/** How the inputs of `read` become documents: the checked options, and the parser for one input. */
export function docParsing(
  stage: string,
  options: Pick<ReadOptions, "format" | "text" | "id">,
): FieldNames & { readonly format: Format | "auto"; readonly parser: (input: ParserInput) => Parser<Doc> } {
  const { text = "text", id = "id" } = options;
  const format = wordOption(stage, "format", options.format ?? "auto", FORMATS);
  if (text !== false && (typeof text !== "string" || text === "")) throw optionType(stage, "text", "the name of a field or false", text);
  if (id !== false && (typeof id !== "string" || id === "")) throw optionType(stage, "id", "the name of a field or false", id);
  if (text !== false && text === id)
    throw new RangeError(`${stage}: expected \`text\` and \`id\` to be different fields, got "${text}" for both`);
  const fields: FieldNames = { text, id };
  const parser = (input: ParserInput): Parser<Doc> => {
    switch (format === "auto" ? formatByName(input.source) : format) {
      case "jsonl":
        return new JsonlParser(input, fields);
      case "text":
        return new TextParser(input);
      case "tar":
        return new TarDocParser(input, fields);
    }
  };
  return { format, text, id, parser };
}

/**
 * Undecoded samples from WebDataset tars, plain, gzip or zstd: key and members, for shards whose members are not text. Files,
 * order, sharing, memory and errors are as with {@link read}; the members of a sample are copies the caller may keep.
 */
export function readSamples(patterns: string | readonly string[], options: ReadSamplesOptions = {}): Pipeline<Sample> {
  knownOptions("readSamples", options, SAMPLE_OPTIONS);
  const common = commonOptions("readSamples", patterns, options);
  return pipeline(
    fileSource<Sample>({
      ...common,
      name: "readSamples",
      config: { patterns: common.patterns, worker: common.worker, maxLineBytes: common.maxBytes },
      single: () => false,
      lines: () => false,
      parser: (input) => new SampleParser(input),
    }),
  );
}

function formatByName(name: string): Format {
  const format = knownFormat(name);
  if (format !== undefined) return format;
  throw new PipelineError({ kind: "unreadable", message: "the name does not tell the format; set the option `format`" });
}

function knownFormat(name: string): Format | undefined {
  const plain = withoutCompression(name);
  return SUFFIXES.find(([suffix]) => suffix.test(plain))?.[1];
}

interface CommonOptions {
  readonly patterns: readonly string[];
  readonly worker: Worker;
  readonly maxBytes: number;
  readonly onError: OnError | undefined;
}

function commonOptions(name: string, patterns: string | readonly string[], options: ReadSamplesOptions): CommonOptions {
  const list = typeof patterns === "string" ? [patterns] : patterns;
  if (!Array.isArray(list) || list.length === 0 || list.some((pattern) => typeof pattern !== "string" || pattern === "")) {
    throw optionType(name, "patterns", "a file name, a glob, or an array of them", patterns);
  }
  const { maxLineBytes = DEFAULT_MAX_BYTES, worker = { index: 0, count: 1 }, onError } = options;
  if (typeof worker !== "object" || worker === null) throw optionType(name, "worker", "{ index, count }", worker);
  knownOptions(`${name}: worker`, worker, ["index", "count"]);
  const count = numberOption(name, "worker.count", worker.count, { min: 1, max: 2 ** 31, integer: true });
  const index = numberOption(name, "worker.index", worker.index, { min: 0, max: count - 1, integer: true });
  return {
    patterns: [...list],
    worker: { index, count },
    maxBytes: numberOption(name, "maxLineBytes", maxLineBytes, { min: 1, max: LONGEST_STRING, integer: true }),
    onError: onError === undefined ? undefined : wordOption(name, "onError", onError, ["throw", "skip"]),
  };
}
