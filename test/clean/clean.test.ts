import { describe, expect, it } from "vitest";
import { type CleanOptions, c4, clean, fineweb, gopherQuality, gopherRepetition, normalise } from "../../src/clean/index.ts";
import { Page } from "../../src/clean/rule.ts";
import { resolveRules } from "../../src/clean/rules.ts";
import { type Doc, type Excluded, from, originalText, type PipelineState } from "../../src/core/index.ts";
import { stageLaws } from "../laws/laws.ts";
import { oddTexts, prose } from "./texts.ts";

const docs = (texts: readonly string[]): Doc[] =>
  texts.map((text, record) => ({ id: `d${record}`, text, meta: { n: record }, origin: { source: "s", record, offset: record * 100 } }));

async function run(options: CleanOptions, texts: readonly string[]) {
  const dropped: Excluded[] = [];
  const exclusions = {
    name: "collect",
    async write(input: AsyncIterable<Excluded>): Promise<void> {
      for await (const record of input) dropped.push(record);
    },
  };
  const pass = from(docs(texts)).pipe(clean(options)).run({ exclusions });
  const kept: (Doc & { language: string })[] = [];
  for await (const doc of pass) kept.push(doc);
  const report = pass.report().stages[1];
  return { kept, dropped, report };
}

const texts = [...prose(61, 120), ...oddTexts(62, 30), "", " \r\n\t"];
/** Something of everything: kept ones too. */
const MILD: CleanOptions = {
  rules: [
    { rule: "gopher-repetition", maxTopNgramChars: null, maxDuplicateNgramChars: { 5: 0.5 } },
    { rule: "gopher-quality", minWords: 5, minStopWords: null },
    { rule: "c4", minSentences: 1, endMarks: null },
    { rule: "fineweb", maxDuplicateLineChars: 0.3, minTerminalLines: null },
  ],
};

stageLaws<Doc, Doc>({ name: "clean", make: () => clean(MILD), input: () => docs(texts.slice(0, 50)) });
stageLaws<Doc, Doc>({
  name: "clean with an identifier",
  make: () =>
    clean({ rules: [], languages: ["en"], identify: async (text) => ({ language: text.length % 3 === 0 ? "de" : "en", score: 1 }) }),
  input: () => docs(prose(63, 24)),
});

describe("a rule that is only asked to decide", () => {
  it("decides as when it measures everything", () => {
    const rules = resolveRules("clean", [
      "gopher-repetition",
      "gopher-quality",
      { rule: "gopher-quality", minWords: 1, minStopWords: 5 },
      "c4",
      { rule: "c4", endMarks: null, minSentences: 3 },
      "fineweb",
      ...[0.05, 0.1, 0.15, 0.2].map((maxNewlinesPerWord) => ({
        rule: "fineweb",
        maxNewlinesPerWord,
        minTerminalLines: null,
        maxShortLines: null,
        maxDuplicateLineChars: null,
      })),
    ]);
    const reasons = new Set<string | undefined>();
    for (const text of [...prose(64, 300), ...oddTexts(65, 100)]) {
      for (const rule of rules) {
        const { reason } = rule.judge(new Page(text));
        expect(rule.judge(new Page(text, true)).reason).toBe(reason);
        reasons.add(reason);
      }
    }
    expect(reasons.size).toBeGreaterThan(12);
  });
});

describe("clean", () => {
  it("gives each text the verdict of the rules one after the other", async () => {
    const { kept, dropped, report } = await run(MILD, texts);
    expect(kept.length + dropped.length).toBe(texts.length);
    expect(kept.length).toBeGreaterThan(20);
    const fates = new Map<number, string>([
      ...kept.map((doc): [number, string] => [doc.origin.record, `kept ${doc.text}`]),
      ...dropped.map((doc): [number, string] => [doc.origin.record, doc.reason]),
    ]);
    const expected = texts.map((raw) => {
      const text = normalise(raw);
      if (text === "") return "length/empty";
      const repetition = gopherRepetition(text, { maxTopNgramChars: null, maxDuplicateNgramChars: { 5: 0.5 } }).reason;
      if (repetition !== undefined) return `gopher-repetition/${repetition}`;
      const quality = gopherQuality(text, { minWords: 5, minStopWords: null }).reason;
      if (quality !== undefined) return `gopher-quality/${quality}`;
      const lines = c4(text, { minSentences: 1, endMarks: null });
      if (lines.text === undefined) return `c4/${lines.reason}`;
      const last = fineweb(lines.text, { maxDuplicateLineChars: 0.3, minTerminalLines: null }).reason;
      return last === undefined ? `kept ${lines.text}` : `fineweb/${last}`;
    });
    expect(texts.map((_, i) => fates.get(i))).toEqual(expected);
    expect(new Set(expected.map((fate) => fate.split("/")[0])).size).toBeGreaterThan(4);
    const removed = texts.length - kept.length;
    expect(Object.values(report?.dropped ?? {}).reduce((a, b) => a + b, 0)).toBe(removed);
    expect(report).toMatchObject({ in: texts.length, out: kept.length, errors: {} });
  });

  it("excludes with the original text, before any step changed it", async () => {
    const raw = "e\u0301 \r\n\u0000short";
    const { dropped } = await run({}, [raw]);
    expect(dropped).toMatchObject([{ text: raw, reason: "gopher-repetition/top_2_gram", stage: "clean", id: "d0" }]);
  });

  it("leaves the record it was given alone and keeps its other fields", async () => {
    const [doc] = docs(["cafe\u0301"]) as [Doc];
    const before = structuredClone(doc);
    const extra = { ...doc, score: 7 };
    const out: unknown[] = [];
    for await (const record of from([extra]).pipe(clean({ rules: [] }))) out.push(record);
    expect(out).toEqual([{ ...extra, text: "café", language: "und" }]);
    expect(doc).toEqual(before);
    expect(originalText(doc.origin)).toBeUndefined();
  });

  it("counts what it changes", async () => {
    const line = "This is the first of the sentences, and it is long enough. ";
    const body = Array.from({ length: 6 }, (_, i) => `${line}Then sentence number ${i} was written by somebody else entirely.`).join(" ");
    const { report } = await run({ rules: [{ rule: "c4" }] }, [`${body}\nno mark\nnor here`, body, "a\r\nb", "ab"]);
    expect(report?.counters).toEqual({ "c4 lines removed": 2, "texts normalised": 1 });
  });

  it("limits the length in code points", async () => {
    const limits: CleanOptions = { rules: [], minLength: 2, maxLength: 4 };
    const { kept, report } = await run(limits, ["a", "𝒜𝒜", "abcd ", "abcde", "𝒜𝒜𝒜𝒜", ""]);
    expect(kept.map(({ text }) => text)).toEqual(["𝒜𝒜", "abcd", "𝒜𝒜𝒜𝒜"]);
    expect(report?.dropped).toEqual({ "length/too_short": 1, "length/too_long": 1, "length/empty": 1 });
    expect((await run({ rules: [], maxLength: 0 }, ["a"])).report?.dropped).toEqual({ "length/too_long": 1 });
  });

  it("leaves the text as it is when told so, save for lone surrogates", async () => {
    const raw = ["e\u0301 \r\n\u0000 ", "\ud800x", " \n"];
    const { kept, report } = await run({ rules: [], normalise: "none" }, raw);
    expect(kept.map(({ text }) => text)).toEqual([raw[0], "\ufffdx"]);
    expect(report?.dropped).toEqual({ "length/empty": 1 });
  });

  it("runs rules in the order given, and one more than once", async () => {
    const text = "one two";
    expect((await run({ rules: ["fineweb", "gopher-quality"] }, [text])).report?.dropped).toEqual({ "fineweb/line_punct_ratio": 1 });
    expect((await run({ rules: ["gopher-quality", "fineweb"] }, [text])).report?.dropped).toEqual({ "gopher-quality/gopher_short_doc": 1 });
    const twice = await run({ rules: [{ rule: "gopher-quality", minWords: null, minStopWords: null }, "gopher-quality"] }, [text]);
    expect(twice.report?.dropped).toEqual({ "gopher-quality/gopher_short_doc": 1 });
  });

  it("has profiles of the rules of datatrove", () => {
    const rules = (options: CleanOptions): string[] =>
      (clean(options).config as { rules: { rule: string }[] }).rules.map(({ rule }) => rule);
    expect(rules({})).toEqual(["gopher-repetition", "gopher-quality", "c4", "fineweb"]);
    expect(rules({ rules: "fineweb@datatrove" })).toEqual(rules({}));
    expect(rules({ rules: "gopher@datatrove" })).toEqual(["gopher-repetition", "gopher-quality"]);
    expect(rules({ rules: "c4@datatrove" })).toEqual(["c4"]);
    expect(rules({ rules: [] })).toEqual([]);
    const marks = (options: CleanOptions): unknown =>
      (clean(options).config as { rules: { rule: string; endMarks?: unknown }[] }).rules.find(({ rule }) => rule === "c4")?.endMarks;
    expect(marks({})).toBeNull(); // FineWeb leaves out the terminal punctuation
    expect(marks({ rules: ["c4"] })).toEqual([".", "?", "!", '"', "'"]);
  });

  it("has its resolved options for a configuration, which is plain and compared on restore", async () => {
    const { config } = clean({ rules: [{ rule: "gopher-quality", minWords: 20 }], minLength: 3 });
    expect(JSON.parse(JSON.stringify(config))).toEqual(config);
    expect(config).toMatchObject({
      normalise: { unicode: "NFC", blankLines: 1 },
      minLength: 3,
      maxLength: null,
      languages: null,
      rules: [{ rule: "gopher-quality", minWords: 20, maxWords: 100_000, minStopWords: 2 }],
    });
    const pass = from(docs(["a b", "c d", "e f"]))
      .pipe(clean({ rules: [] }))
      .run();
    await pass.next();
    const state = JSON.parse(JSON.stringify(pass.state())) as PipelineState;
    await pass.return();
    const changed = from(docs(["a b", "c d", "e f"])).pipe(clean({ rules: [], minLength: 1 }));
    expect(() => changed.restore(state)).toThrow("minLength");
  });

  it("does not mind two runs of one stage at a time", async () => {
    const stage = clean<Doc>(MILD);
    const one = from(docs(texts)).pipe(stage).run();
    const other = from(docs([...texts].reverse()))
      .pipe(stage)
      .run();
    const [a, b]: string[][] = [[], []];
    for (;;) {
      const [x, y] = [await one.next(), await other.next()];
      if (x.done !== true) a?.push(x.value.text);
      if (y.done !== true) b?.push(y.value.text);
      if (x.done === true && y.done === true) break;
    }
    expect(b?.reverse()).toEqual(a);
    expect(a?.length).toBeGreaterThan(20);
  });

  it.each<[object, ErrorConstructor, string]>([
    [{ langages: ["en"] }, TypeError, "clean: unknown option `langages`; known options are normalise"],
    [{ rules: "gopher" }, TypeError, '`rules` to be an array of rules or a profile ("fineweb@datatrove"'],
    [{ rules: ["gopher"] }, TypeError, '`rules[0]` to be "gopher-repetition", "gopher-quality"'],
    [{ rules: ["c4", { rule: "dolma" }] }, TypeError, "rules[1]"],
    [{ rules: [null] }, TypeError, "rules[0]"],
    [{ rules: [{ rule: "gopher-quality", minWord: 3 }] }, TypeError, "gopher-quality: unknown option `minWord`"],
    [{ rules: [{ rule: "gopher-quality", minWords: 200_000 }] }, RangeError, "minWords"],
    [{ rules: [{ rule: "gopher-repetition", maxDuplicateLines: 30 }] }, RangeError, "maxDuplicateLines"],
    [{ minLength: 10, maxLength: 5 }, RangeError, "clean: expected `minLength` to be at most `maxLength`, got 10 and 5"],
    [{ minLength: -1 }, RangeError, "minLength"],
    [{ maxLength: "5" }, TypeError, "maxLength"],
    [{ normalise: true }, TypeError, "clean: expected `normalise` to be an object of options"],
    [{ normalise: { unicode: "NFD" } }, TypeError, "normalise.unicode"],
    [{ onError: "ignore" }, TypeError, "onError"],
  ])("refuses %j", (options, type, message) => {
    expect(() => clean(options)).toThrow(type);
    expect(() => clean(options)).toThrow(new RegExp(message.replace(/[[\]()]/g, "\\$&")));
  });
});
