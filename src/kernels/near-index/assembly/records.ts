// The signatures, eight to a block: first the eight documents' values of band 0, then those of band 1, and so on. So a table that
// grows, which needs the values of one band of all documents, reads them side by side, and eight values of eight documents fill a cache
// line. Blocks lie in chunks of 64 documents.
import { allocate } from "./layout";

const CHUNK_SHIFT: u32 = 6;
const CHUNK: u32 = 1 << CHUNK_SHIFT;
/** The directory begins with room for so many chunks. */
const FIRST_ROOM: u32 = 64;

export let bands: u32 = 0;
export let rows: usize = 0;
/** Values of a signature. */
export let size: usize = 0;
/** Documents. */
export let count: u32 = 0;

let directory: usize = 0;
let room: u32 = 0;
let chunks: u32 = 0;

export function createRecords(bandCount: u32, rowCount: u32): bool {
  bands = bandCount;
  rows = rowCount;
  size = <usize>(bandCount * rowCount);
  room = FIRST_ROOM;
  directory = allocate(<usize>room << 2);
  return directory != 0;
}

/** Makes room for one more document; false, and nothing changed, without memory. */
export function recordFits(): bool {
  if (count < chunks << CHUNK_SHIFT) return true;
  if (chunks == room) {
    const larger = allocate(<usize>room << 3);
    if (!larger) return false;
    memory.copy(larger, directory, <usize>room << 2);
    directory = larger;
    room <<= 1;
  }
  const chunk = allocate(<usize>CHUNK * size);
  if (!chunk) return false;
  store<u32>(directory + (<usize>chunks << 2), chunk);
  chunks++;
  return true;
}

/** Where a document's values of band 0 are; those of band b are `8 * rows * b` bytes behind. */
@inline
export function recordAt(id: u32): usize {
  const chunk = <usize>load<u32>(directory + (<usize>(id >> CHUNK_SHIFT) << 2));
  return chunk + <usize>((id & (CHUNK - 1)) >> 3) * (size << 3) + <usize>(id & 7) * rows;
}

/** Appends a signature, for which `recordFits` made room. */
export function append(signature: usize): void {
  const stride = rows << 3;
  let to = recordAt(count++);
  for (let from = signature, end = signature + size; from < end; from += rows, to += stride) copyBand(to, from);
}

/** Writes the signature of a document to `out`, band by band. */
export function readRecord(id: u32, out: usize): void {
  const stride = rows << 3;
  let from = recordAt(id);
  for (let to = out, end = out + size; to < end; to += rows, from += stride) copyBand(to, from);
}

@inline
function copyBand(to: usize, from: usize): void {
  let i: usize = 0;
  for (; i + 8 <= rows; i += 8) store<u64>(to + i, load<u64>(from + i));
  for (; i < rows; i++) store<u8>(to + i, load<u8>(from + i));
}

/** Whether a band of a document, whose values of it begin at `values`, equals that of a signature at `wanted`. */
@inline
export function sameBand(values: usize, wanted: usize): bool {
  let difference: u64 = 0, i: usize = 0;
  for (; i + 8 <= rows; i += 8) difference |= load<u64>(values + i) ^ load<u64>(wanted + i);
  if (i < rows) difference |= (load<u64>(values + i) ^ load<u64>(wanted + i)) & ((<u64>1 << (<u64>(rows - i) << 3)) - 1);
  return !difference;
}

/** How many values of a document and a signature are equal. */
export function equalValues(id: u32, signature: usize): u32 {
  const stride = rows << 3;
  let equal: u32 = 0, values = recordAt(id);
  for (let wanted = signature, end = signature + size; wanted < end; wanted += rows, values += stride) {
    for (let i: usize = 0; i < rows; i += 8) {
      const bits = <u32>i8x16.bitmask(i8x16.eq(v128.load64_zero(values + i), v128.load64_zero(wanted + i)));
      equal += popcnt(bits & (rows - i < 8 ? (1 << <u32>(rows - i)) - 1 : 0xff));
    }
  }
  return equal;
}
