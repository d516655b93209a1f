/** Text, ids and masks against transformers: stored answers everywhere, the package itself (or jinja2, for the text) where it is installed. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type Doc, from } from "../../src/core/index.ts";
import { chat, type LoadedTokenizer, loadTokenizer, tokenize } from "../../src/tokenize/index.ts";
import { type ChatCase, casesOf, chatTokenizerJson, FAMILIES, type Family, GOLDEN_CASES } from "./chat-cases.ts";
import { type Answer, ask, DATE, oracle } from "./chat-oracle.ts";

const reference = oracle();
const required = process.env["MILLRACE_REQUIRE_ORACLES"] === "1";
if (reference === undefined && !required) {
  console.log(
    "skipped: part of test/tokenize/chat-oracle.test.ts (run `bash test/oracles/setup.sh` for jinja2, or name a Python with transformers)",
  );
}

/** What the pipeline makes of cases, with special tokens in messages special, as transformers has them. */
async function ours(cases: readonly ChatCase[], tokenizer: LoadedTokenizer): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const family of Object.keys(FAMILIES)) {
    for (const prompt of [false, true]) {
      const docs = [...cases.entries()]
        .filter(([, one]) => one.family === family && one.prompt === prompt)
        .map(([i, one]) => docOf(one, i));
      const { config } = FAMILIES[family] as Family;
      const rendered = from(docs).pipe(chat(config, { contents: "special", date: DATE, addGenerationPrompt: prompt }));
      const out = rendered.pipe(tokenize(tokenizer, { eos: false }));
      // The stage keeps the text of a record that it does not split.
      for await (const { text, tokens, lossMask = [], origin } of out)
        answers[origin.record] = { text, ids: [...tokens], mask: [...lossMask] };
    }
  }
  return answers;
}

function docOf({ messages, tools }: ChatCase, i: number): Doc {
  const origin = { source: "cases", record: i, offset: 0 };
  return { id: `c${i}`, text: "", meta: tools === undefined ? { messages } : { messages, tools }, origin };
}

/**
 * Where a trained stretch ends with a character of several tokens, transformers marks only the first of them: it looks the last character up
 * and gets one token. All of them are trained here. Returns the mask with these taken out.
 */
function asTransformers(mask: readonly number[], ids: readonly number[], tokenizer: LoadedTokenizer): number[] {
  const broken = (from: number, to: number): boolean => tokenizer.decode(Uint32Array.from(ids.slice(from, to))).includes("\ufffd");
  const out = [...mask];
  for (let i = 1; i < mask.length; i++) {
    if (mask[i] !== 1 || mask[i + 1] === 1) continue;
    let first = i;
    while (first > 0 && broken(first, i + 1)) first--;
    out.fill(0, first + 1, i + 1);
  }
  return out;
}

describe("transformers", () => {
  it("gives the same text, ids and masks: stored answers", async () => {
    const tokenizer = await loadTokenizer(chatTokenizerJson());
    const stored = JSON.parse(readFileSync(new URL("golden/chat.json", import.meta.url), "utf8")) as (Omit<Answer, "mask"> & {
      readonly name: string;
      readonly mask: string;
    })[];
    expect(stored.map(({ name }) => name)).toEqual(GOLDEN_CASES.map(({ name }) => name));
    const answers = await ours(GOLDEN_CASES, tokenizer);
    for (const [i, one] of GOLDEN_CASES.entries()) {
      const { text, ids = [], mask = [] } = answers[i] as Answer;
      const expected = stored[i];
      expect(text, one.name).toBe(expected?.text);
      expect(ids, one.name).toEqual(expected?.ids);
      expect(asTransformers(mask, ids, tokenizer).join(""), one.name).toBe(expected?.mask);
    }
  });

  it.skipIf(reference === undefined && !required)(
    "gives the same now, on conversations not seen before",
    { timeout: 120_000 },
    async () => {
      const tokenizer = await loadTokenizer(chatTokenizerJson());
      const cases = Object.keys(FAMILIES).flatMap((name) => casesOf(name, 30, 4321));
      const [mine, answers] = [await ours(cases, tokenizer), ask(cases)];
      for (const [i, one] of cases.entries()) {
        const answer = answers[i] as Answer;
        expect(answer.error, one.name).toBeUndefined();
        const { text, ids = [], mask = [] } = mine[i] as Answer;
        expect(text, one.name).toBe(answer.text);
        if (reference !== "transformers") continue;
        expect(ids, one.name).toEqual(answer.ids);
        expect(asTransformers(mask, ids, tokenizer), one.name).toEqual(answer.mask);
      }
    },
  );
});
