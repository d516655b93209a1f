/** The options of `dedupe`, checked and resolved, and what each combination asks for. */
import { type Doc, knownOptions, numberOption, optionType, wordOption } from "../core/index.ts";
import { SKETCH_OPTIONS, type SketchOptions, type SketchParameters, sketchParameters } from "./parameters.ts";

/** Options of {@link dedupe}. The shape of the signature is in {@link SketchOptions}. */
export interface DedupeOptions<T extends Doc = Doc, G extends boolean = boolean> extends SketchOptions {
  /** Which duplicates go: "near" drops exact and near duplicates, "exact" only exact ones. Default "near". */
  readonly duplicates?: "near" | "exact";
  /**
   * A document goes when its estimated Jaccard similarity (of word `ngram`s) to a kept one is at least this: 0 to 1,
   * default 0.7. Estimates have a standard error of 0.05 at most. `bands` and `rows` decide which pairs are compared at
   * all: with 14 and 8 half of the pairs at 0.68, 92 % at 0.8 and practically all above 0.9; a threshold far below that
   * needs a looser shape (25 bands of 5 rows for 0.5).
   */
  readonly threshold?: number;
  /**
   * When documents are near duplicates. "verified" (default): one shares a band key with a KEPT document, and their estimated
   * similarity reaches the threshold. "unverified": a shared band key with a kept document is enough; a third of the memory,
   * and one in 20 million goes by mistake. "components": a shared band key with any document, kept or not, and on through
   * chains, as datatrove has it; it removes documents that resemble nothing that stays, and needs the whole corpus.
   */
  readonly match?: "verified" | "unverified" | "components";
  /**
   * Which document of a group stays. "first" (default) in the order of the corpus; "longest" by UTF-16 length of the text, or
   * "best" by `score`, of equals the first; the last two need the whole corpus.
   */
  readonly keep?: "first" | "longest" | "best";
  /** How good a document is, for `keep: "best"`: a finite number, a pure function of the document. */
  readonly score?: (doc: T) => number;
  /** True: nothing is dropped, and every document gets a `group` that says whose copy it is. Default false. */
  readonly groups?: G;
  /** With "components": a component of more documents than this is reported as giant. At least 2, default 10,000. */
  readonly giant?: number;
  /**
   * About how many documents will be kept, for `run` in one pass: tables are made for so many at once, which saves moving
   * them while they grow. Default 0: not known (1,000,000 with "unverified", whose tables cannot grow well).
   */
  readonly expected?: number;
  /**
   * Saved indexes of earlier corpora, as paths: a document that one of their documents is a reason to drop goes too. They must
   * have been made with equal options (algorithm, parameters, seed, Unicode version), or the run ends with an error that names
   * the difference.
   */
  readonly against?: string | readonly string[];
  /**
   * Where to save an index of everything that is kept, the documents of `against` included: when the input has ended, as one
   * file that appears when it is whole. May be one of `against`, which is then replaced.
   */
  readonly save?: string;
}

/** Options with all defaults filled in. */
export interface Policy<T extends Doc> {
  readonly duplicates: "near" | "exact";
  readonly threshold: number;
  readonly match: "verified" | "unverified" | "components";
  readonly keep: "first" | "longest" | "best";
  readonly score: ((doc: T) => number) | undefined;
  readonly groups: boolean;
  readonly giant: number;
  readonly expected: number;
  readonly against: readonly string[];
  readonly save: string | undefined;
  readonly parameters: SketchParameters;
}

const OPTIONS = ["duplicates", "threshold", "match", "keep", "score", "groups", "giant", "expected", "against", "save", ...SKETCH_OPTIONS];
const DEFAULT_GIANT = 10_000;
const DEFAULT_EXPECTED = 1_000_000;
const MOST_EXPECTED = 2 ** 30;

/** Throws `TypeError` or `RangeError` for options that are wrong or do not go together. */
export function policyOf<T extends Doc>(owner: string, options: DedupeOptions<T>): Policy<T> {
  knownOptions(owner, options, OPTIONS);
  const {
    duplicates = "near",
    threshold = 0.7,
    match = "verified",
    keep = "first",
    score,
    groups = false,
    giant = DEFAULT_GIANT,
  } = options;
  wordOption(owner, "duplicates", duplicates, ["near", "exact"]);
  numberOption(owner, "threshold", threshold, { min: 0, max: 1 });
  wordOption(owner, "match", match, ["verified", "unverified", "components"]);
  wordOption(owner, "keep", keep, ["first", "longest", "best"]);
  if (typeof groups !== "boolean") throw optionType(owner, "groups", "true or false", groups);
  numberOption(owner, "giant", giant, { min: 2, integer: true });
  const expected = options.expected ?? (match === "unverified" ? DEFAULT_EXPECTED : 0);
  numberOption(owner, "expected", expected, { min: 0, max: MOST_EXPECTED, integer: true });
  if (score !== undefined && typeof score !== "function") throw optionType(owner, "score", "a function", score);
  const { save } = options;
  const against = typeof options.against === "string" ? [options.against] : (options.against ?? []);
  if (!Array.isArray(against) || !against.every(isPath))
    throw optionType(owner, "against", "the path of an index, or an array of paths", against);
  if (save !== undefined && !isPath(save)) throw optionType(owner, "save", "a path", save);
  checkTogether(owner, options);
  const parameters = sketchParameters(owner, options);
  return { duplicates, threshold, match, keep, score, groups, giant, expected, against, save, parameters };
}

/** An option that would be ignored is a mistake, and so is a wish that cannot be met. */
function checkTogether<T extends Doc>(owner: string, options: DedupeOptions<T>): void {
  const { duplicates, match = "verified", keep, score, groups } = options;
  for (const option of ["threshold", "bands", "rows", "seed", "match", "giant"] as const) {
    if (duplicates === "exact" && options[option] !== undefined)
      throw new TypeError(`${owner}: \`${option}\` has no meaning with \`duplicates: "exact"\``);
  }
  if (options.threshold !== undefined && match !== "verified")
    throw new TypeError(`${owner}: \`threshold\` has no meaning with \`match: "${match}"\`, which estimates no similarity`);
  if (options.giant !== undefined && match !== "components")
    throw new TypeError(`${owner}: \`giant\` has no meaning without \`match: "components"\``);
  if (keep === "best" && score === undefined) throw new TypeError(`${owner}: \`keep: "best"\` needs a \`score\``);
  if (keep !== "best" && score !== undefined) throw new TypeError(`${owner}: \`score\` has no meaning without \`keep: "best"\``);
  if (options.save !== undefined && match === "unverified")
    throw new TypeError(
      `${owner}: \`save\` needs \`match: "verified"\` or "components"; "unverified" keeps no signatures that could be saved`,
    );
  if (groups === true && match === "unverified")
    throw new TypeError(
      `${owner}: \`groups\` needs \`match: "verified"\` or "components"; "unverified" does not know of which document one is a copy`,
    );
}

function isPath(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** Why `run` cannot decide in one pass, or undefined when it can. */
export function needsWholeCorpus({ match, keep }: { readonly match: string; readonly keep: string }): string | undefined {
  if (match === "components") return 'match: "components"';
  return keep === "first" ? undefined : `keep: "${keep}"`;
}
