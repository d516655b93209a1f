// Hashes of units to a signature and its band keys: the definitions of src/dedupe/shingle.ts, sketch.ts and bands.ts, four shingles or
// four bins at a time.
//
// Bins that are still empty need every value again. Values are remembered up to a bound; then those seen already are thinned out, and if
// that does not help, the least value of each hole's own hash function is brought up to date and they are forgotten. So memory does
// not grow, and the result is the same.
import { blockA, blockB, GOLDEN, mix, mix4, POLYNOMIAL_A, POLYNOMIAL_B, START_A, START_B } from "./hash";
import {
  ADD, BINS, CHUNK, EMPTY_BINS, HASH_A, HASH_B, HOLES, KEPT, LARGEST_BANDS, LARGEST_NGRAM, LARGEST_SIGNATURE, MULTIPLY, SEEN, SEEN_VALUES, VALUES,
} from "./layout";
import { UNITS_A, UNITS_B } from "./units";

/** What a bin without a shingle holds. */
const EMPTY: i32 = 0x7fffffff;

let ngram: u32 = 5;
export let bands: u32 = 14;
let rows: u32 = 8;
/** `bands * rows`. */
export let size: u32 = 112;
let seedA: u32 = 0;
let seedB: u32 = 0;

/** Units before the chunk whose hashes are kept, at most `ngram - 1`. */
let unitsBefore: u32 = 0;
/** Shingles of the document so far. */
let shingles: u64 = 0;
/** Values remembered, and whether any are needed. */
let kept: u32 = 0;
let holesPossible: bool = true;
let holesBegun: bool = false;

@inline
function seeded(seed: u32, n: u32): u32 {
  return mix(seed + n * GOLDEN);
}

/** Sets the parameters of the sketch; false for numbers out of range. */
export function configureSketch(words: u32, bandCount: u32, rowCount: u32, seed: u32): bool {
  if (words < 1 || words > LARGEST_NGRAM || bandCount < 1 || bandCount > LARGEST_BANDS || rowCount < 1) return false;
  if (rowCount > LARGEST_SIGNATURE || bandCount * rowCount > LARGEST_SIGNATURE) return false;
  ngram = words;
  bands = bandCount;
  rows = rowCount;
  size = bandCount * rowCount;
  seedA = seeded(seed, 1);
  seedB = seeded(seed, 2);
  for (let j: u32 = 0; j < LARGEST_SIGNATURE; j++) {
    store<u32>(MULTIPLY + (<usize>j << 2), seeded(seed, 3 + 2 * j) | 1);
    store<u32>(ADD + (<usize>j << 2), seeded(seed, 4 + 2 * j));
  }
  return true;
}

/** Begins a document. */
export function beginSketch(): void {
  unitsBefore = 0;
  shingles = 0;
  kept = 0;
  holesPossible = true;
  holesBegun = false;
  fillBins(BINS);
}

/** All bins empty, those behind the last too, so that they can be handled sixteen at a time. */
@inline
function fillBins(at: usize): void {
  for (let end = at + ((<usize>size + 15) & ~15) * 4; at < end; at += 16) v128.store(at, i32x4.splat(EMPTY));
}

/** Takes the next `count` units, whose hashes lie in the chunk. */
export function takeUnits(count: u32): void {
  const ready = unitsBefore + count;
  if (ready >= ngram) scatter(ready - ngram + 1, (<usize>unitsBefore) << 2);
  // The last units go before the next chunk.
  const keep = min(ngram - 1, ready), bytes = <usize>keep << 2, from = (<usize>count - <usize>keep) << 2;
  memory.copy(UNITS_A - bytes, UNITS_A + from, bytes);
  memory.copy(UNITS_B - bytes, UNITS_B + from, bytes);
  unitsBefore = keep;
}

/** Makes `count` shingles, the first one of which begins `back` bytes before the chunk, and puts them into their bins. */
function scatter(count: u32, back: usize): void {
  const firstA = UNITS_A - back, firstB = UNITS_B - back, values = KEPT + (<usize>kept << 2);
  const width = i32x4.splat(size), pa = i32x4.splat(POLYNOMIAL_A), pb = i32x4.splat(POLYNOMIAL_B);
  const sa = i32x4.splat(seedA), sb = i32x4.splat(seedB);
  const last = (<usize>ngram - 1) << 2;
  for (let i: usize = 0, end = <usize>count << 2; i < end; i += 16) {
    let a = v128.load(firstA + i), b = v128.load(firstB + i);
    for (let j: usize = 4; j <= last; j += 4) {
      a = i32x4.add(i32x4.mul(a, pa), v128.load(firstA + i + j));
      b = i32x4.add(i32x4.mul(b, pb), v128.load(firstB + i + j));
    }
    const value = mix4(i32x4.add(a, sa)), place = mix4(i32x4.add(b, sb));
    const bin = i32x4.shl(i32x4.shr_u(i32x4.mul(i32x4.shr_u(place, 16), width), 16), 2);
    v128.store(values + i, value);
    if (i + 16 <= end) {
      lower(i32x4.extract_lane(bin, 0), i32x4.extract_lane(value, 0));
      lower(i32x4.extract_lane(bin, 1), i32x4.extract_lane(value, 1));
      lower(i32x4.extract_lane(bin, 2), i32x4.extract_lane(value, 2));
      lower(i32x4.extract_lane(bin, 3), i32x4.extract_lane(value, 3));
    } else {
      lower(i32x4.extract_lane(bin, 0), i32x4.extract_lane(value, 0));
      if (i + 4 < end) lower(i32x4.extract_lane(bin, 1), i32x4.extract_lane(value, 1));
      if (i + 8 < end) lower(i32x4.extract_lane(bin, 2), i32x4.extract_lane(value, 2));
    }
  }
  shingles += count;
  if (!holesPossible) return;
  kept += count;
  if (kept > VALUES - CHUNK) makeRoom();
}

@inline
function lower(bin: i32, value: i32): void {
  const at = BINS + <usize>bin, old = load<i32>(at);
  store<i32>(at, value < old ? value : old);
}

/** The indices of the empty bins, and how many there are. */
function findEmpty(): u32 {
  let count: u32 = 0;
  for (let j: u32 = 0; j < size; j++) {
    store<u32>(EMPTY_BINS + (<usize>count << 2), j);
    count += <u32>(load<i32>(BINS + (<usize>j << 2)) == EMPTY);
  }
  return count;
}

function makeRoom(): void {
  const empty = findEmpty();
  if (!empty) {
    holesPossible = false;
    kept = 0;
    return;
  }
  // A value that belongs into another slot, so that nothing looks seen.
  for (let i: u32 = 0; i < SEEN; i++) store<u32>(SEEN_VALUES + (<usize>i << 2), i ^ 1);
  let to = KEPT;
  for (let at = KEPT, end = KEPT + (<usize>kept << 2); at < end; at += 4) {
    const value = load<u32>(at), slot = SEEN_VALUES + ((<usize>value & (SEEN - 1)) << 2);
    store<u32>(to, value);
    to += <usize>(load<u32>(slot) != value) << 2;
    store<u32>(slot, value);
  }
  kept = <u32>((to - KEPT) >> 2);
  if (kept <= VALUES / 2) return;
  fillHoles(empty);
  kept = 0;
}

/** Brings the holes up to date with the values remembered. */
function fillHoles(empty: u32): void {
  if (!holesBegun) fillBins(HOLES);
  holesBegun = true;
  // Padded to sixteen with a value that is there.
  const end = KEPT + (<usize>kept << 2), first = v128.load32_splat(KEPT);
  for (let i: usize = 0; i < 64; i += 16) v128.store(end + i, first);
  if (4 * empty > 3 * size) fillAll();
  else for (let h: u32 = 0; h < empty; h++) fillOne(<usize>load<u32>(EMPTY_BINS + (<usize>h << 2)) << 2);
}

/** Sixteen bins side by side; those that are not empty get a value nobody looks at. */
function fillAll(): void {
  const end = KEPT + (<usize>kept << 2);
  for (let j: usize = 0; j < <usize>size << 2; j += 64) {
    const a0 = v128.load(MULTIPLY + j), a1 = v128.load(MULTIPLY + j, 16), a2 = v128.load(MULTIPLY + j, 32), a3 = v128.load(MULTIPLY + j, 48);
    const b0 = v128.load(ADD + j), b1 = v128.load(ADD + j, 16), b2 = v128.load(ADD + j, 32), b3 = v128.load(ADD + j, 48);
    let m0 = v128.load(HOLES + j), m1 = v128.load(HOLES + j, 16), m2 = v128.load(HOLES + j, 32), m3 = v128.load(HOLES + j, 48);
    for (let at = KEPT; at < end; at += 4) {
      const x = v128.load32_splat(at);
      m0 = i32x4.min_s(m0, i32x4.add(i32x4.mul(x, a0), b0));
      m1 = i32x4.min_s(m1, i32x4.add(i32x4.mul(x, a1), b1));
      m2 = i32x4.min_s(m2, i32x4.add(i32x4.mul(x, a2), b2));
      m3 = i32x4.min_s(m3, i32x4.add(i32x4.mul(x, a3), b3));
    }
    v128.store(HOLES + j, m0);
    v128.store(HOLES + j, m1, 16);
    v128.store(HOLES + j, m2, 32);
    v128.store(HOLES + j, m3, 48);
  }
}

/** One bin, sixteen values at a time. */
function fillOne(j: usize): void {
  const a = v128.load32_splat(MULTIPLY + j), b = v128.load32_splat(ADD + j);
  let m0 = v128.load32_splat(HOLES + j), m1 = m0, m2 = m0, m3 = m0;
  for (let at = KEPT, end = KEPT + (<usize>kept << 2); at < end; at += 64) {
    m0 = i32x4.min_s(m0, i32x4.add(i32x4.mul(v128.load(at), a), b));
    m1 = i32x4.min_s(m1, i32x4.add(i32x4.mul(v128.load(at, 16), a), b));
    m2 = i32x4.min_s(m2, i32x4.add(i32x4.mul(v128.load(at, 32), a), b));
    m3 = i32x4.min_s(m3, i32x4.add(i32x4.mul(v128.load(at, 48), a), b));
  }
  const m = i32x4.min_s(i32x4.min_s(m0, m1), i32x4.min_s(m2, m3));
  const low = min(i32x4.extract_lane(m, 0), i32x4.extract_lane(m, 1)), high = min(i32x4.extract_lane(m, 2), i32x4.extract_lane(m, 3));
  store<i32>(HOLES + j, min(low, high));
}

/** Writes the signature and the band keys of the document; returns false, and writes nothing, when it has no shingle. */
export function finishSketch(signature: usize, keys: usize): bool {
  if (!shingles) return false;
  if (holesPossible) {
    const empty = findEmpty();
    if (empty) {
      fillHoles(empty);
      for (let h: u32 = 0; h < empty; h++) {
        const j = <usize>load<u32>(EMPTY_BINS + (<usize>h << 2)) << 2;
        store<i32>(BINS + j, load<i32>(HOLES + j));
      }
    }
  }
  for (let j: usize = 0; j < <usize>size; j++) store<u8>(signature + j, mix(load<u32>(BINS + (j << 2))) >> 24);
  for (let band: u32 = 0; band < bands; band++) writeKey(signature + <usize>(band * rows), band, keys + (<usize>band << 3));
  return true;
}

/** High half, low half; the values in blocks of eight, zeros behind the last. */
function writeKey(values: usize, band: u32, out: usize): void {
  const salt = (band + 1) * GOLDEN, end = values + <usize>rows;
  let a = START_A ^ salt, b = START_B ^ salt;
  for (let at = values; at < end; at += 8) {
    let block = load<u64>(at);
    if (end - at < 8) block &= (<u64>1 << (<u64>(end - at) << 3)) - 1;
    a = blockA(a, <u32>block, <u32>(block >> 32));
    b = blockB(b, <u32>block, <u32>(block >> 32));
  }
  store<u32>(out, mix(a));
  store<u32>(out, mix(b), 4);
}
