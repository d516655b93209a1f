import { pinnedSet } from "./code-points.ts";
import type { EditableText, Rewrite } from "./editable-text.ts";
import { matchRanges, type Pattern } from "./regex.ts";

/** The text alone. */
export class PlainText implements EditableText {
  text: string;
  readonly atStart: boolean;

  constructor(text: string, atStart: boolean) {
    this.text = text;
    this.atStart = atStart;
  }

  rewrite(rewrite: Rewrite): void {
    this.text = rewrite.text(this.text);
  }

  replace(pattern: Pattern, content: string): void {
    this.text = replaceMatches(this.text, pattern, content);
  }

  prepend(content: string): void {
    if (this.text !== "") this.text = content + this.text;
  }

  strip(left: boolean, right: boolean): void {
    const [start, end] = stripped(this.text, left, right);
    this.text = this.text.slice(start, end);
  }

  slice(start: number, end: number): PlainText {
    return new PlainText(this.text.slice(start, end), this.atStart && start === 0);
  }
}

/** The text with `content` in the place of each match. */
export function replaceMatches(text: string, pattern: Pattern, content: string): string {
  // A pattern that cannot match nothing needs no care for empty matches, and the engine's own replace is much faster.
  if (!pattern.mayBeEmpty) return text.replace(pattern.regex, () => content);
  const matches = matchRanges(pattern, text);
  let out = "";
  let last = 0;
  for (let i = 0; i < matches.length; i += 2) {
    out += text.slice(last, matches[i]) + content;
    last = matches[i + 1] ?? 0;
  }
  return out + text.slice(last);
}

/** Where the text without white space at its ends starts and ends. All white space is one UTF-16 unit. */
export function stripped(text: string, left: boolean, right: boolean): readonly [start: number, end: number] {
  const space = pinnedSet("space");
  let start = 0;
  let end = text.length;
  while (left && start < end && space.has(text.charCodeAt(start))) start++;
  while (right && end > start && space.has(text.charCodeAt(end - 1))) end--;
  return [start, end];
}
