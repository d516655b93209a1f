/**
 * Writes the data of the kit. Run it from the root of the repository when a profile is added or its version changes:
 *
 *   node --import ./scripts/register-ts.mjs conformance/make.ts
 *
 * The answers come from the naive implementation in test/dedupe, which shares no code with the library. What is written depends on
 * nothing but these scripts; the fold table alone belongs to the Unicode version of the Node that runs them, and names it.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { foldOf, UNICODE_VERSION } from "../src/dedupe/index.ts";
import * as naive from "../test/dedupe/naive.ts";
import { corpus, generator, word } from "./generator.ts";
import { texts } from "./texts.ts";

const PROFILE = "minhash@millrace";
const VERSION = "minhash@millrace/1";
const FOLDER = fileURLToPath(new URL("./minhash-millrace/", import.meta.url));

/** The cases about a corpus name this file instead of repeating it. */
const CORPUS = "corpus.json";

type Parameters = naive.Parameters;

const SHAPES: readonly Parameters[] = [
  naive.DEFAULTS,
  { ngram: 5, bands: 20, rows: 5, seed: 1 },
  { ngram: 3, bands: 9, rows: 13, seed: 4_000_000_000 },
  { ngram: 1, bands: 1, rows: 4, seed: 0 },
  { ngram: 32, bands: 4, rows: 64, seed: 7 },
  { ngram: 13, bands: 14, rows: 8, seed: 1, unit: "characters" },
];

const hex = (values: readonly number[]): string => Buffer.from(values).toString("hex");

/** Texts that have shingles, and some that have none. */
function sketched(): string[] {
  const next = generator(99);
  const lengths = [4, 5, 6, 31, 32, 33, 60, 200];
  const made = lengths.map((length) => Array.from({ length }, () => word(next() % 500)).join(" "));
  const long = `${"x".repeat(7)} ${"y".repeat(8)} ${"z".repeat(9)} ${"w".repeat(100)} ${"é".repeat(40)}`;
  return [
    ...made,
    long,
    "word ".repeat(300),
    ...texts()
      .filter((text) => naive.words(text).length >= 5)
      .slice(0, 12),
  ];
}

interface Case {
  readonly input: unknown;
  readonly output: unknown;
}

function files(): Record<string, readonly Case[]> {
  const punctuation = ["drop", "keep"] as const;
  const signed = SHAPES.flatMap((parameters) => sketched().map((text) => ({ text, parameters })));
  const signatures = signed.map(({ text, parameters }) => ({ parameters, signature: naive.signature(text, parameters) }));
  const made = signatures.filter((one): one is { parameters: Parameters; signature: number[] } => one.signature !== undefined);
  return {
    words: texts().flatMap((text) => punctuation.map((kind) => ({ input: { text, punctuation: kind }, output: naive.words(text, kind) }))),
    "exact-key": texts().flatMap((text) => [5, 2].map((ngram) => ({ input: { text, ngram }, output: naive.exactKey(text, ngram) }))),
    shingles: [...SHAPES.slice(0, 3), SHAPES[5] as Parameters].flatMap(({ ngram, seed, unit = "words" }) =>
      sketched()
        .filter((text) => text.length < 250)
        .map((text) => {
          const shingles = naive.shingles(text, { ngram, seed, unit });
          return { input: { text, ngram, unit, seed }, output: shingles.map(({ value, place }) => [value, place]) };
        }),
    ),
    signature: signed.map(({ text, parameters }, i) => {
      const { unit = "words", ...shape } = parameters;
      const signature = signatures[i]?.signature;
      return { input: { text, ...shape, unit }, output: signature === undefined ? null : hex(signature) };
    }),
    "band-keys": made
      .filter((_, i) => i % 4 === 0)
      .map(({ parameters, signature }) => {
        const { bands, rows } = parameters;
        return { input: { signature: hex(signature), bands, rows }, output: naive.bandKeys(signature, { bands, rows }) };
      }),
    estimate: estimates(),
    candidates: SHAPES.slice(0, 2).map(candidates),
    dedupe: [
      ...[0.5, 0.7, 0.9].map((threshold) => verified(naive.DEFAULTS, threshold)),
      verified(SHAPES[1] as Parameters, 0.7),
      components(naive.DEFAULTS),
      components(SHAPES[1] as Parameters),
    ],
  };
}

/** Pairs of signatures with every kind of overlap. */
function estimates(): Case[] {
  const next = generator(5);
  return Array.from({ length: 30 }, (_, i) => {
    const size = [4, 100, 112, 512][i % 4] as number;
    const a = Array.from({ length: size }, () => next() >>> 8);
    const b = a.map((value) => (next() % 30 < i ? value : next() >>> 8));
    return { input: { a: hex(a), b: hex(b) }, output: naive.estimate(a, b) };
  });
}

/** Every pair of documents that share the key of a band: what is looked at, whatever the policy. */
function candidates(parameters: Parameters): Case {
  const signatures = corpus().map((text) => naive.signature(text, parameters));
  const { bands, rows } = parameters;
  const input = { signatures: signatures.map((signature) => (signature === undefined ? null : hex(signature))), bands, rows };
  return { input, output: pairs(signatures, parameters) };
}

function pairs(signatures: readonly (readonly number[] | undefined)[], parameters: Parameters): [number, number][] {
  const keys = signatures.map((signature) => (signature === undefined ? [] : naive.bandKeys(signature, parameters)));
  const found: [number, number][] = [];
  for (let j = 0; j < keys.length; j++) {
    for (let i = 0; i < j; i++) if (keys[i]?.some((key, band) => key === keys[j]?.[band])) found.push([i, j]);
  }
  return found.sort(([a, b], [c, d]) => a - c || b - d);
}

type Verdict = readonly ["kept"] | readonly ["exact" | "near", number] | readonly ["near", number, number];

/** Documents are compared with kept ones only. */
function verified(parameters: Parameters, threshold: number): Case {
  const documents = corpus();
  const keys = new Map<string, number>();
  const owners = new Map<string, number>();
  const signatures = documents.map((text) => naive.signature(text, parameters));
  const output = documents.map((text, i): Verdict => {
    const key = naive.exactKey(text, parameters.ngram);
    const same = keys.get(key);
    if (same !== undefined) return ["exact", same];
    const signature = signatures[i];
    const bands = signature === undefined ? [] : naive.bandKeys(signature, parameters).map((bandKey, band) => `${band} ${bandKey}`);
    const compared = [...new Set(bands.map((band) => owners.get(band)).filter((owner) => owner !== undefined))];
    const similar = compared.map((owner) => ({ owner, estimate: naive.estimate(signatures[owner] ?? [], signature ?? []) }));
    const best = similar.sort((a, b) => b.estimate - a.estimate || a.owner - b.owner)[0];
    // A sum of fractions may fall short of a threshold that the whole numbers reach.
    if (best !== undefined && best.estimate >= threshold - 1e-9) return ["near", best.owner, best.estimate];
    keys.set(key, i);
    for (const band of bands) if (!owners.has(band)) owners.set(band, i);
    return ["kept"];
  });
  return { input: { texts: CORPUS, match: "verified", threshold, ...shapeOf(parameters) }, output };
}

/** Whatever hangs together by equal keys is one group, of which the first document stays. */
function components(parameters: Parameters): Case {
  const documents = corpus();
  const root = documents.map((_, i) => i);
  const find = (i: number): number => (root[i] === i ? i : find(root[i] as number));
  const join = (i: number, j: number): void => {
    root[Math.max(find(i), find(j))] = Math.min(find(i), find(j));
  };
  const signatures = documents.map((text) => naive.signature(text, parameters));
  for (const [i, j] of pairs(signatures, parameters)) join(i, j);
  const keys = documents.map((text) => naive.exactKey(text, parameters.ngram));
  for (const [i, key] of keys.entries()) join(i, keys.indexOf(key));
  const output = documents.map(
    (_, i): Verdict => (find(i) === i ? ["kept"] : [keys.indexOf(keys[i] as string) < i ? "exact" : "near", find(i)]),
  );
  return { input: { texts: CORPUS, match: "components", ...shapeOf(parameters) }, output };
}

function shapeOf({ unit = "words", ...shape }: Parameters): object {
  return { ...shape, unit };
}

/** The fold of every code point but surrogates and Hangul syllables: as ranges where it is the code point itself, or nothing. */
function foldTable(): object {
  const ranges: [first: number, last: number, kind: number][] = [];
  const folds: Record<string, string> = {};
  for (let codePoint = 0; codePoint < 0x11_0000; codePoint++) {
    if (codePoint >= 0xd800 && codePoint <= 0xdfff) continue;
    if (codePoint >= 0xac00 && codePoint <= 0xd7a3) continue;
    const fold = foldOf(codePoint);
    const [only] = fold;
    if (fold.length > 1 || (only !== undefined && only.codePoint !== codePoint)) {
      folds[codePoint.toString(16)] = fold.map((part) => `${part.class}:${part.codePoint.toString(16)}`).join(" ");
      continue;
    }
    const kind = only?.class ?? 1;
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === codePoint - 1 && last[2] === kind) last[1] = codePoint;
    else ranges.push([codePoint, codePoint, kind]);
  }
  return { unicode: UNICODE_VERSION, classes: ["space", "skip", "letter", "solo", "extend", "symbol"], ranges, folds };
}

/** All files of the kit by name, as text. One case a line: a difference in version control names the case. */
export function kit(): Record<string, string> {
  const out: Record<string, string> = {
    [CORPUS]: `[\n${corpus()
      .map((text) => JSON.stringify(text))
      .join(",\n")}\n]\n`,
  };
  for (const [op, cases] of Object.entries(files())) {
    const head = `{"profile":"${PROFILE}","version":"${VERSION}","op":"${op}","cases":[`;
    out[`${op}.json`] = `${head}\n${cases.map((one) => JSON.stringify(one)).join(",\n")}\n]}\n`;
  }
  const { ranges, folds, ...about } = foldTable() as { ranges: unknown[]; folds: object };
  const rest = `"ranges":[\n${wrapped(ranges.map((range) => JSON.stringify(range)))}\n],"folds":{\n${wrapped(Object.entries(folds).map(([k, v]) => `"${k}":"${v}"`))}\n}`;
  out["fold.json"] = `${JSON.stringify(about).slice(0, -1)},${rest}}\n`;
  return out;
}

/** Entries, sixteen a line. */
function wrapped(entries: readonly string[]): string {
  const lines: string[] = [];
  for (let i = 0; i < entries.length; i += 16) lines.push(entries.slice(i, i + 16).join(","));
  return lines.join(",\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, text] of Object.entries(kit())) writeFileSync(FOLDER + name, text);
}
