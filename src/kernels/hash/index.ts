/** Hashing of texts, and of their lines and paragraphs: XXH3 with 64 and 128 bits. */
export { createHasher, type Hasher } from "./hasher.ts";
export { xxh3Reference64, xxh3Reference128 } from "./reference.ts";
export { type UnitRules, Units } from "./units.ts";
