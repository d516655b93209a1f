/**
 * The laws for `tokenize({ threads })`, on the built package: a thread of the source has to compile the source first, which is too
 * slow for a suite that starts a hundred of them. `npm ci` builds it.
 */

import { loadTokenizer, tokenize } from "../../dist/tokenize/index.js";
import type { Doc, Stage, Tokenized } from "../../src/core/index.ts";
import { stageLaws } from "../laws/laws.ts";
import { docsOf, LESSON, trainTinyBpe } from "./tiny.ts";

type Out = Doc & Tokenized;

const tokenizer = await loadTokenizer(trainTinyBpe(LESSON, 200).json);
const TEXTS = Array.from({ length: 20 }, (_, i) => (i % 7 === 3 ? "" : `wheel${" wheel".repeat((i * 5) % 3)} ${i}`));
// The built package has classes of its own, which only the compiler tells apart.
const make = (): Stage<Doc, Out> => tokenize(tokenizer, { threads: 1, maxTokens: 12 }) as unknown as Stage<Doc, Out>;
stageLaws<Doc, Out>({
  name: "tokenize with a thread",
  make,
  input: () => docsOf(TEXTS),
  inputsOf: ({ part }) => ((part?.index ?? 0) === 0 ? 1 : 0),
});
