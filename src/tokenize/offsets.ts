import type { TokenOffsets } from "./tokenizer.ts";

/**
 * Where tokens that are bytes stand in their text, in UTF-16 units. `lengths` are the bytes of each token; together they are the
 * text's UTF-8 form, in which a lone surrogate has the three bytes of U+FFFD. One pass over the text.
 */
export function byteTokenOffsets(text: string, tokens: Uint32Array, lengths: Uint32Array): TokenOffsets {
  const starts = new Uint32Array(tokens.length);
  const ends = new Uint32Array(tokens.length);
  let unit = 0; // where the current character begins
  let units = 0; // and how long it is
  let behind = 0; // bytes up to its end
  const advance = (): void => {
    unit += units;
    const point = text.codePointAt(unit) ?? 0;
    units = point > 0xffff ? 2 : 1;
    behind += point < 0x80 ? 1 : point < 0x800 ? 2 : point > 0xffff ? 4 : 3;
  };
  let byte = 0;
  for (let i = 0; i < tokens.length; i++) {
    while (behind <= byte && unit < text.length) advance();
    starts[i] = unit;
    byte += lengths[i] ?? 0;
    while (behind < byte && unit < text.length) advance();
    ends[i] = unit + units;
  }
  return { tokens, starts, ends };
}

/** The offsets of parts of a text, one after the other; `at` is where each part begins. */
export function joinedOffsets(parts: readonly { readonly at: number; readonly offsets: TokenOffsets }[]): TokenOffsets {
  const length = parts.reduce((sum, { offsets }) => sum + offsets.tokens.length, 0);
  const joined = { tokens: new Uint32Array(length), starts: new Uint32Array(length), ends: new Uint32Array(length) };
  let to = 0;
  for (const { at, offsets } of parts) {
    joined.tokens.set(offsets.tokens, to);
    for (let i = 0; i < offsets.tokens.length; i++) {
      joined.starts[to + i] = (offsets.starts[i] ?? 0) + at;
      joined.ends[to + i] = (offsets.ends[i] ?? 0) + at;
    }
    to += offsets.tokens.length;
  }
  return joined;
}
