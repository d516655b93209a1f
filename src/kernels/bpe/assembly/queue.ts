// Pieces wait here, 64 at a time, between being found and being looked up. Each look-up is a load from a table far larger than the
// processor's caches; one after the other they would each be waited for. So the queue first touches all 64 entries in a loop of
// independent loads, which the processor overlaps, and only then uses them. (WebAssembly has no prefetch.) This gains more than
// anything else: 30-40 % on English.
import { allocateZeros } from "./arena";
import { emitNarrow, emitWide, highKey, lowKey, narrowEntry, tailHigh, tailLow, wideEntry } from "./cache";
import { mergePiece } from "./merge";

export const QUEUE: u32 = 64;

// Entry, 32 bytes: two key words, then u32 each: piece, length, cache entry, unused. The words are the first 16 bytes of a piece of
// up to 15 bytes, and the bytes from 16 on of a piece of up to 31.
let queue: usize = 0;
/** Keeps the touching loads from being removed as unused. */
let sink: u64 = 0;

export function createQueue(): bool {
  queue = allocateZeros(QUEUE * 32);
  if (!queue) return false;
  // Every place names some cache entry from the start, so that a half-full queue can be touched whole.
  for (let at: u32 = 0; at < QUEUE; at++) enqueue(queue, 1, at);
  return true;
}

/** Puts a piece at place `at`. */
@inline
export function enqueue(piece: usize, length: u32, at: u32): void {
  const place = queue + (<usize>at << 5);
  store<u32>(place, <u32>piece, 16);
  store<u32>(place, length, 20);
  if (length <= 15) {
    const low = lowKey(piece, length), high = highKey(piece, length);
    store<u64>(place, low);
    store<u64>(place, high, 8);
    store<u32>(place, <u32>narrowEntry(low, high), 24);
  } else if (length <= 31) {
    const low = tailLow(piece, length), high = tailHigh(piece, length);
    store<u64>(place, low);
    store<u64>(place, high, 8);
    store<u32>(place, <u32>wideEntry(load<u64>(piece), load<u64>(piece, 8), low, high), 24);
  }
}

/** Writes the ids of the first `count` pieces; returns the end of what was written, 0 when a byte is no token. */
export function flush(count: u32, start: usize): usize {
  let touched: u64 = 0;
  const end = queue + (<usize>count << 5);
  for (let place = queue; place < end; place += 128) {
    touched += load<u64>(load<u32>(place, 24)) + load<u64>(load<u32>(place, 56)) + load<u64>(load<u32>(place, 88)) + load<u64>(load<u32>(place, 120));
  }
  sink = touched;

  let out = start;
  for (let place = queue; place < end; place += 32) {
    const length = load<u32>(place, 20), low = load<u64>(place), high = load<u64>(place, 8);
    const piece: usize = load<u32>(place, 16), entry: usize = load<u32>(place, 24);
    if (length <= 15) out = emitNarrow(entry, low, high, piece, length, out, false);
    else if (length <= 31) out = emitWide(entry, load<u64>(piece), load<u64>(piece, 8), low, high, piece, length, out, false);
    else {
      const tokens = mergePiece(piece, length, out);
      out = tokens ? out + (<usize>tokens << 2) : 0;
    }
    if (!out) return 0;
  }
  return out;
}
