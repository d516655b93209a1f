/** The 128-bit key of a whole document, by one of two hash functions; see {@link HashName}. */
import { hash } from "node:crypto";
import { createHasher, type Hasher } from "../kernels/hash/index.ts";

/**
 * "xxh3-128": fast, and two different documents share a key by accident with 2^-128. "sha256" (its first 128 bits): where somebody could make documents
 * collide on purpose.
 */
export type HashName = "xxh3-128" | "sha256";

export class DocumentKey {
  /** Four 32-bit words, the lowest first. */
  readonly words: Int32Array = new Int32Array(4);
  readonly #hasher: Hasher | undefined;

  constructor(name: HashName) {
    this.#hasher = name === "xxh3-128" ? createHasher() : undefined;
  }

  read(data: string | Uint8Array): void {
    if (this.#hasher !== undefined) {
      this.#hasher.hash128(data, this.words, 0);
      return;
    }
    // As a string of bytes: a Buffer for each document costs 1.5 us. Lone surrogates are U+FFFD here too.
    const digest = hash("sha256", data, "binary");
    for (let i = 0; i < 4; i++) {
      const at = 12 - 4 * i; // the digest's first byte is the key's highest
      this.words[i] =
        (digest.charCodeAt(at) << 24) | (digest.charCodeAt(at + 1) << 16) | (digest.charCodeAt(at + 2) << 8) | digest.charCodeAt(at + 3);
    }
  }
}
