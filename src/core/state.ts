/**
 * The JSON form of a checkpoint. Stages hand over plain values that may hold typed arrays, maps, sets and bigints; these
 * become tagged objects (`{"$array": "Uint32Array", "base64": ...}`), so a state can be written with `JSON.stringify` and
 * edited by a person. Turned down: `v8.serialize`, which is faster on large typed arrays but opaque and tied to the V8
 * version.
 */
import { ORIGINAL } from "./doc.ts";

/** A value `JSON.stringify` writes without loss. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What `pipeline.state()` returns: plain JSON. */
export interface PipelineState {
  readonly version: 1;
  readonly seed: number;
  /** True when the run had delivered its last item. */
  readonly finished: boolean;
  /** Items delivered to the consumer so far, over all resumed runs. */
  readonly delivered: number;
  readonly stages: readonly StageState[];
}

/** One stage of a state: its name and options (a restore into a different pipeline is refused) and what it saved. */
export interface StageState {
  readonly name: string;
  readonly config: Json;
  readonly state: Json;
  readonly random: readonly number[];
  readonly counters: Json;
}

const ARRAYS = {
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
  BigUint64Array,
  BigInt64Array,
} as const;

type ArrayName = keyof typeof ARRAYS;

/** Turns a value a stage saved into JSON. Functions, class instances and cycles are refused. */
export function toJson(value: unknown, path = "state"): Json {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) && !Object.is(value, -0) ? value : { $number: Object.is(value, -0) ? "-0" : String(value) };
    case "bigint":
      return { $bigint: String(value) };
    case "undefined":
      return { $undefined: true };
    case "object":
      break;
    default:
      throw new TypeError(`checkpoint: ${path} is a ${typeof value}, which cannot be saved`);
  }
  if (value === null) return null;
  if (Array.isArray(value)) return value.map((item, i) => toJson(item, `${path}[${i}]`));
  if (ArrayBuffer.isView(value)) {
    const name = value.constructor.name === "Buffer" ? "Uint8Array" : value.constructor.name;
    if (!Object.hasOwn(ARRAYS, name)) throw new TypeError(`checkpoint: ${path} is a ${name}, which cannot be saved`);
    return { $array: name, base64: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") };
  }
  if (value instanceof Map) return { $map: [...value].map(([k, v], i) => [toJson(k, path), toJson(v, `${path}[${i}]`)]) };
  if (value instanceof Set) return { $set: [...value].map((item, i) => toJson(item, `${path}[${i}]`)) };
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new TypeError(`checkpoint: ${path} is a ${value.constructor?.name ?? "class instance"}, which cannot be saved`);
  }
  const out: Record<string, Json> = {};
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined) continue;
    // Keys that look like a tag are escaped by one more `$`, so that user data can never be taken for one.
    defineField(out, key.startsWith("$") ? `$${key}` : key, toJson(item, `${path}.${key}`));
  }
  const original = (value as { [ORIGINAL]?: string })[ORIGINAL];
  if (original !== undefined) out["$original"] = original;
  return out;
}

/** The inverse of {@link toJson}. */
export function fromJson(value: Json): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as readonly Json[]).map(fromJson);
  const tagged = value as { readonly [key: string]: Json };
  if (typeof tagged["$number"] === "string") return Number(tagged["$number"]);
  if (typeof tagged["$bigint"] === "string") return BigInt(tagged["$bigint"]);
  if (tagged["$undefined"] === true) return undefined;
  if (Array.isArray(tagged["$map"])) return new Map((tagged["$map"] as [Json, Json][]).map(([k, v]) => [fromJson(k), fromJson(v)]));
  if (Array.isArray(tagged["$set"])) return new Set((tagged["$set"] as Json[]).map(fromJson));
  if (typeof tagged["$array"] === "string" && typeof tagged["base64"] === "string") {
    return typedArray(tagged["$array"] as ArrayName, tagged["base64"]);
  }
  const out: Record<string | symbol, unknown> = {};
  for (const [key, item] of Object.entries(tagged)) {
    if (key === "$original") out[ORIGINAL] = item;
    else defineField(out, key.startsWith("$$") ? key.slice(1) : key, fromJson(item));
  }
  return out;
}

/** Assignment would call the setter of `__proto__`; a field of user data by that name must stay a field. */
function defineField(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}

function typedArray(name: ArrayName, base64: string): ArrayBufferView {
  const type = ARRAYS[name];
  if (type === undefined) throw new TypeError(`checkpoint: unknown array type ${name}`);
  const bytes = Buffer.from(base64, "base64");
  const copy = new Uint8Array(bytes.length); // Buffer memory is pooled and may be misaligned for wider elements
  copy.set(bytes);
  return new type(copy.buffer);
}

/** JSON with sorted keys: equal values give equal text, whatever order their fields were written in. */
export function canonicalJson(value: Json): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonicalJson).join(",")}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(",")}}`;
}

/**
 * The parts of two values that differ, for a message a person can read: of two objects only the fields that are not equal, at
 * any depth; anything else as it is. A field that one of them lacks is null there.
 */
export function differingParts(was: Json, is: Json): readonly [Json, Json] {
  if (!isFields(was) || !isFields(is)) return [was, is];
  const [before, after]: [Record<string, Json>, Record<string, Json>] = [{}, {}];
  for (const key of new Set([...Object.keys(was), ...Object.keys(is)])) {
    const [a, b] = [was[key] ?? null, is[key] ?? null];
    if (canonicalJson(a) === canonicalJson(b)) continue;
    const [x, y] = differingParts(a, b);
    defineField(before, key, x);
    defineField(after, key, y);
  }
  return [before, after];
}

function isFields(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
