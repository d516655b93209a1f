/**
 * The packages that `fromTransformers` fits but the project does not depend on. `bash test/oracles/setup.sh` installs them, each of
 * the two folders with what it needs (one of the packages only installs with an override); without them these tests are skipped.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Tokenizer as HuggingFace } from "@huggingface/tokenizers";
import { describe, expect, it } from "vitest";
import { from } from "../../src/core/index.ts";
import {
  type AsyncTokenizer,
  type CallableTokenizer,
  fromTransformers,
  type NativeTokenizer,
  type Tokenizer,
  tokenize,
} from "../../src/tokenize/index.ts";
import { docsOf, LESSON, trainTinyBpe } from "./tiny.ts";

type PreTrained = new (json: object, config: object) => CallableTokenizer;

async function load(name: string): Promise<Record<string, unknown> | undefined> {
  for (const folder of ["peers", "node"].map((part) => join(import.meta.dirname, "../oracles", part))) {
    try {
      const found = createRequire(join(folder, "x.js")).resolve(name);
      const module = (await import(pathToFileURL(found).href)) as Record<string, unknown>;
      return { ...(module["default"] as Record<string, unknown>), ...module };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") throw error;
    }
  }
  return undefined;
}

const tiny = trainTinyBpe(LESSON, 200);
const EOS = "<|endoftext|>";
const config = { eos_token: EOS };
const peers: Readonly<Record<string, (module: Record<string, unknown>) => Tokenizer | AsyncTokenizer>> = {
  "@huggingface/transformers": (module) =>
    fromTransformers(new (module["PreTrainedTokenizer"] as PreTrained)(structuredClone(tiny.json), config)),
  "@xenova/transformers": (module) =>
    fromTransformers(new (module["PreTrainedTokenizer"] as PreTrained)(structuredClone(tiny.json), config)),
  tokenizers: (module) => {
    const native = module["Tokenizer"] as { fromString(json: string): NativeTokenizer };
    return fromTransformers(native.fromString(JSON.stringify(tiny.json)), { eos: EOS });
  },
};

describe("packages that fit fromTransformers", () => {
  const reference = fromTransformers(new HuggingFace(structuredClone(tiny.json), config));
  for (const [name, adapt] of Object.entries(peers)) {
    it(`${name} (skipped where test/oracles is not set up)`, async ({ skip }) => {
      const module = await load(name);
      if (module === undefined && process.env["MILLRACE_REQUIRE_ORACLES"] === "1") throw new Error(`${name} is not installed`);
      if (module === undefined) return skip();
      const adapted = adapt(module);
      const { vocabularySize, special } = reference;
      expect(adapted).toMatchObject({ vocabularySize, special });
      for (const text of [LESSON, "a , b n't", "", "caf\u00e9 \ud800 \u6c34\u8eca", "don't split"]) {
        const ids = await adapted.encode(text);
        expect([...ids]).toEqual([...reference.encode(text)]);
        expect(await adapted.decode(ids)).toBe(Buffer.from(text).toString());
      }
      const parts: number[] = [];
      for await (const { tokens } of from(docsOf([LESSON])).pipe(tokenize(adapted, { maxTokens: 100 }))) parts.push(...tokens);
      expect(parts).toEqual([...reference.encode(LESSON), special.eos]);
    });
  }
});
