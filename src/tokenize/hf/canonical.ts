/** A text form of what determines ids and decoding in a `tokenizer.json`: equal for files that differ in layout or settings only. */
import { isObject, type JsonObject } from "./json.ts";

const SECTIONS = ["added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder"];

export function canonicalJson(file: JsonObject): string {
  const lines = ["millrace tokenizer 1: tokenizer.json"];
  for (const name of SECTIONS) lines.push(`${name} ${sorted(file[name] ?? null)}`);
  const { vocab, merges, ...rest } = isObject(file["model"]) ? file["model"] : {};
  lines.push(`model ${sorted(rest)}`);
  if (isObject(vocab)) {
    const entries = Object.keys(vocab).map((token): [string, number] => [token, Number(vocab[token])]);
    for (const [token, id] of entries.sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1))) lines.push(`${id} ${JSON.stringify(token)}`);
  } else lines.push(sorted(vocab ?? null));
  // "a b" and ["a", "b"] are the same merge.
  if (Array.isArray(merges)) for (const merge of merges) lines.push(JSON.stringify(typeof merge === "string" ? merge.split(" ") : merge));
  return lines.join("\n");
}

function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join(",")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${sorted(value[key])}`).join(",")}}`;
}
