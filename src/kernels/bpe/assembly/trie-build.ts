// Builds the double array in three steps, without recursion: sort the tokens; turn them into a plain trie, whose nodes then come in
// the order of a walk; find each node's children a place. About 90 ms for the 200,000 tokens of o200k. (An edge table by hash
// instead of sorting took 130 ms for the plain trie alone: every step of every token was a cache miss.)
import { allocate, allocateZeros, mark, release } from "./arena";
import { sortTokens } from "./sort";
import { EMPTY, MAX_SLOTS, setSlots } from "./trie";
import { bytesOf, lengthOf, MAX_LENGTH, NO_TOKEN, setPrefix, tokenCount } from "./vocabulary";

/** A node of the plain trie: {first child, next sibling, token + 1, label}, u32 each. Node 0 is the root. */
const NODE: u32 = 16;

let nodes: usize = 0;
let nodeCount: u32 = 0;
let stack: usize = 0; // nodes still to be placed: {node, slot}
let array: usize = 0; // the double array being built
let arrayLimit: u32 = 0; // slots that there is room for
let arrayEnd: u32 = 0; // slots in use, from 0
let taken: usize = 0; // a bit per slot
let bases: usize = 0; // a bit per base in use
let searchFrom: u32 = 0; // below this, too little is free to be worth a search

/** Builds the trie from all tokens. 0: done; 1: out of memory; 2: too many slots; 3: a token stands twice. */
export function buildTrie(byteTotal: u32): i32 {
  const start = mark();
  nodes = allocate(<u64>NODE * (byteTotal + 1));
  const sorted = sortTokens();
  const path = allocate(8 * (MAX_LENGTH + 1));
  if (!nodes || !sorted || !path) return 1;
  if (!plainTrie(sorted, path)) return 3;

  const limit = 2 * <u64>nodeCount + 4096;
  arrayLimit = limit > MAX_SLOTS - 512 ? MAX_SLOTS - 512 : <u32>limit;
  stack = allocate(8 * <u64>(nodeCount + 1));
  taken = allocateZeros(arrayLimit / 8 + 128);
  bases = allocateZeros(arrayLimit / 8 + 128);
  array = allocate(8 * <u64>(arrayLimit + 512));
  if (!stack || !taken || !bases || !array) return 1;
  for (let i: u32 = 0; i < arrayLimit + 512; i++) store<u64>(array + (<usize>i << 3), EMPTY);
  if (!place()) return 2;

  // Only what is used stays: the array moves down over the scratch tables. 256 empty slots behind it are where the base of a leaf
  // points.
  const bytes = 8 * <u64>(arrayEnd + 256);
  release(start);
  const final = allocate(bytes);
  memory.copy(final, array, <usize>bytes);
  setSlots(final);
  return 0;
}

/**
 * Makes the nodes of the sorted tokens, and finds each token's longest prefix, which is on the way to it. `path` is room for the way
 * from the root to the last token: {node, last token so far} per byte. False if a token stands twice.
 */
function plainTrie(sorted: usize, path: usize): bool {
  nodeCount = 1;
  v128.store(nodes, i32x4.splat(0));
  store<u32>(path, 0);
  store<u32>(path, NO_TOKEN, 4);
  let before: usize = 0, depth: u32 = 0; // the bytes of the token before, and how many there are
  for (let i: u32 = 0; i < tokenCount; i++) {
    const token = load<u32>(sorted + (<usize>i << 2)), start = bytesOf(token), length = lengthOf(token);
    let shared: u32 = 0;
    while (shared < depth && shared < length && load<u8>(before + shared) == load<u8>(start + shared)) shared++;
    if (shared == length) return false; // sorted, so only an equal token can hold it all
    const prefix = load<u32>(path + (<usize>shared << 3), 4);
    setPrefix(token, prefix);
    for (let d = shared + 1; d <= length; d++) {
      const fresh = nodeCount++, step = path + (<usize>d << 3), at = nodes + <usize>fresh * NODE;
      v128.store(at, i32x4.splat(0));
      store<u32>(at, load<u8>(start + d - 1), 12);
      // The node this deep on the way to the token before is an elder sibling, where the two part.
      if (d == shared + 1 && d <= depth) store<u32>(nodes + <usize>load<u32>(step) * NODE, fresh, 4);
      else store<u32>(nodes + <usize>load<u32>(step - 8) * NODE, fresh);
      store<u32>(step, fresh);
      store<u32>(step, prefix, 4);
    }
    const last = path + (<usize>length << 3);
    store<u32>(last, token, 4);
    store<u32>(nodes + <usize>load<u32>(last) * NODE, token + 1, 8);
    before = start;
    depth = length;
  }
  return true;
}

/** Gives every node its slot, parents first; the children of a node are placed together. */
function place(): bool {
  searchFrom = 256;
  arrayEnd = 256;
  let depth: u32 = 0;
  // The root's children stand at base 0, which nothing else may use.
  if (!placeChildren(0, 0, 0)) return false;
  depth = pushChildren(0, 0, depth);
  while (depth > 0) {
    depth--;
    const node = load<u32>(stack + (<usize>depth << 3)), slot = load<u32>(stack + (<usize>depth << 3), 4);
    if (!load<u32>(nodes + <usize>node * NODE)) continue; // a leaf: its base is set when the end is known
    const base = findBase(node, slot);
    if (base == 0 || !placeChildren(node, base, slot)) return false;
    depth = pushChildren(node, base, depth);
  }
  for (let i: u32 = 0; i < arrayEnd; i++) {
    const slot = load<u64>(array + (<usize>i << 3));
    if ((slot & 0x1ff) < 256 && <u32>slot >> 9 == 0) store<u32>(array + (<usize>i << 3), (arrayEnd << 9) | (<u32>slot & 0x1ff));
  }
  return true;
}

function placeChildren(node: u32, base: u32, slot: u32): bool {
  setBit(bases, base);
  if (node) {
    const at = array + (<usize>slot << 3);
    store<u32>(at, (base << 9) | (load<u32>(at) & 0x1ff));
  }
  for (let child = load<u32>(nodes + <usize>node * NODE); child; child = load<u32>(nodes + <usize>child * NODE, 4)) {
    const label = load<u32>(nodes + <usize>child * NODE, 12), to = base + label;
    if (to >= arrayLimit) return false;
    setBit(taken, to);
    store<u64>(array + (<usize>to << 3), <u64>label | (<u64>load<u32>(nodes + <usize>child * NODE, 8) << 32));
    if (to >= arrayEnd) arrayEnd = to + 1;
  }
  return true;
}

function pushChildren(node: u32, base: u32, depth: u32): u32 {
  let d = depth;
  for (let child = load<u32>(nodes + <usize>node * NODE); child; child = load<u32>(nodes + <usize>child * NODE, 4)) {
    store<u32>(stack + (<usize>d << 3), child);
    store<u32>(stack + (<usize>d << 3), base + load<u32>(nodes + <usize>child * NODE, 12), 4);
    d++;
  }
  return d;
}

/** A base at which all children of a node fall on free slots; 0 when the array is full. */
function findBase(node: u32, slot: u32): u32 {
  const first = load<u32>(nodes + <usize>node * NODE), label = load<u32>(nodes + <usize>first * NODE, 12);
  const single = !load<u32>(nodes + <usize>first * NODE, 4);
  // Most nodes have one child. Close to the parent it often shares the parent's cache line.
  let at = single && slot > searchFrom ? slot : searchFrom + label;
  let tries: u32 = 0;
  while (true) {
    at = nextFree(at);
    if (at + 256 >= arrayLimit) return 0;
    const base = at - label;
    if (at > label && !getBit(bases, base) && (single || fits(node, base))) {
      // A long search says that the region is nearly full.
      if (tries > 8 && base > searchFrom) searchFrom = base;
      return base;
    }
    at++;
    // Nodes with many children would walk through everything that is left over: they go to the end.
    if (++tries == 2048 && arrayEnd + 256 > at) at = arrayEnd + 256;
  }
}

function fits(node: u32, base: u32): bool {
  for (let child = load<u32>(nodes + <usize>node * NODE); child; child = load<u32>(nodes + <usize>child * NODE, 4)) {
    if (getBit(taken, base + load<u32>(nodes + <usize>child * NODE, 12))) return false;
  }
  return true;
}

/** The first free slot from `at` on; slots below 256 belong to the root. */
function nextFree(at: u32): u32 {
  let q: u32 = at < 256 ? 256 : at;
  while (q < arrayLimit) {
    const word = ~load<u64>(taken + ((q >> 6) << 3)) >> (q & 63);
    if (word) return q + <u32>ctz(word);
    q = (q | 63) + 1;
  }
  return arrayLimit;
}

@inline
function getBit(bits: usize, at: u32): bool {
  return <bool>((<u32>load<u8>(bits + (at >> 3)) >> (at & 7)) & 1);
}

@inline
function setBit(bits: usize, at: u32): void {
  store<u8>(bits + (at >> 3), <u8>(<u32>load<u8>(bits + (at >> 3)) | (1 << (at & 7))));
}
