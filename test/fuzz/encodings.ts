import { createBpe } from "../../src/kernels/bpe/index.ts";
import { packagedDocuments } from "../kernels/documents.ts";
import { generate } from "../kernels/generators.ts";
import { type EncodingName, encodingNames, encodings, oracleOf, tokenStrings, vocabularyOf } from "../kernels/oracle.ts";
import type { Encoder, Family, Subject } from "./subject.ts";

/** The OpenAI encodings against `encode_ordinary` of the `tiktoken` package. `documents`: real text to change. */
export function encodingSubject(name: EncodingName, documents: readonly string[] = packagedDocuments()): Subject {
  const vocabulary = vocabularyOf(name);
  const pattern = encodings[name];
  const oracle = oracleOf(name);
  const strings = tokenStrings(vocabulary);
  const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  const encoderOf = (backend: "wasm" | "js", called: string): Encoder => {
    const bpe = createBpe({ vocabulary, pattern, backend });
    const encode = (text: string) => {
      const ids = bpe.encode(text);
      return { ids, text: utf8.decode(bpe.decodeBytes(ids)) };
    };
    return { name: called, encode };
  };
  return {
    name,
    reference: "tiktoken 1.0.22",
    // Ids are bytes, so decoding must give the text back; a lone surrogate is U+FFFD on the way in.
    expected: (text) => ({ ids: oracle(text), text: wellFormed(text) }),
    encoders: [encoderOf("wasm", "kernel"), encoderOf("js", "TypeScript")],
    generate: (dice) => generate(dice, strings, documents),
  };
}

function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

export const encodingFamily: Family = {
  name: "encodings",
  subjects: new Map(encodingNames.map((name) => [name, () => encodingSubject(name)])),
};
