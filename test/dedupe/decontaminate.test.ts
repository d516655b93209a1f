import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Doc, type Excluded, from } from "../../src/core/index.ts";
import {
  type ContaminationHit,
  type DecontaminateOptions,
  decontaminate,
  type EvaluationIndexOptions,
  type EvaluationText,
  evaluationIndex,
} from "../../src/dedupe/index.ts";
import { stageLaws } from "../laws/laws.ts";
import { docsOf, generator, randomWords } from "./corpus.ts";
import { inOnePass } from "./over-workers.ts";

const next = generator(77);
const evaluations = Array.from({ length: 20 }, (_, i) => ({ id: `q${i}`, text: randomWords(next, 30).join(" ") }));
const index = await evaluationIndex(evaluations);
const few = (): Doc[] => {
  const random = generator(5);
  return docsOf(
    Array.from({ length: 30 }, (_, i) => {
      const words = randomWords(random, 60);
      return (i % 3 === 0 ? [...words.slice(0, 20), evaluations[i % 20]?.text, ...words.slice(20)] : words).join(" ");
    }),
  );
};

stageLaws<Doc, Doc>({ name: "decontaminate", make: () => decontaminate({ index }), input: few });
stageLaws<Doc, Doc>({ name: "decontaminate, cutting", make: () => decontaminate({ index, action: "cut", margin: 5 }), input: few });
stageLaws<Doc, Doc>({ name: "decontaminate, annotating", make: () => decontaminate({ index, action: "annotate" }), input: few });

async function run(
  texts: readonly string[],
  evals: readonly EvaluationText[],
  options: Partial<DecontaminateOptions> = {},
  shape?: EvaluationIndexOptions,
) {
  const made = await evaluationIndex(evals, shape);
  return inOnePass<Doc, Doc>(() => decontaminate<Doc>({ index: made, ...options }), docsOf(texts));
}

const question = "What is the name of the river that flows through the old town of Heidelberg in Germany?";

describe("decontaminate", () => {
  it("drops documents with 13 words in a row of an evaluation text, whatever the case and punctuation", async () => {
    const texts = [
      `Quiz: ${question} The Neckar.`,
      `quiz - WHAT, is the name; of the river (that flows) through the old`, // 12 words of it
      `quiz - WHAT, is the name; of the river (that flows) through the old TOWN`,
      "The river Neckar flows through the old town of Heidelberg in Germany.",
    ];
    const { passed, dropped, counters } = await run(texts, [question]);
    expect(passed.map((doc) => doc.id)).toEqual(["1", "3"]);
    expect(dropped).toEqual({ contaminated: 2 });
    expect(counters).toEqual({ "contaminated documents": 2, "contaminated n-grams": 6 });
  });

  it("searches short texts as a whole, and leaves out what is shorter still", async () => {
    const evals = ["one two three four five six seven eight", "one two three", "nine ten"];
    const made = await evaluationIndex(evals);
    expect([made.texts, made.tooShort]).toEqual([3, 2]);
    const { passed } = await run(
      ["x one two three four five six seven eight y", "one two three four five six seven x eight", "nine ten"],
      evals,
    );
    expect(passed.map((doc) => doc.id)).toEqual(["1", "2"]);
  });

  it("takes every letter of a script without spaces for a word", async () => {
    const { passed } = await run(
      ["前略、我輩は猫である名前はまだ無い。", "我輩は犬である名前はまだ無い"],
      ["我輩は猫である。名前はまだない"],
      {},
      { ngram: 10 },
    );
    expect(passed.map((doc) => doc.id)).toEqual(["1"]);
  });

  it("cuts the matches out with a margin, never through a character", async () => {
    const evals = ["a b c d e f g h"];
    const cut = (text: string, margin?: number) =>
      run([text], evals, { action: "cut", ...(margin === undefined ? {} : { margin }) }, { ngram: 8 });
    expect((await cut("before it. A b c d e f g H! after it.")).passed[0]?.text).toBe("before it. \n! after it.");
    expect((await cut("before it. A b c d e f g H! after it.", 4)).passed[0]?.text).toBe("before \nter it.");
    expect((await cut("12👍 a b c d e f g h 👍34", 2)).passed[0]?.text).toBe("12👍\n34");
    const whole = await cut("A b c d e f g h.", 10);
    expect([whole.passed.length, whole.dropped]).toEqual([0, { contaminated: 1 }]);
    expect((await cut("a b c d e f g h x a b c d e f g h")).passed[0]?.text).toBe(" x ");
  });

  it("annotates with a bounded list of hits, in order, and reports them", async () => {
    const text = `intro ${question} middle ${question} end`;
    const hits: [string, string][] = [];
    const { passed } = await run([text, "clean"], [{ id: "geo-1", text: question }], {
      action: "annotate",
      maxHits: 3,
      onHit: (hit, doc) => hits.push([doc.id, hit.ngram]),
    });
    const listed = passed[0]?.meta["contamination"] as ContaminationHit[];
    expect(listed.length).toBe(3);
    expect(listed[0]).toEqual({
      evaluation: "geo-1",
      ngram: "what is the name of the river that flows through the old town",
      start: 6,
      end: 6 + question.indexOf(" of Heidelberg"),
    });
    for (const { start, end, ngram } of listed) expect(text.slice(start, end).toLowerCase()).toBe(ngram);
    expect(hits).toEqual(listed.map((hit) => ["0", hit.ngram]));
    expect(passed[1]?.meta).toEqual({});
  });

  it("says in the exclusions what was hit", async () => {
    const made = await evaluationIndex([question]);
    const excluded: Excluded[] = [];
    const exclusions = {
      name: "keep",
      write: async (input: AsyncIterable<Excluded>) => {
        for await (const record of input) excluded.push(record);
      },
    };
    for await (const _ of from(docsOf([`So: ${question}`]))
      .pipe(decontaminate({ index: made, maxHits: 1 }))
      .run({ exclusions }));
    expect(excluded[0]?.detail).toMatchObject({ hits: [{ evaluation: "0", start: 4 }], ngrams: 5 });
  });

  it("needs as many n-grams as it is told", async () => {
    expect((await run([question], [question], { minHits: 5 })).passed.length).toBe(0);
    expect((await run([question], [question], { minHits: 6 })).passed.length).toBe(1);
  });

  it("finds what a search for strings finds", async () => {
    const word = fc.constantFrom("a", "b", "c", "d");
    const text = fc.array(word, { maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { maxLength: 6 }),
        fc.array(text, { maxLength: 6 }),
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 5 }),
        async (texts, evals, ngram, least) => {
          const minWords = Math.min(least, ngram);
          const wanted = new Set(
            evals.flatMap((words) => {
              const length = Math.min(ngram, words.length);
              return words.length < minWords
                ? []
                : Array.from({ length: words.length - length + 1 }, (_, i) => words.slice(i, i + length).join(" "));
            }),
          );
          const { passed, counters } = await run(
            texts.map((words) => words.join(" ")),
            evals.map((words) => words.join(", ")),
            { action: "annotate", maxHits: 10_000 },
            { ngram, minWords },
          );
          let total = 0;
          for (const [d, words] of texts.entries()) {
            const expected: string[] = [];
            for (let i = 0; i < words.length; i++) {
              for (let length = ngram; length >= minWords; length--) {
                const gram = words.slice(i, i + length).join(" ");
                if (i + length <= words.length && wanted.has(gram)) expected.push(gram);
              }
            }
            const hits = (passed[d]?.meta["contamination"] ?? []) as ContaminationHit[];
            expect(hits.map((hit) => hit.ngram)).toEqual(expected);
            for (const hit of hits) {
              const source = evals[Number(hit.evaluation)] as string[];
              expect(` ${source.join(" ")} `).toContain(` ${hit.ngram} `);
            }
            total += expected.length;
          }
          expect(counters["contaminated n-grams"] ?? 0).toBe(total);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("compares words, not hashes: two texts made to have one hash are not confused", async () => {
    // A Thue-Morse sequence of 64 numbers that differ by 32, and its complement: the wrap-around sums over both are equal.
    const ones = (i: number): number => i.toString(2).replaceAll("0", "").length;
    const names = Array.from({ length: 33 }, (_, i) => `w${i}`);
    const sequence = (odd: number): string => Array.from({ length: 64 }, (_, i) => names[ones(i) % 2 === odd ? 0 : 32]).join(" ");
    const evals = [names.join(" "), sequence(0)];
    const made = await evaluationIndex(evals, { ngram: 64, minWords: 33 });
    const numbers = (text: string): Uint32Array => Uint32Array.from(text.split(" "), (name) => made.numberOf(name));
    const hash = (text: string): number => numbers(text).reduce((sum, number) => (Math.imul(sum, 0x915f77f5) + number) | 0, 0);
    expect(hash(sequence(1))).toBe(hash(sequence(0)));
    const { passed } = await run([sequence(1), sequence(0)], evals, {}, { ngram: 64, minWords: 33 });
    expect(passed.map((doc) => doc.id)).toEqual(["0"]);
  });

  it("finds planted questions in a large text and nothing else", async () => {
    const random = generator(9);
    const texts = Array.from({ length: 300 }, (_, i) => {
      const words = randomWords(random, 300);
      const source = (evaluations[i % 20]?.text ?? "").split(" ");
      if (i % 10 === 0) words.splice(100, 0, ...source.slice(5, 18)); // 13 words
      if (i % 10 === 1) words.splice(100, 0, ...source.slice(5, 17)); // 12
      return words.join(" ");
    });
    const { passed } = await run(texts, evaluations);
    expect(passed.map((doc) => Number(doc.id))).toEqual(texts.flatMap((_, i) => (i % 10 === 0 ? [] : [i])));
  });

  it("reads evaluation texts from a pipeline, and is compared by what they say", async () => {
    const fromPipeline = await evaluationIndex(from(docsOf([question])).run());
    const same = await evaluationIndex([{ id: "0", text: question }]);
    expect(fromPipeline.fingerprint()).toBe(same.fingerprint());
    expect((await evaluationIndex([`${question} Really`])).fingerprint()).not.toBe(same.fingerprint());
    const pass = from(few())
      .pipe(decontaminate({ index: same }))
      .run();
    await pass.next();
    const state = pass.state();
    await pass.return();
    expect(() => from(few()).pipe(decontaminate({ index })).restore(state)).toThrow("the options of decontaminate were");
  });

  it.each<[unknown, string]>([
    [{}, "expected `index` to be what `await evaluationIndex(texts)` returns, got undefined"],
    [{ index, action: "mask" }, 'expected `action` to be "drop" or "cut" or "annotate", got "mask"'],
    [{ index, minHits: 0 }, "expected `minHits` to be an integer of at least 1, got 0"],
    [{ index, margin: 5 }, '`margin` has no meaning with `action: "drop"`'],
    [{ index, onHit: 1 }, "expected `onHit` to be a function, got 1"],
    [{ index, ngram: 8 }, "unknown option `ngram`"],
  ])("%# is refused when the stage is made", (options, message) => {
    expect(() => decontaminate(options as DecontaminateOptions)).toThrow(`decontaminate: ${message}`);
  });

  it("refuses evaluation texts that are none", async () => {
    await expect(evaluationIndex([7 as unknown as string])).rejects.toThrow("evaluationIndex: expected `texts` to be strings, or objects");
    await expect(evaluationIndex([], { ngram: 0 })).rejects.toThrow("expected `ngram` to be an integer between 1 and 100, got 0");
    await expect(evaluationIndex([], { minWords: 14 })).rejects.toThrow("expected `minWords` to be an integer between 1 and 13, got 14");
  });
});
