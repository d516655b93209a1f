/**
 * From a parsed JSON record to a document: the text, the id, and everything else as metadata. Nothing is thrown away and
 * nothing is guessed: a text of another type is an error that says what was found.
 */
import { type Doc, type Origin, PipelineError } from "../core/index.ts";

/** Which fields hold the text and the id; false: none holds the text. A name with dots is a path, unless a field has exactly that name. */
export interface FieldNames {
  readonly text: string | false;
  /** False: ids are always derived from the origin. */
  readonly id: string | false;
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** The document of one JSON record. Throws a `PipelineError` of kind "bad-field" or "bad-json". */
export function docOf(value: unknown, names: FieldNames, origin: Origin): Doc {
  if (!isObject(value)) throw badRecord(value);
  const { text, id, meta } = splitFields(value, names.text, names.id);
  if (names.text === false) return { id: lineId(id, names, origin), text: "", meta, origin };
  if (typeof text !== "string") throw badText(value, names.text, text);
  return { id: lineId(id, names, origin), text, meta, origin };
}

/** The same, of fields that were told apart already: `id` is the one of exactly that name, `meta` all but it and the text. */
export function documentOf(text: string, id: unknown, meta: Record<string, unknown>, names: FieldNames, origin: Origin): Doc {
  const found = id === undefined && names.id !== false ? takeAt(meta, names.id) : id;
  return { id: lineId(found, names, origin), text, meta, origin };
}

function lineId(id: unknown, names: FieldNames, origin: Origin): string {
  return typeof id === "string" && id !== "" ? id : idOf(id, names, `${origin.source}:${origin.record}`);
}

/** The text, the id and every other field of a record. False takes no field: the one of that name is metadata then. */
export function splitFields(
  value: JsonObject,
  textName: string | false,
  idName: string | false,
): { readonly text: unknown; readonly id: unknown; readonly meta: Record<string, unknown> } {
  const meta: Record<string, unknown> = {};
  let text: unknown;
  let id: unknown;
  // One pass over the fields; looking two of them up first and copying the rest afterwards took four times as long.
  for (const key in value) {
    if (key === textName) text = value[key];
    else if (key === idName) id = value[key];
    else if (key === "__proto__") define(meta, key, value[key]);
    else meta[key] = value[key];
  }
  if (text === undefined && textName !== false) text = takeAt(meta, textName);
  if (id === undefined && idName !== false) id = takeAt(meta, idName);
  return { text, id, meta };
}

/** The record's id as a string, or `derived` when it has none. */
export function idOf(id: unknown, names: FieldNames, derived: string): string {
  if (typeof id === "string") return id === "" ? derived : id;
  if (id === undefined || id === null) return derived;
  const name = String(names.id);
  if (typeof id !== "number") {
    throw new PipelineError({ kind: "bad-field", message: `expected \`${name}\` to be a string or a number, got ${typeName(id)}` });
  }
  if (Number.isInteger(id) && !Number.isSafeInteger(id)) {
    // Parsing has rounded it already: two records would silently share one id.
    const message = `\`${name}\` is a number beyond 2^53, which JSON.parse rounds; write it as a string or read with \`id: false\``;
    throw new PipelineError({ kind: "bad-field", message });
  }
  return String(id);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** "a number", "null", "an array": for messages. */
export function typeName(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

export function badRecord(value: unknown): PipelineError {
  return new PipelineError({ kind: "bad-json", message: `expected a JSON object, got ${typeName(value)}` });
}

/** "the field `text` is missing; the record has `id`, `url`" */
export function badText(value: JsonObject, name: string, text: unknown): PipelineError {
  if (text !== undefined) {
    return new PipelineError({ kind: "bad-field", message: `expected the field \`${name}\` to be a string, got ${typeName(text)}` });
  }
  const keys = Object.keys(value);
  const shown = keys.slice(0, 8).map((key) => `\`${key.slice(0, 40)}\``);
  const listed = keys.length === 0 ? "no field" : shown.join(", ") + (keys.length > shown.length ? ", ..." : "");
  return new PipelineError({ kind: "bad-field", message: `the field \`${name}\` is missing; the record has ${listed}` });
}

/** Takes the field at a path of names with dots out of the metadata. The objects on the way are the record's, so they are copied. */
function takeAt(meta: Record<string, unknown>, name: string): unknown {
  const [key, ...rest] = name.split(".") as [string, ...string[]];
  if (!Object.hasOwn(meta, key)) return undefined;
  const item = meta[key];
  if (rest.length === 0) {
    delete meta[key];
    return item;
  }
  if (!isObject(item)) return undefined;
  const copy: Record<string, unknown> = { ...item };
  const taken = takeAt(copy, rest.join("."));
  if (taken !== undefined) define(meta, key, copy);
  return taken;
}

/** Assignment would call the setter of `__proto__`; a field by that name must stay a field. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
}
