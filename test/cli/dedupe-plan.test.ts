import { describe, expect, it } from "vitest";
import { curvePlot } from "../../src/cli/curve-plot.ts";
import { planLines } from "../../src/cli/plan-view.ts";
import { displayWidth, wrap } from "../../src/cli/text-width.ts";
import { planDedupe } from "../../src/dedupe/index.ts";
import { inProcess } from "./process.ts";

describe("millrace dedupe plan", () => {
  it("prints shape, curve, misses and cost", async () => {
    const { code, stdout, stderr } = await inProcess(["dedupe", "plan", "--threshold", "0.8", "--docs", "1e9"]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toContain("1,000,000,000 documents of 2.50 kB, 2.50 TB of text");
    expect(stdout).toContain("dedupe({ threshold: 0.8, bands: 14, rows: 8 })");
    expect(stdout).toContain("threshold 0.8\n");
    expect(stdout).toMatch(/at or above 0.8 +200,000,000/);
    expect(stdout).toMatch(/> +14 +8 +0\.68/);
    expect(stdout).toMatch(/one pass +20\d GB/);
    expect(stdout).toMatch(/out of core +1.00 GB +317 GB/);
  });

  it("prints the plan for a program with --json", async () => {
    const { stdout } = await inProcess([
      "dedupe",
      "plan",
      "--docs",
      "2_000_000",
      "--bands",
      "20",
      "--rows",
      "5",
      "--avg-bytes",
      "1,000",
      "--json",
    ]);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(planDedupe({ docs: 2e6, bands: 20, rows: 5, bytesPerDoc: 1000 }))));
  });

  it.each<[string[], string]>([
    [[], "how many documents? for example `--docs 1e9`"],
    [["--docs", "many"], '--docs is a number, got "many"'],
    [["--docs", "1e6", "--bands", "4"], "planDedupe: `bands` and `rows` are given together or not at all"],
    [["--docs", "1e6", "--threshold", "80"], "planDedupe: expected `threshold` to be a number between 0 and 1, got 80"],
    [["--docs", "1e6", "--row", "4"], "unknown flag --row; did you mean --rows?"],
    [["--docs", "1e6", "out"], "expected flags only, got out"],
  ])("%j is refused in one line", async (args, message) => {
    const { code, stderr } = await inProcess(["dedupe", "plan", ...args]);
    expect(code).toBe(2);
    expect(stderr).toBe(`millrace: ${message} (millrace dedupe plan --help lists the flags)\n`);
  });

  it("is a command of two words", async () => {
    expect((await inProcess(["dedupe"])).stderr).toMatch(/^millrace: which\? dedupe plan/);
    expect((await inProcess(["dedupe", "--docs", "3"])).stderr).toMatch(/^millrace: which\? dedupe plan/);
    expect((await inProcess(["dedupe", "plam"])).stderr).toContain('unknown command "dedupe plam"; did you mean `millrace dedupe plan`?');
    const help = await inProcess(["help", "dedupe", "plan"]);
    expect(help.stdout).toContain("usage: millrace dedupe plan --docs <n> [flags]");
    expect((await inProcess(["dedupe", "plan", "--help"])).stdout).toBe(help.stdout);
  });
});

describe("the view of a plan", () => {
  it.each([32, 40, 60, 80, 100, 200])("fits a terminal of %i columns", (width) => {
    for (const threshold of [0, 0.03, 0.5, 0.97, 1]) {
      const lines = planLines(planDedupe({ docs: 123_456_789, threshold }), width);
      for (const line of lines) expect(displayWidth(line)).toBeLessThanOrEqual(width);
      expect(lines.filter((line) => line.includes("▲"))).toHaveLength(1);
      expect(lines.join("\n")).toContain(`threshold ${threshold}`);
    }
  });
});

describe("curvePlot", () => {
  const plot = (filled: (x: number) => number, width = 47, at = 0.5): string[] =>
    curvePlot({ width, height: 10, filled, dotted: () => 0, mark: { at, label: "here" } });

  it("fills columns to the height of the curve, in eighths", () => {
    const lines = plot((x) => x);
    // Column c of 40 is x = (c + 0.5) / 40, of 80 eighths in all.
    for (let column = 0; column < 40; column++) {
      const eighths = lines.slice(0, 10).reduce((sum, line) => sum + Math.max(0, " ▁▂▃▄▅▆▇█".indexOf(line[7 + column] ?? " ")), 0);
      expect(eighths).toBe(Math.round(((column + 0.5) / 40) * 80));
    }
  });

  it("draws an empty and a full plot", () => {
    expect(
      plot(() => 0)
        .slice(0, 10)
        .join(""),
    ).not.toMatch(/[▁-█]/);
    for (const line of plot(() => 1).slice(0, 10)) expect(line.slice(7)).toBe("█".repeat(40));
  });

  it("marks the place on the axis and in the free cells above it", () => {
    for (const at of [0, 0.25, 0.5, 0.999, 1]) {
      const lines = plot(() => 0, 47, at);
      const column = 7 + Math.min(39, Math.floor(at * 40));
      expect(lines[10]?.[column]).toBe("▲");
      for (const line of lines.slice(0, 10)) expect(line[column]).toBe("│");
      expect(lines[12]).toContain("here");
      expect(lines[12]?.length).toBeLessThanOrEqual(47);
    }
  });

  it("puts dots where the second curve is above the first", () => {
    const lines = curvePlot({ width: 47, height: 10, filled: (x) => x / 2, dotted: (x) => x, mark: { at: 0, label: "" } });
    expect(lines[0]?.slice(-4)).toBe("····");
    expect(lines.slice(0, 10).join("").match(/·/g)?.length).toBeGreaterThan(30);
  });
});

describe("wrap", () => {
  it("breaks between words only", () => {
    expect(wrap("one two three", 7)).toEqual(["one two", "three"]);
    expect(wrap("incomprehensibilities are long", 7)).toEqual(["incomprehensibilities", "are", "long"]);
    expect(wrap("", 7)).toEqual([""]);
  });
});
