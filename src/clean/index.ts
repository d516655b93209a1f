/** Cleaning: normalised text, language, and the quality rules of Gopher, C4 and FineWeb. */
export { C4_TFDS, type C4Options, type C4Values, type C4Verdict, c4 } from "./c4.ts";
export { type Cleaned, type CleanOptions, clean } from "./clean.ts";
export { type FinewebOptions, type FinewebValues, fineweb } from "./fineweb.ts";
export { type GopherQualityOptions, type GopherQualityValues, gopherQuality } from "./gopher-quality.ts";
export { type GopherRepetitionOptions, type GopherRepetitionValues, gopherRepetition } from "./gopher-repetition.ts";
export type { Identified, IdentifierName, Identify } from "./language.ts";
export { type NormaliseOptions, normalise } from "./normalise.ts";
export type { Limit, Verdict } from "./rule.ts";
export type { Profile, RuleConfig, RuleName } from "./rules.ts";
export { splitWords } from "./words.ts";
