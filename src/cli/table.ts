import { clip, displayWidth } from "./text-width.ts";

/** One column of a table. */
export interface Column {
  readonly title: string;
  readonly align: "left" | "right";
  /** On a narrow terminal the columns with the highest number go first; 0, the default, never goes. */
  readonly optional?: number;
}

const GAP = "  ";

/**
 * Aligned lines, the header first. When they are wider than `width`, optional columns are left out, then the first column
 * is cut, and at last whole lines.
 */
export function table(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string[] {
  let shown = columns.map((_, i) => i);
  const widths = columns.map((column, i) => Math.max(displayWidth(column.title), ...rows.map((row) => displayWidth(row[i] ?? ""))));
  const total = (): number => shown.reduce((sum, i) => sum + (widths[i] ?? 0), 0) + GAP.length * (shown.length - 1);
  while (total() > width) {
    const worst = Math.max(...shown.map((i) => columns[i]?.optional ?? 0));
    if (worst === 0) break;
    shown = shown.filter((i) => (columns[i]?.optional ?? 0) !== worst);
  }
  const over = total() - width;
  if (over > 0) widths[0] = Math.max(8, (widths[0] ?? 0) - over);
  const line = (cells: readonly string[]): string =>
    clip(
      shown
        .map((i) => pad(cells[i] ?? "", widths[i] ?? 0, columns[i]?.align ?? "left"))
        .join(GAP)
        .trimEnd(),
      width,
    );
  return [line(columns.map((column) => column.title)), ...rows.map(line)];
}

/** A cell of exactly `width` columns. */
export function pad(text: string, width: number, align: "left" | "right"): string {
  const cell = clip(text, width);
  const space = " ".repeat(width - displayWidth(cell));
  return align === "left" ? cell + space : space + cell;
}
