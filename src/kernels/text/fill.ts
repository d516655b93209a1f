import type { TextExports } from "./exports.ts";
import { type PhraseTree, phraseTree } from "./phrase-tree.ts";
import type { TextTables } from "./tables.ts";

/** Numbers of assembly/sets.ts and layout.ts. */
const SETS = { exceptions: 0, tails: 1, phraseWords: 2, phraseStarts: 3, stopWords: 4 } as const;
const ASTRAL_ROOM = 4096;
/** 32-bit words of a word in the kernel's list. */
export const WORD_SIZE = 4;

/** Writes the tables into a new instance. */
export function fillTables(exports: TextExports, tables: TextTables): void {
  const { unitClasses, astralStarts, astralBits, exceptions } = tables;
  if (unitClasses.length !== 65_536 || astralStarts.length > ASTRAL_ROOM) throw new RangeError("text: tables of the wrong size");
  exports.create();
  const { buffer } = exports.memory;
  new Int32Array(buffer, within(buffer, exports.classesAddress(), 4 * 65_536), 65_536).set(unitClasses);
  const astral = new Int32Array(buffer, within(buffer, exports.astralAddress(), 8 * ASTRAL_ROOM), 2 * ASTRAL_ROOM);
  astral.set(astralStarts);
  astral.set(astralBits, ASTRAL_ROOM);
  if (exports.takeAstral(astralStarts.length) === 0) throw new Error("text: the kernel refused its tables");
  writeSet(exports, SETS.tails, tables.tails);
  // With no exceptions yet, the kernel cuts them as its rules would.
  for (const set of [SETS.exceptions, SETS.phraseWords, SETS.phraseStarts]) writeSet(exports, set, []);
  const tree = phraseTree(exceptions, cutWords(exports, exceptions.join(" ")));
  writeSet(exports, SETS.exceptions, exceptions, tables.exceptionCuts);
  writeTree(exports, tree);
}

/** Makes the set of stop words anew. */
export function writeStopWords(exports: TextExports, words: readonly string[]): void {
  writeSet(exports, SETS.stopWords, words);
}

function writeTree(exports: TextExports, { words, starts, nodes, steps, ends }: PhraseTree): void {
  writeSet(exports, SETS.phraseWords, words);
  writeSet(exports, SETS.phraseStarts, starts);
  writeTable(exports, Buffer.from(Uint32Array.from([...steps, ...ends]).buffer));
  if (exports.makePhrases(words.length, nodes, steps.length / 3, ends.length / 2) === 0)
    throw new Error("text: the kernel refused its phrases");
}

/** The words of a text, each as its start and end in units. */
function cutWords(exports: TextExports, text: string): Uint32Array {
  const address = exports.reserve(text.length);
  bytesAt(exports, address, 2 * text.length).write(text, "utf16le");
  if (exports.takeText(text.length) < 0) throw new Error("text: the kernel refused its input");
  const count = exports.countWords();
  const { buffer } = exports.memory;
  const list = new Uint32Array(buffer, within(buffer, exports.wordsAddress(), 4 * WORD_SIZE * count), WORD_SIZE * count);
  const places = new Uint32Array(2 * count);
  for (let i = 0; i < places.length; i++) places[i] = ((list[WORD_SIZE * (i >> 1) + (i & 1)] as number) - address) / 2;
  return places;
}

/** Writes a set of strings: for each its length, the number of its cuts, the cuts, the units. */
function writeSet(exports: TextExports, set: number, strings: readonly string[], cuts: readonly (readonly number[])[] = []): void {
  let table = "";
  for (const [i, string] of strings.entries()) {
    const ends = cuts[i] ?? [];
    table += String.fromCharCode(string.length, ends.length, ...ends) + string;
  }
  writeTable(exports, Buffer.from(table, "utf16le"));
  if (exports.makeSet(set, strings.length) === 0) throw new Error(`text: the kernel refused a set of strings (${set})`);
}

function writeTable(exports: TextExports, bytes: Buffer): void {
  bytesAt(exports, exports.reserve(bytes.length / 2), bytes.length).set(bytes);
  if (exports.takeTables(bytes.length / 2) === 0) throw new Error("text: the kernel refused a table");
}

function bytesAt({ memory }: TextExports, address: number, bytes: number): Buffer {
  return Buffer.from(memory.buffer, within(memory.buffer, address, bytes), bytes);
}

/** Checks an address that the kernel gave. */
export function within(buffer: ArrayBuffer, address: number, bytes: number): number {
  if (address === 0 || address + bytes > buffer.byteLength) throw new Error("text: the kernel gave an address outside its memory");
  return address;
}
