/**
 * Shows progress while a job runs. On a terminal it redraws one block in place, with the rates of the last seconds; a
 * pipeline's own prints scroll by above it. Elsewhere (a log file, CI) it prints one plain line every few seconds.
 * Turned down: a progress-bar package, for what is two escape sequences.
 */
import { styleText } from "node:util";
import type { RunReport } from "../core/index.ts";
import { progressBlock, progressLine } from "./progress.ts";
import { clip } from "./text-width.ts";

/** How progress is shown. */
export type ProgressMode = "auto" | "plain" | "none";

/** What a job's `onProgress` is given to, and how the showing ends. */
export interface Live {
  /** `heading` is a line of its own, above or before the counters. */
  update(report: RunReport, heading?: string): void;
  /** Removes the block and gives the streams back. Safe to call twice. */
  end(): void;
}

/** Seconds over which a rate is taken, and seconds between plain lines. */
const RATE_WINDOW = 3;
const PLAIN_INTERVAL = 5;

export function showProgress(
  mode: ProgressMode,
  streams: { readonly stdout: NodeJS.WriteStream; readonly stderr: NodeJS.WriteStream },
): Live {
  if (mode === "none") return { update: () => {}, end: () => {} };
  const dumb = process.env["TERM"] === "dumb";
  return mode === "auto" && streams.stderr.isTTY && !dumb ? block(streams) : lines(streams.stderr);
}

function lines(stream: NodeJS.WriteStream): Live {
  let last: RunReport | undefined;
  return {
    update(report, heading) {
      if (report.seconds - (last?.seconds ?? 0) < PLAIN_INTERVAL) return;
      stream.write(`${heading === undefined ? "" : `${heading} | `}${progressLine(report, last)}\n`);
      last = report;
    },
    end: () => {},
  };
}

function block({ stdout, stderr }: { readonly stdout: NodeJS.WriteStream; readonly stderr: NodeJS.WriteStream }): Live {
  const color = stderr.hasColors?.() === true; // minds NO_COLOR and FORCE_COLOR
  const paint = (style: "dim" | "bold", text: string): string => (color ? styleText(style, text, { validateStream: false }) : text);
  const writes = new Map([stdout, stderr].map((stream) => [stream, stream.write] as const));
  const draw = (text: string): void => void writes.get(stderr)?.call(stderr, text);
  let history: RunReport[] = [];
  let shown: string[] = [];
  let midLine = false;

  const erase = (): void => {
    if (shown.length > 0) draw(`\u001b[${shown.length}A\u001b[J`); // up to the block's first line, and clear to the end
    shown = [];
  };
  const paintBlock = (content: readonly string[]): void => {
    erase();
    const last = content.length - 1;
    shown = content.map((line, i) => (i === 0 ? paint("dim", line) : i === last ? paint("bold", line) : line));
    draw(`${midLine ? "\n" : ""}${shown.join("\n")}\n`);
    midLine = false;
  };

  // What a pipeline prints must not land inside the block: the block makes way and comes back with the next update.
  for (const [stream, write] of writes) {
    if (!stream.isTTY) continue;
    stream.write = ((...args: Parameters<typeof write>) => {
      erase();
      midLine = !String(args[0]).endsWith("\n");
      return write.apply(stream, args);
    }) as typeof write;
  }
  return {
    update(report, heading) {
      history = [...history.filter((old) => report.seconds - old.seconds <= RATE_WINDOW), report];
      const width = stderr.columns || 80;
      const counters = progressBlock(report, history.length > 1 ? history[0] : undefined, width);
      const content = heading === undefined ? counters : [clip(heading, width), ...counters];
      // A block taller than the window could not be erased again.
      paintBlock(content.slice(-Math.max(1, (stderr.rows || 24) - 1)));
    },
    end() {
      erase();
      for (const [stream, write] of writes) if (stream.write !== write && stream.isTTY) stream.write = write;
    },
  };
}
