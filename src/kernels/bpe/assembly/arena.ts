// Linear memory, handed out once. Everything is sized when the encoder is made: tables first, the working window last, so that the
// window alone can be made anew with another size. Nothing is freed piece by piece; dropping the instance frees all of it.

let top: usize = (__heap_base + 63) & ~63;

/** `bytes` of memory on a cache-line boundary, with undefined content; 0 when memory cannot grow that far. */
export function allocate(bytes: u64): usize {
  const start = (<u64>top + 63) & ~63;
  const end = start + bytes;
  // One page short of 4 GiB, so that an address plus a small offset cannot wrap around.
  if (end > 0xffff0000) return 0;
  const pages = <i32>((end + 0xffff) >> 16) - memory.size();
  if (pages > 0 && memory.grow(pages) < 0) return 0;
  top = <usize>end;
  return <usize>start;
}

/** The same, cleared: memory that was released before is not zero. */
export function allocateZeros(bytes: u64): usize {
  const at = allocate(bytes);
  if (at) memory.fill(at, 0, <usize>bytes);
  return at;
}

/** The current end of what is in use. */
export function mark(): usize {
  return top;
}

/** Gives back everything that was allocated since a mark. */
export function release(to: usize): void {
  top = to;
}
