import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytes, count, digits, duration, megabytesPerSecond, percent, plural } from "../../src/cli/format.ts";
import { type Column, table } from "../../src/cli/table.ts";
import { clip, displayWidth, excerpt, printable } from "../../src/cli/text-width.ts";

describe("numbers", () => {
  it("are written as people read them", () => {
    expect([0, 999, 1000, 1234567].map(count)).toEqual(["0", "999", "1,000", "1,234,567"]);
    expect([0, 999, 1000, 12_345, 999_499, 999_500, 4_560_000_000].map(bytes)).toEqual([
      "0 B",
      "999 B",
      "1.00 kB",
      "12.3 kB",
      "999 kB",
      "1.00 MB",
      "4.56 GB",
    ]);
    expect([0.123, 9.994, 9.996, 99.94, 99.96, 1234].map(digits)).toEqual(["0.12", "9.99", "10.0", "99.9", "100", "1,234"]);
    expect([0, 0.4236, 9.996, 59.94, 59.96, 185, 3599.6, 7800].map(duration)).toEqual([
      "0.00 s",
      "0.42 s",
      "10.0 s",
      "59.9 s",
      "1 min 00 s",
      "3 min 05 s",
      "1 h 00 min",
      "2 h 10 min",
    ]);
    expect([percent(71, 100), percent(1, 1000), percent(0, 5), percent(3, 0)]).toEqual(["71 %", "<1 %", "0 %", "0 %"]);
    expect([plural(1, "record"), plural(2, "record")]).toEqual(["1 record", "2 records"]);
    expect([megabytesPerSecond(3e6, 2), megabytesPerSecond(0, 2), megabytesPerSecond(5, 0)]).toEqual(["1.50", "-", "-"]);
  });
});

describe("text from documents", () => {
  it("cannot steer the terminal", () => {
    expect(printable("a\u001b[31mred\u0007\u009b2J\u202eb\ufeff")).toBe("a�[31mred��2J�b�");
    expect(printable("one\r\ntwo\nthree\tfour")).toBe("one⏎two⏎three four");
    expect(printable("\ud800x")).toBe("�x");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
      }),
    );
  });

  it("is measured in columns", () => {
    expect(displayWidth("abc")).toBe(3);
    expect(displayWidth("日本語")).toBe(6);
    expect(displayWidth("e\u0301")).toBe(1);
    expect(displayWidth("हिन्दी")).toBeLessThan(7);
    expect(displayWidth("🙂")).toBe(2);
  });

  it("is clipped to a width, wide letters included", () => {
    expect(clip("abcdef", 6)).toBe("abcdef");
    expect(clip("abcdef", 5)).toBe("abcd…");
    expect(clip("日本語", 5)).toBe("日本…");
    expect(clip("日本語", 4)).toBe("日…");
    expect(clip("abc", 0)).toBe("");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(30), (text, width) => {
        expect(displayWidth(clip(text, width))).toBeLessThanOrEqual(Math.max(width, 0));
      }),
    );
  });

  it("is shown as one line, looking only at its begin", () => {
    expect(excerpt("  Dear all,\n\n\n  hello\n", 40)).toBe("Dear all,⏎hello");
    expect(displayWidth(excerpt("x ".repeat(5_000_000), 40))).toBe(40);
  });
});

describe("tables", () => {
  const columns: readonly Column[] = [
    { title: "name", align: "left" },
    { title: "n", align: "right" },
    { title: "rate", align: "right", optional: 2 },
    { title: "share", align: "right", optional: 1 },
  ];
  const rows = [
    ["read", "1", "2.00", "10 %"],
    ["日本語", "12,345", "1", "90 %"],
  ];

  it("line up", () => {
    expect(table(columns, rows, 80)).toEqual(["name         n  rate  share", "read         1  2.00   10 %", "日本語  12,345     1   90 %"]);
  });

  it("leave optional columns out when they do not fit, the highest number first", () => {
    expect(table(columns, rows, 25)[1]).toBe("read         1   10 %");
    expect(table(columns, rows, 15)[1]).toBe("read         1");
  });

  it("never are wider than they may be", () => {
    const cell = fc.string({ unit: "grapheme", maxLength: 30 }).map(printable);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(cell, cell, cell, cell), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 10, max: 100 }),
        (cells, width) => {
          for (const line of table(columns, cells, width)) expect(displayWidth(line)).toBeLessThanOrEqual(width);
        },
      ),
    );
  });
});
