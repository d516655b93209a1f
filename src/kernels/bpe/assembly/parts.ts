// Finds for every token the two parts that merges make it of. BPE of a token's own bytes, with the tokens of lower rank only, must
// end in exactly two parts that then merge; there is at most one such pair, because BPE has one result. A token without one is
// never made by merging: it is taken out of the trie, and can only be a whole piece.
import { allocate, allocateZeros, mark, release } from "./arena";
import { addBorder } from "./borders";
import { addPair, isValidPair } from "./pairs";
import { baseOf, exactMatch, forget, slotAt, tokenOf } from "./trie";
import { bytesOf, leftOf, lengthOf, NO_TOKEN, prefixOf, rightOf, setParts, setPrefix, tokenCount } from "./vocabulary";

/** Tokens that no merge makes. */
export let unreachable: u32 = 0;

let whole: usize = 0; // the unreachable tokens by hash of their bytes: token + 1, open addressing
let wholeMask: u32 = 0;

let rules: usize = 0; // {left, right, result} by priority
let ruleCount: u32 = 0;

/** Makes room for a merge list: three u32 a merge. Returns 0 without memory. */
export function createRules(count: u32): usize {
  ruleCount = count;
  rules = allocate(12 * <u64>count + 16);
  return rules;
}

/**
 * Finds the parts of all tokens. 0: done; 1: out of memory; 4: the merges are in an order that ranks cannot express, so the
 * backtracking method does not apply.
 */
export function findParts(): i32 {
  return rules ? partsFromRules() : partsFromTokens();
}

/** Without a merge list: any split into two tokens of lower rank may be the one. */
function partsFromTokens(): i32 {
  for (let token: u32 = 0; token < tokenCount; token++) {
    const length = lengthOf(token), start = bytesOf(token);
    if (length == 1) continue;
    let found = false, laterPart = false;
    for (let left = prefixOf(token); left != NO_TOKEN && !found; left = prefixOf(left)) {
      const right = exactMatch(start + lengthOf(left), length - lengthOf(left));
      if (right == NO_TOKEN) continue;
      if (left > token || right > token) laterPart = true;
      else if (isValidPair(left, right)) {
        adopt(token, left, right);
        found = true;
      }
    }
    if (found) continue;
    // Its parts come to be after it should have merged: then it merges as soon as they do, out of the order of ranks.
    if (laterPart) return 4;
    unreachable++;
  }
  return dropUnreachable();
}

/**
 * With a merge list: the first merge that makes the token and can happen. Later merges for the same token never happen (their two
 * parts would have merged before), nor do those whose two parts do not stay apart until then.
 */
function partsFromRules(): i32 {
  const scratch = mark();
  madeAt = allocate(4 * <u64>tokenCount);
  if (!madeAt) return 1;
  for (let token: u32 = 0; token < tokenCount; token++) store<u32>(madeAt + (<usize>token << 2), lengthOf(token) == 1 ? 0 : NEVER);

  let newest: u32 = 0; // the token made last
  for (let i: u32 = 0; i < ruleCount; i++) {
    const left = ruleLeft(i), right = ruleRight(i), token = ruleResult(i);
    if (!isMergeOf(left, right, token)) return 4;
    if (whenMade(token) != NEVER) {
      // The same merge twice: which of the two counts is for the reference to say.
      if (leftOf(token) == left && rightOf(token) == right) return 4;
      continue;
    }
    if (whenMade(left) == NEVER || whenMade(right) == NEVER || !isValidPair(left, right)) continue;
    // Ranks were given by the first merge that names a token; they must agree with the merge that makes it.
    if (token < newest) return 4;
    newest = token;
    store<u32>(madeAt + (<usize>token << 2), i + 1);
    adopt(token, left, right);
  }

  // A merge listed before its own parts are made would go first as soon as they are: out of the order of ranks, unless the token is
  // made before that in another way.
  for (let i: u32 = 0; i < ruleCount; i++) {
    const l = whenMade(ruleLeft(i)), r = whenMade(ruleRight(i)), parts = l > r ? l : r;
    if (parts != NEVER && parts > i + 1 && whenMade(ruleResult(i)) > parts) return 4;
  }
  for (let token: u32 = 0; token < tokenCount; token++) if (whenMade(token) == NEVER) unreachable++;
  release(scratch);
  return dropUnreachable();
}

/** For partsFromRules: the merge that made each token, counted from 1; 0 for single bytes. */
let madeAt: usize = 0;
const NEVER: u32 = 0xffffffff;

@inline
function whenMade(token: u32): u32 {
  return load<u32>(madeAt + (<usize>token << 2));
}

@inline
function ruleLeft(i: u32): u32 {
  return load<u32>(rules + <usize>i * 12);
}

@inline
function ruleRight(i: u32): u32 {
  return load<u32>(rules + <usize>i * 12, 4);
}

@inline
function ruleResult(i: u32): u32 {
  return load<u32>(rules + <usize>i * 12, 8);
}

function isMergeOf(left: u32, right: u32, token: u32): bool {
  if (left >= tokenCount || right >= tokenCount || token >= tokenCount) return false;
  const length = lengthOf(left);
  return length + lengthOf(right) == lengthOf(token) && memory.compare(bytesOf(token), bytesOf(left), length) == 0 &&
    memory.compare(bytesOf(token) + length, bytesOf(right), lengthOf(right)) == 0;
}

/** Whether a token is a single byte or has parts. Until it has, its parts are itself. */
export function isMade(token: u32): bool {
  return lengthOf(token) == 1 || leftOf(token) != token;
}

function adopt(token: u32, left: u32, right: u32): void {
  setParts(token, left, right);
  addPair(left, right, token);
  addBorder(bytesOf(token), lengthOf(left), lengthOf(right));
}

/** The longest token still in the trie that a token begins with, apart from itself. */
function longestProperPrefix(token: u32): u32 {
  const start = bytesOf(token), last = lengthOf(token) - 1;
  let base: u32 = 0, found: u32 = 0;
  for (let i: u32 = 0; i < last; i++) {
    const slot = load<u64>(slotAt(base, load<u8>(start + i)));
    if (tokenOf(slot)) found = tokenOf(slot);
    base = baseOf(slot);
  }
  return found - 1;
}

/** Takes the unreachable tokens out of the trie and out of all prefix chains, into a table of their own. */
function dropUnreachable(): i32 {
  if (!unreachable) return 0;
  let bits: u32 = 4;
  while (<u32>1 << bits < unreachable * 2) bits++;
  wholeMask = (1 << bits) - 1;
  whole = allocateZeros(<u64>4 << bits);
  if (!whole) return 1;
  for (let token: u32 = 0; token < tokenCount; token++) {
    if (isMade(token)) continue;
    const length = lengthOf(token), start = bytesOf(token);
    forget(start, length);
    let at = hashOf(start, length) & wholeMask;
    while (load<u32>(whole + (<usize>at << 2))) at = (at + 1) & wholeMask;
    store<u32>(whole + (<usize>at << 2), token + 1);
  }
  for (let token: u32 = 0; token < tokenCount; token++) setPrefix(token, longestProperPrefix(token));
  return 0;
}

/** The unreachable token that is exactly these bytes, or NO_TOKEN. */
export function unreachableToken(start: usize, length: u32): u32 {
  let at = hashOf(start, length) & wholeMask;
  while (true) {
    const token = load<u32>(whole + (<usize>at << 2)) - 1;
    if (token == NO_TOKEN) return NO_TOKEN;
    if (lengthOf(token) == length && memory.compare(bytesOf(token), start, length) == 0) return token;
    at = (at + 1) & wholeMask;
  }
}

function hashOf(start: usize, length: u32): u32 {
  let hash: u32 = 0x811c9dc5;
  for (let i: u32 = 0; i < length; i++) hash = (hash ^ load<u8>(start + i)) * 0x01000193;
  return hash ^ (hash >> 15);
}
