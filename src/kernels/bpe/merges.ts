import { type BpeVocabulary, checkVocabulary } from "./vocabulary.ts";

/** The model part of a Hugging Face `tokenizer.json` whose pre-tokenizer is byte-level. */
export interface ByteLevelModel {
  /** Token strings in the byte-level alphabet (a printable character per byte), with their ids. */
  readonly vocab: Readonly<Record<string, number>>;
  /** The merges in order of priority: `"Ġ t"` or `["Ġ", "t"]`. */
  readonly merges: readonly (string | readonly [string, string])[];
  /** `ignore_merges`: a piece that is a token as a whole is taken as it is. Default false. */
  readonly ignoreMerges?: boolean;
}

/**
 * The byte-level alphabet of GPT-2: printable Latin-1 characters stand for themselves, the other bytes for U+0100 and up in order
 * of the byte. The position is the byte.
 */
export const byteLevelAlphabet: readonly string[] = makeAlphabet();

function makeAlphabet(): string[] {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => {
    const printable = (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCharCode(printable ? byte : next++);
  });
}

const byteOf: ReadonlyMap<string, number> = new Map(byteLevelAlphabet.map((character, byte) => [character, byte]));

/**
 * Makes a vocabulary from a vocabulary and merge list. Tokens are ranked by the first merge that makes them; tokens that no merge
 * makes come last and are found only as whole pieces (`ignoreMerges`).
 *
 * Left out are tokens written with characters outside the alphabet: no byte-level text can produce them (they are added tokens,
 * which are matched before BPE). Throws a RangeError when a merge names a part, or makes a token, that the vocabulary lacks.
 */
export function vocabularyFromMerges(model: ByteLevelModel): BpeVocabulary {
  const { vocab, merges, ignoreMerges = false } = model;
  const pairs = merges.map((merge, index) => splitMerge(merge, index));
  const rankOf = rankTokens(vocab, pairs);

  const ids = new Uint32Array(rankOf.size);
  const offsets = new Uint32Array(rankOf.size + 1);
  let total = 0;
  for (const [token, rank] of rankOf) {
    ids[rank] = vocab[token] ?? 0;
    total += token.length;
    offsets[rank + 1] = total;
  }
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const token of rankOf.keys()) for (const character of token) bytes[at++] = byteOf.get(character) ?? 0;

  const rank = (token: string): number => rankOf.get(token) ?? 0;
  const vocabulary = {
    bytes,
    offsets,
    ids,
    wholePieces: ignoreMerges,
    merges: {
      left: Uint32Array.from(pairs, ([left]) => rank(left)),
      right: Uint32Array.from(pairs, ([, right]) => rank(right)),
      result: Uint32Array.from(pairs, ([left, right]) => rank(left + right)),
    },
  };
  checkVocabulary(vocabulary);
  return vocabulary;
}

/** Token to rank, in rank order: single bytes, then what merges make, then the rest by id. */
function rankTokens(vocab: Readonly<Record<string, number>>, pairs: readonly (readonly [string, string])[]): Map<string, number> {
  const rankOf = new Map<string, number>();
  const add = (token: string): void => {
    if (!rankOf.has(token)) rankOf.set(token, rankOf.size);
  };
  for (const character of byteLevelAlphabet) if (Object.hasOwn(vocab, character)) add(character);
  for (const [left, right] of pairs) {
    for (const token of [left, right, left + right]) {
      if (!Object.hasOwn(vocab, token) || !isByteLevel(token)) {
        throw new RangeError(
          `bpe: the merge of ${JSON.stringify(left)} and ${JSON.stringify(right)} needs the token ${JSON.stringify(token)}`,
        );
      }
    }
    add(left + right);
  }
  const rest = Object.keys(vocab).filter((token) => token !== "" && !rankOf.has(token) && isByteLevel(token));
  for (const token of rest.sort((a, b) => (vocab[a] ?? 0) - (vocab[b] ?? 0))) add(token);
  return rankOf;
}

function isByteLevel(token: string): boolean {
  for (const character of token) if (!byteOf.has(character)) return false;
  return true;
}

function splitMerge(merge: string | readonly [string, string], index: number): readonly [string, string] {
  const parts = typeof merge === "string" ? merge.split(" ") : merge;
  const [left, right] = parts;
  if (left === undefined || right === undefined || parts.length !== 2 || left === "" || right === "") {
    throw new RangeError(`bpe: merge ${index} is not a pair of tokens: ${JSON.stringify(merge)}`);
  }
  return [left, right];
}
