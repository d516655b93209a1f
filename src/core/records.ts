/** The shapes records take after the text: what stages of different folders agree on without importing each other. */
import type { Traced } from "./doc.ts";

/** A record with token ids. */
export interface Tokenized {
  /** Token ids in order, one per token, BOS and EOS included when the tokenizer stage adds them. */
  readonly tokens: Uint32Array;
  /** 1 where a token is trained, 0 where it is only context; one per token. Absent: all tokens are trained. */
  readonly lossMask?: Uint8Array;
}

/** One row of a batch: which record it is, and how many of its columns are tokens rather than padding. */
export interface Row extends Traced {
  readonly id: string;
  readonly length: number;
}

/** Padded rows, row-major, ready for a tensor of shape `[rows.length, width]`. */
export interface Batch {
  /** Columns of every row. */
  readonly width: number;
  /** Token ids, int32, `[rows, width]`; the pad id where `attention_mask` is 0. */
  readonly input_ids: Int32Array;
  /** 1 on tokens, 0 on padding; uint8, `[rows, width]`. */
  readonly attention_mask: Uint8Array;
  /** `input_ids` with -100 (the index that losses ignore) on padding and where `lossMask` is 0; int32, `[rows, width]`. */
  readonly labels: Int32Array;
  readonly rows: readonly Row[];
}
