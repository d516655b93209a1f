// Words at which a repeated n-gram may begin. Two n-grams of the same letters begin with the same 12 letters, unless they have fewer, and so do
// longer ones that begin at the same words: so those words are left at which the next 12 letters occur twice, or the n-gram is shorter.
import { ensure } from "./layout";
import { behindLetters, bitsFor, count, K1, letters, offsets } from "./letters";

/** Letters that candidates are told by. */
export const PREFIX: u32 = 12;

/** Candidates (words, u32 each), in order. */
export let candidates: usize = 0;
/** By word, u32 each: a hash of its next letters, and the last word before it in its slot, plus one. */
let hashes: usize = 0;
let links: usize = 0;
/** Where tables begin. */
export let behindCandidates: usize = 0;

@inline
export function candidateAt(c: u32): u32 {
  return load<u32>(candidates + 4 * <usize>c);
}

@inline
export function prefixHashAt(i: u32): u32 {
  return load<u32>(hashes + 4 * <usize>i);
}

/** An earlier word, plus one, which may begin with the same letters; 0 where none is left. */
@inline
export function earlierThan(i: u32): u32 {
  return load<u32>(links + 4 * <usize>i);
}

/** The two bits of a hash in a slot of a filter. */
@inline
function bitsOf(hash: u32): u32 {
  return (<u32>1 << (hash & 31)) | (<u32>1 << ((hash >> 5) & 31));
}

/**
 * Finds the candidates among the first `places` words, for n-grams of `n` words and more, whose letters were seen before or whose n-gram is
 * shorter, and returns their number: with a filter (Bloom, of 32 bits and more a word), so that a few are there by chance. `earlierThan` leads
 * to the words before them.
 */
export function findLater(places: u32, n: u32): u32 {
  const bits = bitsFor(places),
    shift = 32 - bits,
    from = letters,
    before = offsets,
    list = (behindLetters + 15) & ~15,
    own = list + 4 * <usize>count,
    last = own + 4 * <usize>count,
    slots = (last + 4 * <usize>count + 15) & ~15; // bits, then the last word plus one, u32 each
  candidates = list;
  hashes = own;
  links = last;
  behindCandidates = slots;
  ensure(slots + (<usize>8 << bits));
  memory.fill(slots, 0, <usize>8 << bits);
  let later = list;
  for (let i: usize = 0; i < <usize>places; i++) {
    const offset = load<u32>(before + 4 * i),
      at = from + (<usize>offset << 1),
      // Units of ASCII leave their upper halves to the next.
      hash = <u32>((((load<u64>(at) ^ (load<u64>(at, 8) << 8)) * K1 ^ load<u64>(at, 16)) * K1) >> 32),
      slot = slots + (<usize>(hash >> shift) << 3),
      known = load<u64>(slot),
      wanted = bitsOf(hash),
      isShort = u32(load<u32>(before + 4 * (i + <usize>n)) - offset < PREFIX);
    store<u64>(slot, <u64>(<u32>known | wanted) | ((<u64>i + 1) << 32));
    store<u32>(own + 4 * i, hash);
    store<u32>(last + 4 * i, <u32>(known >> 32));
    store<u32>(later, <u32>i);
    later += <usize>(u32((<u32>known & wanted) == wanted) | isShort) << 2;
  }
  return <u32>((later - list) >> 2);
}

/** Adds to the `later` candidates the earlier words that begin with the same letters, and returns the number of all. */
export function addEarlier(later: u32, places: u32): u32 {
  if (!later) return 0;
  const bits = bitsFor(2 * later),
    shift = 32 - bits,
    list = candidates,
    own = hashes,
    slots = behindCandidates;
  ensure(slots + (<usize>4 << bits));
  memory.fill(slots, 0, <usize>4 << bits);
  for (let c: u32 = 0; c < later; c++) {
    const hash = prefixHashAt(candidateAt(c)),
      slot = slots + (<usize>(hash >> shift) << 2);
    store<u32>(slot, load<u32>(slot) | bitsOf(hash));
  }
  let kept = list;
  for (let i: usize = 0; i < <usize>places; i++) {
    const hash = load<u32>(own + 4 * i),
      wanted = bitsOf(hash),
      isWanted = u32((load<u32>(slots + (<usize>(hash >> shift) << 2)) & wanted) == wanted);
    store<u32>(kept, <u32>i);
    kept += <usize>isWanted << 2;
  }
  return <u32>((kept - list) >> 2);
}
