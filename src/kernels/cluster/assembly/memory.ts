// Linear memory as the layouts of this kernel share it: one instance holds one layout, made once and from the beginning.

/** Bytes behind a column that a 16-byte load or store may reach. */
export const SLACK: u64 = 64;

/** Where a layout may begin. */
export const base: u64 = (<u64>__heap_base + 63) & ~63;

/** The next place that a cache line begins at. */
@inline
export function aligned(address: u64): u64 {
  return (address + 63) & ~63;
}

/** Makes memory reach to the host's `end`; false where it cannot. */
export function reachTo(end: u32): bool {
  return reach(end);
}

/** Makes memory reach to `end`; false where it cannot. */
export function reach(end: u64): bool {
  if (end > 0xffff0000) return false;
  const pages = <i32>((end + 0xffff) >> 16) - memory.size();
  return pages <= 0 || memory.grow(pages) >= 0;
}

/** Whether `length` bytes from `address` on lie in memory. */
@inline
export function inside(address: u32, length: u32): bool {
  return <u64>address + length <= <u64>memory.size() << 16;
}
