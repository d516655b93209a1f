import type { WasmMemory } from "../wasm.ts";

/** What assembly/index.ts exports; its comments say what each does. Addresses are byte offsets into `memory`. */
export interface SketchExports {
  readonly memory: WasmMemory;
  create(): number;
  inputAddress(): number;
  handoverAddress(): number;
  spansAddress(): number;
  normalAddress(): number;
  signaturesAddress(): number;
  keysAddress(): number;
  countsAddress(): number;
  normalLength(): number;
  freshFrom(): number;
  missing(): number;
  setPage(page: number, words: number): number;
  configure(ngram: number, bands: number, rows: number, seed: number, ofCharacters: number): number;
  begin(keepSymbols: number): void;
  read(from: number, to: number): number;
  readWhole(bytes: number, keepSymbols: number): number;
  sketchWhole(): number;
  countFresh(): number;
  charactersCounted(): number;
  isOpen(): number;
  end(): number;
  sketchRest(index: number): number;
  nextWindow(sketching: number): void;
  batch(from: number, count: number): number;
}
