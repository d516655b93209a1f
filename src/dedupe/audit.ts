/**
 * What a deduplication removed, from the records its run excluded, in one pass and in memory that does not grow with them:
 * counts by reason, a histogram of the estimated similarities, the largest groups (frequent.ts), a seeded sample of the near
 * duplicates (Vitter's algorithm R), and the ones nearest to the threshold, which are the ones to doubt.
 */
import { type Excluded, knownOptions, numberOption, type Origin, Random } from "../core/index.ts";
import { Frequent } from "./frequent.ts";

export interface RemovalAuditOptions {
  /** Near duplicates in the seeded sample. Default 100; 0 to 100,000. */
  readonly sample?: number;
  /** Near duplicates with the least similarity that are kept. Default 5; 0 to 10,000. */
  readonly near?: number;
  /** Largest groups. Default 10; 0 to 10,000. */
  readonly groups?: number;
  /** Seed of the sample, and of the choice among removals of equal similarity. Default 0. */
  readonly seed?: number;
}

/** A document that was kept, as the removals name it. */
export interface KeptDocument {
  readonly of: string | undefined;
  readonly origin: Origin | undefined;
}

/** One removal with what its detail says. */
export interface Removal {
  readonly record: Excluded;
  readonly kept: KeptDocument;
  /** Estimated; undefined for exact duplicates. */
  readonly similarity: number | undefined;
}

export interface RemovalSummary {
  /** Excluded records that were looked at, of whatever stage. */
  readonly records: number;
  readonly reasons: readonly { readonly stage: string; readonly reason: string; readonly count: number }[];
  /** Records that a stage dropped for another document. */
  readonly removals: number;
  /** How many of them do not say for which. */
  readonly unnamed: number;
  /** Near duplicates by estimated similarity: entry i counts i / 100 up to, not including, (i + 1) / 100; the last one counts 1. */
  readonly similarities: readonly number[];
  readonly leastSimilarity: number | undefined;
  /** Documents that others were removed for, those with the most first. */
  readonly groups: readonly { readonly kept: KeptDocument; readonly removed: number }[];
  /** By how much the sizes of groups may be too low; 0 unless there are more than 100,000 groups. */
  readonly groupError: number;
  /** Different kept documents, or undefined when there were too many to count. */
  readonly groupCount: number | undefined;
  /** In the order they were removed. */
  readonly sample: readonly Removal[];
  /** The least similar first. */
  readonly nearThreshold: readonly Removal[];
  /** Removals whose text is too long to be held as a sample. */
  readonly tooLong: number;
}

const NAME = "RemovalAudit";
const GROUPS_COUNTED = 50_000;
/** Characters of a text that a sample may hold: 100 of them are 400 MB at worst. */
const LONGEST_SAMPLE = 4_000_000;

/** Takes excluded records one at a time. Throws `TypeError` or `RangeError` for wrong options. */
export class RemovalAudit {
  readonly #options: Required<RemovalAuditOptions>;
  readonly #random: Random;
  readonly #reasons = new Map<string, { readonly stage: string; readonly reason: string; count: number }>();
  readonly #groups = new Frequent<KeptDocument>(GROUPS_COUNTED);
  readonly #similarities: number[] = new Array(101).fill(0);
  readonly #sample: { readonly number: number; readonly removal: Removal }[] = [];
  #near: { readonly removal: Removal; readonly similarity: number; readonly tie: number }[] = [];
  #records = 0;
  #removals = 0;
  #unnamed = 0;
  #candidates = 0;
  #tooLong = 0;
  #least: number | undefined;

  constructor(options: RemovalAuditOptions = {}) {
    knownOptions(NAME, options, ["sample", "near", "groups", "seed"]);
    const { sample = 100, near = 5, groups = 10, seed = 0 } = options;
    numberOption(NAME, "sample", sample, { min: 0, max: 100_000, integer: true });
    numberOption(NAME, "near", near, { min: 0, max: 10_000, integer: true });
    numberOption(NAME, "groups", groups, { min: 0, max: 10_000, integer: true });
    numberOption(NAME, "seed", seed, { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, integer: true });
    this.#options = { sample, near, groups, seed };
    this.#random = new Random(seed, NAME);
  }

  add(record: Excluded): void {
    this.#records++;
    const { stage, reason } = record;
    const key = JSON.stringify([stage, reason]);
    const counted = this.#reasons.get(key);
    if (counted === undefined) this.#reasons.set(key, { stage, reason, count: 1 });
    else counted.count++;
    const removal = removalOf(record);
    if (removal === undefined) return;
    this.#removals++;
    const { kept } = removal;
    if (kept.of === undefined && kept.origin === undefined) this.#unnamed++;
    else this.#groups.add(keyOf(kept), () => kept);
    if (removal.similarity !== undefined) this.#similar(removal, removal.similarity);
  }

  result(): RemovalSummary {
    const { error, size } = this.#groups;
    return {
      records: this.#records,
      reasons: [...this.#reasons.values()].sort((a, b) => b.count - a.count),
      removals: this.#removals,
      unnamed: this.#unnamed,
      similarities: [...this.#similarities],
      leastSimilarity: this.#least,
      groups: this.#groups.top(this.#options.groups).map(({ value, count }) => ({ kept: value, removed: count })),
      groupError: error,
      groupCount: error === 0 ? size : undefined,
      sample: [...this.#sample].sort((a, b) => a.number - b.number).map(({ removal }) => removal),
      nearThreshold: this.#near.map(({ removal }) => removal),
      tooLong: this.#tooLong,
    };
  }

  #similar(removal: Removal, similarity: number): void {
    const bin = Math.max(0, Math.min(100, Math.floor(similarity * 100 + 1e-9)));
    this.#similarities[bin] = (this.#similarities[bin] as number) + 1;
    if (this.#least === undefined || similarity < this.#least) this.#least = similarity;
    if (removal.record.text.length > LONGEST_SAMPLE) {
      this.#tooLong++;
      return;
    }
    const number = this.#candidates++;
    const { sample, near } = this.#options;
    // Drawn for every removal, so that one size of sample does not change the other.
    const [place, tie] = [Math.floor(this.#random.next() * (number + 1)), this.#random.next()];
    if (number < sample) this.#sample.push({ number, removal });
    else if (place < sample) this.#sample[place] = { number, removal };
    const last = this.#near.at(-1);
    const full = this.#near.length === near;
    if (near === 0 || (full && last !== undefined && (similarity - last.similarity || tie - last.tie) >= 0)) return;
    this.#near = [...this.#near.slice(0, full ? -1 : undefined), { removal, similarity, tie }];
    this.#near.sort((a, b) => a.similarity - b.similarity || a.tie - b.tie);
  }
}

/** What an excluded record says of a document that was kept for it; undefined when it was not removed for another one. */
export function removalOf(record: Excluded): Removal | undefined {
  const { detail, stage } = record;
  const kept = { of: typeof detail?.["of"] === "string" ? detail["of"] : undefined, origin: asOrigin(detail?.["origin"]) };
  const named = kept.of !== undefined || kept.origin !== undefined;
  // A document kept before anybody asked for names has none; its stage tells that it was removed for one all the same.
  if (!named && !(stage.startsWith("dedupe") && record.reason.endsWith("duplicate"))) return undefined;
  const similarity = detail?.["similarity"];
  return { record, kept, similarity: typeof similarity === "number" ? similarity : undefined };
}

function asOrigin(value: unknown): Origin | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { source, record, offset } = value as Partial<Origin>;
  if (typeof source !== "string" || typeof record !== "number" || typeof offset !== "number") return undefined;
  return { source, record, offset };
}

function keyOf({ of, origin }: KeptDocument): string {
  return JSON.stringify(origin === undefined ? [of] : [origin.source, origin.record]);
}
