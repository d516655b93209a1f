import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createHasher, type Hasher, type UnitRules, Units } from "../../src/kernels/hash/index.ts";

const kernel = createHasher("wasm");
const reference = createHasher("js");

/** The bytes on which the published test vectors of xxHash are defined (its cli/xsum_sanity_check.c). */
function sanityBuffer(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = 2654435761n;
  for (let i = 0; i < length; i++) {
    bytes[i] = Number(state >> 56n);
    state = (state * 11400714785074694797n) & 0xffff_ffff_ffff_ffffn;
  }
  return bytes;
}

const hex = (key: Int32Array): string =>
  [...key]
    .reverse()
    .map((word) => (word >>> 0).toString(16).padStart(8, "0"))
    .join("");

function hash64(hasher: Hasher, data: string | Uint8Array): string {
  const key = new Int32Array(2);
  hasher.hash64(data, key, 0);
  return hex(key);
}

function hash128(hasher: Hasher, data: string | Uint8Array): string {
  const key = new Int32Array(4);
  hasher.hash128(data, key, 0);
  return hex(key);
}

describe.each([
  ["the kernel", kernel],
  ["the reference", reference],
])("XXH3 of %s", (_, hasher) => {
  // Published with xxHash 0.8 and confirmed with Python's xxhash 4.1.0.
  it.each<[number, string]>([
    [0, "2d06800538d394c2"],
    [1, "c44bdff4074eecdb"],
    [6, "27b56a84cd2d7325"],
    [12, "a713daf0dfbb77e7"],
    [24, "a3fe70bf9d3510eb"],
    [48, "397da259ecba1f11"],
    [80, "bcdefbbb2c47c90a"],
    [195, "cd94217ee362ec3a"],
    [403, "cdeb804d65c6dea4"],
    [512, "617e49599013cb6b"],
    [2048, "dd59e2c3a5f038e0"],
    [2240, "6e73a90539cf2948"],
    [2367, "cb37aeb9e5d361ed"],
  ])("gives the published 64 bits for %d bytes", (length, expected) => {
    expect(hash64(hasher, sanityBuffer(length))).toBe(expected);
  });

  it.each<[number, string]>([
    [0, "99aa06d3014798d86001c324468d497f"],
    [1, "a6cd5e9392000f6ac44bdff4074eecdb"],
    [6, "082afe0b8162d12a3e7039bdda43cfc6"],
    [12, "6e3efd8fc7802b18061a192713f69ad9"],
    [24, "0ce966e4678d37611e7044d28b1b901d"],
    [48, "a002ac4e5478227ef942219aed80f67b"],
    [81, "4952f58181ab00425e8bafb9f95fb803"],
    [222, "337e09641b948717f1aebd597cec6b3a"],
    [403, "1b6de21e332dd73dcdeb804d65c6dea4"],
    [512, "18d2d110dcc9bca1617e49599013cb6b"],
    [2048, "f736557fd47073a5dd59e2c3a5f038e0"],
    [2240, "ccb134fbfa7ce49d6e73a90539cf2948"],
    [2367, "e89c0f6ff369b427cb37aeb9e5d361ed"],
  ])("gives the published 128 bits for %d bytes", (length, expected) => {
    expect(hash128(hasher, sanityBuffer(length))).toBe(expected);
  });

  it("takes a string as UTF-8, and a lone surrogate as U+FFFD", () => {
    for (const text of ["", "a", "häuser", "漢字かな", "👩‍🚀".repeat(100), "a\ud800b"]) {
      expect(hash128(hasher, text)).toBe(hash128(hasher, Buffer.from(text)));
      expect(hash64(hasher, text)).toBe(hash64(hasher, new TextEncoder().encode(text)));
    }
  });
});

describe("kernel and reference", () => {
  it("agree on every length up to 1,100 bytes, and around the borders of stripes and blocks", () => {
    const data = sanityBuffer(70_000).map((byte, i) => byte ^ (i >>> 3));
    const lengths = [...Array.from({ length: 1101 }, (_, i) => i), 2047, 2048, 2049, 4096, 65_535, 65_537, 70_000];
    for (const length of lengths) {
      const input = data.subarray(0, length);
      expect(hash64(kernel, input), `${length} bytes`).toBe(hash64(reference, input));
      expect(hash128(kernel, input), `${length} bytes`).toBe(hash128(reference, input));
    }
  });

  it("agree whatever was in the window before, and however it grew", () => {
    const fresh = createHasher("wasm");
    const sizes = [10, 3_000_000, 10, 70_000, 0, 20_000_000, 5];
    for (const size of sizes) {
      const text = "x".repeat(size);
      if (size <= 100_000) expect(hash64(fresh, text)).toBe(hash64(reference, text));
      else expect(hash64(fresh, text)).toBe(hash64(createHasher("wasm"), Buffer.from(text)));
    }
  });
});

interface Found {
  readonly text: string;
  readonly key: string;
  readonly long: boolean;
}

const plain: UnitRules = { unit: "line", ignoreCase: false, ignoreSpace: false, ignoreDigits: false, minLength: 0 };

function unitsOf(hasher: Hasher, text: string, rules: UnitRules): Found[] {
  const units = new Units();
  hasher.units(text, rules, units);
  return Array.from({ length: units.count }, (_, i) => ({
    text: text.slice(units.starts[i], units.ends[i]),
    key: hex(units.keys.subarray(2 * i, 2 * i + 2)),
    long: units.long[i] === 1,
  }));
}

const texts = (text: string, rules: Partial<UnitRules>): string[] => unitsOf(kernel, text, { ...plain, ...rules }).map((unit) => unit.text);

describe("units", () => {
  it("are lines that hold more than white space, without their line feed", () => {
    expect(texts("one\n\n two \n \t\r\nthree", {})).toEqual(["one", " two ", "three"]);
    expect(texts("\n\n", {})).toEqual([]);
    expect(texts("", {})).toEqual([]);
    expect(texts("one\r\ntwo\r\n", {})).toEqual(["one\r", "two\r"]);
  });

  it("are paragraphs that end at a blank line, which may hold white space", () => {
    expect(texts("\n\none\ntwo\n\n\nthree\n \t\nfour\n", { unit: "paragraph" })).toEqual(["one\ntwo", "three", "four"]);
    expect(texts("one\r\n\r\ntwo", { unit: "paragraph" })).toEqual(["one\r", "two"]);
    expect(texts("  one\n  two  ", { unit: "paragraph" })).toEqual(["  one\n  two  "]);
  });

  it("are hashed without the white space at their ends", () => {
    const [a, b, c] = unitsOf(kernel, "some text\n  some text\t\r\nsome  text", plain);
    expect(a?.key).toBe(hash64(reference, "some text"));
    expect(b?.key).toBe(a?.key);
    expect(c?.key).not.toBe(a?.key);
  });

  it.each<[Partial<UnitRules>, string, string]>([
    [{ ignoreCase: true }, "Some TEXT in Ärger ΟΔΟΣ", "some text in ärger οδος"],
    [{ ignoreSpace: true }, "some \t  text", "some text"],
    [{ ignoreSpace: true, unit: "paragraph" }, "some\r\n  text", "some text"],
    [{ ignoreDigits: true }, "Page 12 of 345, 6.7 %", "Page 0 of 0, 0.0 %"],
    [{ ignoreCase: true, ignoreSpace: true, ignoreDigits: true }, "PAGE   12  of\t3", "page 0 of 0"],
  ])("with %j take the key of their normal form", (rules, text, form) => {
    for (const hasher of [kernel, reference]) {
      expect(unitsOf(hasher, text, { ...plain, ...rules }).map((unit) => unit.key)).toEqual([hash64(reference, form)]);
    }
  });

  it("count characters, not bytes, for the minimum length", () => {
    const long = (text: string, minLength: number): boolean[] => unitsOf(kernel, text, { ...plain, minLength }).map((unit) => unit.long);
    expect(long("abcd\n  abc  \nдвор\nдом\n漢字漢字\n漢字漢\n👍👍👍👍\n👍👍👍", 4)).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
  });

  const piece = fc.constantFrom(
    "a",
    "B",
    "7",
    "42",
    " ",
    "  ",
    "\t",
    "\r",
    "\n",
    "\n\n",
    "ä",
    "İ",
    "Σ",
    "漢",
    "👍",
    "\ud800",
    "\u00a0",
    "word ",
    ".",
  );
  const rules = fc.record<UnitRules>({
    unit: fc.constantFrom("line", "paragraph"),
    ignoreCase: fc.boolean(),
    ignoreSpace: fc.boolean(),
    ignoreDigits: fc.boolean(),
    minLength: fc.nat(6),
  });

  it("are the same for kernel and reference", () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), rules, (pieces, chosen) => {
        const text = pieces.join("");
        expect(unitsOf(kernel, text, chosen)).toEqual(unitsOf(reference, text, chosen));
      }),
      { numRuns: 1500 },
    );
  });

  it("are the same when there are more than one call of the kernel can report", () => {
    const text = Array.from({ length: 20_000 }, (_, i) => (i % 7 === 0 ? "" : `line ${i % 100}`)).join("\n");
    for (const unit of ["line", "paragraph"] as const) {
      const found = unitsOf(kernel, text, { ...plain, unit });
      expect(found.length).toBeGreaterThan(unit === "line" ? 17_000 : 2_800);
      expect(found).toEqual(unitsOf(reference, text, { ...plain, unit }));
    }
  });
});
