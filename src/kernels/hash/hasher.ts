import { wordOption } from "../../core/index.ts";
import { HashKernel } from "./kernel.ts";
import { xxh3Reference64, xxh3Reference128 } from "./reference.ts";
import type { UnitRules, Units } from "./units.ts";
import { findUnitsReference } from "./units-reference.ts";

/**
 * XXH3 (seed 0) of texts and bytes, and of the lines or paragraphs of a text. Strings are hashed as UTF-8, lone surrogates as U+FFFD. A key
 * is written as 32-bit words, the lowest first. An instance belongs to one thread; its memory is that of the largest text of late, twice.
 */
export interface Hasher {
  readonly backend: "wasm" | "js";
  /** Writes the 64-bit hash to two places of `key`, from `at` on. */
  hash64(data: string | Uint8Array, key: Int32Array, at: number): void;
  /** Writes the 128-bit hash to four places of `key`, from `at` on. */
  hash128(data: string | Uint8Array, key: Int32Array, at: number): void;
  /** Finds the units of a text and their keys. Throws a RangeError for a text that memory cannot hold. */
  units(text: string, rules: UnitRules, units: Units): void;
}

/** "wasm": the kernel, or an error. "js": the plain reference. "auto" (default): the kernel where it runs. All give the same. */
export function createHasher(backend: "auto" | "wasm" | "js" = "auto"): Hasher {
  wordOption("hash", "backend", backend, ["auto", "wasm", "js"]);
  const kernel = backend === "js" ? undefined : HashKernel.create();
  if (kernel === undefined && backend === "wasm") throw new Error("hash: the kernel needs WebAssembly SIMD");
  return kernel ?? new ReferenceHasher();
}

class ReferenceHasher implements Hasher {
  readonly backend = "js";

  hash64(data: string | Uint8Array, key: Int32Array, at: number): void {
    write(xxh3Reference64(typeof data === "string" ? Buffer.from(data) : data), 2, key, at);
  }

  hash128(data: string | Uint8Array, key: Int32Array, at: number): void {
    write(xxh3Reference128(typeof data === "string" ? Buffer.from(data) : data), 4, key, at);
  }

  units(text: string, rules: UnitRules, units: Units): void {
    findUnitsReference(text, rules, units);
  }
}

function write(hash: bigint, words: number, key: Int32Array, at: number): void {
  for (let i = 0; i < words; i++) key[at + i] = Number((hash >> BigInt(32 * i)) & 0xffff_ffffn) | 0;
}
