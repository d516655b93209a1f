/** The native `tokenizers` package of Hugging Face, where test/oracles/node is installed. It is 67 MB, so it is no dependency. */
import { createRequire } from "node:module";

export interface NativeEncoding {
  getIds(): number[];
  getOffsets(): number[][];
}

export interface NativeTokenizer {
  encode(text: string, pair: null, options: { readonly addSpecialTokens: boolean }): Promise<NativeEncoding>;
  decode(ids: number[], skipSpecialTokens: boolean): Promise<string>;
  getVocab(withAddedTokens: boolean): Record<string, number>;
}

export interface NativePackage {
  readonly Tokenizer: { fromString(json: string): NativeTokenizer };
}

/** Undefined where it is not installed; tests then skip, in one line that says so. */
export function loadNative(): NativePackage | undefined {
  try {
    return createRequire(new URL("../oracles/node/package.json", import.meta.url))("tokenizers") as NativePackage;
  } catch {
    return undefined;
  }
}
