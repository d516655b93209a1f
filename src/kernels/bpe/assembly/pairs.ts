// Which two tokens may stand side by side. The method is that of GitHub's rust-gems `bpe`: a pair is valid exactly when encoding
// its bytes gives the pair back, and that can be decided by undoing the merges of both along their common border, latest first.
import { allocateZeros } from "./arena";
import { NO_TOKEN, partOf, tokenCount } from "./vocabulary";

const MIX: u64 = 0x9e3779b97f4a7c15;
/** Bits of a token in a packed key. */
const TOKEN_BITS: u64 = 20;
const TOKEN_MASK: u32 = (1 << 20) - 1;
/** The filter in front of the table: 256 KB, one bit per hash. Nine of ten questions end there. */
const FILTER_BITS: u32 = 21;
/** Remembered answers: 256 KB, direct mapped. A larger memo was tried and gained nothing. */
const MEMO_BITS: u32 = 15;

let table: usize = 0; // open addressing: (key + 1) << 20 | merged token
let mask: u32 = 0;
let shift: u32 = 0;
let filter: usize = 0;
let memo: usize = 0;

export function createPairs(): bool {
  let bits: u32 = 8;
  while (<u32>1 << bits < tokenCount * 2) bits++;
  mask = (1 << bits) - 1;
  shift = 64 - bits;
  table = allocateZeros(<u64>8 << bits);
  filter = allocateZeros(1 << (FILTER_BITS - 3));
  memo = allocateZeros(<u64>8 << MEMO_BITS);
  return table != 0 && filter != 0 && memo != 0;
}

/** Forgets the remembered answers; the pairs stay. */
export function clearMemo(): void {
  memory.fill(memo, 0, <usize>8 << MEMO_BITS);
}

@inline
function keyOf(left: u32, right: u32): u64 {
  return (<u64>left << TOKEN_BITS) | right;
}

/** What two tokens merge into, or NO_TOKEN. */
@inline
export function merged(left: u32, right: u32): u32 {
  const key = keyOf(left, right), hash = key * MIX, bit = <u32>(hash >> (64 - FILTER_BITS));
  if (!((<u32>load<u8>(filter + (bit >> 3)) >> (bit & 7)) & 1)) return NO_TOKEN;
  let at = <u32>(hash >> shift);
  while (true) {
    const entry = load<u64>(table + (<usize>at << 3));
    if (!entry) return NO_TOKEN;
    if (entry >> TOKEN_BITS == key + 1) return <u32>entry & TOKEN_MASK;
    at = (at + 1) & mask;
  }
}

export function addPair(left: u32, right: u32, token: u32): void {
  const key = keyOf(left, right), hash = key * MIX, bit = <u32>(hash >> (64 - FILTER_BITS));
  store<u8>(filter + (bit >> 3), <u8>(<u32>load<u8>(filter + (bit >> 3)) | (1 << (bit & 7))));
  let at = <u32>(hash >> shift);
  while (load<u64>(table + (<usize>at << 3))) at = (at + 1) & mask;
  store<u64>(table + (<usize>at << 3), ((key + 1) << TOKEN_BITS) | token);
}

/**
 * Whether encoding the bytes of the two gives the two back. Walks down the merge tree of `left` along its right edge and of `right`
 * along its left edge, undoing the later merge each time. If what then stands at the border would merge earlier than the merge
 * just undone, that merge never happened. Of equal ranks the one further left goes first, hence the `+ 1`.
 *
 * Single bytes rank below everything made of them, so when the higher of the two is a single byte, both are.
 */
export function isValidPair(left: u32, right: u32): bool {
  let l = left, r = right, limit: u32 = NO_TOKEN;
  while (true) {
    if (merged(l, r) < limit) return false;
    // Which of the two goes is as good as random: masks instead of a branch that would be guessed wrong half of the time.
    const side = <u32>(l > r), mask: u32 = 0 - side;
    const later = r ^ ((l ^ r) & mask), inner = partOf(later, side);
    if (inner == later) return true;
    limit = later + 1 - side;
    l ^= (l ^ inner) & mask;
    r ^= (r ^ inner) & ~mask;
  }
}

/** The same, remembered. */
@inline
export function isKnownValidPair(left: u32, right: u32): bool {
  const key = keyOf(left, right) + 1, at = memo + (<usize>((key * MIX) >> (64 - MEMO_BITS)) << 3), entry = load<u64>(at);
  if (entry >> 1 == key) return <bool>(entry & 1);
  const valid = isValidPair(left, right);
  store<u64>(at, (key << 1) | <u64>valid);
  return valid;
}
