/**
 * The rules of C4 (Raffel et al. 2020, arXiv 1910.10683, section 2.2) with the decisions of datatrove 0.10.0's
 * `C4QualityFilter`, line by line: strip, drop lines with a giant word, remove citation marks, drop lines without an end mark,
 * with too few words, about JavaScript or policies; drop the page for "lorem ipsum", for `{` or for too few sentences. The lines
 * that stay are the new text.
 *
 * The name stands for three variants in the field, and the defaults are datatrove's. {@link C4_TFDS} holds the constants of the
 * original code (TensorFlow Datasets); its sentences are nltk's punkt, ours are spaCy's, so counts near the limit may differ.
 * Dolma's flags are not offered. Words of the line limits are what lies between white space, not tokens.
 *
 * Differences from datatrove: a page of which no line stays is dropped as `empty` when `minSentences` is null (there it
 * survives without text), null switches a limit off (there -1), and sentences are not offered as lines (`split_paragraph`).
 */
import { knownOptions, optionType, wordOption } from "../core/index.ts";
import { C4_CODES, C4_RULES, type C4LineRules, type TextKernel } from "../kernels/text/index.ts";
import { type Limit, limitOption, Page, type Rule, type Verdict } from "./rule.ts";
import { countSentences } from "./sentences.ts";
import { classOf, codePoints, DIGIT, isSpace, SPACE, splitLines, strip, UNIT_CLASS } from "./unicode.ts";
import { Words } from "./words.ts";

/** Thresholds and choices of the C4 rule; null switches a limit off. */
export interface C4Options {
  /** What a line must end with; null keeps lines with any end. Default `. ? ! " '`. */
  readonly endMarks?: readonly string[] | null;
  /** Whether `...` is an end mark. Default "reject". No effect when `endMarks` is null. */
  readonly ellipsis?: "reject" | "accept";
  /** Fewest words of a line. Default 3. */
  readonly minWordsPerLine?: Limit;
  /** Fewest sentences of the lines that stay. Default 5. */
  readonly minSentences?: Limit;
  /** Longest word of a line, in code points. Default 1000. */
  readonly maxWordLength?: Limit;
  /** `[1]`, `[]`, `[edit]`, `[citation needed]`. Default "remove". */
  readonly citations?: "remove" | "keep";
  /** Default "drop-page". */
  readonly loremIpsum?: "drop-page" | "ignore";
  /** Default "drop-line". */
  readonly javascript?: "drop-line" | "ignore";
  /** Default "drop-page". */
  readonly curlyBracket?: "drop-page" | "ignore";
  /** "terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies". Default "drop-line". */
  readonly policy?: "drop-line" | "ignore";
}

/** The constants of the original C4 code, for `{ rule: "c4", ...C4_TFDS }` and `c4(text, C4_TFDS)`. */
export const C4_TFDS: C4Options = { endMarks: [".", "?", "!", '"'], minWordsPerLine: 5, minSentences: 3 };

/** What the C4 rule counts. Where the page is dropped for what a line holds, the lines up to that one. */
export interface C4Values {
  readonly lines: number;
  readonly keptLines: number;
  readonly longWordLines: number;
  readonly unendedLines: number;
  readonly shortLines: number;
  readonly javascriptLines: number;
  readonly policyLines: number;
  /** Sentences of the lines that stay. */
  readonly sentences: number;
}

/** What the C4 rule says: beside the reason, the lines that stay. */
export interface C4Verdict extends Verdict<C4Values> {
  /** The kept lines; undefined when the page is dropped. */
  readonly text: string | undefined;
}

const NAME = "c4";
const POLICIES = ["terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies"];

/** Finds whatever `javascript`, `loremIpsum` or `policy` may object to, and a little more: most pages hold none of it. */
const SUSPECT = /lorem ipsum|javascript|terms of use|privacy policy|cookie/iu;

type Resolved = Required<C4Options>;

function resolve(options: C4Options): Resolved {
  const defaults: Resolved = {
    endMarks: [".", "?", "!", '"', "'"],
    ellipsis: "reject",
    minWordsPerLine: 3,
    minSentences: 5,
    maxWordLength: 1000,
    citations: "remove",
    loremIpsum: "drop-page",
    javascript: "drop-line",
    curlyBracket: "drop-page",
    policy: "drop-line",
  };
  knownOptions(NAME, options, Object.keys(defaults));
  const all = { ...defaults, ...options };
  const { endMarks } = all;
  if (
    endMarks !== null &&
    !(Array.isArray(endMarks) && endMarks.length > 0 && endMarks.every((mark) => typeof mark === "string" && mark))
  ) {
    throw optionType(NAME, "endMarks", "an array of marks, or null", endMarks);
  }
  for (const name of ["minWordsPerLine", "minSentences", "maxWordLength"] as const) limitOption(NAME, name, all[name], "count");
  wordOption(NAME, "ellipsis", all.ellipsis, ["reject", "accept"]);
  wordOption(NAME, "citations", all.citations, ["remove", "keep"]);
  for (const name of ["loremIpsum", "curlyBracket"] as const) wordOption(NAME, name, all[name], ["drop-page", "ignore"]);
  for (const name of ["javascript", "policy"] as const) wordOption(NAME, name, all[name], ["drop-line", "ignore"]);
  return { ...all, endMarks: endMarks === null ? null : [...endMarks] };
}

/** Whether a line has at least `fewest` words between white space. */
function hasWords(line: string, fewest: number): boolean {
  const table = UNIT_CLASS;
  let words = 0;
  let inside = false;
  for (let i = 0; i < line.length && words < fewest; i++) {
    const space = ((table[line.charCodeAt(i)] as number) & SPACE) !== 0;
    if (!space && !inside) words++;
    inside = !space;
  }
  return words >= fewest;
}

/** Whether a word of a line is longer than `longest` code points. */
function hasGiant(line: string, longest: number): boolean {
  if (line.length <= longest) return false;
  for (let i = 0, start = 0; i <= line.length; i++) {
    if (i < line.length && !isSpace(line.charCodeAt(i))) continue;
    if (i - start > longest && codePoints(line.slice(start, i)) > longest) return true;
    start = i + 1;
  }
  return false;
}

const BRACKETS = /\[([^[\]]*)\]/g;

/** Removes `[1]`, `[]`, `[edit]` and `[citation needed]`; digits are those of any script. */
function withoutCitations(line: string): string {
  if (!line.includes("[")) return line;
  return line.replace(BRACKETS, (whole: string, inner: string) => {
    if (inner === "edit" || inner === "citation needed") return "";
    for (const char of inner) if ((classOf(char.codePointAt(0) as number) & DIGIT) === 0) return whole;
    return "";
  });
}

type LineFate = "keptLines" | "longWordLines" | "unendedLines" | "shortLines" | "javascriptLines" | "policyLines";

/** What becomes of one stripped line, and the line without its citations. */
function sortLine(stripped: string, rules: Resolved, suspect: boolean): { fate: LineFate | "lorem_ipsum" | "curly_bracket"; line: string } {
  if (rules.maxWordLength !== null && hasGiant(stripped, rules.maxWordLength)) return { fate: "longWordLines", line: stripped };
  const line = rules.citations === "remove" ? withoutCitations(stripped) : stripped;
  if (rules.endMarks !== null) {
    const ended = rules.endMarks.some((mark) => line.endsWith(mark)) && (rules.ellipsis === "accept" || !line.endsWith("..."));
    if (!ended) return { fate: "unendedLines", line };
  }
  // Words are counted with the citations.
  if (rules.minWordsPerLine !== null && !hasWords(stripped, rules.minWordsPerLine)) return { fate: "shortLines", line };
  // Removing a citation can bring two halves of a phrase together, so such a line is always looked at.
  const lower = suspect || line !== stripped ? line.toLowerCase() : "";
  if (rules.loremIpsum === "drop-page" && lower.includes("lorem ipsum")) return { fate: "lorem_ipsum", line };
  if (rules.javascript === "drop-line" && lower.includes("javascript")) return { fate: "javascriptLines", line };
  if (rules.curlyBracket === "drop-page" && line.includes("{")) return { fate: "curly_bracket", line };
  if (rules.policy === "drop-line" && POLICIES.some((phrase) => lower.includes(phrase))) return { fate: "policyLines", line };
  return { fate: "keptLines", line };
}

/** A line that stays: its text, and where it stands on the page if nothing was removed from it. */
interface KeptLine {
  readonly line: string;
  readonly start: number | undefined;
}

/** Sorts the lines of the page and counts the sentences of those that stay. */
function examine(page: Page, rules: Resolved, lineRules: C4LineRules, lineWords: Words): C4Verdict {
  const { kernel } = page;
  return (kernel && examineByKernel(page, rules, kernel, lineRules)) ?? examinePlainly(page, rules, lineWords);
}

/** The rules as the kernel takes them. */
function lineRulesOf(rules: Resolved): C4LineRules {
  const { citations, loremIpsum, javascript, curlyBracket, policy, acceptEllipsis, endMarks } = C4_RULES;
  const bits =
    (rules.citations === "remove" ? citations : 0) |
    (rules.loremIpsum === "drop-page" ? loremIpsum : 0) |
    (rules.javascript === "drop-line" ? javascript : 0) |
    (rules.curlyBracket === "drop-page" ? curlyBracket : 0) |
    (rules.policy === "drop-line" ? policy : 0) |
    (rules.ellipsis === "accept" ? acceptEllipsis : 0) |
    (rules.endMarks === null ? 0 : endMarks);
  return { bits, fewestWords: rules.minWordsPerLine, longestWord: rules.maxWordLength, endMarks: rules.endMarks ?? [] };
}

/** Undefined for a page with a citation, whose line must be edited: the plain code does that. */
function examineByKernel(page: Page, rules: Resolved, kernel: TextKernel, lineRules: C4LineRules): C4Verdict | undefined {
  const code = kernel.c4(page.text, lineRules, page.brief ? (rules.minSentences ?? 0) : Number.POSITIVE_INFINITY);
  if (code === undefined || code === C4_CODES.citation) return undefined;
  const { results } = kernel;
  const number = (i: number): number => results[i] as number;
  const values = {
    lines: number(0),
    keptLines: number(1),
    longWordLines: number(2),
    unendedLines: number(3),
    shortLines: number(4),
    javascriptLines: number(5),
    policyLines: number(6),
    sentences: code === C4_CODES.done ? number(7) : 0,
  };
  if (code !== C4_CODES.done) {
    return { reason: code === C4_CODES.loremIpsum ? "lorem_ipsum" : "curly_bracket", values, text: undefined };
  }
  return verdictOf(rules, values, () => kernel.kept(page.text));
}

/** The verdict on a page that no line drops; `kept` gives its new text, without white space at the ends. */
function verdictOf(rules: Resolved, values: C4Values, kept: () => string): C4Verdict {
  if (rules.minSentences !== null && values.sentences < rules.minSentences) return { reason: "too_few_sentences", values, text: undefined };
  const text = kept();
  return text === "" ? { reason: "empty", values, text: undefined } : { reason: undefined, values, text };
}

function examinePlainly(page: Page, rules: Resolved, lineWords: Words): C4Verdict {
  const { text: whole } = page;
  const suspect = SUSPECT.test(whole);
  const counts = { lines: 0, keptLines: 0, longWordLines: 0, unendedLines: 0, shortLines: 0, javascriptLines: 0, policyLines: 0 };
  const kept: KeptLine[] = [];
  let start = 0;
  for (const raw of splitLines(whole)) {
    counts.lines++;
    const stripped = strip(raw);
    start = whole.indexOf(stripped, start); // found at once: only white space lies before it
    const { fate, line } = sortLine(stripped, rules, suspect);
    if (fate === "lorem_ipsum" || fate === "curly_bracket") {
      return { reason: fate, values: { ...counts, sentences: 0 }, text: undefined };
    }
    counts[fate]++;
    if (fate === "keptLines") kept.push({ line, start: line === stripped ? start : undefined });
    start += stripped.length;
  }
  const sentences = countKept(page, kept, lineWords, page.brief ? (rules.minSentences ?? 0) : Number.POSITIVE_INFINITY);
  return verdictOf(rules, { ...counts, sentences }, () => strip(kept.map(({ line }) => line).join("\n")));
}

/**
 * Sentences of the lines, up to `enough`. The words of a line are those of the page between its ends, since no word and no
 * exception reaches across a line break; only a line that lost its citations is cut into words anew.
 */
function countKept(page: Page, kept: readonly KeptLine[], lineWords: Words, enough: number): number {
  let sentences = 0;
  for (const { line, start } of kept) {
    if (sentences >= enough) break;
    const most = enough - sentences;
    if (start === undefined) sentences += countSentences(lineWords.read(line), 0, line.length, most);
    else sentences += countSentences(page.words, start, start + line.length, most);
  }
  return sentences;
}

/** @internal The rule for the stage. */
export function c4Rule(options: C4Options = {}): Rule<C4Values> {
  const config = resolve(options);
  const lineRules = lineRulesOf(config);
  const lineWords = new Words();
  return {
    name: NAME,
    config,
    judge(page, count) {
      const verdict = examine(page, config, lineRules, lineWords);
      const { values } = verdict;
      if (verdict.text !== undefined) {
        page.text = verdict.text;
        // Of documents that stay: what a dropped one loses is in the exclusions, whole.
        count?.("c4 lines removed", values.lines - values.keptLines);
      }
      return verdict;
    },
  };
}

/**
 * Judges one text by the C4 rules and returns the lines that stay, with datatrove's decisions and words for the reason. Throws a
 * TypeError or RangeError for a mistaken option. Time is linear in the text. Source: Raffel et al. 2020, arXiv 1910.10683.
 */
export function c4(text: string, options: C4Options = {}): C4Verdict {
  const config = resolve(options);
  return examine(new Page(text), config, lineRulesOf(config), new Words());
}
