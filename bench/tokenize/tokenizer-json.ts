/** A rank table as a `tokenizer.json`, so that Hugging Face's libraries can run the same encoding: each token's merge, by rank. */
import { type BpePattern, byteLevelAlphabet, parseTiktokenRanks, patternSources } from "../../src/kernels/bpe/index.ts";

export function tokenizerJsonOfRanks(ranks: string, pattern: BpePattern): object {
  const { bytes, offsets, ids } = parseTiktokenRanks(ranks);
  const tokens = Array.from(ids, (_, rank) =>
    Array.from(bytes.subarray(offsets[rank], offsets[rank + 1]), (byte) => byteLevelAlphabet[byte]).join(""),
  );
  const rankOf = new Map(tokens.map((token, rank) => [token, rank]));
  const merges = tokens.flatMap((token, rank) => (token.length === 1 ? [] : [partsOf(token, rank, rankOf)]));
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Split", pattern: { Regex: patternSources[pattern] }, behavior: "Isolated", invert: false },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      ...{ type: "BPE", dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null },
      ...{ fuse_unk: false, byte_fallback: false, ignore_merges: true },
      vocab: Object.fromEntries(tokens.map((token, rank) => [token, ids[rank] ?? 0])),
      merges: merges.filter((parts) => parts !== undefined),
    },
  };
}

/** What the token's bytes become when all earlier merges are done; undefined when that is not a pair (no merge makes the token). */
function partsOf(token: string, rank: number, rankOf: ReadonlyMap<string, number>): readonly string[] | undefined {
  const parts = [...token];
  while (parts.length > 2) {
    let lowest = rank;
    let at = -1;
    for (let i = 0; i + 1 < parts.length; i++) {
      const merged = rankOf.get(`${parts[i]}${parts[i + 1]}`) ?? rank;
      if (merged < lowest) [lowest, at] = [merged, i];
    }
    if (at === -1) return undefined;
    parts.splice(at, 2, `${parts[at]}${parts[at + 1]}`);
  }
  return parts;
}
