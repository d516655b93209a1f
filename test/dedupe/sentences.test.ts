import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Doc, from } from "../../src/core/index.ts";
import { type DedupeSentencesOptions, dedupeSentences, splitSentences } from "../../src/dedupe/index.ts";
import { stageLaws } from "../laws/laws.ts";
import { docsOf } from "./corpus.ts";
import { inOnePass, overWorkers } from "./over-workers.ts";

const few = (): Doc[] =>
  docsOf(
    Array.from({ length: 30 }, (_, i) =>
      Array.from({ length: 6 }, (_, k) => `Sentence ${(i * (k < 4 ? 1 : i) + k) % 19} is here.`).join(" "),
    ),
  );

stageLaws<Doc, Doc>({ name: "dedupeSentences", make: () => dedupeSentences(), input: few });

const texts = async (input: readonly string[], options?: DedupeSentencesOptions): Promise<string[]> =>
  (await inOnePass(() => dedupeSentences<Doc>(options), docsOf(input))).passed.map((doc) => doc.text);

describe("splitSentences", () => {
  it.each<[string, string[]]>([
    ["One. Two! Three? Four", ["One. ", "Two! ", "Three? ", "Four"]],
    ['He said "Stop." Then he left.', ['He said "Stop." ', "Then he left."]],
    ["Dr. Smith met J. Doe. They spoke.", ["Dr. Smith met J. Doe. ", "They spoke."]],
    ["It cost 3.50 dollars... or more. Yes.", ["It cost 3.50 dollars... or more. ", "Yes."]],
    ["See www.example.com for more", ["See www.example.com for more"]],
    ["A heading\n\nA text. More", ["A heading\n\n", "A text. ", "More"]],
    ["Ends with Dr.\nNext line", ["Ends with Dr.\n", "Next line"]],
    ["今日は。明日も！「はい。」終わり", ["今日は。", "明日も！", "「はい。」", "終わり"]],
    ["यह है। वह है।", ["यह है। ", "वह है।"]],
    ["   \n  leading", ["   \n  ", "leading"]],
    ["", []],
  ])("cuts %j", (text, expected) => {
    expect(splitSentences(text)).toEqual(expected);
  });

  it("loses nothing, whatever the text", () => {
    const part = fc.constantFrom(
      "a",
      "Dr",
      "J",
      ".",
      "!",
      "?",
      "…",
      " ",
      "\n",
      "\t",
      "。",
      '"',
      ")",
      "B",
      "漢",
      "\ud83d\ude00",
      "\ud800",
      "\u3000",
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 60 }), (parts) => {
        const text = parts.join("");
        const sentences = splitSentences(text);
        expect(sentences.join("")).toBe(text);
        expect(sentences.every((sentence) => sentence !== "")).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("takes linear time for marks, quotes and white space without end", () => {
    for (const unit of [".", '"', ". ", ' "', "a. b ", "\u3000"]) {
      const text = unit.repeat(50_000);
      expect(splitSentences(text).join("").length).toBe(text.length);
    }
  });
});

describe("dedupeSentences", () => {
  const [a, b, c, d, e] = ["Alpha is one. ", "Beta is two. ", "Gamma is three. ", "Delta is four. ", "Epsilon is five. "] as const;

  it("removes a span of three sentences that was there before, and no shorter one", async () => {
    expect(await texts([`${a}${b}${c}`, `${d}${a}${b}${c}${e}`, `${a}${b}${d}`])).toEqual([`${a}${b}${c}`, `${d}${e}`, `${a}${b}${d}`]);
  });

  it("joins overlapping spans, and keeps the first copy within one document too", async () => {
    expect(await texts([`${a}${b}${c}${d}`, `${e}${a}${b}${c}${d}`])).toEqual([`${a}${b}${c}${d}`, e]);
    expect(await texts([`${a}${b}${c}${d}${a}${b}${c}`])).toEqual([`${a}${b}${c}${d}`]);
  });

  it("compares without case and spacing, unless told otherwise", async () => {
    const again = `${d}${a}${b}${c}`.toUpperCase().replaceAll(" ", "  ");
    expect(await texts([`${a}${b}${c}`, again])).toEqual([`${a}${b}${c}`, d.toUpperCase().replaceAll(" ", "  ")]);
    expect(await texts([`${a}${b}${c}`, again], { ignore: [] })).toEqual([`${a}${b}${c}`, again]);
  });

  it("drops a document of which nothing stays, and counts", async () => {
    const { passed, dropped, counters } = await inOnePass(
      () => dedupeSentences<Doc>(),
      docsOf([`${a}${b}${c}${d}`, `${a}${b}${c}${d}`, "", a]),
    );
    expect(passed.map((doc) => doc.id)).toEqual(["0", "2", "3"]);
    expect(dropped).toEqual({ "nothing-left": 1 });
    expect(counters).toEqual({ "spans repeated": 2, "sentences removed": 4 });
  });

  it("takes another splitter, and reports one that loses text as the document's error", async () => {
    const split = (text: string): string[] => text.match(/[^;]*;?/g) ?? [];
    expect(await texts(["x;y;z", "w;x;y;z"], { split })).toEqual(["x;y;z", "w;"]);
    for (const bad of [(text: string) => text.split(";"), (text: string) => [text, "more"], () => []]) {
      await expect(texts(["x;y"], { split: bad })).rejects.toMatchObject({
        stage: "dedupeSentences",
        message: expect.stringContaining("`split` returned"),
      });
    }
    const run = from(docsOf(["x;y", "fine"]))
      .pipe(dedupeSentences({ split: (text) => text.split(";") }))
      .run({ onError: "skip" });
    const kept: string[] = [];
    for await (const doc of run) kept.push(doc.text);
    expect(kept).toEqual(["fine"]);
  });

  it("decides as a Set of strings does, in one pass and over workers", async () => {
    const sentence = fc.constantFrom("Aa.", "B bb.", "C!", "AA.", "D 1.", "D 2.");
    const text = fc.array(sentence, { maxLength: 9 }).map((sentences) => sentences.join(" "));
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { maxLength: 10 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 2 }),
        fc.array(fc.nat(10), { maxLength: 3 }),
        async (input, span, keep, cuts) => {
          const make = () => dedupeSentences<Doc>({ span, keep });
          const streamed = await inOnePass(make, docsOf(input));
          const seen = new Map<string, number>();
          const expected = input.flatMap((whole, id) => {
            const list = whole === "" ? [] : whole.split(/(?<=[.!]) /);
            const goes = new Set<number>();
            for (let i = 0; i + span <= list.length; i++) {
              const key = list
                .slice(i, i + span)
                .join("\0")
                .toLowerCase();
              const copies = (seen.get(key) ?? 0) + 1;
              seen.set(key, copies);
              if (copies > keep) for (let k = i; k < i + span; k++) goes.add(k);
            }
            const kept = list.filter((_, i) => !goes.has(i));
            return list.length > 0 && kept.length === 0 ? [] : [[String(id), kept.join(" ")]];
          });
          expect(streamed.passed.map((doc) => [doc.id, doc.text])).toEqual(expected);
          const { files: _, ...spread } = await overWorkers(make, docsOf(input), cuts, { memoryBytes: 100, chunkBytes: 5 });
          expect(spread).toEqual(streamed);
        },
      ),
      { numRuns: 100 },
    );
  });

  it.each<[unknown, string]>([
    [{ sentences: 3 }, "unknown option `sentences`; known options are span, ignore, split, keep, filterBytes"],
    [{ span: 0 }, "expected `span` to be an integer between 1 and 100, got 0"],
    [{ ignore: "case" }, 'expected `ignore` to be a list of "case", "space" and "digits", got "case"'],
    [{ split: "en" }, 'expected `split` to be a function, got "en"'],
    [{ keep: 2, filterBytes: 4096 }, "a filter cannot count, so `filterBytes` needs `keep: 1`, got 2"],
  ])("%j is refused when the stage is made", (options, message) => {
    expect(() => dedupeSentences(options as DedupeSentencesOptions)).toThrow(`dedupeSentences: ${message}`);
  });
});
