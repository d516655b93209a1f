/** A curve over [0, 1] as lines of text: filled columns in eighths of a line, a second curve in dots, and one marked place. */
import { displayWidth } from "./text-width.ts";

export interface CurvePlot {
  /** Columns of the whole plot, axis included; at least 32. */
  readonly width: number;
  /** Lines of the curve, without the axis below. */
  readonly height: number;
  /** From [0, 1] to [0, 1]: drawn filled. */
  readonly filled: (x: number) => number;
  /** From [0, 1] to [0, 1]: drawn as dots where the filled curve does not reach. */
  readonly dotted: (x: number) => number;
  /** A place on the x axis, and what is written below it. */
  readonly mark: { readonly at: number; readonly label: string };
}

const EIGHTHS = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/** Less than this is the axis itself. */
const LEAST_DOT = 0.005;
const AXIS = 7; // "100 % ┤"

/** The lines of the plot, the highest first, then the axis, its figures and the mark. None is wider than `width`. */
export function curvePlot({ width, height, filled, dotted, mark }: CurvePlot): string[] {
  const columns = Math.max(32, width) - AXIS;
  const at = (column: number): number => (column + 0.5) / columns;
  const marked = Math.min(columns - 1, Math.floor(mark.at * columns));
  const lines = Array.from({ length: height }, (_, i) => {
    const row = height - 1 - i;
    const cells = Array.from({ length: columns }, (_, column) => {
      const eighths = Math.round((filled(at(column)) * height - row) * 8);
      // A dot stands in the line in which the value lies; at the very top it stays in the plot.
      const value = dotted(at(column));
      const dot = value >= LEAST_DOT && Math.min(height - 1, Math.floor(value * height)) === row;
      if (eighths <= 0) return dot ? "·" : column === marked ? "│" : " ";
      return EIGHTHS[Math.min(8, eighths)] as string;
    });
    return `${yLabel(row, height)}${cells.join("")}`.trimEnd();
  });
  return [...lines, ...xAxis(columns, marked, mark.label)];
}

function yLabel(row: number, height: number): string {
  const top = row === height - 1;
  const middle = row === Math.floor(height / 2) - 1 && height >= 4;
  return top ? "100 % ┤" : middle ? " 50 % ┤" : "      │";
}

/** The axis with a tick at every tenth (every fifth where there is little room), figures, and the mark with its label. */
function xAxis(columns: number, marked: number, label: string): string[] {
  const tenths = columns >= 60 ? [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10] : [0, 2, 4, 6, 8, 10];
  const place = (tenth: number): number => Math.min(columns - 1, Math.round((tenth / 10) * columns));
  const axis = Array.from({ length: columns }, () => "─");
  const figures = Array.from({ length: columns + 2 }, () => " ");
  for (const tenth of tenths) {
    axis[place(tenth)] = "┬";
    const figure = tenth === 0 ? "0" : tenth === 10 ? "1" : `.${tenth}`;
    figures.splice(Math.max(0, place(tenth) - (figure.length - 1)), figure.length, ...figure);
  }
  axis[marked] = "▲";
  const indent = " ".repeat(AXIS);
  // The label hangs below the mark, on the side where there is room.
  const fits = marked + displayWidth(label) <= columns;
  const start = fits ? marked : Math.max(0, marked + 1 - displayWidth(label));
  return [`  0 % └${axis.join("")}`, `${indent}${figures.join("").trimEnd()}`, `${indent}${" ".repeat(start)}${label}`];
}
