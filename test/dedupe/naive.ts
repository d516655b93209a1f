/**
 * `minhash@millrace` version 1 once more, written from its specification and for reading, not for speed: strings, sets,
 * maps, shingles hashed one by one, multiplication from 16-bit halves. It shares no code with `src/dedupe`.
 */
import { createHash } from "node:crypto";

export interface Parameters {
  readonly ngram: number;
  readonly bands: number;
  readonly rows: number;
  readonly seed: number;
  /** "words" unless told. */
  readonly unit?: "words" | "characters";
}

export const DEFAULTS: Parameters = { ngram: 5, bands: 14, rows: 8, seed: 1 };

// ---- 32-bit arithmetic, on numbers from 0 to 2^32 - 1 ----------------------------------------------------------------

const TWO32 = 2 ** 32;
/** Modulo 2^32, of any whole number below 2^53. */
const wrap = (a: number): number => a >>> 0;
const add = (a: number, b: number): number => wrap(a + b);
const times = (a: number, b: number): number => wrap((wrap((a >>> 16) * b) & 0xffff) * 65536 + (a & 0xffff) * b);
const xor = (a: number, b: number): number => wrap(a ^ b);
const right = (a: number, by: number): number => Math.floor(a / 2 ** by);
const signed = (a: number): number => (a >= 2 ** 31 ? a - TWO32 : a);

function mix(value: number): number {
  let h = xor(value, right(value, 16));
  h = times(h, 0x21f0aaad);
  h = times(xor(h, right(h, 15)), 0xd35a2d97);
  return xor(h, right(h, 15));
}

const seeded = (seed: number, n: number): number => mix(add(seed, times(n, 0x9e3779b9)));

/** Both lanes over blocks of eight bytes, zeros behind the last. */
function lanes(bytes: readonly number[], startA: number, startB: number): [number, number] {
  let [a, b] = [startA, startB];
  for (let at = 0; at < bytes.length; at += 8) {
    const byte = (i: number): number => bytes[at + i] ?? 0;
    const low = byte(0) + byte(1) * 2 ** 8 + byte(2) * 2 ** 16 + byte(3) * 2 ** 24;
    const high = byte(4) + byte(5) * 2 ** 8 + byte(6) * 2 ** 16 + byte(7) * 2 ** 24;
    a = times(xor(a, low), 0x85ebca77);
    a = times(xor(xor(a, right(a, 15)), high), 0xc2b2ae3d);
    a = xor(a, right(a, 13));
    b = times(xor(b, high), 0x27d4eb2f);
    b = times(xor(xor(b, right(b, 16)), low), 0x165667b1);
    b = xor(b, right(b, 14));
  }
  return [a, b];
}

// ---- words -----------------------------------------------------------------------------------------------------------

const SKIPPED = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/gu;
const ACCENTS =
  /(?![\u3099\u309a])(?=[\p{Mn}\p{Me}])[\p{sc=Zinh}\p{sc=Zyyy}\p{sc=Latn}\p{sc=Grek}\p{sc=Cyrl}\p{sc=Arab}\p{sc=Hebr}\p{sc=Syrc}]/gu;
const BLANK = /[\p{White_Space}\p{Cc}]/gu;
const SIGN = /[\p{P}\p{Sm}\p{Sc}\p{Sk}]/gu;
const NUMERAL = String.raw`(?:(?!\p{Ideographic})\p{N})`;
const SPACELESS = String.raw`[\p{Ideographic}\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}\p{sc=Bopo}\p{sc=Yiii}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}\p{sc=Tale}\p{sc=Talu}\p{sc=Lana}\p{sc=Tavt}\p{sc=Ahom}\p{So}\p{Cn}\p{Co}]`;
const ALONE = String.raw`(?:(?!${NUMERAL}|\p{M})${SPACELESS})`;
const WORDS_WITHOUT_SIGNS = new RegExp(String.raw`${ALONE}\p{M}*|(?:(?!${ALONE})[^ ])+`, "gu");

/** The words of a text. Signs (punctuation and symbols) part words, or are words. */
export function words(text: string, signs: "drop" | "keep" = "drop"): string[] {
  const folded = [...Buffer.from(text, "utf8").toString("utf8")]
    .flatMap((c) => [...c.normalize("NFKD")])
    .map((c) => c.toLowerCase().toUpperCase().toLowerCase().normalize("NFKD"))
    .join("")
    .replace(SKIPPED, "")
    .replace(BLANK, " ")
    .replace(ACCENTS, "");
  // A sign may carry marks, as any word of one character may: only where signs are words.
  const parts = signs === "drop" ? [folded.replace(SIGN, " ")] : folded.split(/([\p{P}\p{Sm}\p{Sc}\p{Sk}]\p{M}*)/u);
  return parts.flatMap((part, i) => (i % 2 === 1 ? [part] : (part.match(WORDS_WITHOUT_SIGNS) ?? [])));
}

/** 32 hexadecimal digits. */
export function exactKey(text: string, ngram = 5): string {
  const plain = words(text);
  const normal = (plain.length < ngram ? words(text, "keep") : plain).join(" ");
  return createHash("sha256").update(normal).digest("hex").slice(0, 32);
}

// ---- shingles and signatures -----------------------------------------------------------------------------------------

export interface Shingle {
  readonly value: number;
  readonly place: number;
}

/** The shingles of a text in order, each hashed by itself. */
export function shingles(text: string, { ngram, seed, unit }: Pick<Parameters, "ngram" | "seed" | "unit"> = DEFAULTS): Shingle[] {
  const units = unit === "characters" ? [...words(text).join("")] : words(text);
  const hashes = units.map((word) => lanes([...Buffer.from(word)], 0x243f6a88, 0x85a308d3));
  const out: Shingle[] = [];
  for (let i = 0; i + ngram <= hashes.length; i++) {
    let [value, place] = [0, 0];
    for (const [a, b] of hashes.slice(i, i + ngram)) {
      value = add(times(value, 0x915f77f5), a);
      place = add(times(place, 0x93d765dd), b);
    }
    out.push({ value: mix(add(value, seeded(seed, 1))), place: mix(add(place, seeded(seed, 2))) });
  }
  return out;
}

/** The signature, or undefined for a text of fewer words than a shingle. */
export function signature(text: string, parameters: Parameters = DEFAULTS): number[] | undefined {
  const { bands, rows, seed } = parameters;
  const size = bands * rows;
  const distinct = new Map(shingles(text, parameters).map((shingle) => [`${shingle.value} ${shingle.place}`, shingle]));
  if (distinct.size === 0) return undefined;
  const values = [...distinct.values()].map((shingle) => shingle.value);
  const bins: number[][] = Array.from({ length: size }, () => []);
  for (const { value, place } of distinct.values()) bins[right(right(place, 16) * size, 16)]?.push(value);
  const least = (candidates: readonly number[]): number => Math.min(2 ** 31 - 1, ...candidates.map(signed));
  return bins.map((bin, j) => {
    const a = wrap(seeded(seed, 3 + 2 * j) | 1);
    const b = seeded(seed, 4 + 2 * j);
    const own = least(bin);
    const chosen = own < 2 ** 31 - 1 ? own : least(values.map((value) => add(times(value, a), b)));
    return right(mix(chosen < 0 ? chosen + TWO32 : chosen), 24);
  });
}

/** The 64-bit keys of the bands as hexadecimal digits, high half first. */
export function bandKeys(values: readonly number[], { bands, rows }: Pick<Parameters, "bands" | "rows"> = DEFAULTS): string[] {
  return Array.from({ length: bands }, (_, band) => {
    const salt = times(band + 1, 0x9e3779b9);
    const [a, b] = lanes(values.slice(band * rows, (band + 1) * rows), xor(0x243f6a88, salt), xor(0x85a308d3, salt));
    return [mix(a), mix(b)].map((half) => half.toString(16).padStart(8, "0")).join("");
  });
}

export function estimate(a: readonly number[], b: readonly number[]): number {
  const equal = a.filter((value, i) => value === b[i]).length;
  return (equal / a.length - 1 / 256) / (255 / 256);
}

// ---- the decision ----------------------------------------------------------------------------------------------------

export type Verdict = "kept" | "exact-duplicate" | "near-duplicate";

/** What becomes of each text, in order. The signatures may be given when they are there already. */
export function verdicts(
  texts: readonly string[],
  threshold = 0.7,
  parameters: Parameters = DEFAULTS,
  signatures: readonly (readonly number[] | undefined)[] = texts.map((text) => signature(text, parameters)),
): Verdict[] {
  const keys = new Set<string>();
  const owners = new Map<string, readonly number[]>();
  return texts.map((text, i) => {
    const key = exactKey(text, parameters.ngram);
    if (keys.has(key)) return "exact-duplicate";
    const values = signatures[i];
    if (values !== undefined) {
      const bands = Array.from(
        { length: parameters.bands },
        (_, b) => `${b}: ${values.slice(b * parameters.rows, (b + 1) * parameters.rows)}`,
      );
      for (const band of bands) {
        const owner = owners.get(band);
        // A sum of fractions may fall short of a threshold that the whole numbers reach.
        if (owner !== undefined && estimate(owner, values) >= threshold - 1e-9) return "near-duplicate";
      }
      for (const band of bands) if (!owners.has(band)) owners.set(band, values);
    }
    keys.add(key);
    return "kept";
  });
}
