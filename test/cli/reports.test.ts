import { describe, expect, it } from "vitest";
import { showProgress } from "../../src/cli/live.ts";
import { progressBlock, progressLine, secondsLeft } from "../../src/cli/progress.ts";
import { summary } from "../../src/cli/summary.ts";
import { displayWidth } from "../../src/cli/text-width.ts";
import type { RunReport, StageReport } from "../../src/core/index.ts";

function stage(name: string, facts: Partial<StageReport>): StageReport {
  return { name, in: 0, out: 0, bytes: 0, seconds: 0, dropped: {}, errors: {}, counters: {}, ...facts };
}

function report(facts: Partial<RunReport> = {}): RunReport {
  return {
    seconds: 10,
    consumerSeconds: 1,
    delivered: 600,
    finished: false,
    bytesRead: 25e6,
    bytesTotal: 100e6,
    stages: [
      stage("read", { out: 1000, bytes: 50e6, seconds: 1, errors: { "bad-json": 5 } }),
      stage("clean", { in: 1000, out: 800, bytes: 40e6, seconds: 0.5, dropped: { "too short": 150, "no \u001b[31mstop words": 50 } }),
      stage("tokenize", { in: 800, out: 600, bytes: 30e6, seconds: 7.5, dropped: { empty: 200 }, counters: { tokens: 1234567 } }),
    ],
    sources: {},
    errors: [1, 2, 3, 4].map((n) => ({ kind: "bad-json", message: `read: line ${n} is not JSON` })),
    ...facts,
  };
}

describe("time left", () => {
  it("follows from the pace so far", () => {
    expect(secondsLeft(report())).toBeCloseTo(30);
  });

  it("is not guessed where the size is unknown, or nothing was read, or the run only began", () => {
    expect(secondsLeft(report({ bytesTotal: undefined }))).toBeUndefined();
    expect(secondsLeft(report({ bytesRead: 0 }))).toBeUndefined();
    expect(secondsLeft(report({ seconds: 0.2 }))).toBeUndefined();
  });

  it("is never negative, also when a file grew", () => {
    expect(secondsLeft(report({ bytesRead: 120e6 }))).toBe(0);
  });
});

describe("the progress block", () => {
  it("has a line a stage with what it kept, its rates and what it dropped", () => {
    expect(progressBlock(report(), undefined, 100)).toEqual([
      "stage      kept  records/s  MB/s  dropped",
      "read      1,000        100  5.00        5",
      "clean       800         80  4.00      200",
      "tokenize    600         60  3.00      200",
      "[######------------------] 25 % of 100 MB, 10.0 s, about 30.0 s left",
    ]);
  });

  it("shows the rates since an earlier report", () => {
    const before = report({ seconds: 8, stages: report().stages.map((s) => ({ ...s, out: s.out - 100, bytes: s.bytes - 1e6 })) });
    const line = progressBlock(report(), before, 100)[1];
    expect(line).toBe("read      1,000         50  0.50        5");
  });

  it("leaves columns out before it breaks a line", () => {
    for (const width of [30, 45, 60, 80, 200]) {
      for (const line of progressBlock(report(), undefined, width)) expect(displayWidth(line)).toBeLessThanOrEqual(width);
    }
    expect(progressBlock(report(), undefined, 32)[1]).toBe("read      1,000        5");
  });

  it("does not promise zero seconds while buffers still hold work", () => {
    const line = progressBlock(report({ bytesRead: 100e6 }), undefined, 100).at(-1);
    expect(line).toBe("[########################] 100 % of 100 MB, 10.0 s, all input is read");
  });

  it("says how much was read where the total is unknown, and no time left once all is done", () => {
    expect(progressBlock(report({ bytesTotal: undefined }), undefined, 100).at(-1)).toBe("25.0 MB read, 10.0 s");
    expect(progressBlock(report({ finished: true, bytesRead: 100e6 }), undefined, 100).at(-1)).toBe(
      "[########################] 100 % of 100 MB, 10.0 s",
    );
  });
});

describe("the progress line", () => {
  it("holds the same in one line", () => {
    expect(progressLine(report(), undefined)).toBe(
      "25 % of 100 MB, 10.0 s, about 30.0 s left | read 1,000 (100/s) -5 > clean 800 -200 > tokenize 600 -200",
    );
  });
});

describe("the summary", () => {
  const output = {
    sink: { name: "tarShards" },
    shards: Array.from({ length: 10 }, (_, i) => ({ name: `train-00000${i}.tar`, bytes: 2e6, records: 60, tokens: 1000 })),
  };
  const lines = summary(report({ finished: true }), { width: 100, end: "tarShards", output });

  it("shows where the time went and names the slowest stage", () => {
    expect(lines.slice(0, 9)).toEqual([
      "stage         in    out  dropped  errors  seconds   time  MB/s",
      "read           -  1,000        -       5     1.00   10 %  50.0",
      "clean      1,000    800      200       -     0.50    5 %   100",
      "tokenize     800    600      200       -     7.50   75 %  5.33",
      "tarShards    600      -        -       -     1.00   10 %  30.0",
      "total      1,000    600      400       5     10.0  100 %  5.00",
      "",
      "600 records delivered in 10.0 s",
      "slowest: tokenize, 75 % of the time",
    ]);
  });

  it("names the end of the job when that is the slowest", () => {
    const text = summary(report({ consumerSeconds: 8 }), { width: 100, end: "consumer" }).join("\n");
    expect(text).toContain("slowest: consumer, 80 % of the time");
  });

  it("lists drop reasons by size, with their share of what the stage saw", () => {
    const at = lines.indexOf("dropped");
    expect(lines.slice(at + 1, at + 4)).toEqual([
      "  clean     too short           150  15 %",
      "  clean     no �[31mstop words   50   5 %",
      "  tokenize  empty               200  25 %",
    ]);
  });

  it("lists skipped errors by kind with the first messages and how many more there are", () => {
    const at = lines.indexOf("skipped errors");
    expect(lines.slice(at + 1, at + 6)).toEqual([
      "  bad-json: 5",
      "    read: line 1 is not JSON",
      "    read: line 2 is not JSON",
      "    read: line 3 is not JSON",
      "    and 2 more",
    ]);
  });

  it("shows the counters of the stages", () => {
    expect(lines).toContain("  tokenize  tokens  1,234,567");
  });

  it("lists what was written, and adds it up", () => {
    const at = lines.indexOf("written");
    expect(lines[at + 1]).toBe("  train-000000.tar  2.00 MB   60 records   1,000 tokens");
    expect(lines.slice(-2)).toEqual(["  and 2 more", "  10 files          20.0 MB  600 records  10,000 tokens"]);
  });

  it("leaves out sections that would be empty", () => {
    const quiet = report({ stages: [stage("from", { out: 3, seconds: 1 })], errors: [] });
    const lines = summary(quiet, { width: 80, end: "consumer", output: { any: "thing" } });
    expect(lines.at(-1)).toMatch(/^slowest: /);
    expect(lines).toHaveLength(7);
  });

  it("survives a run that never began", () => {
    const nothing = report({ seconds: 0, consumerSeconds: 0, delivered: 0, stages: [stage("from", {})], errors: [] });
    expect(summary(nothing, { width: 80, end: "sink" }).join("\n")).toContain("0 records delivered");
  });

  it("fits narrow terminals", () => {
    for (const line of summary(report(), { width: 50, end: "sink", output })) expect(displayWidth(line)).toBeLessThanOrEqual(50);
  });
});

/** A stand-in for a terminal: keeps what is written and answers what is asked. */
function fakeStream(facts: { readonly isTTY: boolean }): NodeJS.WriteStream & { readonly written: string[] } {
  const written: string[] = [];
  const stream = {
    ...facts,
    written,
    columns: 100,
    rows: 24,
    hasColors: () => false,
    write: (text: string) => {
      written.push(text);
      return true;
    },
  };
  return stream as unknown as NodeJS.WriteStream & { readonly written: string[] };
}

describe("showing progress", () => {
  const running = (seconds: number): RunReport => report({ seconds });

  it("off a terminal prints a plain line every few seconds", () => {
    const [stdout, stderr] = [fakeStream({ isTTY: false }), fakeStream({ isTTY: false })];
    const live = showProgress("auto", { stdout, stderr });
    for (let t = 0; t <= 12; t += 0.5) live.update(running(t));
    live.end();
    expect(stderr.written).toHaveLength(2);
    for (const line of stderr.written) expect(line).toMatch(/^25 % of 100 MB, [\d.]+ s, .*\n$/);
    expect(stdout.written).toEqual([]);
  });

  it("on a terminal redraws one block in place and removes it at the end", () => {
    const [stdout, stderr] = [fakeStream({ isTTY: true }), fakeStream({ isTTY: true })];
    const live = showProgress("auto", { stdout, stderr });
    live.update(running(1));
    live.update(running(2));
    live.end();
    const [first, erase, second, last] = stderr.written;
    expect(first?.split("\n")).toHaveLength(6);
    expect([erase, last]).toEqual(["\u001b[5A\u001b[J", "\u001b[5A\u001b[J"]);
    expect(second).toContain("2.00 s");
    expect(stderr.written).toHaveLength(4);
  });

  it("makes way for what the pipeline itself prints, and gives the streams back", () => {
    const [stdout, stderr] = [fakeStream({ isTTY: true }), fakeStream({ isTTY: true })];
    const { write } = stdout;
    const live = showProgress("auto", { stdout, stderr });
    live.update(running(1));
    stdout.write("half a line");
    expect(stderr.written.at(-1)).toBe("\u001b[5A\u001b[J");
    expect(stdout.written).toEqual(["half a line"]);
    live.update(running(2));
    expect(stderr.written.at(-1)).toMatch(/^\nstage/); // not on top of the half line
    live.end();
    expect(stdout.write).toBe(write);
  });

  it("is plain on a terminal when that is asked for, and silent with none", () => {
    const [stdout, stderr] = [fakeStream({ isTTY: true }), fakeStream({ isTTY: true })];
    showProgress("plain", { stdout, stderr }).update(running(6));
    expect(stderr.written.join("")).not.toContain("\u001b");
    expect(stderr.written).toHaveLength(1);
    showProgress("none", { stdout, stderr }).update(running(60));
    expect(stderr.written).toHaveLength(1);
  });
});
