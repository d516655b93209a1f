import type { WasmMemory } from "../wasm.ts";

/** What assembly/index.ts exports. Addresses are byte offsets into `memory`, lengths are UTF-16 units. */
export interface TextExports {
  readonly memory: WasmMemory;
  create(): void;
  classesAddress(): number;
  astralAddress(): number;
  resultsAddress(): number;
  argumentsAddress(): number;
  takeAstral(count: number): number;
  takeTables(units: number): number;
  makeSet(set: number, count: number): number;
  makePhrases(wordCount: number, nodeCount: number, edges: number, exceptions: number): number;
  reserve(units: number): number;
  takeText(units: number): number;
  tidy(blankLines: number): number;
  takeTidied(): number;
  takeKept(): number;
  countWords(): number;
  wordsAddress(): number;
  repetition(tops: number, repeats: number, limited: number): number;
  quality(stopWords: number, enough: number): number;
  c4(rules: number, fewestWords: number, longestWord: number, marks: number, enough: number): number;
  fineweb(shortLength: number): number;
  plainlyHasWords(fewest: number): number;
}
