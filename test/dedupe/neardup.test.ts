/**
 * Labelled near-duplicates from the corpora beside the repository: news articles of which some pairs are plagiarised, and
 * licence texts, which share much boilerplate. Skipped, with a line that says so, where the corpora are absent.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { from } from "../../src/core/index.ts";
import { bandKeys, dedupe, detection, NearIndex, Normaliser, normaliseForDedupe, Sketcher } from "../../src/dedupe/index.ts";
import { docsOf, jaccard, shingleSet } from "./corpus.ts";
import { DEFAULTS } from "./naive.ts";

const folder = fileURLToPath(new URL("../../../shared/corpora/neardup/", import.meta.url));
const present = existsSync(folder);
if (!present) console.log(`skipped: near-duplicate corpora are not at ${folder}`);

const gunzipped = (name: string): string => gunzipSync(readFileSync(folder + name)).toString();
const lines = (text: string): string[] => text.split("\n").filter((line) => line !== "");

async function keptOf(texts: readonly string[]): Promise<Set<number>> {
  const kept = new Set<number>();
  for await (const doc of from(docsOf(texts)).pipe(dedupe())) kept.add(Number(doc.id));
  return kept;
}

interface Removal {
  readonly document: number;
  readonly partner: number;
  readonly estimate: number;
}

function similarity(texts: readonly string[], { document, partner }: Removal): number {
  const [a, b] = [document, partner].map((i) => shingleSet(normaliseForDedupe(texts[i] as string).split(" ")));
  return jaccard(a as Set<string>, b as Set<string>);
}

/** The same decisions from the parts, with the partner of each removal. */
function removals(texts: readonly string[]): Removal[] {
  const document = new Normaliser();
  const sketcher = new Sketcher(DEFAULTS);
  const index = new NearIndex({ ...DEFAULTS, threshold: 0.7 });
  const signature = new Uint8Array(112);
  const added: number[] = [];
  return texts.flatMap((text, i) => {
    document.read(text);
    if (!sketcher.sketch(document, signature)) return [];
    const match = index.find(signature);
    if (match === undefined) {
      index.add(signature);
      added.push(i);
      return [];
    }
    return [{ document: i, partner: added[match.id] as number, estimate: match.similarity }];
  });
}

describe.runIf(present)("labelled near-duplicates", () => {
  it.each([100, 1000, 2500])("articles_%i: every plagiarised pair is found, and nothing else", async (size) => {
    const articles = lines(gunzipped(`articles_${size}.train.gz`)).map((line) => {
      const space = line.indexOf(" ");
      return { id: line.slice(0, space), text: line.slice(space + 1) };
    });
    expect(articles.length).toBe(size);
    const truth = lines(readFileSync(`${folder}articles_${size}.truth`, "utf8")).map((line) => line.trim().split(/\s+/));
    const kept = await keptOf(articles.map(({ text }) => text));
    const removed = new Set(articles.filter((_, i) => !kept.has(i)).map(({ id }) => id));
    const found = truth.filter((pair) => pair.filter((id) => removed.has(id)).length === 1);
    expect(found.length).toBe(truth.length);
    expect(removed.size).toBe(truth.length);
  });

  it("licence texts: pairs share a band as often as 1 - (1 - J^8)^14 says", () => {
    const rules = lines(gunzipped("scancode-license-rules.jsonl.gz")).map(
      (line) => JSON.parse(line) as { text: string; license_expression: string },
    );
    const last = new Map<string, string>();
    const pairs: { a: string; b: string; jaccard: number }[] = [];
    for (const { text, license_expression: label } of rules) {
      const before = last.get(label);
      last.set(label, text);
      if (before === undefined || text.length > 4000 || before.length > 4000) continue;
      const [x, y] = [before, text].map((each) => shingleSet(normaliseForDedupe(each).split(" "))) as [Set<string>, Set<string>];
      const similar = jaccard(x, y);
      if (x.size > 5 && y.size > 5 && similar < 1) pairs.push({ a: before, b: text, jaccard: similar });
    }
    const seeds = [1, 2, 3];
    const document = new Normaliser();
    const keysOf = (text: string, sketcher: Sketcher): Uint32Array => {
      const signature = new Uint8Array(112);
      document.read(text);
      sketcher.sketch(document, signature);
      return bandKeys(signature);
    };
    const found = pairs.map(() => 0);
    for (const seed of seeds) {
      const sketcher = new Sketcher({ ...DEFAULTS, seed });
      for (const [i, { a, b }] of pairs.entries()) {
        const [x, y] = [keysOf(a, sketcher), keysOf(b, sketcher)];
        if (x.some((_, k) => k % 2 === 0 && x[k] === y[k] && x[k + 1] === y[k + 1])) found[i] = (found[i] as number) + 1;
      }
    }
    for (const [low, high] of [
      [0, 0.4],
      [0.4, 0.6],
      [0.6, 0.7],
      [0.7, 0.8],
      [0.8, 0.9],
      [0.9, 1],
    ] as const) {
      const group = pairs.flatMap((pair, i) => (pair.jaccard >= low && pair.jaccard < high ? [i] : []));
      const chances = group.map((i) => detection((pairs[i] as (typeof pairs)[number]).jaccard));
      expect(group.length, `${low} to ${high}`).toBeGreaterThan(40);
      const share = group.reduce((sum, i) => sum + (found[i] as number), 0) / group.length / seeds.length;
      const theory = chances.reduce((sum, p) => sum + p, 0) / chances.length;
      const sampling = Math.sqrt(chances.reduce((sum, p) => sum + p * (1 - p), 0) / seeds.length) / group.length;
      // Bins exclude each other a little, which makes the curve steeper than its formula (see estimate.test.ts).
      expect(Math.abs(share - theory), `${low} to ${high}: ${share} found, ${theory} by the formula`).toBeLessThan(4 * sampling + 0.03);
    }
  });

  it("licence texts: what goes resembles what was kept for it, and what stays does not", async () => {
    const rules = lines(gunzipped("scancode-license-rules.jsonl.gz")).map(
      (line) => JSON.parse(line) as { text: string; license_expression: string },
    );
    const texts = rules.map(({ text }) => text);
    const kept = await keptOf(texts);
    const near = removals(texts);
    expect(near.length).toBeGreaterThan(3000);
    expect(near.map(({ document }) => document)).toEqual(texts.flatMap((_, i) => (kept.has(i) ? [] : [i])));
    const sampled = near.filter((_, i) => i % 6 === 0).map((removal) => ({ ...removal, jaccard: similarity(texts, removal) }));
    expect(Math.min(...sampled.map(({ jaccard }) => jaccard))).toBeGreaterThan(0.55);
    const rmse = Math.sqrt(sampled.reduce((sum, { estimate, jaccard }) => sum + (estimate - jaccard) ** 2, 0) / sampled.length);
    expect(rmse).toBeLessThan(0.04);
    // Texts of one label share boilerplate: none may stay beside an earlier one that it equals to 0.9.
    const labels = new Map<string, Set<string>[]>();
    let missed = 0;
    for (const i of kept) {
      const { text, license_expression: label } = rules[i] as (typeof rules)[number];
      if (text.length > 20_000) continue; // full licence texts, of which hardly two are compared
      const shingles = shingleSet(normaliseForDedupe(text).split(" "));
      const others = labels.get(label) ?? [];
      if (others.some((other) => jaccard(shingles, other) >= 0.9)) missed++;
      labels.set(label, [...others, shingles]);
    }
    expect(missed).toBeLessThanOrEqual(near.length / 100);
  });
});
