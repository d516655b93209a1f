/** The normalizers of `tokenizer.json`. */
import { byteLevelAlphabet } from "../../kernels/bpe/index.ts";
import { CodePointSet, pinnedSet } from "./code-points.ts";
import type { EditableText, Rewrite } from "./editable-text.ts";
import { UnsupportedTokenizerError } from "./errors.ts";
import { arrayAt, booleanAt, type JsonObject, objectAt, optional, stringAt } from "./json.ts";
import { patternAt } from "./pattern.ts";
import { Precompiled } from "./precompiled.ts";
import type { Pattern } from "./regex.ts";
import { byteLevel, lowercase, removing, spacedOut, spacing } from "./rewrites.ts";
import { type Form, normalizing } from "./unicode-forms.ts";

/** One step of a normalizer; a `Sequence` is flattened into its steps. */
export type NormalizerStep =
  | { readonly kind: "rewrite"; readonly name: string; readonly rewrite: Rewrite }
  | { readonly kind: "replace"; readonly pattern: Pattern; readonly source: string; readonly isRegex: boolean; readonly content: string }
  | { readonly kind: "prepend"; readonly content: string }
  | { readonly kind: "strip"; readonly left: boolean; readonly right: boolean };

/** Applies the steps in order. */
export function normalize(steps: readonly NormalizerStep[], text: EditableText): void {
  for (const step of steps) {
    if (step.kind === "rewrite") text.rewrite(step.rewrite);
    else if (step.kind === "replace") text.replace(step.pattern, step.content);
    else if (step.kind === "prepend") text.prepend(step.content);
    else text.strip(step.left, step.right);
  }
}

/** Reads the section `normalizer`. Throws UnsupportedTokenizerError for a type it does not know. */
export function readNormalizer(json: unknown, where = "normalizer"): readonly NormalizerStep[] {
  if (json === null || json === undefined) return [];
  const part = objectAt(json, where);
  const type = stringAt(part["type"], `${where}.type`);
  const rewrite = (name: string, value: Rewrite): NormalizerStep => ({ kind: "rewrite", name, rewrite: value });
  switch (type) {
    case "Sequence":
      return arrayAt(part["normalizers"], `${where}.normalizers`).flatMap((item, i) => readNormalizer(item, `${where}.normalizers[${i}]`));
    case "NFC":
    case "NFD":
    case "NFKC":
    case "NFKD":
      return [rewrite(type, normalizing(type satisfies Form))];
    case "Lowercase":
      return [rewrite(type, lowercase)];
    case "StripAccents":
      return [rewrite(type, removing(pinnedSet("combiningMark")))];
    case "Nmt":
      return [rewrite(type, removing(NMT_REMOVED)), rewrite(type, spacing(NMT_SPACES))];
    case "ByteLevel":
      return [rewrite(type, byteLevel(byteLevelAlphabet))];
    case "Precompiled":
      return [
        rewrite(type, new Precompiled(Buffer.from(stringAt(part["precompiled_charsmap"], `${where}.precompiled_charsmap`), "base64"))),
      ];
    case "Replace":
      return [
        { kind: "replace", ...patternAt(part["pattern"], `${where}.pattern`), content: stringAt(part["content"], `${where}.content`) },
      ];
    case "Prepend":
      return [{ kind: "prepend", content: stringAt(part["prepend"], `${where}.prepend`) }];
    case "Strip":
      return [
        {
          kind: "strip",
          left: booleanAt(part["strip_left"], `${where}.strip_left`),
          right: booleanAt(part["strip_right"], `${where}.strip_right`),
        },
      ];
    case "BertNormalizer":
      return readBert(part, where).map(([name, value]) => rewrite(name, value));
    default:
      throw new UnsupportedTokenizerError("normalizer", type);
  }
}

/** BERT's own: controls out, Chinese characters apart, accents out, lower case; each can be switched off. */
function readBert(part: JsonObject, where: string): readonly (readonly [string, Rewrite])[] {
  const on = (name: string): boolean => booleanAt(part[name], `${where}.${name}`);
  const lower = on("lowercase");
  // Accents go with the case unless the file says otherwise.
  const accents = optional(part["strip_accents"], `${where}.strip_accents`, booleanAt) ?? lower;
  const out: [string, Rewrite][] = [];
  if (on("clean_text")) out.push(["BertControls", removing(pinnedSet("bertControl"))], ["BertSpaces", spacing(pinnedSet("space"))]);
  if (on("handle_chinese_chars")) out.push(["BertChinese", spacedOut(pinnedSet("bertChinese"))]);
  if (accents) out.push(["NFD", normalizing("NFD")], ["BertAccents", removing(pinnedSet("bertAccent"))]);
  if (lower) out.push(["Lowercase", lowercase]);
  return out;
}

// biome-ignore-start format: pairs of first and last
const NMT_REMOVED = CodePointSet.of([
  [1, 8],
  [0xb, 0xb],
  [0xe, 0x1f],
  [0x7f, 0x7f],
  [0x8f, 0x8f],
  [0x9f, 0x9f],
]);
const NMT_SPACES = CodePointSet.of([
  [9, 0xa],
  [0xc, 0xd],
  [0x1680, 0x1680],
  [0x200b, 0x200f],
  [0x2028, 0x2029],
  [0x2581, 0x2581],
  [0xfeff, 0xfeff],
  [0xfffd, 0xfffd],
]);
// biome-ignore-end format: pairs of first and last
