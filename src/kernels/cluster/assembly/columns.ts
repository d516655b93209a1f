// Records of fingerprints (src/dedupe/cluster/format.ts) to columns: kinds, exact keys, signatures. Names and priorities are passed over.
import { aligned, base, reach, SLACK } from "./memory";

const SIGNED: u32 = 1, FAILED: u32 = 2;
const KEY: u32 = 16;
const PRIORITY: u32 = 8;
const BAD_ARGUMENT: i32 = -1;

let windowBytes: u32 = 0;
let capacity: u32 = 0;
let width: u32 = 0;
let columns: u32 = 0;
let consumed: u32 = 0;

/**
 * Makes a window for records and columns for `documents` of them behind it: kinds, 16-byte keys, signatures of `signature` bytes (none when
 * 0), each column beginning at a multiple of 64. False without memory.
 */
export function createColumns(window: u32, documents: u32, signature: u32): bool {
  capacity = 0;
  const begin = aligned(base + window + SLACK),
    keys = aligned(begin + documents),
    signatures = aligned(keys + <u64>documents * KEY);
  if (!reach(signatures + <u64>documents * signature + SLACK)) return false;
  windowBytes = window;
  capacity = documents;
  width = signature;
  columns = <u32>begin;
  return true;
}

export function windowAddress(): u32 {
  return <u32>base;
}

export function columnsAddress(): u32 {
  return columns;
}

/** Bytes of the window that the last call of `unpack` made columns of. */
export function consumedBytes(): u32 {
  return consumed;
}

/**
 * Makes columns, from document `at` on, of the whole records among the first `length` bytes of the window, as far as there is room, and returns how many. It stops
 * before a record of an unknown kind: who asks again and gets 0 with bytes left has a cut or damaged one before him.
 */
export function unpack(length: u32, at: u32, priorities: bool, names: bool): i32 {
  consumed = 0;
  if (length > windowBytes || at > capacity) return BAD_ARGUMENT;
  const end = <u32>base + length;
  const keys = <u32>aligned(columns + capacity), signatures = <u32>aligned(<u64>keys + <u64>capacity * KEY);
  let from = <u32>base, document = at;
  for (; document < capacity && from < end; document++) {
    const kind = <u32>load<u8>(from);
    if (kind > FAILED || (kind == SIGNED && !width)) break;
    let next = from + 1;
    if (kind != FAILED) {
      next += KEY + (kind == SIGNED ? width : 0) + (priorities ? PRIORITY : 0);
      if (names) {
        if (next + 2 > end) break;
        next += 2 + <u32>load<u16>(next);
      }
      if (next > end) break;
      v128.store(keys + document * KEY, v128.load(from, 1));
      if (kind == SIGNED) {
        // Whole registers: what they write behind this signature is written over by the next one, or lies behind the column.
        const to = signatures + document * width;
        for (let k: u32 = 0; k < width; k += 16) v128.store(to + k, v128.load(from + 1 + KEY + k));
      }
    }
    store<u8>(columns + document, <u8>kind);
    from = next;
  }
  consumed = from - <u32>base;
  return <i32>(document - at);
}
