import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LineSplitter } from "../../src/read/lines.ts";

interface Line {
  readonly kind: "line" | "too-long";
  readonly offset: number;
  readonly text?: string | undefined;
  readonly bytes?: string;
}

/** What the splitter makes of bytes in pieces, each of which is overwritten as soon as it is used up. */
function split(bytes: Buffer, cuts: readonly number[] = [], maxBytes = 1 << 20): Line[] {
  const lines: Line[] = [];
  const splitter = new LineSplitter(maxBytes, 0);
  const drain = (): void => {
    for (let kind = splitter.next(); kind !== "none"; kind = splitter.next()) {
      if (kind === "too-long") lines.push({ kind, offset: splitter.offset });
      else lines.push({ kind, offset: splitter.offset, text: splitter.text(), bytes: splitter.bytes().toString("hex") });
    }
  };
  let at = 0;
  for (const cut of [...new Set(cuts)]
    .filter((cut) => cut > 0 && cut < bytes.length)
    .sort((a, b) => a - b)
    .concat(bytes.length)) {
    const piece = Buffer.from(bytes.subarray(at, cut));
    splitter.push(piece);
    drain();
    piece.fill(0x58);
    at = cut;
  }
  splitter.end();
  drain();
  return lines;
}

/** The same by hand, from the whole. */
function expected(bytes: Buffer, maxBytes = 1 << 20): Line[] {
  const lines: Line[] = [];
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (let at = 0; at < bytes.length; ) {
    const newline = bytes.indexOf(10, at);
    const end = newline < 0 ? bytes.length : newline;
    const begin = at === 0 && bytes.subarray(0, Math.min(3, end)).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : at;
    if (end - at > maxBytes) lines.push({ kind: "too-long", offset: at });
    else {
      let text: string | undefined;
      try {
        text = decoder.decode(bytes.subarray(begin, end));
      } catch {
        text = undefined;
      }
      lines.push({ kind: "line", offset: begin, text, bytes: bytes.toString("hex", begin, end) });
    }
    at = end + 1;
  }
  return lines;
}

/** Bytes with many line ends, some of them not UTF-8, some with a byte order mark. */
const bytesWithLines = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.string({ unit: "binary", maxLength: 12 }).map((text) => Buffer.from(text)) },
      { weight: 3, arbitrary: fc.constantFrom("\n", "\r\n", "\n\n", " ").map((text) => Buffer.from(text)) },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)) },
      { weight: 1, arbitrary: fc.constantFrom("\ufeff", "é", "😀", "plain").map((text) => Buffer.from(text)) },
    ),
    { maxLength: 20 },
  )
  .map((parts) => Buffer.concat(parts));

describe("LineSplitter", () => {
  it("gives the same lines and offsets wherever the pieces are cut", () => {
    fc.assert(
      fc.property(bytesWithLines, fc.array(fc.nat(200), { maxLength: 12 }), (bytes, cuts) => {
        expect(split(bytes, cuts)).toEqual(expected(bytes));
      }),
      { numRuns: 1500 },
    );
  });

  it("finds the same too long lines wherever the pieces are cut", () => {
    fc.assert(
      fc.property(bytesWithLines, fc.array(fc.nat(200), { maxLength: 12 }), fc.integer({ min: 1, max: 20 }), (bytes, cuts, maxBytes) => {
        expect(split(bytes, cuts, maxBytes)).toEqual(expected(bytes, maxBytes));
      }),
      { numRuns: 1500 },
    );
  });

  it("does the same for pieces of one byte", () => {
    const bytes = Buffer.from("\ufeffé\r\n\n😀 last without end");
    expect(
      split(
        bytes,
        Array.from({ length: bytes.length }, (_, i) => i),
      ),
    ).toEqual(expected(bytes));
  });

  it("finds the one line that is not UTF-8 among lines that are, next to the cuts too", () => {
    const lines = Array.from({ length: 9 }, (_, i) => Buffer.from(`é line ${i}\n`));
    for (let bad = 0; bad < lines.length; bad++) {
      const bytes = Buffer.concat(lines.map((line, i) => (i === bad ? Buffer.from([0xc3, 10]) : line)));
      for (let cut = 1; cut < bytes.length; cut++) {
        expect(split(bytes, [cut]).flatMap((line, i) => (line.text === undefined ? [i] : []))).toEqual([bad]);
      }
    }
  });

  it("passes over a line of any length without keeping it", () => {
    const splitter = new LineSplitter(1000, 0);
    const piece = Buffer.alloc(1 << 20, 0x61);
    const before = process.memoryUsage().arrayBuffers;
    const kinds: string[] = [];
    for (let i = 0; i < 200; i++) {
      splitter.push(piece);
      for (let kind = splitter.next(); kind !== "none"; kind = splitter.next()) kinds.push(kind);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 << 20);
    splitter.push(Buffer.from("\nshort\n"));
    expect(splitter.next()).toBe("line");
    expect(splitter.text()).toBe("short");
    expect(splitter.offset).toBe(200 * piece.length + 1);
    expect(kinds).toEqual(["too-long"]);
  });

  it("knows blank lines", () => {
    const splitter = new LineSplitter(100, 0);
    splitter.push(Buffer.from(" \t\r\n\nx\n\u00a0\n"));
    const blank: boolean[] = [];
    while (splitter.next() !== "none") blank.push(splitter.blank());
    expect(blank).toEqual([true, true, false, false]);
  });
});
