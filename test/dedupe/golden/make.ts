/**
 * Writes golden.json: what `minhash@millrace/1` must give, on texts made by ourselves. Run it from the root of the repository
 * when the version of the algorithm changes, and only then:
 *
 *   node --import ./scripts/register-ts.mjs test/dedupe/golden/make.ts
 *
 * The values come from the naive implementation, so the library is compared with something that shares no code with it.
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { generatedCorpus } from "../corpus.ts";
import * as naive from "../naive.ts";

const hex = (values: readonly number[]): string => Buffer.from(values).toString("hex");
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Long and short documents, words of many lengths, scripts with and without spaces. */
const TEXTS = [
  "The quick brown fox jumps over the lazy dog.",
  "The quick brown fox jumps over the lazy dog. And then it runs away from the 3 bears!",
  "a b c d e f g h i j k l m n o p q r s t u v w x y z",
  "word word word word word word word word word word",
  "Donaudampfschifffahrtsgesellschaft und Straßenbahnhaltestellenverzeichnis Übergrößenträger über naïve Äquivalenzklassen",
  "東京は日本の首都である。人口は約千四百万人。",
  "カタカナとひらがなが混ざったガギグゲゴ",
  "การทดสอบภาษาไทยที่ไม่มีช่องว่างระหว่างคำ",
  "한국어 문장은 낱말 사이에 빈칸이 있다 그래서 쉽다",
  "यह हिन्दी में लिखा हुआ एक छोटा सा वाक्य है",
  "نص عربي قصير مكتوب لاختبار التطبيع بلا حركات",
  "emoji 👍 count 🎉 as 🚀 words 👀 here 😀",
  "too short here",
  "",
];

const PARAMETERS: readonly naive.Parameters[] = [
  naive.DEFAULTS,
  { ngram: 5, bands: 20, rows: 5, seed: 1 },
  { ngram: 3, bands: 9, rows: 13, seed: 4_000_000_000 },
  { ngram: 1, bands: 1, rows: 4, seed: 0 },
  { ngram: 8, bands: 12, rows: 16, seed: 7 },
];

/** What golden.json holds. */
export interface Golden {
  readonly algorithm: string;
  readonly texts: readonly {
    readonly text: string;
    readonly normal: string;
    readonly exactKey: string;
    /** The first three shingles, value and place. */
    readonly shingles: readonly { readonly value: number; readonly place: number }[];
    /** Hexadecimal; null without a shingle. */
    readonly signature: string | null;
    readonly bandKeys: readonly string[] | null;
  }[];
  readonly corpus: {
    /** Of the texts, joined by newlines. */
    readonly sha256: string;
    readonly parameters: readonly (naive.Parameters & {
      /** Of all signatures as hexadecimal digits, joined by newlines. */
      readonly signatures: string;
      /** Of all band keys, joined by newlines. */
      readonly bandKeys: string;
      /** Number and hash (of the positions joined by commas) of the documents kept, by threshold. */
      readonly kept: readonly { readonly threshold: number; readonly count: number; readonly sha256: string }[];
    })[];
  };
}

export function makeGolden(): Golden {
  const corpus = generatedCorpus();
  return {
    algorithm: "minhash@millrace/1",
    texts: TEXTS.map((text) => {
      const signature = naive.signature(text);
      return {
        text,
        normal: naive.words(text).join(" "),
        exactKey: naive.exactKey(text),
        shingles: naive.shingles(text).slice(0, 3),
        signature: signature === undefined ? null : hex(signature),
        bandKeys: signature === undefined ? null : naive.bandKeys(signature),
      };
    }),
    corpus: {
      sha256: sha256(corpus.join("\n")),
      parameters: PARAMETERS.map((parameters) => {
        const signatures = corpus.map((text) => naive.signature(text, parameters) ?? []);
        return {
          ...parameters,
          signatures: sha256(signatures.map(hex).join("\n")),
          bandKeys: sha256(signatures.flatMap((signature) => naive.bandKeys(signature, parameters)).join("\n")),
          kept: [0.5, 0.7, 0.8, 0.95].map((threshold) => {
            const verdicts = naive.verdicts(corpus, threshold, parameters, signatures);
            const kept = verdicts.flatMap((verdict, i) => (verdict === "kept" ? [i] : []));
            return { threshold, count: kept.length, sha256: sha256(kept.join(",")) };
          }),
        };
      }),
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(new URL("golden.json", import.meta.url), `${JSON.stringify(makeGolden(), null, 1)}\n`);
}
