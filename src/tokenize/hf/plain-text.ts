import { pinnedSet } from "./code-points.ts";
import type { EditableText, Rewrite } from "./editable-text.ts";
import { matchRanges, type Pattern } from "./regex.ts";

/** The text alone, and whether its first character came from the beginning of the original. */
export class PlainText implements EditableText {
  text: string;
  atStart: boolean;

  constructor(text: string, atStart: boolean) {
    this.text = text;
    this.atStart = atStart;
  }

  rewrite(rewrite: Rewrite): void {
    if (this.atStart && rewrite.keepsStart?.(this.text) === false) this.atStart = false;
    this.text = rewrite.text(this.text);
  }

  replace(pattern: Pattern, content: string): void {
    // What is put in for several characters stands for the last of them, and for none if it is nothing.
    const replaced = this.atStart ? matchAtStart(pattern, this.text) : 0;
    if (replaced > 0 && (content === "" || replaced > ((this.text.codePointAt(0) ?? 0) > 0xffff ? 2 : 1))) this.atStart = false;
    this.text = replaceMatches(this.text, pattern, content);
  }

  prepend(content: string): void {
    if (this.text !== "") this.text = content + this.text;
  }

  strip(left: boolean, right: boolean): void {
    const [start, end] = stripped(this.text, left, right);
    if (start > 0) this.atStart = false;
    this.text = this.text.slice(start, end);
  }

  slice(start: number, end: number): PlainText {
    return new PlainText(this.text.slice(start, end), this.atStart && start === 0);
  }
}

/** The length of the match that the text begins with, if it does. */
function matchAtStart({ regex }: Pattern, text: string): number {
  regex.lastIndex = 0;
  const match = regex.exec(text);
  return match?.index === 0 ? match[0].length : 0;
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
