/**
 * The stage: normalise, check the length, identify the language, apply the quality rules; what fails is dropped with a counted
 * reason `step/word`, such as `gopher-quality/gopher_short_doc` or `language/fr`.
 *
 * Cost: linear in the text; a kernel measures it (see docs/clean.md). Memory: nothing from one document to the next but the kernel's,
 * some 20 bytes a character of the largest text of late, and tables of about 40 where a text is too large for it. Turned down: running the rules on the text as it was read (their
 * decisions would change when a byte of white space does), and asking the language after the rules (half of the rules are made
 * for English).
 */
import { type Doc, knownOptions, numberOption, type OnError, optionType, type Stage, wordOption } from "../core/index.ts";
import { type Identified, type IdentifierName, type Identify, loadIdentifier, UNDETERMINED } from "./language.ts";
import { type Normalisation, type NormaliseOptions, normalisation, normaliseWith, wellFormed } from "./normalise.ts";
import { checkRange, type Limit, limitOption, Page } from "./rule.ts";
import { type Profile, type RuleConfig, type RuleName, resolveRules } from "./rules.ts";
import { textKernel } from "./text-kernel.ts";

/** Options of {@link clean}. */
export interface CleanOptions {
  /** How the text is normalised first. "none" leaves it as it is, save that it is always well-formed Unicode. */
  readonly normalise?: NormaliseOptions | "none";
  /** Fewest code points of the normalised text, or null. Default null; a text without any is dropped in any case. */
  readonly minLength?: Limit;
  /** Most of them, or null. Default null. */
  readonly maxLength?: Limit;
  /** Languages to keep, as the identifier names them ("en"). Without it nothing is dropped for its language. */
  readonly languages?: readonly string[];
  /** Who names the language. Default "eld" when `languages` is given, else nobody: `language` is then "und". */
  readonly identify?: IdentifierName | Identify;
  /** Least score of the language, 0 to 1. Default 0.65, as FineWeb; for "eld", whose scores are no probabilities, 0. */
  readonly minScore?: number;
  /** A profile, or rules in the order in which they are applied. Default "fineweb@datatrove". */
  readonly rules?: Profile | readonly (RuleName | RuleConfig)[];
  /** Overrides the run's `onError` for this stage. */
  readonly onError?: OnError;
}

/** What `clean` adds to a record. */
export interface Cleaned {
  /** The language the text was identified as; "und" (undetermined) where nobody was asked and the record did not say. */
  readonly language: string;
}

const NAME = "clean";
const OPTIONS = ["normalise", "minLength", "maxLength", "languages", "identify", "minScore", "rules", "onError"] as const;

function resolve(options: CleanOptions) {
  knownOptions(NAME, options, OPTIONS);
  const { normalise = {}, minLength = null, maxLength = null, languages, onError, rules = "fineweb@datatrove" } = options;
  if (normalise !== "none" && (typeof normalise !== "object" || normalise === null)) {
    throw optionType(NAME, "normalise", 'an object of options or "none"', normalise);
  }
  const how: Normalisation | "none" = normalise === "none" ? "none" : normalisation(normalise, NAME);
  limitOption(NAME, "minLength", minLength, "count");
  limitOption(NAME, "maxLength", maxLength, "count");
  checkRange(NAME, "minLength", minLength, "maxLength", maxLength);
  if (languages !== undefined && !isListOfWords(languages)) {
    throw optionType(NAME, "languages", 'a list of language codes such as ["en"]', languages);
  }
  const identify = options.identify ?? (languages === undefined ? undefined : "eld");
  if (identify !== undefined && typeof identify !== "function") wordOption(NAME, "identify", identify, ["eld", "fasttext"]);
  const minScore = numberOption(NAME, "minScore", options.minScore ?? (identify === "eld" ? 0 : 0.65), { min: 0, max: 1 });
  if (options.minScore !== undefined && languages === undefined) {
    throw new TypeError(`${NAME}: \`minScore\` has no effect without \`languages\``);
  }
  if (onError !== undefined) wordOption(NAME, "onError", onError, ["throw", "skip"]);
  return { how, minLength, maxLength, languages, identify, minScore, rules: resolveRules(NAME, rules), onError };
}

function checked(answer: Identified): Identified {
  const { language, score } = answer;
  if (typeof language === "string" && typeof score === "number") return answer;
  throw new TypeError("expected `identify` to give { language: string, score: number }");
}

function isListOfWords(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string" && item !== "");
}

/**
 * Normalises each text, drops those of the wrong length or language and those that fail a quality rule, and adds `language`.
 *
 * One record in, at most one out, in order; nothing is carried from one to the next. A dropped record is counted under its
 * reason and goes to the exclusions with its original text. The C4 rule edits: it removes lines, counted as
 * "c4 lines removed". A text that an identifier throws on is an error of that record. Throws a TypeError or RangeError for a
 * mistaken option, and a `PipelineError` of kind "missing-package" at the first record when an identifier is not installed.
 * Rules and sources: docs/clean.md.
 */
export function clean<T extends Doc>(options: CleanOptions = {}): Stage<T, T & Cleaned> {
  const { how, minLength, maxLength, languages, identify, minScore, rules, onError } = resolve(options);
  return {
    name: NAME,
    config: {
      normalise: how,
      minLength,
      maxLength,
      languages: languages ?? null,
      identify: identify ?? null,
      minScore,
      rules: rules.map((rule) => ({ rule: rule.name, ...rule.config })),
      onError: onError ?? null,
    },
    stateless: true,
    async *run(input, context) {
      const identifier = typeof identify === "string" ? await loadIdentifier(identify) : identify;
      const page = new Page("", true);
      const kernel = textKernel();
      const count = (counter: string, by: number): void => {
        if (by > 0) context.count(counter, by);
      };
      /** Turns the page to the text; the reason to drop it for its length. */
      const open = (text: string): string | undefined => {
        page.text = how === "none" ? wellFormed(text) : normaliseWith(text, how, kernel);
        if (page.text !== text) count("texts normalised", 1);
        if (page.blank) return "length/empty";
        if (minLength !== null && page.length < minLength) return "length/too_short";
        if (maxLength !== null && page.length > maxLength) return "length/too_long";
        return undefined;
      };
      /** The reason to drop the text for its language. */
      const refuse = ({ language, score }: Identified): string | undefined => {
        if (languages === undefined) return undefined;
        if (!languages.includes(language)) return `language/${language}`;
        return score < minScore ? "language/low_score" : undefined;
      };
      /** The reason of the first rule that fails; the rules may edit the text on the page. */
      const judge = (): string | undefined => {
        for (const rule of rules) {
          const { reason } = rule.judge(page, count);
          if (reason !== undefined) return `${rule.name}/${reason}`;
        }
        return undefined;
      };
      for await (const doc of input) {
        const { language: said } = doc as { readonly language?: unknown };
        let language = typeof said === "string" ? said : UNDETERMINED;
        let reason: string | undefined;
        try {
          reason = open(doc.text);
          if (reason === undefined && identifier !== undefined) {
            const answer = checked(await identifier(page.text));
            language = answer.language;
            reason = refuse(answer);
          }
          reason ??= judge();
        } catch (error) {
          context.fail(error, onError === undefined ? { record: doc } : { record: doc, onError });
          continue;
        }
        if (reason === undefined) yield { ...doc, text: page.text, language };
        else context.drop(doc, reason);
      }
    },
  };
}
