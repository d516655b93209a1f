import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PipelineError } from "../../src/core/index.ts";
import { type Entry, readEntry, type Store, type StreamOptions, storeFor } from "../../src/store/index.ts";
import {
  GOLDEN_ZSTD,
  gather,
  gatherUntilError,
  goldenText,
  openFiles,
  skippableZstdFrame,
  storedZstdFrame,
  temporaryFolder,
} from "./fixtures.ts";

/** A store over bytes at hand, handed out in pieces of any size: what HTTP may do. */
function memoryStore(bytes: Buffer, pieceBytes = 100): Store {
  return {
    list: async () => [],
    async *stream(_entry: Entry, options: StreamOptions = {}) {
      const scratch = Buffer.alloc(pieceBytes);
      for (let at = options.start ?? 0; at < bytes.length; at += pieceBytes) {
        // One buffer for all pieces: whoever keeps a piece past its life reads rubbish.
        const length = bytes.copy(scratch, 0, at, at + pieceBytes);
        yield scratch.subarray(0, length);
      }
    },
  };
}

const contents = (bytes: Buffer, options: { readonly name?: string; readonly piece?: number; readonly start?: number } = {}) => {
  const { name = "a.jsonl", piece = 1000, start = 0 } = options;
  return gatherUntilError(readEntry(memoryStore(bytes, piece), { name, size: bytes.length, mtime: 0 }, { start }));
};

const text = Buffer.from(Array.from({ length: 5000 }, (_, i) => `line ${i} ${(i * 7919).toString(36)}\n`).join(""));
const zeros = (n: number): Buffer => Buffer.alloc(n);

describe("gzip", () => {
  it("is read whole, one member or many, wherever the pieces are cut", async () => {
    const third = Math.ceil(text.length / 3);
    const parts = [0, 1, 2].map((i) => gzipSync(text.subarray(i * third, (i + 1) * third)));
    const many = Buffer.concat([...parts.slice(0, 2), gzipSync(Buffer.alloc(0)), ...parts.slice(2)]);
    for (const file of [gzipSync(text), many]) {
      for (const piece of [1, 7, 100, 4096, 1 << 20]) {
        const { bytes, error } = await contents(file, { piece: piece === 1 && file.length > 5000 ? 13 : piece });
        expect(error).toBeUndefined();
        expect(bytes.equals(text)).toBe(true);
      }
    }
  });

  it("has any boundary between members fall anywhere in a piece", { timeout: 60_000 }, async () => {
    const file = Buffer.concat(["ab", "", "cdefgh", "i"].map((part) => gzipSync(part)));
    for (let piece = 1; piece <= file.length; piece++) {
      expect((await contents(file, { piece })).bytes.toString()).toBe("abcdefghi");
    }
  });

  it("ignores zeros behind a member and reads a member behind zeros", async () => {
    const [a, b] = [gzipSync("abc"), gzipSync("def")];
    for (const piece of [1, 5, 23, 1000]) {
      expect((await contents(Buffer.concat([a, zeros(40)]), { piece })).bytes.toString()).toBe("abc");
      const both = await contents(Buffer.concat([a, zeros(40), b, zeros(3)]), { piece });
      expect(both.error).toBeUndefined();
      expect(both.bytes.toString()).toBe("abcdef");
    }
  });

  it("reports other bytes behind the data as corrupt, after all of the data", async () => {
    for (const tail of ["garbage", "\x1f\x8bgarbage", `${"\0".repeat(30)}garbage`]) {
      const file = Buffer.concat([gzipSync(text), Buffer.from(tail, "latin1")]);
      const { bytes, error } = await contents(file, { piece: 100_000 });
      expect((error as PipelineError).kind).toBe("corrupt");
      expect((error as PipelineError).message).toMatch(/at byte \d+ of the compressed file/);
      expect(bytes.equals(text)).toBe(true);
    }
  });

  it("yields everything up to the cut, then one error, wherever the file is cut", async () => {
    const file = Buffer.concat([gzipSync("first member "), gzipSync("second member")]);
    for (let cut = 2; cut < file.length; cut++) {
      const { bytes, error } = await contents(file.subarray(0, cut));
      if (cut === gzipSync("first member ").length) expect(error).toBeUndefined();
      else expect((error as PipelineError)?.kind).toBe("truncated");
      expect("first member second member".startsWith(bytes.toString())).toBe(true);
    }
    const big = gzipSync(text);
    const { bytes, error } = await contents(big.subarray(0, big.length - 9));
    expect((error as PipelineError).kind).toBe("truncated");
    expect(bytes.length).toBeGreaterThan(text.length - 100);
  });

  it("yields what came before damage in the middle, a wrong checksum and a wrong length", async () => {
    const file = gzipSync(text);
    const damaged = Buffer.from(file);
    damaged.fill(0xff, file.length >> 1, (file.length >> 1) + 40);
    const middle = await contents(damaged, { piece: 100_000 });
    expect((middle.error as PipelineError).kind).toBe("corrupt");
    expect(middle.bytes.length).toBeGreaterThan(text.length / 3);
    const common = Math.floor(text.length / 3);
    expect(middle.bytes.subarray(0, common).equals(text.subarray(0, common))).toBe(true);
    for (const place of [6, 2]) {
      const wrong = Buffer.from(file);
      wrong[file.length - place] = (wrong[file.length - place] as number) ^ 1;
      const { bytes, error } = await contents(wrong, { piece: 100_000 });
      expect((error as PipelineError).kind).toBe("corrupt");
      expect(bytes.equals(text)).toBe(true);
    }
  });

  it("keeps memory bounded on data that expands a thousandfold", async () => {
    const file = gzipSync(zeros(64 * 1024 * 1024));
    let longest = 0;
    let total = 0;
    for await (const chunk of readEntry(memoryStore(file, 65536), { name: "a", size: file.length, mtime: 0 })) {
      longest = Math.max(longest, chunk.length);
      total += chunk.length;
    }
    expect(total).toBe(64 * 1024 * 1024);
    expect(longest).toBeLessThanOrEqual(2 * 256 * 1024);
  });
});

describe("zstd", () => {
  it("is read as the reference compressor wrote it, wherever the pieces are cut", async () => {
    for (const piece of [1, 3, 50, 1000, 1 << 20]) {
      const { bytes, error } = await contents(GOLDEN_ZSTD, { piece });
      expect(error).toBeUndefined();
      expect(bytes.toString()).toBe(goldenText());
    }
  });

  it("reads every frame and skips skippable ones", async () => {
    const skip = skippableZstdFrame(Buffer.from("metadata that is no data"));
    const frames = [
      skip,
      storedZstdFrame(Buffer.from("one ")),
      storedZstdFrame(Buffer.alloc(0)),
      skip,
      GOLDEN_ZSTD,
      storedZstdFrame(text),
      skip,
    ];
    for (const piece of [1, 11, 4096, 1 << 20]) {
      const { bytes, error } = await contents(Buffer.concat(frames), { piece: piece === 1 ? 9 : piece });
      expect(error).toBeUndefined();
      expect(bytes.toString()).toBe(`one ${goldenText()}${text}`);
    }
  });

  it("keeps apart the outputs of frames larger than one output", async () => {
    const big = Buffer.concat(Array.from({ length: 40 }, () => text));
    const frame = storedZstdFrame(big, { blockBytes: 128 * 1024 });
    for (const piece of [70_000, 1 << 22]) expect((await contents(frame, { piece })).bytes.equals(big)).toBe(true);
  });

  it("notices every cut", async () => {
    const file = Buffer.concat([storedZstdFrame(Buffer.from("abc")), storedZstdFrame(Buffer.from("def"))]);
    for (let cut = 4; cut < file.length; cut++) {
      const { bytes, error } = await contents(file.subarray(0, cut));
      if (cut === file.length / 2) expect(error).toBeUndefined();
      else expect((error as PipelineError)?.kind).toBe("truncated");
      expect("abcdef".startsWith(bytes.toString())).toBe(true);
    }
    const skip = skippableZstdFrame(zeros(50));
    expect(((await contents(skip.subarray(0, 20))).error as PipelineError).kind).toBe("truncated");
  });

  it("reports damage, after everything that came before it", async () => {
    const wrongChecksum = Buffer.from(GOLDEN_ZSTD);
    wrongChecksum[wrongChecksum.length - 1] = (wrongChecksum[wrongChecksum.length - 1] as number) ^ 1;
    const checksum = await contents(wrongChecksum);
    expect(checksum.error).toMatchObject({ kind: "corrupt", message: expect.stringContaining("checksum") });
    expect(checksum.bytes.toString()).toBe(goldenText());

    const garbage = await contents(Buffer.concat([GOLDEN_ZSTD, Buffer.from("garbage")]));
    expect(garbage.error).toMatchObject({ kind: "corrupt", message: expect.stringContaining("not zstd follow") });
    expect(garbage.bytes.toString()).toBe(goldenText());

    const middle = Buffer.from(GOLDEN_ZSTD);
    middle.fill(0xaa, 700, 760);
    expect((await contents(middle)).error).toMatchObject({ kind: "corrupt" });
    const window = await contents(storedZstdFrame(Buffer.from("abc"), { window: 30 }));
    expect(window.error).toMatchObject({ kind: "corrupt", message: expect.stringContaining("128 MiB") });
  });

  /** A frame of run-length blocks, which expand a hundred thousandfold. */
  const runs = (blockBytes: number, count: number): Buffer => {
    const block = Buffer.alloc(3);
    const blocks: Buffer[] = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, (17 - 10) << 3])];
    for (let i = 0; i < count; i++) {
      block.writeUIntLE((blockBytes << 3) | (1 << 1) | (i === count - 1 ? 1 : 0), 0, 3);
      blocks.push(Buffer.from(block), Buffer.from("x"));
    }
    return Buffer.concat(blocks);
  };

  it("is memory-bounded by the window, not by the frame", async () => {
    // About 125 MiB in 4 KB. Blocks of 100,000 bytes leave a rest when an output is full.
    for (const [blockBytes, count] of [
      [128 * 1024, 1000],
      [100_000, 1000],
      [100_000, 2],
    ] as const) {
      const file = runs(blockBytes, count);
      let total = 0;
      for await (const chunk of readEntry(memoryStore(file, 65536), { name: "a", size: file.length, mtime: 0 })) {
        expect(chunk.length).toBeLessThanOrEqual(128 * 1024);
        total += chunk.length;
      }
      expect(total).toBe(count * blockBytes);
    }
  });

  it("hands out every whole block before a cut", async () => {
    for (const whole of [1, 2, 3, 4]) {
      const { bytes, error } = await contents(runs(100_000, 5).subarray(0, 6 + 4 * whole));
      expect((error as PipelineError).kind).toBe("truncated");
      expect(bytes.length).toBe(whole * 100_000);
    }
  });

  const cli = spawnSync("zstd", ["--version"]).status === 0;
  if (!cli) console.log("skipped: reading what the zstd command writes (no such command here)");
  it.skipIf(!cli)("reads what the zstd command writes, at every kind of level", async () => {
    for (const options of [["-1"], ["-19", "--check"], ["-9", "--long=27"], ["--fast=5", "--no-check"]]) {
      const file = spawnSync("zstd", ["-q", "-c", ...options], { input: text }).stdout;
      const { bytes, error } = await contents(file, { piece: 5000 });
      expect(error).toBeUndefined();
      expect(bytes.equals(text)).toBe(true);
    }
  });
});

describe("which compression", () => {
  it("is decided by the first bytes, not by the name", async () => {
    for (const name of ["a.jsonl", "a.gz", "a.zst", "a"]) {
      expect((await contents(gzipSync("{}"), { name })).bytes.toString()).toBe("{}");
      expect((await contents(storedZstdFrame(Buffer.from("{}")), { name })).bytes.toString()).toBe("{}");
      expect((await contents(Buffer.from("{}"), { name, piece: 1 })).bytes.toString()).toBe("{}");
    }
    const latin = Buffer.from(`${"é".repeat(400)}`);
    expect((await contents(latin, { name: "a.gz" })).bytes.equals(latin)).toBe(true);
  });

  it("names compressions that cannot be read, whatever the suffix", async () => {
    for (const [compression, magic] of [
      ["xz", "fd377a585a000004"],
      ["bzip2", "425a6839314159265359aabb"],
      ["bzip2", "425a6831314159265359aabb"],
      ["zip", "504b030414000000"],
    ] as const) {
      for (const name of ["a.jsonl", "a.jsonl.gz"]) {
        const { error } = await contents(Buffer.from(magic, "hex"), { name });
        expect(error).toMatchObject({ kind: "unreadable", message: expect.stringContaining(compression) });
      }
    }
  });

  it("refuses what is neither what the name says nor text", async () => {
    for (const name of ["a.gz", "a.tgz", "a.zst"]) {
      expect((await contents(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0]), { name })).error).toMatchObject({
        kind: "corrupt",
        message: expect.stringContaining("89504e47"),
      });
      expect((await contents(Buffer.alloc(0), { name })).error).toMatchObject({ kind: "truncated" });
    }
    expect((await contents(Buffer.from([0x1f]), { name: "a.gz" })).error).toMatchObject({ kind: "truncated" });
    expect((await contents(Buffer.from([0x28, 0xb5]), { name: "a.zst" })).error).toMatchObject({ kind: "truncated" });
    expect((await contents(Buffer.alloc(0), { name: "a.jsonl" })).error).toBeUndefined();
  });
});

describe("reading from an offset", () => {
  it("gives the same bytes for every compression", async () => {
    const files = [text, gzipSync(text), storedZstdFrame(text)];
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length), fc.nat(2), fc.integer({ min: 50, max: 100_000 }), async (start, file, piece) => {
        const { bytes, error } = await contents(files[file] as Buffer, { start, piece });
        expect(error).toBeUndefined();
        expect(bytes.equals(text.subarray(start))).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it("notices data that has become shorter than the offset", async () => {
    expect((await contents(gzipSync("abc"), { start: 5 })).error).toMatchObject({ kind: "changed" });
  });

  it("closes its file when left in the middle of a compressed stream", async () => {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/a.gz`, gzipSync(text));
    writeFileSync(`${folder}/a.zst`, storedZstdFrame(text));
    const store = storeFor([folder]);
    for (const entry of await store.list([`${folder}/*`])) {
      for await (const _ of readEntry(store, entry)) break;
      expect(openFiles(folder) ?? []).toEqual([]);
      expect((await gather(readEntry(store, entry))).equals(text)).toBe(true);
    }
  });
});
