/** The kernel against the plain code: every value, reason, edited text and normal form of one text, under many options. */
import { isNormal, type NormaliseOptions, normalisation, normaliseWith } from "../../src/clean/normalise.ts";
import { Page, type Rule } from "../../src/clean/rule.ts";
import { resolveRules } from "../../src/clean/rules.ts";
import { textKernel } from "../../src/clean/text-kernel.ts";
import { Words } from "../../src/clean/words.ts";

/** The defaults, and options that reach what the defaults never do. */
const RULES: readonly Rule[] = resolveRules("test", [
  "gopher-repetition",
  {
    rule: "gopher-repetition",
    maxTopNgramChars: { 1: 0.1, 2: 0.2, 5: 0.3, 9: 0.2 },
    maxDuplicateNgramChars: { 1: 0.2, 2: 0.2, 3: 0.3, 12: 0.01 },
  },
  "gopher-quality",
  { rule: "gopher-quality", minWords: 1, minStopWords: 2, stopWords: ["a", "x", "ｘ", "cat", "n't", "", "😀"].filter((word) => word !== "") },
  "c4",
  { rule: "c4", endMarks: null },
  { rule: "c4", endMarks: null, minWordsPerLine: null, minSentences: null, citations: "keep", maxWordLength: 20 },
  { rule: "c4", endMarks: ["...", "😀", "a"], ellipsis: "accept", minWordsPerLine: 1, minSentences: 2, javascript: "ignore", policy: "ignore" },
  { rule: "c4", endMarks: null, minSentences: 1, loremIpsum: "ignore", curlyBracket: "ignore", maxWordLength: null },
  "fineweb",
  { rule: "fineweb", shortLineLength: 3, maxNewlinesPerWord: 0.1, minTerminalLines: null, maxShortLines: null, maxDuplicateLineChars: null },
]);

const FORMS: readonly NormaliseOptions[] = [
  {},
  { blankLines: 0 },
  { blankLines: null, ends: "keep" },
  { unicode: "keep", controls: "keep", trailingSpaces: "keep" },
  { spaces: "collapse", lineEndings: "keep" },
];

/** What differs between the kernel and the plain code on a text; undefined when nothing does. */
export function difference(text: string): string | undefined {
  return differentWords(text) ?? differentForm(text) ?? differentVerdict(text);
}

function kernel() {
  const found = textKernel();
  if (found === undefined) throw new Error("the kernel does not run here");
  return found;
}

function differentWords(text: string): string | undefined {
  const plain = new Words(text);
  const { starts, ends, count } = kernel().words(text);
  if (count !== plain.count) return `words: ${count}, not ${plain.count}`;
  for (let i = 0; i < count; i++) {
    if (starts[i] !== plain.starts[i] || ends[i] !== plain.ends[i]) return `word ${i}: not ${JSON.stringify(plain.at(i))}`;
  }
  return undefined;
}

/** What the kernel calls normal must be. That what is normal is called so is a matter of speed. */
function differentForm(text: string): string | undefined {
  kernel().load(text);
  for (const options of FORMS) {
    const how = normalisation(options, "test");
    if (isNormal(kernel(), how) && normaliseWith(text, how) !== text) return `normal form: ${JSON.stringify(options)}`;
  }
  return undefined;
}

function differentVerdict(text: string): string | undefined {
  for (const [i, rule] of RULES.entries()) {
    for (const brief of [false, true]) {
      const verdicts = (["auto", "js"] as const).map((backend) => {
        const page = new Page(text, brief, backend);
        const counts: unknown[] = [];
        const verdict = rule.judge(page, (counter, by) => counts.push(counter, by));
        return JSON.stringify([verdict, counts, page.text, page.length], (_, value) => (Number.isNaN(value) ? "NaN" : value));
      });
      // With words at hand the kernel counts exactly what the plain code leaves out in a brief verdict.
      const [ours, plain] = brief ? verdicts.map((verdict) => verdict.replace(/"newlinesPerWord":[^,}]*/, "")) : verdicts;
      if (ours !== plain) return `rule ${i} (${rule.name}${brief ? ", brief" : ""}): ${ours} instead of ${plain}`;
    }
  }
  return undefined;
}
