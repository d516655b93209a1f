/**
 * The post-processors of `tokenizer.json` for single texts: special tokens around the text, and the trimming of offsets. Templates
 * for pairs of texts are read past.
 */
import { TokenizerFormatError, UnsupportedTokenizerError } from "./errors.ts";
import { arrayAt, booleanAt, countAt, type JsonObject, objectAt, optional, stringAt } from "./json.ts";

/** What stands around the text. A template may hold the text more than once, or not at all. */
export type TemplatePiece = { readonly kind: "text" } | { readonly kind: "special"; readonly ids: readonly number[] };

export interface PostProcessor {
  readonly template: readonly TemplatePiece[];
  /** Whether spaces at the ends of tokens are left out of their offsets; `prefixSpace` keeps one at the beginning of the text. */
  readonly trims: readonly { readonly prefixSpace: boolean }[];
}

const TEXT: readonly TemplatePiece[] = [{ kind: "text" }];

/** Reads the section `post_processor`. Throws UnsupportedTokenizerError for a type it does not know. */
export function readPostProcessor(json: unknown, where = "post_processor"): PostProcessor {
  if (json === null || json === undefined) return { template: TEXT, trims: [] };
  const part = objectAt(json, where);
  const type = stringAt(part["type"], `${where}.type`);
  const flag = (name: string): boolean => booleanAt(part[name], `${where}.${name}`);
  switch (type) {
    case "TemplateProcessing":
      return { template: readTemplate(part, where), trims: [] };
    case "BertProcessing":
      return { template: enclosed(part, where), trims: [] };
    case "RobertaProcessing":
      return { template: enclosed(part, where), trims: flag("trim_offsets") ? [{ prefixSpace: flag("add_prefix_space") }] : [] };
    case "ByteLevel":
      return { template: TEXT, trims: flag("trim_offsets") ? [{ prefixSpace: flag("add_prefix_space") }] : [] };
    case "Sequence": {
      const parts = arrayAt(part["processors"], `${where}.processors`).map((item, i) =>
        readPostProcessor(item, `${where}.processors[${i}]`),
      );
      const templates = parts.map((item) => item.template).filter((template) => template !== TEXT);
      // The reference has no defined meaning for a template of templates.
      if (templates.length > 1) throw new UnsupportedTokenizerError("post_processor", "Sequence", "more than one of its parts adds tokens");
      return { template: templates[0] ?? TEXT, trims: parts.flatMap((item) => item.trims) };
    }
    default:
      throw new UnsupportedTokenizerError("post_processor", type);
  }
}

/** `[cls] text [sep]`. */
function enclosed(part: JsonObject, where: string): readonly TemplatePiece[] {
  const special = (name: string): TemplatePiece => ({
    kind: "special",
    ids: [countAt(arrayAt(part[name], `${where}.${name}`)[1], `${where}.${name}[1]`)],
  });
  return [special("cls"), { kind: "text" }, special("sep")];
}

function readTemplate(part: JsonObject, where: string): readonly TemplatePiece[] {
  const known = objectAt(part["special_tokens"], `${where}.special_tokens`);
  return arrayAt(part["single"], `${where}.single`).map((item, i): TemplatePiece => {
    const at = `${where}.single[${i}]`;
    const { Sequence: sequence, SpecialToken: special } = objectAt(item, at);
    if (sequence !== undefined) {
      const id = objectAt(sequence, `${at}.Sequence`)["id"];
      if (id !== "A") throw new TokenizerFormatError(`tokenizer: ${at} asks for the text ${String(id)}, and there is only A`);
      return { kind: "text" };
    }
    const name = stringAt(objectAt(special, `${at}.SpecialToken`)["id"], `${at}.SpecialToken.id`);
    const token = optional(known[name], `${where}.special_tokens.${name}`, objectAt);
    if (token === undefined) throw new TokenizerFormatError(`tokenizer: ${at} names ${name}, which special_tokens lacks`);
    return { kind: "special", ids: arrayAt(token["ids"], `${where}.special_tokens.${name}.ids`).map((id) => countAt(id, `${at}.ids`)) };
  });
}

/**
 * Leaves the spaces at the ends of a token out of its offsets, which are counted in code points. A space is the byte-level one or
 * any white space; `isFirst` is the first token of the text.
 */
export function trimOffsets(token: string, start: number, end: number, isFirst: boolean, prefixSpace: boolean): readonly [number, number] {
  let leading = 0;
  while (leading < token.length && isSpace(token.charCodeAt(leading))) leading++;
  let trailing = 0;
  while (trailing < token.length && isSpace(token.charCodeAt(token.length - 1 - trailing))) trailing++;
  if (leading > 0) {
    // A single space at the beginning is the one that was put there, and stands for nothing.
    if ((isFirst || start === 0) && prefixSpace && leading === 1) leading = 0;
    start = Math.min(start + leading, end);
  }
  if (trailing > 0 && end >= trailing) end = Math.max(end - trailing, start);
  return [start, end];
}

// White space is stable since Unicode 6.3; written out because JavaScript's \s has U+FEFF and lacks U+0085.
const SPACES = /[\u0120\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

function isSpace(unit: number): boolean {
  if (unit < 0x80) return unit === 0x20 || (unit >= 9 && unit <= 13);
  return unit === 0x120 || SPACES.test(String.fromCharCode(unit));
}
