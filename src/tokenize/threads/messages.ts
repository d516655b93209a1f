/** What a pipeline and its encoding threads say to each other. Bytes and tokens are transferred, never copied element by element. */
import type { EncodeOptions, TokenizerRecipe } from "../tokenizer.ts";

/** What a thread is started with. */
export interface ThreadSetup {
  readonly recipe: TokenizerRecipe;
  /** Of the tokenizer on the pipeline's side: a file may have changed since. */
  readonly fingerprint: string;
  /** The policy for special tokens. */
  readonly encode: EncodeOptions;
}

/** Texts to encode: text `i` is the UTF-8 in `bytes[offsets[i] .. offsets[i + 1])`. */
export interface EncodeMessage {
  readonly batch: number;
  readonly bytes: ArrayBuffer;
  readonly offsets: Uint32Array;
}

/** A text that could not be encoded. The thread works on. */
export interface TextFailure {
  readonly index: number;
  readonly kind: string;
  readonly message: string;
}

export type ThreadMessage =
  | {
      readonly type: "encoded";
      readonly batch: number;
      readonly tokens: Uint32Array;
      readonly offsets: Uint32Array;
      readonly failures: readonly TextFailure[];
      /** The buffer of the texts, to be used again. */
      readonly bytes: ArrayBuffer;
    }
  /** The thread cannot go on: its tokenizer could not be made, or is in an unknown state. */
  | { readonly type: "broken"; readonly kind: string; readonly message: string };
