/**
 * Fingerprints: sha256 over a canonical text of what determines the ids, so that the same vocabulary read from another file
 * format gives the same fingerprint.
 *
 * Byte-level BPE is determined by its pattern, its ranks and its special tokens, all of which are hashed. The names
 * "gpt2" and "r50k_base" therefore share one fingerprint: they are the same tokenizer.
 *
 * A foreign object (`fromTransformers`) does not show its rules: merges, normaliser and pre-tokenizer lie in private fields
 * that change between versions. There the vocabulary is hashed together with the ids of a fixed probe, which any rule that
 * matters changes. Two tokenizers that share the whole vocabulary and differ only where the probe has no text for it would be
 * taken for one; the option `fingerprint` overrules.
 */
import { createHash } from "node:crypto";

/** The tokens of a vocabulary by rank: their bytes in base64, as in a `.tiktoken` file; "" where a rank is not given. */
export type RankedTokens = readonly string[];

/** Everything that determines the ids of a byte-level BPE. */
export interface BpeVocabulary {
  readonly pattern: string;
  readonly ranks: RankedTokens;
  readonly special: Readonly<Record<string, number>>;
}

/** The fingerprint of a byte-level BPE vocabulary. */
export function bpeFingerprint({ pattern, ranks, special }: BpeVocabulary): string {
  const lines = ["millrace tokenizer 1: byte-level bpe", JSON.stringify(pattern)];
  for (let rank = 0; rank < ranks.length; rank++) if (ranks[rank] !== "") lines.push(`${rank} ${ranks[rank]}`);
  lines.push(...specialLines(special));
  return sha256(lines);
}

/** The fingerprint of a tokenizer that shows its vocabulary and, for the rest of its rules, only evidence of them. */
export function vocabularyFingerprint(
  vocabulary: ReadonlyMap<string, number>,
  special: Readonly<Record<string, number>>,
  evidence: readonly string[],
): string {
  const lines = ["millrace tokenizer 1: vocabulary"];
  const entries = [...vocabulary].sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
  for (const [token, id] of entries) lines.push(`${id} ${JSON.stringify(token)}`);
  lines.push(...specialLines(special), ...evidence);
  return sha256(lines);
}

/**
 * Texts that make a tokenizer show its rules: case, accents composed and decomposed, compatibility forms, white space,
 * digits, contractions, scripts with and without spaces; words of common letters at random, in which merges compete; then the
 * texts of a sample of its own vocabulary, a line each, which come out in one piece only where the merges are all there. The
 * characters of the fixed part have been in Unicode for decades, so that the host's tables do not matter.
 */
export function probeTexts(vocabulary: ReadonlyMap<string, number>, decode: (id: number) => string): readonly string[] {
  const ids = [...vocabulary.values()].sort((a, b) => a - b);
  const step = Math.max(1, Math.ceil(ids.length / 2048));
  const sample: string[] = [];
  for (let i = 0; i < ids.length; i += step) sample.push(decode(ids[i] as number));
  return [...PROBE, randomWords(4000), sample.join("\n"), sample.join("")];
}

function randomWords(count: number): string {
  let state = 1;
  const next = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const letters = "eeeeeetttttaaaaoooiiinnnssshhrrddlluucmwfgypbvk";
  const word = (): string => Array.from({ length: 2 + next(8) }, () => letters[next(letters.length)]).join("");
  return Array.from({ length: count }, word).join(" ");
}

const PROBE = [
  "The quick brown fox jumps over the lazy dog. THE QUICK BROWN FOX! It's we'll I'D they're DON'T",
  "  two  spaces\tand\ttabs \n\n lines\r\n   ends with white space   ",
  "1 12 123 1234 12345 3.14159 1,000,000 0x7fff 10^9 1/2 50% $9.99",
  "caf\u00e9 cafe\u0301 na\u00efve \u00c5ngstr\u00f6m \u00df \u0130stanbul \ufb01ne \u2460 \uff21\uff22\uff23 \u00bd x\u00b2",
  'https://example.org/a_b?c=d&e=%20#f user@example.org C:\\path\\file.txt {"key": [1, null]} if (a!=b) { return; }',
  "\u0440\u0443\u0441\u0441\u043a\u0438\u0439 \u03b5\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac \u05e2\u05d1\u05e8\u05d9\u05ea \u0627\u0644\u0639\u0631\u0628\u064a\u0629 \u0939\u093f\u0928\u094d\u0926\u0940 \u0e44\u0e17\u0e22",
  "\u4e2d\u6587\u6ca1\u6709\u7a7a\u683c\u3002\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8 \ud55c\uad6d\uc5b4 \ud83d\ude00\ud83d\udc69\u200d\ud83d\udcbb \u201cquotes\u201d \u2014 \u2026 \u00a0nbsp\u3000wide",
];

function specialLines(special: Readonly<Record<string, number>>): string[] {
  const entries = Object.entries(special).sort((a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1));
  return entries.map(([text, id]) => `special ${id} ${JSON.stringify(text)}`);
}

function sha256(lines: readonly string[]): string {
  return `sha256:${createHash("sha256").update(lines.join("\n")).digest("hex")}`;
}
