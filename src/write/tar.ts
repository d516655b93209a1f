/**
 * WebDataset tar: a sample is a run of consecutive members that share a key, `key.txt`, `key.json`, `key.tokens.npy`.
 *
 * Keys are made here (`train-000003-000017`: shard, then sample in the shard), never taken from the data: a dot in a key
 * would cut it short (webdataset#237), a repeated one would merge two samples, and a long one would need PAX headers. The
 * document's own id is in the `.json`.
 *
 * Cost per sample beyond its bytes: 512 of header and on average 256 of padding per member, and 128 of `.npy` header per
 * array. For short documents that is as much as the tokens themselves, so tar is the format for text and for batches.
 */
import { type Batch, type Doc, knownOptions, optionType, type Sink, type Tokenized, wordOption } from "../core/index.ts";
import { type Sample, type ShardFormat, Utf8 } from "./format.ts";
import { npy } from "./npy.ts";
import { SHARD_OPTIONS, type ShardOptions, shardSettings } from "./options.ts";
import { ShardPattern } from "./pattern.ts";
import { plannedShards } from "./planned.ts";
import { recordJson } from "./record-json.ts";
import { type ShardPlan, writeShards } from "./shards.ts";
import { archivePadding, BLOCK, blockPadding, checkSize, fillHeader, MAX_NAME } from "./tar-header.ts";

const EXTENSIONS = {
  text: ".txt",
  json: ".json",
  tokens: ".tokens.npy",
  loss_mask: ".loss_mask.npy",
  input_ids: ".input_ids.npy",
  attention_mask: ".attention_mask.npy",
  labels: ".labels.npy",
} as const;
const MEMBERS = Object.keys(EXTENSIONS) as readonly TarMember[];
const DTYPES: readonly TokenDtype[] = ["uint16", "uint32", "int32"];

/** dtype of a token array. */
export type TokenDtype = "uint16" | "uint32" | "int32";

/** One part of a sample. */
export type TarMember = "text" | "json" | "tokens" | "loss_mask" | "input_ids" | "attention_mask" | "labels";

export interface TarShardsOptions extends ShardOptions {
  /** The members to write, of those the records have. Default all. */
  readonly members?: readonly TarMember[];
  /**
   * dtype of `.tokens.npy`: "uint32" (default), "uint16" (half the size, for vocabularies of at most 65,536 ids) or "int32"
   * (the one every version of PyTorch takes as it is). An id that does not fit is an error of its record.
   */
  readonly tokenDtype?: TokenDtype;
}

/** What a tar shard can hold: documents, with tokens or without, or padded batches. */
export type TarRecord = Doc | (Doc & Tokenized) | Batch;

interface Member {
  readonly extension: string;
  readonly size: number;
  readonly pieces: readonly Uint8Array[];
}

interface TarSample extends Sample {
  readonly members: readonly Member[];
}

/**
 * Writes records as WebDataset tar shards, with a byte-offset index beside each (`.tar.idx`, the layout of Megatron
 * Energon) and a manifest last. `pattern` is a path such as `out/train-{shard}.tar`.
 *
 * Members of a document: `.txt` (UTF-8; lone surrogates become U+FFFD), `.json` (id, meta, origin, part, and every further
 * field) and, when it has tokens, `.tokens.npy` of shape `[tokens]`, with a `lossMask` also `.loss_mask.npy` (uint8, `[tokens]`). Members of a batch: `.input_ids.npy` (int32),
 * `.attention_mask.npy` (uint8), `.labels.npy` (int32), each of shape `[rows, width]`, and `.json` (width; per row its id,
 * length, origin and part).
 *
 * Throws `TypeError` or `RangeError` for wrong options. A run fails with a `PipelineError` of kind "exists" (see
 * `ifExists`), "busy" (two sinks, one folder) or "unwritable". Its result's `output` is the manifest. Records keep their
 * order; memory is about 5 MiB, 8 bytes per sample of a shard, and the largest sample.
 */
export function tarShards(pattern: string, options: TarShardsOptions = {}): Sink<TarRecord> {
  const name = "tarShards";
  knownOptions(name, options, [...SHARD_OPTIONS, "members", "tokenDtype"]);
  const { tokenDtype = "uint32", members = MEMBERS } = options;
  const dtype = wordOption(name, "tokenDtype", tokenDtype, DTYPES);
  if (!Array.isArray(members) || members.length === 0) throw optionType(name, "members", "a list of member names", members);
  for (const member of members) wordOption(name, "members", member, MEMBERS);
  const shards = new ShardPattern(name, pattern, [".tar"]);
  const keyLength = keyOf(keyStem(shards.label("t000000")), 0).length + Math.max(...MEMBERS.map((member) => EXTENSIONS[member].length));
  if (keyLength > MAX_NAME)
    throw optionType(
      name,
      "pattern",
      `a shorter file name (it begins every key of a tar; here ${keyLength} of ${MAX_NAME} bytes)`,
      pattern,
    );
  const settings = shardSettings(name, options);
  const wanted = MEMBERS.filter((member) => members.includes(member));
  const { maxBytes, maxRecords } = settings;
  const config = { pattern: shards.base, maxBytes, maxRecords, members: wanted, tokenDtype: dtype };
  // A format holds the sample it has made ready, so every writer needs one of its own.
  const plan = (): ShardPlan<TarSample> => ({ pattern: shards, settings, format: tarFormat(new Set(wanted), dtype), config });
  return { name, config, planned: plannedShards(name, plan), write: (input, context) => writeShards(plan(), input, context) };
}

function tarFormat(wanted: ReadonlySet<TarMember>, dtype: TokenDtype): ShardFormat<TarSample> {
  const utf8 = new Utf8();
  let shard = "";
  let stem = "";
  return {
    encode(record) {
      utf8.reset();
      const members: Member[] = [];
      let total = 0;
      const put = (member: TarMember, pieces: readonly Uint8Array[]): void => {
        let size = 0;
        for (const piece of pieces) size += piece.length;
        checkSize(size);
        total += BLOCK + size + blockPadding(size);
        members.push({ extension: EXTENSIONS[member], size, pieces });
      };
      if (isBatch(record)) {
        const { input_ids, attention_mask, labels, ...rest } = record;
        const shape = [rest.rows.length, rest.width];
        if (wanted.has("input_ids")) put("input_ids", npy(input_ids, shape));
        if (wanted.has("attention_mask")) put("attention_mask", npy(attention_mask, shape));
        if (wanted.has("labels")) put("labels", npy(labels, shape));
        if (wanted.has("json")) put("json", [utf8.bytes(recordJson(rest))]);
      } else if (isDoc(record)) {
        const { text, tokens, lossMask, ...rest } = record as Doc & { readonly tokens?: unknown; readonly lossMask?: unknown };
        if (wanted.has("text")) put("text", [utf8.bytes(text)]);
        if (wanted.has("json")) put("json", [utf8.bytes(recordJson(rest))]);
        if (tokens !== undefined && wanted.has("tokens")) put("tokens", tokenPieces(tokens, dtype));
        if (lossMask !== undefined && wanted.has("loss_mask")) put("loss_mask", maskPieces(lossMask));
      } else {
        throw new TypeError("expected a document (with `text`) or a batch (with `input_ids` and `rows`); jsonlShards takes any object");
      }
      if (members.length === 0) throw new TypeError(`the record has none of the members ${[...wanted].join(", ")}`);
      return { members, size: total };
    },
    fill(sample, name, number, into, at) {
      if (name !== shard) {
        shard = name;
        stem = keyStem(name);
      }
      const key = keyOf(stem, number);
      let end = at;
      for (const { extension, size, pieces } of sample.members) {
        fillHeader(key + extension, size, into, end);
        end += BLOCK;
        for (const piece of pieces) {
          into.set(piece, end);
          end += piece.length;
        }
        const padding = blockPadding(size);
        into.fill(0, end, end + padding);
        end += padding;
      }
    },
    padding: archivePadding,
  };
}

/** Safe for every reader: no dot, and no underscore in front, since readers hide names that begin with two. */
function keyStem(shardName: string): string {
  const stem = shardName.slice(0, -".tar".length).replace(/[^A-Za-z0-9_-]/g, "_");
  return stem.startsWith("_") ? `x${stem}` : stem;
}

/** Unique in the data set as long as the shards' names are, and of one width. */
function keyOf(stem: string, number: number): string {
  return `${stem}-${String(number).padStart(6, "0")}`;
}

function tokenPieces(tokens: unknown, dtype: TokenDtype): readonly Uint8Array[] {
  if (!(tokens instanceof Uint32Array)) throw new TypeError("expected `tokens` to be a Uint32Array");
  if (dtype === "uint32") return npy(tokens, [tokens.length]);
  const limit = dtype === "uint16" ? 0xffff : 0x7fff_ffff;
  const tooLarge = tokens.find((id) => id > limit);
  if (tooLarge !== undefined) throw new RangeError(`token id ${tooLarge} does not fit \`tokenDtype: "${dtype}"\``);
  return npy(dtype === "uint16" ? Uint16Array.from(tokens) : Int32Array.from(tokens), [tokens.length]);
}

function maskPieces(mask: unknown): readonly Uint8Array[] {
  if (!(mask instanceof Uint8Array)) throw new TypeError("expected `lossMask` to be a Uint8Array");
  return npy(mask, [mask.length]);
}

function isBatch(record: unknown): record is Batch {
  const { input_ids, rows } = (record ?? {}) as Partial<Batch>;
  return input_ids instanceof Int32Array && Array.isArray(rows);
}

function isDoc(record: unknown): record is Doc {
  return typeof ((record ?? {}) as Partial<Doc>).text === "string";
}
