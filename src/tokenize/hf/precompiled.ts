/**
 * The normalizer `Precompiled`: SentencePiece's compiled rules as Hugging Face applies them, which is not how SentencePiece does.
 * The text is taken grapheme by grapheme; one of less than six bytes is looked up whole, and then the *shortest* rule at its
 * beginning replaces all of it; otherwise each of its characters is looked up by itself.
 *
 * Cost: a table look-up for each character that stands alone; a walk through the trie the first time a character is seen.
 */
import { Charsmap } from "../sentencepiece/charsmap.ts";
import type { Changes, Rewrite } from "./editable-text.ts";
import { graphemeEnd, isPlainPair } from "./graphemes.ts";

const UNKNOWN = 0;
const SAME = 1;
const REPLACED = 2;

export class Precompiled implements Rewrite {
  readonly #map: Charsmap;
  readonly #bytes = new Uint8Array(8);
  readonly #encoder = new TextEncoder();
  /** What becomes of each character up to U+FFFF on its own. */
  readonly #kinds = new Uint8Array(0x10000);
  readonly #replacements = new Map<number, string>();

  constructor(charsmap: Uint8Array) {
    this.#map = new Charsmap(charsmap);
  }

  text(text: string): string {
    let out = "";
    let last = 0;
    this.#visit(text, (start, end, replacement) => {
      out += text.slice(last, start) + replacement;
      last = end;
    });
    return last === 0 ? text : out + text.slice(last);
  }

  changes(text: string): Changes | undefined {
    const out: Changes = { characters: [], deltas: [], skipped: 0 };
    let last = 0;
    const copy = (to: number): void => {
      for (const character of text.slice(last, to)) {
        out.characters.push(character);
        out.deltas.push(0);
      }
    };
    this.#visit(text, (start, end, replacement) => {
      copy(start);
      last = end;
      const characters = [...replacement];
      for (const character of characters) {
        out.characters.push(character);
        out.deltas.push(0);
      }
      const difference = characters.length - [...text.slice(start, end)].length;
      const { deltas } = out;
      // The reference marks the last characters so far as inserted, or the last one as having swallowed more.
      for (let i = 1; i <= difference; i++) deltas[deltas.length - i] = 1;
      if (difference < 0 && deltas.length > 0) deltas[deltas.length - 1] = (deltas[deltas.length - 1] ?? 0) + difference;
    });
    if (last === 0) return undefined;
    copy(text.length);
    return out;
  }

  /** Calls back for each part of the text that a rule replaces. */
  #visit(text: string, replace: (start: number, end: number, replacement: string) => void): void {
    for (let at = 0; at < text.length; ) {
      const unit = text.charCodeAt(at);
      const end = at + 1 === text.length || isPlainPair(unit, text.charCodeAt(at + 1)) ? at + 1 : graphemeEnd(text, at);
      if (end === at + 1) {
        if (this.#kind(unit) === REPLACED) replace(at, end, this.#replacements.get(unit) ?? "");
      } else this.#cluster(text, at, end, replace);
      at = end;
    }
  }

  #cluster(text: string, start: number, end: number, replace: (start: number, end: number, replacement: string) => void): void {
    const { read, written } = this.#encoder.encodeInto(text.slice(start, end), this.#bytes);
    if (read === end - start && written < 6 && this.#map.match(this.#bytes, 0, written, false) > 0) {
      replace(start, end, this.#map.replacementText(this.#map.found));
      return;
    }
    for (let at = start; at < end; ) {
      const next = at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
      const { written: length } = this.#encoder.encodeInto(text.slice(at, next), this.#bytes);
      if (this.#map.match(this.#bytes, 0, length, false) > 0) replace(at, next, this.#map.replacementText(this.#map.found));
      at = next;
    }
  }

  #kind(unit: number): number {
    const known = this.#kinds[unit] ?? UNKNOWN;
    if (known !== UNKNOWN) return known;
    const { written } = this.#encoder.encodeInto(String.fromCharCode(unit), this.#bytes);
    const replaced = this.#map.match(this.#bytes, 0, written, false) > 0;
    if (replaced) this.#replacements.set(unit, this.#map.replacementText(this.#map.found));
    this.#kinds[unit] = replaced ? REPLACED : SAME;
    return replaced ? REPLACED : SAME;
  }
}
