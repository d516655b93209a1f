/** What the fuzzer compares: a reference, encoders that must agree with it, and the strings that are made for them. */
import type { Dice } from "../kernels/generators.ts";

/** What an encoder makes of a text. */
export interface Encoded {
  readonly ids: ArrayLike<number>;
  /** What the ids decode to, where the encoder decodes too. */
  readonly text?: string;
}

export interface Encoder {
  readonly name: string;
  /** Undefined for a text that is not this encoder's business (it is then not counted). */
  readonly encode: (text: string) => Encoded | undefined;
  /** Asked for every n-th string only; default 1. For what is many times slower than the rest. */
  readonly every?: number;
}

export interface Subject {
  readonly name: string;
  /** The reference, with its version. */
  readonly reference: string;
  /** The reference's ids, and the text that they must decode to. */
  readonly expected: (text: string) => Promise<Encoded> | Encoded;
  readonly encoders: readonly Encoder[];
  /** A string to try. */
  readonly generate: (dice: Dice) => string;
}

/** A family of subjects that stand or fall together. Making a subject loads its vocabulary, so it is made when its turn comes. */
export interface Family {
  readonly name: string;
  /** Why nothing of it can run here; undefined when it can. */
  readonly missing?: string;
  readonly subjects: ReadonlyMap<string, () => Promise<Subject> | Subject>;
}
