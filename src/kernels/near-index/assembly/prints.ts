// Which keys there have been, and nothing else: one generation of src/dedupe/fingerprint-index.ts, whose head says what that is good for.
// A table for each band and one for the exact keys, all of one size, side by side; of each key 32 bits in a bucket of 16 slots.
import { GOLDEN, high4, keysOf4, low4, START_A, START_B } from "./keys";
import {
  allocate, HIGHS, INPUT, LARGEST_BANDS, LARGEST_SIGNATURE, LOWS, PLACES, reach, STARTS_A, STARTS_B, used,
} from "./layout";

const BAD_ARGUMENT: i32 = -3;
const EXACT: i32 = 1;
const NEAR: i32 = 2;

let bands: u32 = 0;
let rows: usize = 0;
let buckets: u32 = 0;
let tables: usize = 0;
/** Whether the keys of a signature were looked up and not added yet. */
let looked: bool = false;
let touched: u32 = 0;

/** Makes empty tables; false without memory, or for a shape that is none. Instead of `create`. */
export function createPrints(bandCount: u32, rowCount: u32, bucketCount: u32): bool {
  if (bandCount < 1 || bandCount > LARGEST_BANDS || rowCount < 1 || rowCount > LARGEST_SIGNATURE) return false;
  if (bandCount * rowCount > LARGEST_SIGNATURE || bucketCount < 1) return false;
  const bytes = <u64>(bandCount + 1) * <u64>bucketCount * 64;
  if (!reach(<u64>used() + bytes)) return false;
  bands = bandCount;
  rows = rowCount;
  buckets = bucketCount;
  // Memory that nobody has used yet is zero.
  tables = allocate(<usize>bytes);
  for (let band: u32 = 0; band < LARGEST_BANDS; band++) {
    store<u32>(STARTS_A + (<usize>band << 2), START_A ^ ((band + 1) * GOLDEN));
    store<u32>(STARTS_B + (<usize>band << 2), START_B ^ ((band + 1) * GOLDEN));
  }
  return tables != 0;
}

/** Where the table of a band is, or, with the number of bands, that of the exact keys. */
export function printsAddress(band: u32): usize {
  return band <= bands ? startOf(band) : 0;
}

@inline
function startOf(band: u32): usize {
  return tables + <usize>band * (<usize>buckets << 6);
}

/** What documents before have in common with the one in the input: the exact key (1), the key of a band (2), both (3) or nothing (0). */
export function lookPrints(): i32 {
  looked = false;
  if (!buckets) return BAD_ARGUMENT;
  for (let band: u32 = 0; band < bands; band += 4) {
    const at = <usize>band << 2;
    keysOf4(INPUT + <usize>band * rows, rows, v128.load(STARTS_A + at), v128.load(STARTS_B + at));
    v128.store(HIGHS + at, high4);
    v128.store(LOWS + at, low4);
  }
  // The first eight bytes of the exact key are its halves; it stands behind the signature.
  const last = <usize>bands << 2, key = INPUT + <usize>bands * rows;
  store<u32>(HIGHS + last, load<u32>(key));
  store<u32>(LOWS + last, load<u32>(key, 4));
  for (let at: usize = 0, band: u32 = 0; band <= bands; band++, at += 4) {
    const home = <u32>((<u64>load<u32>(HIGHS + at) * <u64>buckets) >> 32), low = load<u32>(LOWS + at);
    store<u32>(PLACES + at, startOf(band) + (<usize>home << 6));
    // 0 marks an empty slot.
    store<u32>(LOWS + at, low + u32(!low));
  }
  let sum: u32 = 0;
  for (let at: usize = 0; at <= last; at += 4) sum ^= load<u32>(load<u32>(PLACES + at));
  touched = sum;
  looked = true;
  const same = has(bands) ? EXACT : 0;
  for (let band: u32 = 0; band < bands; band++) if (has(band)) return same | NEAR;
  return same;
}

@inline
function bitsOf(a: v128, b: v128, c: v128, d: v128): u32 {
  return <u32>i8x16.bitmask(i8x16.narrow_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8.narrow_i32x4_s(c, d)));
}

/** Whether a band's key is in its table; if not, its place is the slot where it belongs. */
@inline
function has(band: u32): bool {
  const at = <usize>band << 2, print = i32x4.splat(load<u32>(LOWS + at)), zero = i32x4.splat(0);
  let bucket: usize = load<u32>(PLACES + at);
  while (true) {
    const a = v128.load(bucket), b = v128.load(bucket, 16), c = v128.load(bucket, 32), d = v128.load(bucket, 48);
    if (v128.any_true(v128.or(v128.or(i32x4.eq(a, print), i32x4.eq(b, print)), v128.or(i32x4.eq(c, print), i32x4.eq(d, print))))) return true;
    const empty = bitsOf(i32x4.eq(a, zero), i32x4.eq(b, zero), i32x4.eq(c, zero), i32x4.eq(d, zero));
    if (empty) {
      store<u32>(PLACES + at, bucket + (<usize>ctz(empty) << 2));
      return false;
    }
    bucket += 64;
    if (bucket == startOf(band + 1)) bucket = startOf(band);
  }
}

/** Adds the document looked up last; where one before has a key, it is there twice. */
export function addPrints(): i32 {
  if (!looked) return BAD_ARGUMENT;
  looked = false;
  for (let band: u32 = 0; band <= bands; band++) {
    const at = <usize>band << 2;
    let slot: usize = load<u32>(PLACES + at);
    // Where the key was found, or the search ended before it came to this band, the place is the bucket; the slot is behind what is there.
    while (load<u32>(slot)) {
      slot += 4;
      if (slot == startOf(band + 1)) slot = startOf(band);
    }
    store<u32>(slot, load<u32>(LOWS + at));
  }
  return 0;
}

/** `lookPrints`, and where there is nothing, `addPrints`. */
export function insertPrints(): i32 {
  const found = lookPrints();
  if (!found) addPrints();
  return found;
}
