// Where a text stays that has white space at line ends, or too many blank lines, and no other fault: the pieces of it that are kept.
import { unitAt } from "./classes";
import { behindWords, ensure, text, textEnd } from "./layout";
import { FEED, nextFeed, stripEnd } from "./lines";

/** A piece: line feeds before it, start and end in units; u32 each. */
const PIECE: usize = 12;

export let pieces: usize = 0;
export let pieceCount: u32 = 0;

/**
 * Finds the pieces: lines without the white space behind them, up to `most` blank lines between two, none at the start and at the end. What
 * the pieces leave out lies between them; the first has no line feed before it. The text's only line break is `\n`.
 */
export function findPieces(most: u32): void {
  const end = textEnd;
  pieces = behindWords();
  let last = pieces, // behind the last piece
    blanks: u32 = 0,
    stop: usize = 0; // of the last line that is not blank
  for (let at = text, next = at; at <= end; at = next) {
    const feed = nextFeed(at, end),
      bare = stripEnd(at, feed);
    next = feed + 2;
    if (bare == at) {
      blanks++;
      continue;
    }
    const breaks = 1 + min(blanks, most);
    // Line feeds alone between two lines, as many as stay: one piece.
    if (stop && at - stop == 2 * <usize>breaks && onlyFeeds(stop, at)) last -= PIECE;
    else {
      ensure(last + PIECE);
      store<u32>(last, stop ? breaks : 0);
      store<u32>(last, <u32>((at - text) >> 1), 4);
    }
    store<u32>(last, <u32>((bare - text) >> 1), 8);
    last += PIECE;
    stop = bare;
    blanks = 0;
  }
  pieceCount = <u32>((last - pieces) / PIECE);
}

function onlyFeeds(at: usize, end: usize): bool {
  while (at < end && unitAt(at) == FEED) at += 2;
  return at >= end;
}

/** Moves the pieces together, and returns the units of what is then the text. To be called once, next. */
export function joinPieces(): u32 {
  let out = text;
  for (let i: u32 = 0, piece = pieces; i < pieceCount; i++, piece += PIECE) {
    // A piece never moves to the right: as many line feeds and more stood before it.
    for (let breaks = load<u32>(piece); breaks > 0; breaks--, out += 2) store<u16>(out, 0x0a);
    const bytes = 2 * <usize>(load<u32>(piece, 8) - load<u32>(piece, 4));
    memory.copy(out, text + 2 * <usize>load<u32>(piece, 4), bytes);
    out += bytes;
  }
  pieceCount = 0;
  return <u32>((out - text) >> 1);
}
