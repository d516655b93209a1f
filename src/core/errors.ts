import type { Origin } from "./doc.ts";

/**
 * What went wrong, in one word a program can switch on. The reader's kinds are listed so that a typo does not compile;
 * stages may use words of their own.
 */
export type ErrorKind =
  | "truncated"
  | "corrupt"
  | "bad-json"
  | "bad-field"
  | "invalid-utf8"
  | "too-long"
  | "vanished"
  | "changed"
  | "unreadable"
  | "empty-match"
  | "stage-failed"
  | (string & {});

/** The facts an error message is made of. */
export interface ErrorFacts {
  readonly kind: ErrorKind;
  /** One sentence without the place: the place is added from `stage` and `origin`. */
  readonly message: string;
  readonly stage?: string | undefined;
  readonly origin?: Origin | undefined;
  readonly cause?: unknown;
}

/** "corpus/a.jsonl.gz: record 12 at byte 3456", the way every message names a place. */
export function describeOrigin(origin: Origin): string {
  return `${origin.source}: record ${origin.record} at byte ${origin.offset}`;
}

/** The one error class of a running pipeline. Mistakes in options are `TypeError` or `RangeError` instead. */
export class PipelineError extends Error {
  readonly kind: ErrorKind;
  readonly stage: string | undefined;
  readonly origin: Origin | undefined;
  /** What the error was made of, so that whoever passes it on can add the stage or the place it did not know. */
  readonly facts: ErrorFacts;

  constructor(facts: ErrorFacts) {
    const place = facts.origin === undefined ? "" : ` (${describeOrigin(facts.origin)})`;
    const stage = facts.stage === undefined ? "" : `${facts.stage}: `;
    super(`${stage}${facts.message}${place}`, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = "PipelineError";
    this.facts = facts;
    this.kind = facts.kind;
    this.stage = facts.stage;
    this.origin = facts.origin;
  }
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

/** A wrong type of an option: ``dedupe: expected `threshold` to be a number, got "0.8"``. */
export function optionType(stage: string, option: string, rule: string, value: unknown): TypeError {
  return new TypeError(`${stage}: expected \`${option}\` to be ${rule}, got ${show(value)}`);
}

/** Checks a number option against an inclusive range and returns it. */
export function numberOption(
  stage: string,
  option: string,
  value: unknown,
  range: { readonly min?: number; readonly max?: number; readonly integer?: boolean } = {},
): number {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, integer = false } = range;
  const kind = integer ? "an integer" : "a number";
  if (typeof value !== "number" || Number.isNaN(value)) throw optionType(stage, option, kind, value);
  if ((integer && value !== Number.POSITIVE_INFINITY && !Number.isInteger(value)) || value < min || value > max) {
    const bounds =
      max === Number.POSITIVE_INFINITY
        ? ` of at least ${min}`
        : min === Number.NEGATIVE_INFINITY
          ? ` of at most ${max}`
          : ` between ${min} and ${max}`;
    throw new RangeError(`${stage}: expected \`${option}\` to be ${kind}${bounds}, got ${value}`);
  }
  return value;
}

/** Checks that an option is one of a list of words and returns it. */
export function wordOption<const W extends string>(stage: string, option: string, value: unknown, words: readonly W[]): W {
  if (typeof value === "string" && (words as readonly string[]).includes(value)) return value as W;
  throw optionType(stage, option, words.map((word) => `"${word}"`).join(" or "), value);
}

/** Refuses option names that do not exist: a misspelt option is an error, never silently ignored. */
export function knownOptions(stage: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) throw optionType(stage, "options", "an object", options);
  for (const name of Object.keys(options)) {
    if (!known.includes(name)) throw new TypeError(`${stage}: unknown option \`${name}\`; known options are ${known.join(", ")}`);
  }
}
