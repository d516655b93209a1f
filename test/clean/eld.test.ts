import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type EldModule, eldDetector } from "../../src/clean/eld.ts";
import { probes } from "../../src/clean/eld-probes.ts";
import { createScorer, type EldData } from "../../src/clean/eld-scorer.ts";
import { loadIdentifier } from "../../src/clean/language.ts";
import { fuzz } from "../fuzz/fuzz.ts";
import { eldSubject } from "../fuzz/identifiers.ts";
import { corpusDocuments, hasCorpora, packagedDocuments } from "../kernels/documents.ts";
import { oddTexts } from "./texts.ts";

const root = new URL("../../node_modules/eld/", import.meta.url);
const installed = existsSync(root);
if (!installed) console.log("skipped: test/clean/eld.test.ts (npm install eld)");
if (!hasCorpora) console.log("skipped: eld on the corpora, which are not here");

/** eld itself, counting how often it is asked. */
async function counting(): Promise<{ module: EldModule; asked: () => number }> {
  const { eld } = (await import("eld/small")) as EldModule;
  let asked = 0;
  const detect = (text: string) => {
    asked++;
    return eld.detect(text);
  };
  return { module: { eld: { detect } }, asked: () => asked };
}

async function data(): Promise<EldData> {
  const paths = ["ngrams/small.js", "dictionary.js", "regexPatterns.js", "avgScore.js"];
  return Object.assign({}, ...(await Promise.all(paths.map((path) => import(/* @vite-ignore */ new URL(`src/${path}`, root).href)))));
}

describe.skipIf(!installed)("the scorer over eld's database", () => {
  it("answers without eld once it has been checked against it", async () => {
    const { module, asked } = await counting();
    const detect = await eldDetector(module);
    expect(asked()).toBe(probes().length);
    expect(detect("The people of the valley went down to the river.")).toMatchObject({ language: "en", reliable: true });
    expect(asked()).toBe(probes().length);
  });

  it("says what eld says of texts in 500 languages, mails, speeches and oddities", async () => {
    const { eld } = (await import("eld/small")) as EldModule;
    const identify = await loadIdentifier("eld");
    const documents = packagedDocuments();
    const parts = documents.flatMap((text) => [text, text.slice(1500), text.slice(3000, 3050), text.slice(5000, 5200).toUpperCase()]);
    const languages = new Set<string>();
    for (const text of [...parts, ...oddTexts(3, 1000)]) {
      const result = eld.detect(text);
      const reliable = result.language !== "" && result.isReliable();
      const expected = reliable ? { language: result.language, score: result.getScores()[result.language] } : { language: "und", score: 0 };
      expect(await identify(text), JSON.stringify(text.slice(0, 400))).toEqual(expected);
      languages.add(expected.language);
    }
    expect(languages.size).toBeGreaterThan(50);
  });

  it("agrees on generated strings", async () => {
    const report = await fuzz(await eldSubject(), 5000, 11);
    expect(report).toMatchObject({ mismatches: 0, first: undefined, compared: { scorer: 5000 } });
  });

  it.skipIf(!hasCorpora)("agrees on a part of each corpus", async () => {
    const files = ["en-wiki/enwiki2014-002", "en-web/dolma-cc_en_head-0091", "multi/zhwiki2024", "multi/tldr-pages"].map(
      (file) => `${file}.jsonl.gz`,
    );
    const subject = await eldSubject([]);
    for (const file of [...files, "langid/eld-single-words.txt.gz", "langid/eld-word-pairs.txt.gz"]) {
      const documents = corpusDocuments(file);
      const every = Math.ceil(documents.length / 1500);
      for (const text of documents.filter((_, i) => i % every === 0)) {
        expect(subject.encoders[0]?.encode(text), JSON.stringify(text.slice(0, 400))).toEqual(await subject.expected(text));
      }
    }
  });

  it("keeps what belongs to one text out of the next", async () => {
    const { module } = await counting();
    const detect = await eldDetector(module);
    const texts = probes();
    const alone = texts.map((text) => detect(text));
    expect([...texts].reverse().map((text) => detect(text))).toEqual([...alone].reverse());
    expect(texts.map((text) => [detect(text), detect(text)])).toEqual(alone.map((answer) => [answer, answer]));
  });
});

describe.skipIf(!installed)("another version of eld", () => {
  const strange: readonly [string, (data: EldData) => Partial<EldData>][] = [
    ["has no such modules", () => ({})],
    [
      "has a gram's score changed",
      (d) => ({ ...d, ngramsData: { ...d.ngramsData, ngrams: { ...d.ngramsData.ngrams, " the ": { 11: 200 } } } }),
    ],
    [
      "has a gram longer than any key",
      (d) => ({ ...d, ngramsData: { ...d.ngramsData, ngrams: { ...d.ngramsData.ngrams, abcdefg: { 1: 1 } } } }),
    ],
    [
      "has a score that is no byte",
      (d) => ({ ...d, ngramsData: { ...d.ngramsData, ngrams: { ...d.ngramsData.ngrams, abc: { 1: 256 } } } }),
    ],
    [
      "has a score that is no integer",
      (d) => ({ ...d, ngramsData: { ...d.ngramsData, ngrams: { ...d.ngramsData.ngrams, abc: { 1: 0.5 } } } }),
    ],
    ["has a language too few", (d) => ({ ...d, ngramsData: { ...d.ngramsData, languages: { 0: "am", 1: "ar" } } })],
    ["has another alphabet", (d) => ({ ...d, dictionary: d.dictionary.slice(0, 255) })],
    ["has other separators", (d) => ({ ...d, separators: /[^a-z]+/g })],
    ["has other averages", (d) => ({ ...d, avgScore: { ...d.avgScore, en: 0.9 } })],
  ];
  it.each(strange)("that %s is asked itself", async (_, change) => {
    const { module, asked } = await counting();
    const changed = change(await data()) as EldData;
    const detect = await eldDetector(module, async () => changed);
    const before = asked();
    expect(detect("The people of the valley")).toMatchObject({ language: "en", reliable: true });
    expect(asked()).toBe(before + 1);
  });

  it("that computes anything else is asked itself", async () => {
    const { eld } = (await import("eld/small")) as EldModule;
    const shorter = { detect: (text: string) => eld.detect(text.slice(0, 300)) };
    const text = `${"la casa de la señora ".repeat(15)}${" the people of the valley".repeat(3)}`;
    const detect = await eldDetector({ eld: shorter });
    expect(detect(text).score).toBe(eld.detect(text.slice(0, 300)).getScores()["es"]);
    expect(detect(text).score).not.toBe(eld.detect(text).getScores()["es"]);
  });

  it("that lacks newInstance is asked through its one instance", async () => {
    const { eld } = (await import("eld/small")) as EldModule;
    const detect = await eldDetector({ eld: { detect: eld.detect } }, () => Promise.reject(new Error("no data")));
    expect(detect("The people of the valley").language).toBe("en");
  });
});

describe.skipIf(!installed)("createScorer", () => {
  it("reads no more of a text than eld does, so a long one costs no more", async () => {
    const scorer = createScorer(await data());
    const text = "the river ".repeat(40);
    expect(scorer?.(text + "собака ".repeat(1_000_000))).toEqual(scorer?.(text));
  });
});
