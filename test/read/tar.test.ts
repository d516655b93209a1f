import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PipelineError } from "../../src/core/index.ts";
import { TarReader } from "../../src/read/tar.ts";
import { type TarMember, tarOf } from "./fixtures.ts";

interface Found {
  readonly name: string;
  readonly offset: number;
  readonly content?: string;
}

/** All members of an archive in pieces; every third content is passed over when asked. */
function readTar(bytes: Buffer, cuts: readonly number[] = [], passEvery = 0): Found[] {
  const found: Found[] = [];
  const reader = new TarReader(0);
  let open: { name: string; offset: number } | undefined;
  const drain = (): void => {
    for (;;) {
      if (open !== undefined) {
        const content = reader.content();
        if (content === undefined) return;
        found.push({ ...open, content: Buffer.from(content).toString("latin1") });
        open = undefined;
      }
      const member = reader.member();
      if (member === undefined) return;
      if (passEvery > 0 && found.length % passEvery === 0) {
        found.push({ name: member.name, offset: member.offset });
        reader.pass();
      } else open = { name: member.name, offset: member.offset };
    }
  };
  let at = 0;
  for (const cut of [...new Set(cuts)]
    .filter((cut) => cut > 0 && cut < bytes.length)
    .sort((a, b) => a - b)
    .concat(bytes.length)) {
    const piece = Buffer.from(bytes.subarray(at, cut));
    reader.push(piece);
    drain();
    piece.fill(0x58);
    at = cut;
  }
  reader.end();
  drain();
  return found;
}

const failure = (bytes: Buffer): PipelineError => {
  try {
    readTar(bytes);
  } catch (error) {
    return error as PipelineError;
  }
  throw new Error("the archive was read");
};

/** Names of every length a header can and cannot hold, in scripts that need PAX. */
const names = fc.oneof(
  fc.string({ unit: fc.constantFrom(..."abcXYZ019_-. "), minLength: 1, maxLength: 30 }),
  fc.tuple(fc.integer({ min: 1, max: 130 }), fc.integer({ min: 1, max: 130 })).map(([a, b]) => `${"d".repeat(a)}/${"f".repeat(b)}.txt`),
  fc.constantFrom("é.txt", `${"é".repeat(90)}.json`, "日本/語.txt", `${"😀".repeat(40)}/x.y`),
);

const members = fc.array(
  fc.tuple(
    names.map((name) => name.replace(/\/+$/, "_")),
    fc.uint8Array({ maxLength: 1500 }),
  ),
  { maxLength: 8 },
);

describe("TarReader", () => {
  it("reads what tar-stream packs, wherever the pieces are cut", async () => {
    await fc.assert(
      fc.asyncProperty(
        members,
        fc.array(fc.nat(20_000), { maxLength: 10 }),
        fc.integer({ min: 0, max: 3 }),
        async (packed, cuts, passEvery) => {
          const bytes = await tarOf(packed);
          const found = readTar(bytes, cuts, passEvery);
          expect(found.map((member) => member.name)).toEqual(packed.map(([name]) => name));
          for (const [i, member] of found.entries()) {
            if (member.content !== undefined) expect(member.content).toBe(Buffer.from(packed[i]?.[1] ?? []).toString("latin1"));
            // The offset is that of the member's first header: an archive cut there goes on with this member.
            expect(readTar(bytes.subarray(member.offset))[0]?.name).toBe(member.name);
          }
        },
      ),
      { numRuns: 250 },
    );
  });

  it("does the same for pieces of one byte", async () => {
    const bytes = await tarOf([
      [`${"long".repeat(50)}.txt`, "one"],
      ["b", ""],
      ["c", "x".repeat(512)],
    ]);
    const every = Array.from({ length: bytes.length }, (_, i) => i);
    expect(readTar(bytes, every)).toEqual(readTar(bytes));
    expect(readTar(bytes)).toHaveLength(3);
  });

  it("passes over everything that is not a regular file", async () => {
    const entries: TarMember[] = [
      [{ name: "dir/", type: "directory" }, ""],
      ["dir/a.txt", "a"],
      [{ name: "link.txt", type: "symlink", linkname: "dir/a.txt" }, ""],
      [{ name: "hard.txt", type: "link", linkname: "dir/a.txt" }, ""],
      [{ name: "pipe", type: "fifo" }, ""],
      [{ name: "b.txt", type: "contiguous-file" }, "b"],
    ];
    expect(readTar(await tarOf(entries)).map((member) => member.content)).toEqual(["a", "b"]);
  });

  it("reads GNU long names, V7 headers, sizes in base 256 and PAX sizes", () => {
    const long = `${"n".repeat(300)}.txt`;
    const archive = Buffer.concat([
      header({ name: "././@LongLink", type: "L", size: long.length + 1, magic: "ustar  \0" }),
      padded(`${long}\0`),
      header({ name: "cut off", size: 3, magic: "ustar  \0", prefix: "not a prefix in GNU" }),
      padded("one"),
      header({ name: "v7.txt", type: "\0", size: 3, magic: "" }),
      padded("two"),
      header({ name: "folder/", type: "\0", size: 0, magic: "" }),
      header({ name: "big.txt", size: 5, base256: true }),
      padded("three"),
      header({ name: "pax", type: "x", size: 10 }),
      padded("10 size=4\n"),
      header({ name: "pax.txt", size: 0, prefix: "some/where" }),
      padded("four"),
      header({ name: "global", type: "g", size: 16 }),
      padded("16 comment=abcd\n"),
      header({ name: "last.txt", size: 0 }),
    ]);
    expect(readTar(archive).map(({ name, content }) => [name, content])).toEqual([
      [long, "one"],
      ["v7.txt", "two"],
      ["big.txt", "three"],
      ["some/where/pax.txt", "four"],
      ["last.txt", ""],
    ]);
  });

  it("accepts two zero blocks, one, none, and padding, but nothing else at the end", async () => {
    const bytes = await tarOf([["a", "content"]]);
    const content = bytes.subarray(0, 1024);
    for (const tail of [0, 1, 511, 512, 1024, 9216]) {
      expect(
        readTar(Buffer.concat([content, Buffer.alloc(tail)])).map(({ name }) => name),
        `${tail} zeros`,
      ).toEqual(["a"]);
    }
    // Padding behind the last content may be missing.
    expect(readTar(content.subarray(0, 512 + 7))).toHaveLength(1);
    expect(readTar(Buffer.alloc(0))).toEqual([]);
    expect(readTar(Buffer.alloc(1024))).toEqual([]);
    expect(failure(Buffer.concat([bytes, bytes]))).toMatchObject({ kind: "corrupt", message: expect.stringContaining("tar -A") });
  });

  it("notices every cut inside a member", async () => {
    const bytes = await tarOf([
      [`${"long".repeat(50)}.txt`, "first"],
      ["b", "x".repeat(700)],
    ]);
    const second = readTar(bytes)[1]?.offset as number;
    for (let cut = 1; cut < second + 512 + 700; cut++) {
      const between = cut === second || (cut >= second - 507 && cut < second); // only padding is missing
      if (between) expect(readTar(bytes.subarray(0, cut))).toHaveLength(1);
      else expect(failure(bytes.subarray(0, cut)).kind, `cut at ${cut}`).toBe("truncated");
    }
    // A content that is passed over is checked as well.
    expect(() => readTar(bytes.subarray(0, second + 600), [], 1)).toThrow("inside the content");
  });

  it("accepts checksums of signed bytes, as some old writers made them", () => {
    const signed = header({ name: "caf\u00e9.txt", size: 0 });
    const sum = signed.reduce((total, byte, i) => total + (i >= 148 && i < 156 ? 0x20 : byte < 0x80 ? byte : byte - 256), 0);
    signed.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    expect(readTar(signed).map(({ name }) => name)).toEqual(["caf\u00e9.txt"]);
  });

  it("reports headers that make no sense", async () => {
    const bytes = await tarOf([["a", "content"]]);
    const flipped = Buffer.from(bytes);
    flipped[3] = 1;
    expect(failure(flipped)).toMatchObject({ kind: "corrupt", message: expect.stringContaining("checksum") });
    expect(failure(Buffer.from("this is no tar file ".repeat(100)))).toMatchObject({ kind: "corrupt" });
    expect(failure(Buffer.concat([header({ name: "p", type: "x", size: 9 }), padded("99 path=x"), bytes]))).toMatchObject({
      kind: "corrupt",
    });
    expect(failure(Buffer.concat([header({ name: "p", type: "x", size: 2 ** 31 }), bytes]))).toMatchObject({ kind: "corrupt" });
    expect(failure(Buffer.concat([header({ name: "g", type: "g", size: 9 }), padded("9 path=x\n"), bytes]))).toMatchObject({
      kind: "corrupt",
    });
    expect(failure(Buffer.concat([header({ name: "s", type: "S", size: 0 }), bytes]))).toMatchObject({ kind: "unreadable" });
  });

  it("is the oracle's equal on an archive with a PAX attribute for every member", async () => {
    const bytes = await tarOf(
      Array.from({ length: 20 }, (_, i) => [{ name: `${i}.txt`, pax: { path: `renamed/${i}.txt`, comment: "c" } }, `${i}`] as const),
    );
    expect(readTar(bytes).map(({ name }) => name)).toEqual(Array.from({ length: 20 }, (_, i) => `renamed/${i}.txt`));
  });
});

function padded(text: string): Buffer {
  return Buffer.concat([Buffer.from(text), Buffer.alloc((512 - (Buffer.byteLength(text) % 512)) % 512)]);
}

/** A header by hand, for what tar-stream does not write. */
function header(fields: { name: string; size: number; type?: string; magic?: string; prefix?: string; base256?: boolean }): Buffer {
  const { name, size, type = "0", magic = "ustar\u000000", prefix = "", base256 = false } = fields;
  const block = Buffer.alloc(512);
  block.write(name, 0, 100, "latin1");
  block.write("0000644\0", 100, "latin1");
  if (base256) {
    block[124] = 0x80;
    block.writeUInt32BE(size, 132);
  } else block.write(`${size.toString(8).padStart(11, "0")}\0`, 124, "latin1");
  block.write("00000000000\0", 136, "latin1");
  block.write("        ", 148, "latin1");
  block.write(type, 156, "latin1");
  block.write(magic, 257, "latin1");
  block.write(prefix, 345, 155, "latin1");
  const sum = block.reduce((a, b) => a + b, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}
