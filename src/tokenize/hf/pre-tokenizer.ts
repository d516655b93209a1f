/** The pre-tokenizers of `tokenizer.json`. */
import { byteLevelAlphabet } from "../../kernels/bpe/index.ts";
import { type CodePointSet, pinnedSet, segmentScriptSets } from "./code-points.ts";
import { type Behavior, behaviorAt, cut, inverted, memberParts, patternParts } from "./cuts.ts";
import type { EditableText } from "./editable-text.ts";
import { TokenizerFormatError, UnsupportedTokenizerError } from "./errors.ts";
import { arrayAt, booleanAt, characterAt, countAt, type JsonObject, objectAt, optional, stringAt } from "./json.ts";
import { patternAt } from "./pattern.ts";
import { literalPattern, translateRegex } from "./regex.ts";
import { byteLevel } from "./rewrites.ts";

/** GPT-2's pattern, which `ByteLevel` cuts with unless it is told not to. */
export const GPT2_PATTERN = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

export type PrependScheme = "first" | "never" | "always";

/** One step of a pre-tokenizer; a `Sequence` is flattened into its steps. */
export interface PreTokenizerStep {
  readonly type: string;
  /** Rewrites a piece before it is cut. */
  before?(piece: EditableText): void;
  /** Where to cut it: pairs of start and end of what is kept. Absent: it stays whole. */
  cut?(text: string): number[];
  /** Rewrites what was cut. */
  after?(piece: EditableText): void;
  /** Of `Split` and `ByteLevel`: the source of the regular expression, if its matches are pieces. */
  readonly pattern?: string;
  /** Whether what lies between the matches is kept as pieces, too. */
  readonly keepsGaps?: boolean;
  /** Of `Metaspace`. */
  readonly prepend?: PrependScheme;
  readonly replacement?: string;
  /** Of `ByteLevel`. */
  readonly prefixSpace?: boolean;
}

/** Cuts one piece by all steps. Empty pieces vanish. */
export function preTokenize<T extends EditableText>(steps: readonly PreTokenizerStep[], whole: T): T[] {
  let pieces: T[] = whole.text === "" ? [] : [whole];
  for (const step of steps) {
    const next: T[] = [];
    for (const piece of pieces) {
      step.before?.(piece);
      const ranges = step.cut === undefined ? [0, piece.text.length] : step.cut(piece.text);
      for (let i = 0; i < ranges.length; i += 2) {
        const start = ranges[i] ?? 0;
        const end = ranges[i + 1] ?? 0;
        if (start >= end) continue;
        // A slice of a kind of text is of that kind.
        const part = start === 0 && end === piece.text.length && step.cut === undefined ? piece : (piece.slice(start, end) as T);
        step.after?.(part);
        next.push(part);
      }
    }
    pieces = next;
  }
  return pieces;
}

/** Reads the section `pre_tokenizer`. Throws UnsupportedTokenizerError for a type it does not know. */
export function readPreTokenizer(json: unknown, where = "pre_tokenizer"): readonly PreTokenizerStep[] {
  if (json === null || json === undefined) return [];
  const part = objectAt(json, where);
  const type = stringAt(part["type"], `${where}.type`);
  const members = (set: CodePointSet, behavior: Behavior): PreTokenizerStep => ({
    type,
    cut: (text) => cut(memberParts(set, text), behavior),
  });
  switch (type) {
    case "Sequence":
      return arrayAt(part["pretokenizers"], `${where}.pretokenizers`).flatMap((item, i) =>
        readPreTokenizer(item, `${where}.pretokenizers[${i}]`),
      );
    case "ByteLevel":
      return [byteLevelStep(part, where)];
    case "Split":
      return [splitStep(part, where)];
    case "Metaspace":
      return [metaspaceStep(part, where)];
    case "BertPreTokenizer":
      return [members(pinnedSet("space"), "Removed"), members(pinnedSet("punctuation"), "Isolated")];
    case "Punctuation":
      return [members(pinnedSet("punctuation"), optional(part["behavior"], `${where}.behavior`, behaviorAt) ?? "Isolated")];
    case "WhitespaceSplit":
      return [members(pinnedSet("space"), "Removed")];
    case "Digits":
      return [
        members(pinnedSet("numeric"), booleanAt(part["individual_digits"], `${where}.individual_digits`) ? "Isolated" : "Contiguous"),
      ];
    case "Whitespace":
      return [whitespaceStep()];
    case "CharDelimiterSplit": {
      const pattern = literalPattern(characterAt(part["delimiter"], `${where}.delimiter`));
      return [{ type, cut: (text) => cut(patternParts(pattern, text), "Removed") }];
    }
    case "UnicodeScripts":
      return [{ type, cut: cutByScript }];
    case "FixedLength":
      return [fixedLengthStep(optional(part["length"], `${where}.length`, countAt) ?? 5)];
    default:
      throw new UnsupportedTokenizerError("pre_tokenizer", type);
  }
}

function byteLevelStep(part: JsonObject, where: string): PreTokenizerStep {
  const prefixSpace = booleanAt(part["add_prefix_space"], `${where}.add_prefix_space`);
  const useRegex = optional(part["use_regex"], `${where}.use_regex`, booleanAt) ?? true;
  const rewrite = byteLevel(byteLevelAlphabet);
  const pattern = translateRegex(GPT2_PATTERN);
  return {
    type: "ByteLevel",
    prefixSpace,
    before: (piece) => {
      if (prefixSpace && !piece.text.startsWith(" ")) piece.prepend(" ");
    },
    ...(useRegex ? { pattern: GPT2_PATTERN, keepsGaps: true, cut: (text: string) => cut(patternParts(pattern, text), "Isolated") } : {}),
    after: (piece) => piece.rewrite(rewrite),
  };
}

function splitStep(part: JsonObject, where: string): PreTokenizerStep {
  const { pattern, source, isRegex } = patternAt(part["pattern"], `${where}.pattern`);
  const behavior = behaviorAt(part["behavior"], `${where}.behavior`);
  const invert = booleanAt(part["invert"], `${where}.invert`);
  return {
    type: "Split",
    ...(isRegex && behavior === "Isolated" ? { pattern: source, keepsGaps: true } : {}),
    ...(isRegex && behavior === "Removed" && invert ? { pattern: source, keepsGaps: false } : {}),
    cut: (text) => cut(invert ? inverted(patternParts(pattern, text)) : patternParts(pattern, text), behavior),
  };
}

function metaspaceStep(part: JsonObject, where: string): PreTokenizerStep {
  const replacement = characterAt(part["replacement"], `${where}.replacement`);
  const prepend = (optional(part["prepend_scheme"], `${where}.prepend_scheme`, stringAt) ?? "always") as PrependScheme;
  if (prepend !== "first" && prepend !== "never" && prepend !== "always") {
    throw new TokenizerFormatError(`tokenizer: ${where}.prepend_scheme must be first, never or always, got ${String(prepend)}`);
  }
  if (optional(part["add_prefix_space"], `${where}.add_prefix_space`, booleanAt) === false) {
    // So says the reference too, which has no other way to read such a file.
    if (prepend !== "never")
      throw new TokenizerFormatError(`tokenizer: ${where}.add_prefix_space does not go with prepend_scheme ${prepend}`);
  }
  const space = literalPattern(" ");
  const mark = literalPattern(replacement);
  const split = optional(part["split"], `${where}.split`, booleanAt) ?? true;
  return {
    type: "Metaspace",
    prepend,
    replacement,
    before(piece) {
      piece.replace(space, replacement);
      if (prepend === "never" || piece.text.startsWith(replacement)) return;
      if (prepend === "always" || piece.atStart) piece.prepend(replacement);
    },
    ...(split ? { cut: (text: string) => cut(patternParts(mark, text), "MergedWithNext") } : {}),
  };
}

/** Words and runs of punctuation, as the regex crate's `\w+|[^\w\s]+` finds them. */
function whitespaceStep(): PreTokenizerStep {
  const word = pinnedSet("regexWord");
  const other = word.union(pinnedSet("space")).complement();
  const regex = new RegExp(`[${word.classBody()}]+|[${other.classBody()}]+`, "gu");
  return { type: "Whitespace", cut: (text) => cut(inverted(patternParts({ regex, mayBeEmpty: false }, text)), "Removed") };
}

function fixedLengthStep(length: number): PreTokenizerStep {
  if (length === 0) throw new TokenizerFormatError("tokenizer: a FixedLength of 0 cuts nothing");
  return {
    type: "FixedLength",
    cut(text) {
      const out: number[] = [];
      let start = 0;
      let count = 0;
      for (let at = 0; at < text.length; ) {
        at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
        if (++count % length === 0 || at === text.length) {
          out.push(start, at);
          start = at;
        }
      }
      return out;
    },
  };
}

/** Cuts where the script changes. Han, Hiragana and Katakana are one script, and a character of no script goes with any. */
function cutByScript(text: string): number[] {
  const scripts = segmentScriptSets();
  const out: number[] = [];
  let start = -1;
  let last = -1;
  for (let at = 0; at < text.length; ) {
    const point = text.codePointAt(at) ?? 0;
    const script = scripts.findIndex((set) => set.has(point));
    // The reference starts with no script at all: a first character of no script opens no piece, and is lost.
    if (script !== -1 && script !== last) {
      if (start !== -1) out.push(start, at);
      start = at;
    }
    if (script !== -1) last = script;
    at += point > 0xffff ? 2 : 1;
  }
  if (start !== -1) out.push(start, text.length);
  return out;
}
