// Exceptions that prefixes, suffixes or infixes have cut apart, such as `:)` in `see:)`: src/clean/phrases.ts once more.
import { unitAt } from "./classes";
import { allocate, text, textEnd, WORD } from "./layout";
import { exceptionAt, find, PHRASE_STARTS, PHRASE_WORDS, recordCut, recordCuts, recordNumber } from "./sets";

/** The tree of phrases: from a node by a word (`node * size + word`, plus one, as the key) to the next; slots of key, node. */
let steps: usize = 0;
let stepMask: u32 = 0;
let size: u32 = 0;
/** By node: the number of the exception whose words end there, plus one. */
let ends: usize = 0;
let nodes: u32 = 0;

/**
 * Takes the tree from the text: its size in words and nodes come as arguments; the text holds `edges` times a node, a word and the next
 * node, then `exceptions` times a node and the number of an exception; u32 each. False where that is not so.
 */
export function makePhrases(wordCount: u32, nodeCount: u32, edges: u32, exceptions: u32): bool {
  const bytes = <usize>edges * 12 + <usize>exceptions * 8;
  if (textEnd - text != bytes || <u64>wordCount * <u64>nodeCount > 0xfffffffe) return false;
  let bits: u32 = 4;
  while (<u32>1 << bits < 4 * edges) bits++;
  const from = text,
    stepBytes = <usize>8 << bits;
  steps = allocate(stepBytes + 4 * <usize>nodeCount + bytes);
  ends = steps + stepBytes;
  const source = ends + 4 * <usize>nodeCount;
  memory.copy(source, from, bytes);
  memory.fill(steps, 0, stepBytes + 4 * <usize>nodeCount);
  stepMask = (<u32>1 << bits) - 1;
  size = wordCount;
  nodes = nodeCount;
  let p = source;
  for (let i: u32 = 0; i < edges; i++, p += 12) {
    const node = load<u32>(p),
      word = load<u32>(p, 4),
      next = load<u32>(p, 8);
    if (node >= nodes || word >= size || next >= nodes || next == 0) return false;
    const key = node * size + word + 1;
    let slot = (key * 0x9e3779b1) >> 16 & stepMask;
    while (load<u32>(steps + 8 * <usize>slot)) slot = (slot + 1) & stepMask;
    store<u32>(steps + 8 * <usize>slot, key);
    store<u32>(steps + 8 * <usize>slot, next, 4);
  }
  for (let i: u32 = 0; i < exceptions; i++, p += 8) {
    const node = load<u32>(p),
      exception = load<u32>(p, 4);
    if (node >= nodes || !exceptionAt(exception)) return false;
    store<u32>(ends + 4 * <usize>node, exception + 1);
  }
  return true;
}

/** The node that follows another by a word, or 0. */
export function step(node: u32, word: u32): u32 {
  const key = node * size + word + 1;
  let slot = (key * 0x9e3779b1) >> 16 & stepMask,
    known: u32 = 0;
  while ((known = load<u32>(steps + 8 * <usize>slot)) != 0 && known != key) slot = (slot + 1) & stepMask;
  return known ? load<u32>(steps + 8 * <usize>slot, 4) : 0;
}

/** The record of the exception whose words end at a node, or 0. */
@inline
export function exceptionOf(node: u32): usize {
  const number = load<u32>(ends + 4 * <usize>node);
  return number ? exceptionAt(number - 1) : 0;
}

/** Whether white space that spaCy makes a word of its own stands before the word at `w`: anything but one plain space. */
@inline
export function isSeparated(w: usize): bool {
  const start = load<usize>(w),
    gap = start - load<usize>(w - WORD, 4);
  return gap > 2 || (gap == 2 && unitAt(start - 2) != 0x20);
}

/** Whether the words of one chunk, [first, last) in the list of words, hold an exception that was cut apart. */
export function holdsCutPhrase(first: usize, last: usize): bool {
  for (let w = first; w + WORD < last; w += WORD) {
    if (!find(PHRASE_STARTS, load<usize>(w), load<usize>(w, 4))) continue;
    let node: u32 = 0;
    for (let i = w; i < last && (i == w || !isSeparated(i)); i += WORD) {
      const word = find(PHRASE_WORDS, load<usize>(i), load<usize>(i, 4));
      node = word ? step(node, recordNumber(word)) : 0;
      if (!node) break;
      const exception = exceptionOf(node);
      if (exception && isCutWrongly(w, i + WORD, exception)) return true;
    }
  }
  return false;
}

/** Whether the words [w, last) stand together and are cut otherwise than the exception wants. */
function isCutWrongly(w: usize, last: usize, exception: usize): bool {
  if (!stand(w, last)) return false;
  const count = (last - w) / WORD;
  if (recordCuts(exception) != count) return true;
  for (let k: usize = 0; k < count; k++) {
    if (load<usize>(w) + 2 * recordCut(exception, k) != load<usize>(w + k * WORD, 4)) return true;
  }
  return false;
}

/** Whether no white space lies between the words [w, last). */
export function stand(w: usize, last: usize): bool {
  for (let i = w + WORD; i < last; i += WORD) if (load<usize>(i) != load<usize>(i - WORD, 4)) return false;
  return true;
}
