/**
 * What a quality rule is, and the text it looks at. A rule is a pure function of a text and its thresholds: it measures, then
 * names the first threshold that is passed.
 */
import { numberOption } from "../core/index.ts";
import { SPACE_AT_ENDS, type TextKernel } from "../kernels/text/index.ts";
import { NgramCounter } from "./ngrams.ts";
import { textKernel } from "./text-kernel.ts";
import { codePoints, isBlank } from "./unicode.ts";
import { Words } from "./words.ts";

/** What a rule says of a text. */
export interface Verdict<Values> {
  /** Why the text goes, in datatrove's word; undefined when it stays. */
  readonly reason: string | undefined;
  /** Everything the rule measured, whatever the reason. */
  readonly values: Values;
}

/** A text under examination. What several rules need of it (its words, its length) is worked out once, when first asked for. */
export class Page {
  /** True where only the decision is wanted: a rule may then leave a value out or at NaN, or stop a count, that cannot change it. */
  readonly brief: boolean;
  readonly #kernel: TextKernel | undefined;
  #text = "";
  #length: number | undefined;
  #words: Words | undefined;
  #ngrams: NgramCounter | undefined;

  /** `backend`: "auto" takes the kernel where it runs, "js" the plain code. Both give the same. */
  constructor(text = "", brief = false, backend: "auto" | "js" = "auto") {
    this.#kernel = backend === "js" ? undefined : textKernel();
    this.text = text;
    this.brief = brief;
  }

  /** The kernel, with this page's text loaded; undefined where the plain code must measure it. */
  get kernel(): TextKernel | undefined {
    return this.#kernel?.load(this.#text) === true ? this.#kernel : undefined;
  }

  get text(): string {
    return this.#text;
  }

  set text(text: string) {
    if (text === this.#text) return;
    this.#text = text;
    this.#length = undefined;
  }

  /** Code points of the text. */
  get length(): number {
    if (this.#length === undefined) {
      const { kernel } = this;
      this.#length = kernel === undefined ? codePoints(this.#text) : this.#text.length - kernel.pairs;
    }
    return this.#length;
  }

  /** Whether the text is white space alone. */
  get blank(): boolean {
    const { kernel } = this;
    // No look at a text that is still in pieces, as an edited one is.
    if (kernel !== undefined && this.#text !== "" && (kernel.flags & SPACE_AT_ENDS) === 0) return false;
    return isBlank(this.#text);
  }

  /** The words of the text, overwritten when the page turns to another one. */
  get words(): Words {
    this.#words ??= new Words();
    return this.#words.read(this.#text);
  }

  /** Tables for n-grams, kept from text to text. */
  get ngrams(): NgramCounter {
    this.#ngrams ??= new NgramCounter();
    return this.#ngrams;
  }
}

/** A rule with its thresholds: what the stage runs. */
export interface Rule<Values = unknown> {
  /** The rule's name, as `rules` takes it. */
  readonly name: string;
  /** Every threshold, defaults included, as plain values. */
  readonly config: object;
  /**
   * Judges the text of the page. A rule that edits the text leaves the new one on the page. `count` adds to the counters of a
   * report.
   */
  judge(page: Page, count?: (counter: string, by: number) => void): Verdict<Values>;
}

/** A threshold: a number, or null to switch it off. 0 is a real limit. */
export type Limit = number | null;

/** Checks a threshold that may be switched off. `share` is at most 1. */
export function limitOption(rule: string, option: string, value: unknown, kind: "share" | "ratio" | "count"): Limit {
  if (value === null) return null;
  if (kind === "share") return numberOption(rule, option, value, { min: 0, max: 1 });
  return numberOption(rule, option, value, { min: 0, integer: kind === "count" });
}

/** Refuses a range that nothing can satisfy. */
export function checkRange(rule: string, low: string, least: Limit, high: string, most: Limit): void {
  if (least !== null && most !== null && least > most) {
    throw new RangeError(`${rule}: expected \`${low}\` to be at most \`${high}\`, got ${least} and ${most}`);
  }
}
