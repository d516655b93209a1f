// The pieces seen before, by their bytes. Keys are compared in full, so a collision can cost time but never change a token; the
// tables have a fixed size, so memory is the same for any corpus. Two tables:
//
// narrow  2-way sets of 32-byte entries for pieces of up to 15 bytes and 3 tokens: {16 key bytes, 3 ids, count}. The length stands
//         in the key's last byte. A hit is two 64-bit compares, one 16-byte store and one add.
// wide    direct-mapped 64-byte entries for up to 31 bytes and 7 tokens: {32 key bytes, 7 ids, count}. A short piece of more than
//         3 tokens lies here too, and its narrow entry says so, so that a narrow miss never costs a look at the wide table.
import { allocate, allocateZeros } from "./arena";
import { mergePiece, mergeRun, wholePieces } from "./merge";
import { isMade } from "./parts";
import { bytesOf, idOf, lengthOf, tokenCount } from "./vocabulary";

const NARROW_BITS: u32 = 19; // 16 MB. Half of it costs 9 % of the speed on English (20 % in o200k), an eighth a quarter; twice as much gains nothing
const WIDE_BITS: u32 = 16; // 4 MB
/** The count of a narrow entry whose ids are in the wide table. */
const IN_WIDE: u32 = 255;

const K1: u64 = 0x9e3779b97f4a7c15, K2: u64 = 0xc2b2ae3d27d4eb4f, K3: u64 = 0xd6e8feb86659fd93, K4: u64 = 0xa0761d6478bd642f;

let narrow: usize = 0;
let wide: usize = 0;
let masks: usize = 0; // 16 bytes per length: ones over the bytes that belong to the piece

/** Makes the tables; `refillCache` must follow. */
export function createCache(): bool {
  narrow = allocate(<u64>32 << NARROW_BITS);
  wide = allocate(<u64>64 << WIDE_BITS);
  masks = allocateZeros(17 * 16);
  if (!narrow || !wide || !masks) return false;
  for (let length: u32 = 0; length <= 16; length++) memory.fill(masks + 16 * length, 0xff, length);
  return true;
}

/**
 * Empties the cache but for the vocabulary: every short token is a hit from the start, the most frequent ones in the first way.
 * A token that no merge makes is in only where whole pieces are tokens.
 */
export function refillCache(): void {
  memory.fill(narrow, 0, <usize>32 << NARROW_BITS);
  memory.fill(wide, 0, <usize>64 << WIDE_BITS);
  for (let token = tokenCount; token-- > 0;) {
    const length = lengthOf(token), bytes = bytesOf(token);
    if (length > 15 || !(isMade(token) || wholePieces)) continue;
    const low = lowKey(bytes, length), high = highKey(bytes, length), entry = narrowEntry(low, high);
    replaceNarrow(entry, low, high);
    store<u32>(entry, idOf(token), 16);
    store<u64>(entry, 0, 20);
    store<u32>(entry, 1, 28);
  }
}

// Keys of a piece of up to 15 bytes: the bytes themselves, zeros behind them, the length in the topmost byte.

@inline
export function lowKey(piece: usize, length: u32): u64 {
  return load<u64>(piece) & load<u64>(masks + (length << 4));
}

@inline
export function highKey(piece: usize, length: u32): u64 {
  return (load<u64>(piece, 8) & load<u64>(masks + (length << 4), 8)) | (<u64>length << 56);
}

@inline
function mix(low: u64, high: u64): u64 {
  return low * K1 + high * K2;
}

/** The set of a key: two entries, side by side. */
@inline
export function narrowEntry(low: u64, high: u64): usize {
  return narrow + (<usize>(<u32>(mix(low, high) >> (64 - NARROW_BITS)) & ~1) << 5);
}

/** The wide entry of a key of four words; short pieces have zeros for the last two. */
@inline
export function wideEntry(k0: u64, k1: u64, k2: u64, k3: u64): usize {
  const hash = (mix(k0, k1) ^ (k2 * K3 + k3 * K4)) * K1;
  return wide + (<usize>(hash >> (64 - WIDE_BITS)) << 6);
}

/** Moves the first entry of a set to the second place and writes the key of a new one. */
@inline
function replaceNarrow(entry: usize, low: u64, high: u64): void {
  v128.store(entry, v128.load(entry), 32);
  v128.store(entry, v128.load(entry, 16), 48);
  store<u64>(entry, low);
  store<u64>(entry, high, 8);
}

/**
 * Writes the ids of the piece whose narrow set and key these are; returns the end of what was written, 0 on failure. A segment
 * (segments.ts) is not cut again, nor taken for a token that no merge makes.
 */
@inline
export function emitNarrow(set: usize, low: u64, high: u64, piece: usize, length: u32, out: usize, segment: bool): usize {
  let entry = set;
  if (load<u64>(entry) != low || load<u64>(entry, 8) != high) {
    entry += 32;
    if (load<u64>(entry) != low || load<u64>(entry, 8) != high) return missNarrow(set, low, high, piece, length, out, segment);
  }
  const count = load<u32>(entry, 28);
  if (count == IN_WIDE) return emitWide(wideEntry(low, high, 0, 0), low, high, 0, 0, piece, length, out, segment);
  // Three ids and, behind them, the count: what stands behind the last id is overwritten by the next piece.
  v128.store(out, v128.load(entry, 16));
  return out + (<usize>count << 2);
}

function missNarrow(set: usize, low: u64, high: u64, piece: usize, length: u32, out: usize, segment: bool): usize {
  const count = segment ? mergeRun(piece, length, out) : mergePiece(piece, length, out);
  if (!count) return 0;
  replaceNarrow(set, low, high);
  const ids = v128.load(out);
  v128.store(set, ids, 16);
  store<u32>(set, count <= 3 ? count : IN_WIDE, 28);
  if (count > 3 && count <= 7) fillWide(wideEntry(low, high, 0, 0), low, high, 0, 0, count, out);
  return out + (<usize>count << 2);
}

/** The same for a wide entry. */
export function emitWide(entry: usize, k0: u64, k1: u64, k2: u64, k3: u64, piece: usize, length: u32, out: usize, segment: bool): usize {
  if (load<u64>(entry) == k0 && load<u64>(entry, 8) == k1 && load<u64>(entry, 16) == k2 && load<u64>(entry, 24) == k3) {
    v128.store(out, v128.load(entry, 32));
    v128.store(out, v128.load(entry, 48), 16);
    return out + (<usize>load<u32>(entry, 60) << 2);
  }
  const count = segment ? mergeRun(piece, length, out) : mergePiece(piece, length, out);
  if (!count) return 0;
  if (count <= 7) fillWide(entry, k0, k1, k2, k3, count, out);
  return out + (<usize>count << 2);
}

function fillWide(entry: usize, k0: u64, k1: u64, k2: u64, k3: u64, count: u32, out: usize): void {
  store<u64>(entry, k0);
  store<u64>(entry, k1, 8);
  store<u64>(entry, k2, 16);
  store<u64>(entry, k3, 24);
  v128.store(entry, v128.load(out), 32);
  v128.store(entry, v128.load(out, 16), 48);
  store<u32>(entry, count, 60);
}

@inline
export function tailLow(piece: usize, length: u32): u64 {
  return load<u64>(piece, 16) & load<u64>(masks + ((length - 16) << 4));
}

@inline
export function tailHigh(piece: usize, length: u32): u64 {
  return (load<u64>(piece, 24) & load<u64>(masks + ((length - 16) << 4), 8)) | (<u64>length << 56);
}
