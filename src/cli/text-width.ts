/**
 * Text that came from documents, made fit for a terminal: no control or escape sequence of theirs reaches it, and columns
 * line up with wide letters.
 */

/** Marks, joiners and other letters without a width of their own. */
const ZERO = /^[\p{Mn}\p{Me}\p{Cf}]$/u;

/** East Asian wide and full-width letters, and emoji: two columns. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1b000}-\u{1b2ff}\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]$/u;

/** Control characters, line and paragraph separators, what turns the writing direction, and lone surrogates. */
const UNSAFE = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Surrogate}\ufeff]/gu;

/** Columns a string takes on a terminal. */
export function displayWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const letter of text) width += ZERO.test(letter) ? 0 : WIDE.test(letter) ? 2 : 1;
  return width;
}

/** At most `width` columns of a string; what is cut is marked by "…". */
export function clip(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let used = 0;
  let kept = "";
  for (const letter of text) {
    used += displayWidth(letter);
    if (used > width - 1) break;
    kept += letter;
  }
  return width < 1 ? "" : `${kept}…`;
}

/** The words of a text in lines of at most `width` columns; a word that is wider has a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && displayWidth(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}

/** One line without control characters: line breaks become "⏎", tabs spaces, the rest "�"; lone surrogates likewise. */
export function printable(text: string): string {
  return text
    .replace(/\r\n?|\n/g, "⏎")
    .replaceAll("\t", " ")
    .replace(UNSAFE, "�");
}

/** The begin of a document in one line of at most `width` columns. */
export function excerpt(text: string, width: number): string {
  // Only what can be shown is looked at: a document may be megabytes long.
  const head = text
    .slice(0, 8 * width)
    .replace(/\s*[\r\n]+\s*/g, "\n")
    .trim();
  return clip(`${printable(head)}${text.length > 8 * width ? "…" : ""}`, width);
}
