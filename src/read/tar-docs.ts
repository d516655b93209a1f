/**
 * WebDataset samples to documents. `.txt` is the text; a sample without it takes the text field of its `.json`, whose other
 * fields become metadata. Every other member is kept in the metadata as bytes, by its extension: decoding images or arrays
 * is the business of a later `map` (`readNpy` helps with token members).
 */
import { isUtf8 } from "node:buffer";
import { type Doc, messageOf, PipelineError } from "../core/index.ts";
import { badRecord, badText, type FieldNames, idOf, isObject, type JsonObject, splitFields } from "./fields.ts";
import type { Parser, ParserInput } from "./parser.ts";
import { type Sample, SampleParser } from "./samples.ts";
import { firstInvalidByte } from "./utf8.ts";

export class TarDocParser implements Parser<Doc> {
  readonly #input: ParserInput;
  readonly #samples: SampleParser;
  readonly #fields: FieldNames;

  constructor(input: ParserInput, fields: FieldNames) {
    this.#input = input;
    this.#samples = new SampleParser(input);
    this.#fields = fields;
  }

  get record(): number {
    return this.#samples.record;
  }

  get offset(): number {
    return this.#samples.offset;
  }

  push(chunk: Buffer): void {
    this.#samples.push(chunk);
  }

  end(): void {
    this.#samples.end();
  }

  next(): Doc | undefined {
    for (;;) {
      const sample = this.#samples.next();
      if (sample === undefined) return undefined;
      try {
        return sampleDoc(sample, this.#fields);
      } catch (error) {
        if (!(error instanceof PipelineError)) throw error;
        const message = `in the sample ${JSON.stringify(sample.key)}: ${error.message}`;
        this.#input.report(new PipelineError({ ...error.facts, message }), sample.origin);
      }
    }
  }
}

const EMPTY: JsonObject = {};

function sampleDoc(sample: Sample, names: FieldNames): Doc {
  const { key, members, origin } = sample;
  const txt = members.get("txt");
  const json = members.get("json");
  const fields = json === undefined ? EMPTY : parseObject(json);
  const { id, meta, ...found } = splitFields(fields, txt === undefined ? names.text : false, names.id);
  const none = names.text === false && json !== undefined;
  const text = txt !== undefined ? decode(txt, "txt") : none ? "" : found.text;
  if (typeof text !== "string") {
    if (json !== undefined && names.text !== false) throw badText(fields, names.text, text);
    const others = [...members.keys()].map((extension) => `.${extension}`).join(", ");
    throw new PipelineError({ kind: "bad-field", message: `there is neither a .txt nor a .json member, only ${others}` });
  }
  for (const [extension, content] of members) {
    if (extension === "txt" || extension === "json") continue;
    if (Object.hasOwn(meta, extension)) {
      throw new PipelineError({ kind: "bad-field", message: `\`${extension}\` is both a member and a field of the .json member` });
    }
    meta[extension] = content;
  }
  meta["__key__"] = key;
  return { id: idOf(id, names, `${origin.source}#${key}`), text, meta, origin };
}

function parseObject(bytes: Uint8Array): JsonObject {
  const text = decode(bytes, "json");
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new PipelineError({ kind: "bad-json", message: `the .json member is not valid JSON: ${messageOf(error)}` });
  }
  if (!isObject(value)) throw badRecord(value);
  return value;
}

function decode(bytes: Uint8Array, extension: string): string {
  if (!isUtf8(bytes)) {
    const at = firstInvalidByte(bytes);
    throw new PipelineError({ kind: "invalid-utf8", message: `the .${extension} member is not valid UTF-8, at its byte ${at}` });
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}
