/**
 * A text on its way through normalizers and pre-tokenizers. There are two kinds with the same operations: `PlainText` keeps only
 * the text and is what `encode` uses; `AlignedText` also keeps which part of the original each character came from, as the
 * reference always does, and is used where offsets are asked for (and for the few files whose ids depend on them).
 */
import type { Pattern } from "./regex.ts";

/** A rewriting of a whole text, character by character. */
export interface Rewrite {
  /** The text after the rewriting. */
  text(text: string): string;
  /** The same as a list of changes: its characters joined are what `text` returns. Undefined when nothing changes. */
  changes(text: string): Changes | undefined;
  /** Whether the new text begins with what became of the first character. Absent: it always does. */
  keepsStart?(text: string): boolean;
}

/**
 * The characters of the new text, and for each how it relates to the old one: 0 replaces the next old character, 1 is inserted,
 * -n replaces one and removes the n behind it. `skipped` old characters are removed before the first.
 */
export interface Changes {
  readonly characters: string[];
  readonly deltas: number[];
  skipped: number;
}

export interface EditableText {
  readonly text: string;
  /** Whether it begins where the original text begins. */
  readonly atStart: boolean;
  rewrite(rewrite: Rewrite): void;
  /** Puts `content` in the place of each match. */
  replace(pattern: Pattern, content: string): void;
  /** Puts `content` before a text that is not empty. */
  prepend(content: string): void;
  /** Removes white space at the ends. */
  strip(left: boolean, right: boolean): void;
  /** The part from one UTF-16 unit up to another, which are borders of characters. */
  slice(start: number, end: number): EditableText;
}
