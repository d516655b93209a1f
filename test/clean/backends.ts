/** The kernel against the plain code: every value, reason, edited text and normal form of one text, under many options. */
import { type NormaliseOptions, normalisation, normaliseWith } from "../../src/clean/normalise.ts";
import { Page, type Rule, type Verdict } from "../../src/clean/rule.ts";
import { resolveRules } from "../../src/clean/rules.ts";
import { textKernel } from "../../src/clean/text-kernel.ts";
import { Words } from "../../src/clean/words.ts";
import type { TextKernel } from "../../src/kernels/text/index.ts";

/** The defaults, and options that reach what the defaults never do. */
const RULES: readonly Rule[] = resolveRules("test", [
  "gopher-repetition",
  {
    rule: "gopher-repetition",
    maxTopNgramChars: { 1: 0.1, 2: 0.2, 5: 0.3, 9: 0.2 },
    maxDuplicateNgramChars: { 1: 0.2, 2: 0.2, 3: 0.3, 12: 0.01 },
  },
  "gopher-quality",
  { rule: "gopher-quality", minWords: 1, minStopWords: 2, stopWords: ["a", "x", "ｘ", "cat", "n't", "😀"] },
  "c4",
  { rule: "c4", endMarks: null },
  { rule: "c4", endMarks: null, minWordsPerLine: null, minSentences: null, citations: "keep", maxWordLength: 20 },
  {
    rule: "c4",
    endMarks: ["...", "😀", "a"],
    ellipsis: "accept",
    minWordsPerLine: 1,
    minSentences: 2,
    javascript: "ignore",
    policy: "ignore",
  },
  { rule: "c4", endMarks: null, minSentences: 1, loremIpsum: "ignore", curlyBracket: "ignore", maxWordLength: null },
  "fineweb",
  {
    rule: "fineweb",
    shortLineLength: 3,
    maxNewlinesPerWord: 0.1,
    minTerminalLines: null,
    maxShortLines: null,
    maxDuplicateLineChars: null,
  },
]);

/** Rules that edit the text, and others behind them. */
const CHAIN: readonly Rule[] = resolveRules("test", [
  { rule: "c4", endMarks: null, minSentences: 1, minWordsPerLine: 2 },
  "fineweb",
  "gopher-repetition",
  { rule: "c4", endMarks: [".", "a"], minSentences: null, minWordsPerLine: null, ellipsis: "accept" },
  "gopher-quality",
  "fineweb",
]);

const FORMS: readonly NormaliseOptions[] = [
  {},
  { blankLines: 0 },
  { blankLines: null, ends: "keep" },
  { unicode: "keep", controls: "keep", trailingSpaces: "keep" },
  { spaces: "collapse", lineEndings: "keep" },
];

/** One page each for all texts: what one leaves behind must not reach the next. */
const PAGES = {
  kernel: [new Page("", false), new Page("", true)],
  plain: [new Page("", false, "js"), new Page("", true, "js")],
} as const;

/** Everything that one of the two says of a text, line by line. */
export function sayings(text: string, backend: "kernel" | "plain"): string[] {
  return [...wordsOf(text, backend), ...formsOf(text, backend), ...verdictsOf(text, backend), ...chainOf(text, backend)];
}

/** What differs between the kernel and the plain code on a text; undefined when nothing does. */
export function difference(text: string): string | undefined {
  const ours = sayings(text, "kernel");
  const plain = sayings(text, "plain");
  const i = plain.findIndex((saying, at) => saying !== ours[at]);
  if (i >= 0) return `${ours[i]} instead of ${plain[i]}`;
  return ours.length === plain.length ? undefined : `${ours.slice(plain.length)}`;
}

function kernel(): TextKernel {
  const found = textKernel();
  if (found === undefined) throw new Error("the kernel does not run here");
  return found;
}

function wordsOf(text: string, backend: "kernel" | "plain"): string[] {
  const { starts, ends, count } = backend === "kernel" ? kernel().words(text) : new Words(text);
  return Array.from({ length: count }, (_, i) => `word ${starts[i]}-${ends[i]}`);
}

function formsOf(text: string, backend: "kernel" | "plain"): string[] {
  return FORMS.map((options) => {
    const how = normalisation(options, "test");
    const form = backend === "kernel" ? normaliseWith(text, how, kernel()) : normaliseWith(text, how);
    return `${JSON.stringify(options)} ${JSON.stringify(form)}`;
  });
}

/** What the rules say in full; then, where only the decision is wanted, what each backend decides: by the plain code in full, it says. */
function verdictsOf(text: string, backend: "kernel" | "plain"): string[] {
  const [full, brief] = PAGES[backend];
  const [plain, plainBrief] = PAGES.plain;
  return RULES.flatMap((rule, i) => {
    const deciders = backend === "kernel" ? [brief, plainBrief] : [plain, plain];
    const decisions = deciders.map((page) => judgeOn(page, rule, text).decision);
    return [judgeOn(full, rule, text).said, ...decisions].map((said) => `rule ${i} (${rule.name}) ${said}`);
  });
}

/** What becomes of a text that is normalised and goes from rule to rule, each of which may edit it. */
function chainOf(text: string, backend: "kernel" | "plain"): string[] {
  const page = PAGES[backend][backend === "kernel" ? 1 : 0];
  const how = normalisation({}, "test");
  page.text = backend === "kernel" ? normaliseWith(text, how, kernel()) : normaliseWith(text, how);
  const steps = CHAIN.map((rule, i) => `step ${i} ${judgeOn(page, rule, page.text).decision}`);
  return [`blank ${page.blank}`, ...steps];
}

function judgeOn(page: Page, rule: Rule, text: string): { readonly said: string; readonly decision: string } {
  page.text = text;
  const counts: unknown[] = [];
  const verdict = rule.judge(page, (counter, by) => counts.push(counter, by));
  const after = [counts, page.text, page.length];
  const { reason, text: edited } = verdict as Verdict<unknown> & { readonly text?: string };
  return {
    said: JSON.stringify([verdict, after], (_, value) => (Number.isNaN(value) ? "NaN" : value)),
    decision: `decides ${JSON.stringify([reason, edited, after])}`,
  };
}
