/**
 * JSON Lines: one record a line, UTF-8, `\n`. Compression is by suffix: `.jsonl` is plain and gets a byte-offset index,
 * `.jsonl.gz` is one gzip member (2 to 4 times smaller for text, and then the compressor is the slowest part), `.jsonl.zst`
 * one Zstandard frame where Node has the compressor.
 */
import { knownOptions, numberOption, optionType, type Sink } from "../core/index.ts";
import { type Compressor, gzip, HAS_ZSTD, zstd } from "./compress.ts";
import { type Sample, type ShardFormat, Utf8 } from "./format.ts";
import { SHARD_OPTIONS, type ShardOptions, shardSettings } from "./options.ts";
import { ShardPattern } from "./pattern.ts";
import { plannedShards } from "./planned.ts";
import { fieldsJson, recordJson } from "./record-json.ts";
import { type ShardPlan, writeShards } from "./shards.ts";

export interface JsonlShardsOptions extends ShardOptions {
  /** The top-level fields to write, in this order, of those the records have. Default all, in the record's order. */
  readonly fields?: readonly string[];
  /** Compression level: for `.gz` 1 to 9, default 6; for `.zst` 1 to 19, default 3. */
  readonly level?: number;
}

interface Line extends Sample {
  readonly bytes: Uint8Array;
}

/**
 * Writes records as JSON Lines shards, with a byte-offset index beside each plain one (`.jsonl.idx`) and a manifest last.
 * `pattern` is a path such as `out/part-{shard}.jsonl.gz`. It takes any object: documents, what `map` makes of them, and
 * the records of an exclusions sink (`exclusions: jsonlShards("dropped/{shard}.jsonl")`), whose text is the original one.
 *
 * Typed arrays, such as `tokens`, become arrays of numbers; fields that are undefined are left out; what JSON cannot hold
 * is an error of its record. Throws and guarantees are those of `tarShards`; a `.zst` pattern is a `TypeError` on a Node
 * without `zlib.createZstdCompress` (before 22.15). The same records give the same bytes; for compressed shards, with the
 * same version of Node's compressor, which the manifest names.
 */
export function jsonlShards(pattern: string, options: JsonlShardsOptions = {}): Sink<object> {
  const name = "jsonlShards";
  knownOptions(name, options, [...SHARD_OPTIONS, "fields", "level"]);
  const { fields } = options;
  if (fields !== undefined && !(Array.isArray(fields) && fields.length > 0 && fields.every((field) => typeof field === "string"))) {
    throw optionType(name, "fields", "a list of field names", fields);
  }
  const shards = new ShardPattern(name, pattern, [".jsonl", ".jsonl.gz", ".jsonl.zst"]);
  const settings = shardSettings(name, options);
  const packing = packingOf(name, shards.base, options.level);
  const { maxBytes, maxRecords } = settings;
  const config = { pattern: shards.base, maxBytes, maxRecords, fields: fields ?? null, level: packing?.level ?? null };
  // A format holds the sample it has made ready, so every writer needs one of its own.
  const plan = (): ShardPlan<Line> => {
    const plain = { pattern: shards, settings, format: jsonlFormat(fields), config };
    return packing === undefined ? plain : { ...plain, compression: packing };
  };
  return { name, config, planned: plannedShards(name, plan), write: (input, context) => writeShards(plan(), input, context) };
}

function packingOf(
  name: string,
  base: string,
  level: number | undefined,
): { readonly level: number; readonly versionKey: string; readonly open: () => Compressor } | undefined {
  if (base.endsWith(".gz")) {
    const checked = numberOption(name, "level", level ?? 6, { min: 1, max: 9, integer: true });
    return { level: checked, versionKey: "zlib", open: () => gzip(checked) };
  }
  if (base.endsWith(".zst")) {
    const checked = numberOption(name, "level", level ?? 3, { min: 1, max: 19, integer: true });
    if (!HAS_ZSTD)
      throw optionType(
        name,
        "pattern",
        `".jsonl.gz" or ".jsonl": writing .zst needs Node 22.15 or later, this is ${process.version}`,
        base,
      );
    return { level: checked, versionKey: "zstd", open: () => zstd(checked) };
  }
  if (level !== undefined) throw optionType(name, "level", "left out for a pattern without .gz or .zst", level);
  return undefined;
}

const NEWLINE = 0x0a;

function jsonlFormat(fields: readonly string[] | undefined): ShardFormat<Line> {
  const utf8 = new Utf8();
  return {
    encode(record) {
      if (typeof record !== "object" || record === null)
        throw new TypeError(`expected an object, got ${record === null ? "null" : typeof record}`);
      const json = fields === undefined ? recordJson(record) : fieldsJson(record, fields);
      if (fields !== undefined && json === "{}") throw new TypeError(`the record has none of the fields ${fields.join(", ")}`);
      utf8.reset();
      const bytes = utf8.bytes(json);
      return { bytes, size: bytes.length + 1 };
    },
    fill(line, _shardName, _number, into, at) {
      into.set(line.bytes, at);
      into[at + line.bytes.length] = NEWLINE;
    },
    padding: () => 0,
  };
}
