/**
 * A text that knows where its characters came from: for each UTF-16 unit the start and end, in the original text, of what it
 * stands for. The rules are those of `NormalizedString` of the reference, to the letter, because they decide the offsets that it
 * reports: a character that was inserted belongs to the one before it, a rewriting of several characters to one belongs to the
 * first, and a rewriting does not reach characters that stand for nothing.
 */
import type { Changes, EditableText, Rewrite } from "./editable-text.ts";
import { TokenizerFormatError } from "./errors.ts";
import { stripped } from "./plain-text.ts";
import { matchRanges, type Pattern } from "./regex.ts";

const BEYOND = "tokenizer: the normalizer rewrites a text after putting something before its beginning, on which the reference fails, too";

export class AlignedText implements EditableText {
  text: string;
  /** The part of the original text, in UTF-16 units. */
  readonly originalStart: number;
  readonly originalEnd: number;
  #starts: number[];
  #ends: number[];

  private constructor(text: string, starts: number[], ends: number[], originalStart: number, originalEnd: number) {
    this.text = text;
    this.#starts = starts;
    this.#ends = ends;
    this.originalStart = originalStart;
    this.originalEnd = originalEnd;
  }

  /** A well-formed text in which every character stands for itself. */
  static from(text: string): AlignedText {
    const starts = new Array<number>(text.length);
    const ends = new Array<number>(text.length);
    for (let at = 0; at < text.length; ) {
      const next = at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
      starts.fill(at, at, next);
      ends.fill(next, at, next);
      at = next;
    }
    return new AlignedText(text, starts, ends, 0, text.length);
  }

  get atStart(): boolean {
    return this.originalStart === 0;
  }

  /** Where the units from `start` up to `end` came from. An empty part of the text is not resolved, as in the reference. */
  original(start: number, end: number): readonly [start: number, end: number] {
    if (start === end) return [this.originalStart + start, this.originalStart + end];
    return [this.#starts[start] ?? this.originalStart, this.#ends[end - 1] ?? this.originalEnd];
  }

  rewrite(rewrite: Rewrite): void {
    const changes = rewrite.changes(this.text);
    const [start, end] = this.#reachable();
    if (changes !== undefined && end >= 0) this.#transform(start, end, changes);
  }

  replace(pattern: Pattern, content: string): void {
    const matches = matchRanges(pattern, this.text);
    let text = "";
    const starts: number[] = [];
    const ends: number[] = [];
    let last = 0;
    const copy = (to: number): void => {
      text += this.text.slice(last, to);
      for (let i = last; i < to; i++) {
        starts.push(this.#starts[i] ?? 0);
        ends.push(this.#ends[i] ?? 0);
      }
    };
    for (let i = 0; i < matches.length; i += 2) {
      copy(matches[i] ?? 0);
      last = matches[i + 1] ?? 0;
      text += content;
      for (let unit = 0; unit < content.length; unit++) {
        starts.push(last < 1 ? this.originalStart : (this.#starts[last - 1] ?? 0));
        ends.push(last < 1 ? this.originalStart : (this.#ends[last - 1] ?? 0));
      }
    }
    copy(this.text.length);
    this.text = text;
    this.#starts = starts;
    this.#ends = ends;
  }

  prepend(content: string): void {
    if (this.text === "") return;
    const first = String.fromCodePoint(this.text.codePointAt(0) ?? 0);
    const characters = [...content];
    const deltas = characters.map((_, index) => Math.min(index, 1));
    this.#transform(0, first.length, { characters: [...characters, first], deltas: [...deltas, 1], skipped: 0 });
  }

  strip(left: boolean, right: boolean): void {
    const [start, end] = stripped(this.text, left, right);
    if (start === 0 && end === this.text.length) return;
    const characters = [...this.text.slice(start, end)];
    const skipped = [...this.text.slice(0, start)].length;
    const [from, to] = this.#reachable();
    if (to >= 0) this.#transform(from, to, { characters, deltas: characters.map(() => 0), skipped });
  }

  slice(start: number, end: number): AlignedText {
    const [from, to] = this.original(start, end);
    return new AlignedText(this.text.slice(start, end), this.#starts.slice(start, end), this.#ends.slice(start, end), from, to);
  }

  /**
   * The part that a rewriting of the whole replaces: from the first unit that stands for something to the end. `end` is -1 when
   * there is none.
   */
  #reachable(): readonly [start: number, end: number] {
    const length = this.text.length;
    if (this.originalStart === this.originalEnd) return [0, 0];
    for (let i = 0; i < length; i++) if (this.#starts[i] !== this.#ends[i]) return [i, length];
    return length === 0 ? [0, -1] : [length, length];
  }

  /** Puts the changed characters in the place of the units from `start` up to `end`. */
  #transform(start: number, end: number, { characters, deltas, skipped }: Changes): void {
    const width = (at: number): number => (at >= end ? 0 : (this.text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
    let next = start;
    for (let i = 0; i < skipped; i++) next += width(next);
    const starts: number[] = [];
    const ends: number[] = [];
    for (const [i, character] of characters.entries()) {
      const delta = deltas[i] ?? 0;
      // What is inserted stands for what the character before it stands for.
      const from = delta > 0 ? next - 1 : next;
      // Characters put where nothing was are not replaced, so a rewriting of the whole can have more characters than it may use.
      if (from >= this.#starts.length) throw new TokenizerFormatError(BEYOND);
      const [alignedStart, alignedEnd] =
        from < 0
          ? [this.originalStart, this.originalStart]
          : [this.#starts[from] ?? this.originalEnd, this.#ends[from] ?? this.originalEnd];
      for (let unit = 0; unit < character.length; unit++) {
        starts.push(alignedStart);
        ends.push(alignedEnd);
      }
      for (let replaced = delta > 0 ? 0 : 1 - delta; replaced > 0; replaced--) next += width(next);
    }
    this.text = this.text.slice(0, start) + characters.join("") + this.text.slice(end);
    this.#starts = [...this.#starts.slice(0, start), ...starts, ...this.#starts.slice(end)];
    this.#ends = [...this.#ends.slice(0, start), ...ends, ...this.#ends.slice(end)];
  }
}
