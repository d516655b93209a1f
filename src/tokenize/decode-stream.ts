import type { DecodeStream } from "./tokenizer.ts";

/** A stream over a tokenizer whose ids are bytes: the bytes of a character are held back until they are all there. */
export function streamBytes(bytesOf: (tokens: Uint32Array) => Uint8Array): DecodeStream {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return {
    push: (tokens) => decoder.decode(bytesOf(tokensOf(tokens)), { stream: true }),
    end: () => decoder.decode(),
  };
}

/** Ids whose text may still change: no decoder looks further than over neighbours and the bytes of a character. */
const HELD_BACK = 8;
/** Ids that are decoded along, so that the first of the new ones is not taken for the beginning of a text. */
const CONTEXT = 8;
const BYTES_OF_CHARACTER = 4;

/**
 * A stream over any other tokenizer. It decodes the last ids again with each push, and hands out what the ids that came later can
 * no longer change. Cost: some forty ids decoded for each that comes alone.
 *
 * One decoder can reach further: that of byte fallback gives up a whole run of byte tokens when one of them fits nowhere, which no
 * encoder produces. What was told by then stays told.
 */
export function streamText(decode: (tokens: Uint32Array) => string): DecodeStream {
  /** The last ids; the text of the first `told` of them has been handed out. */
  let ids: number[] = [];
  let told = 0;
  const text = (from: number, to: number): string => decode(Uint32Array.from(ids.slice(from, to)));

  /** Up to where the last ids make whole characters: an unfinished one may spoil a whole run of byte tokens before it. */
  const wholeUpTo = (): number => {
    let best = ids.length;
    let fewest = Number.POSITIVE_INFINITY;
    for (let to = ids.length; to > ids.length - BYTES_OF_CHARACTER; to--) {
      const broken = text(0, to).split("\ufffd").length;
      if (broken < fewest) [best, fewest] = [to, broken];
    }
    return best;
  };
  const tellUpTo = (to: number, end: number): string => {
    const out = text(0, to).slice(text(0, told).length);
    const start = to - CONTEXT;
    told = to;
    // What is decoded along must not begin in the middle of a character.
    const tail = start > 0 ? text(start, end) : "";
    if (start > 0 && text(0, end).endsWith(tail) && tail.startsWith(text(start, to))) {
      ids = ids.slice(start);
      told = CONTEXT;
    }
    return out;
  };
  return {
    push(tokens) {
      for (const id of tokensOf(tokens)) ids.push(id);
      if (ids.length - HELD_BACK <= told) return "";
      const end = wholeUpTo();
      const whole = text(0, end);
      // Where a border cuts a character, the text before it ends in something else than the whole has there.
      for (let to = ids.length - HELD_BACK; to > told; to--) if (whole.startsWith(text(0, to))) return tellUpTo(to, end);
      return "";
    },
    end() {
      const out = text(0, ids.length).slice(text(0, told).length);
      ids = [];
      told = 0;
      return out;
    },
  };
}

function tokensOf(tokens: Uint32Array | readonly number[] | number): Uint32Array {
  if (typeof tokens === "number") return Uint32Array.of(tokens);
  return tokens instanceof Uint32Array ? tokens : Uint32Array.from(tokens);
}
