/**
 * Who shares a key with whom: the kernel and plain TypeScript find the same links as maps do, with whatever memory, however the fingerprints are
 * cut; and the pieces they are made of refuse what makes no sense.
 */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Fingerprints, PipelineError } from "../../src/core/index.ts";
import { bandKeys } from "../../src/dedupe/bands.ts";
import { type BatchSource, inOrder } from "../../src/dedupe/cluster/batches.ts";
import { encodeHeader, encodeRecord, FAILED_RECORD, type FingerprintHeader } from "../../src/dedupe/cluster/format.ts";
import { keyLinks } from "../../src/dedupe/cluster/key-links.ts";
import { PartitionedLinks } from "../../src/dedupe/cluster/partitioned-links.ts";
import { headerOf } from "../../src/dedupe/fingerprinter.ts";
import { sketchParameters } from "../../src/dedupe/parameters.ts";
import { BLOCK_UNIT, ColumnKernel, PartitionKernel } from "../../src/kernels/cluster/index.ts";

interface Made {
  readonly kind: "signed" | "short" | "failed";
  readonly key: number;
  /** For each band which of a few values it has. */
  readonly bands: readonly number[];
  readonly name: string;
}

const shapes = fc.constantFrom([14, 8], [1, 4], [25, 5], [3, 16], [16, 8], [5, 9], [7, 64], [128, 4], [13, 8], [0, 0]);
const documents = (bands: number): fc.Arbitrary<Made[]> =>
  fc.array(
    fc.record({
      kind: fc.constantFrom("signed", "signed", "signed", "short", "failed"),
      key: fc.nat(40),
      bands: fc.array(fc.nat(9), { minLength: bands, maxLength: bands }),
      name: fc.string({ maxLength: 9 }),
    }),
    { maxLength: 60 },
  ) as fc.Arbitrary<Made[]>;

function keyOf(number: number): Uint8Array {
  return Uint8Array.from({ length: 16 }, (_, i) => (i === number % 16 ? number : (number * 37 + i) & 255));
}

function signatureOf({ bands }: Made, rows: number): Uint8Array {
  return Uint8Array.from(bands.flatMap((value, band) => Array.from({ length: rows }, (_, row) => (value * 51 + band + row * value) & 255)));
}

function headerFor(bands: number, rows: number, more: Partial<FingerprintHeader> = {}): FingerprintHeader {
  const near = bands > 0;
  const parameters = sketchParameters("test", near ? { bands, rows } : {});
  return { ...headerOf({ duplicates: near ? "near" : "exact", keep: "first", parameters }, false), ...more };
}

function encoded(made: readonly Made[], header: FingerprintHeader, rows: number): Uint8Array {
  const records = made.map((document) => {
    if (document.kind === "failed") return FAILED_RECORD;
    const signature = document.kind === "signed" && rows > 0 ? signatureOf(document, rows) : undefined;
    return encodeRecord(header, { key: keyOf(document.key), signature, priority: 3, name: document.name });
  });
  return Buffer.concat([encodeHeader(header), ...records]);
}

function split(bytes: Uint8Array, chunk: number): Fingerprints {
  return {
    bytes: bytes.length,
    async *read() {
      for (let at = 0; at < bytes.length; at += chunk) yield bytes.slice(at, at + chunk);
    },
  };
}

/** Links as a plain map from key to the last document that had it finds them. */
function expectedLinks(made: readonly Made[], bands: number, rows: number): string[] {
  const last = new Map<string, number>();
  const links: string[] = [];
  const meet = (key: string, document: number, band: number): void => {
    const before = last.get(key);
    if (before !== undefined) links.push(`${band}: ${before} ${document}`);
    last.set(key, document);
  };
  for (const [i, document] of made.entries()) {
    if (document.kind === "failed") continue;
    meet(`exact ${document.key}`, i, bands);
    if (document.kind === "short" || rows === 0) continue;
    const keys = bandKeys(signatureOf(document, rows), bands, rows);
    for (let band = 0; band < bands; band++) meet(`${band}/${keys[2 * band]}/${keys[2 * band + 1]}`, i, band);
  }
  return links.sort();
}

async function linksOf(source: BatchSource, bands: number, rows: number, bytes: number, memoryBytes: number, backend: "auto" | "js") {
  const directory = await mkdtemp(join(tmpdir(), "millrace-links-"));
  const keys = keyLinks({ bands, rows, fingerprintBytes: bytes, memoryBytes, directory, signal: new AbortController().signal }, backend);
  const links: string[] = [];
  let inOrderOfDocuments = true;
  try {
    await keys.distribute(source);
    await keys.link((pairs, band) => {
      for (let i = 0; i < pairs.length; i += 2) {
        const [from, to] = [pairs[i] as number, pairs[i + 1] as number];
        if (from >= to) inOrderOfDocuments = false;
        links.push(`${band}: ${from} ${to}`);
      }
    });
    expect(keys.bytesOnDisk > 0).toBe((await readdir(directory)).length > 0);
  } finally {
    keys.close();
    expect(await readdir(directory)).toEqual([]);
    await rm(directory, { recursive: true });
  }
  expect(inOrderOfDocuments).toBe(true);
  return { links: links.sort(), documents: keys.documents, disk: keys.bytesOnDisk };
}

const signal = new AbortController().signal;

describe("links between documents that share a key", () => {
  it("are those that maps find, with either backend, any memory and any cut", async () => {
    const cases = shapes.chain(([bands = 0, rows = 0]) =>
      fc.record({ bands: fc.constant(bands), rows: fc.constant(rows), made: documents(bands) }),
    );
    const more = fc.constantFrom({}, { names: true }, { priority: true }, { names: true, priority: true });
    await fc.assert(
      fc.asyncProperty(
        cases,
        more,
        fc.constantFrom(1, 3000, 100_000, 1e7),
        fc.constantFrom(17, 300, 1 << 20),
        fc.constantFrom(3, 7, 64),
        fc.nat(60),
        async ({ bands, rows, made }, header, memory, chunk, capacity, cut) => {
          const wanted = headerFor(bands, rows, header);
          const parts = [made.slice(0, cut), made.slice(cut)].map((part) => split(encoded(part, wanted, rows), chunk));
          const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
          const expected = expectedLinks(made, bands, rows);
          for (const backend of ["auto", "js"] as const) {
            const source = inOrder(parts, wanted, bands * rows, capacity, signal, backend);
            const found = await linksOf(source, bands, rows, bytes, memory, backend);
            expect(found.links).toEqual(expected);
            expect(found.documents).toBe(made.length);
            expect(source.counts).toEqual([Math.min(cut, made.length), Math.max(0, made.length - cut)]);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("are the same for many documents in memory, in groups, on disk, and where most share one key", async () => {
    const [bands, rows] = [4, 8];
    const header = headerFor(bands, rows);
    for (const boilerplate of [0, 0.97]) {
      const made = Array.from({ length: 20_000 }, (_, i): Made => {
        const random = (salt: number): number => (Math.imul(i * 5 + salt, 0x9e3779b1) >>> 7) % 40_000;
        const common = random(9) / 40_000 < boilerplate;
        return { kind: "signed", key: random(4), bands: [0, 1, 2, 3].map((band) => (common && band < 2 ? 1 : random(band))), name: "" };
      });
      const sketched = (document: Made): Uint8Array => {
        const bytes = new Uint8Array(32);
        const view = new DataView(bytes.buffer);
        for (const [band, value] of document.bands.entries()) view.setUint32(band * 8, value, true);
        return bytes;
      };
      const keyed = (number: number): Uint8Array => new Uint8Array(Uint32Array.of(Math.imul(number, 0x9e3779b1), 7, 9, number).buffer);
      const bytes = Buffer.concat([
        encodeHeader(header),
        ...made.map((document) => encodeRecord(header, { key: keyed(document.key), signature: sketched(document), priority: 0, name: "" })),
      ]);
      const source = (): BatchSource => inOrder([split(bytes, 1 << 16)], header, 32, 2048, signal);
      const plain = await linksOf(source(), bands, rows, bytes.length, 1e9, "js");
      expect(plain.links.length).toBeGreaterThan(boilerplate === 0 ? 14_000 : 40_000);
      for (const memory of [1e9, 2e6, 500_000, 50_000]) {
        const found = await linksOf(source(), bands, rows, bytes.length, memory, "auto");
        expect(found.links.length).toBe(plain.links.length);
        expect(found.links).toEqual(plain.links);
        expect(found.disk > 0).toBe(memory < 1e9);
      }
      // Told that there is next to nothing, it makes one partition a band, and groups it.
      const wrong = await linksOf(source(), bands, rows, 1000, 1e9, "auto");
      expect(wrong.links).toEqual(plain.links);
    }
  });
});

describe("the clustering kernel", () => {
  it("runs here", () => {
    expect(PartitionedLinks.create({ bands: 1, rows: 8, fingerprintBytes: 1, memoryBytes: 1, directory: "", signal })).toBeDefined();
  });

  it("refuses shapes that make no sense, and asks for the pool to be emptied before it is full", () => {
    const shape = { bands: 2, rows: 8, bandBits: 1, exactBits: 1, slice: 20, blockBytes: 2 * BLOCK_UNIT, blocks: 40 };
    expect(() => PartitionKernel.create({ ...shape, bands: 129 })).toThrow("no memory");
    expect(() => PartitionKernel.create({ ...shape, rows: 300 })).toThrow("no memory");
    expect(() => PartitionKernel.create({ ...shape, blockBytes: 100 })).toThrow("no memory");
    expect(() => PartitionKernel.create({ ...shape, bandBits: 21 })).toThrow("no memory");
    expect(() => PartitionKernel.create({ ...shape, blocks: PartitionKernel.leastBlocks(shape) - 1 })).toThrow("no memory");
    const kernel = PartitionKernel.create(shape) as PartitionKernel;
    const slice = kernel.slice();
    slice.kinds.fill(1);
    let rounds = 0;
    const entries = (): number => {
      let bytes = 0;
      for (let partition = 0; partition < kernel.partitions; partition++)
        for (const block of kernel.blocks(partition)) bytes += block.length;
      return bytes;
    };
    while (kernel.distribute(20, rounds * 20)) rounds++;
    expect(rounds).toBeGreaterThan(1);
    expect(entries()).toBe(rounds * 20 * (2 * 12 + 20));
    kernel.empty();
    expect(entries()).toBe(0);
    expect(kernel.distribute(20, 0)).toBe(true);
    expect(() => kernel.distribute(21, 0)).toThrow("refused its input");
  });

  it.each(["auto", "js"] as const)("says which record is cut off or damaged, and where (%s)", async (backend) => {
    const header = headerFor(2, 8);
    const made = Array.from({ length: 9 }, (_, i): Made => ({ kind: "signed", key: i, bands: [i, i], name: "" }));
    const bytes = encoded(made, header, 8);
    const read = async (damaged: Uint8Array, chunk: number): Promise<number> => {
      let count = 0;
      for await (const batch of inOrder([split(damaged, chunk)], header, 16, 4, signal, backend).batches()) count += batch.count;
      return count;
    };
    const failure = (damaged: Uint8Array, chunk: number): Promise<unknown> => read(damaged, chunk).catch((error: unknown) => error);
    for (const chunk of [5, 1 << 20]) {
      expect(await read(bytes, chunk)).toBe(9);
      const cut = (await failure(bytes.subarray(0, bytes.length - 1), chunk)) as PipelineError;
      expect(cut).toBeInstanceOf(PipelineError);
      expect(cut).toMatchObject({ kind: "truncated" });
      expect(cut.message).toContain("the fingerprints of split 0: it ends in the middle of record 8");
      const wrong = Uint8Array.from(bytes);
      wrong[bytes.length - 33 * 3] = 7;
      const corrupt = (await failure(wrong, chunk)) as PipelineError;
      expect(corrupt).toMatchObject({ kind: "corrupt" });
      expect(corrupt.message).toContain("record 6 is of the unknown kind 7");
      expect(((await failure(bytes.subarray(0, 30), chunk)) as PipelineError).message).toContain("it ends before the end of its header");
    }
  });

  it("stops at damage long before the end", async () => {
    const header = headerFor(2, 8);
    const bytes = Buffer.alloc(5_000_000, 9);
    bytes.set(encodeHeader(header));
    let taken = 0;
    const endless: Fingerprints = {
      bytes: bytes.length,
      async *read() {
        for (let at = 0; at < bytes.length; at += 10_000, taken++) yield bytes.subarray(at, at + 10_000);
      },
    };
    const reading = async (): Promise<void> => {
      for await (const _ of inOrder([endless], header, 16, 4, signal).batches());
    };
    await expect(reading()).rejects.toThrow("record 0 is of the unknown kind 9");
    expect(taken).toBeLessThan(50);
  });

  it("gives the columns in any pieces", () => {
    const header = headerFor(2, 8);
    const made = Array.from({ length: 50 }, (_, i): Made => ({ kind: i % 7 === 3 ? "short" : "signed", key: i, bands: [i, i], name: "" }));
    const bytes = encoded(made, header, 8).subarray(encodeHeader(header).length);
    const columns = ColumnKernel.create(100, 50, 16) as ColumnKernel;
    let count = 0;
    for (let at = 0; at < bytes.length; ) {
      at += columns.feed(bytes, at);
      count += columns.unpack(count, false, false);
    }
    expect(count).toBe(50);
    expect(columns.rest.length).toBe(0);
    for (const [i, document] of made.entries()) {
      expect(columns.kinds[i]).toBe(document.kind === "signed" ? 1 : 0);
      expect(columns.keys.slice(16 * i, 16 * i + 16)).toEqual(keyOf(i));
      if (document.kind === "signed") expect(columns.signatures.slice(16 * i, 16 * i + 16)).toEqual(signatureOf(document, 8));
    }
  });
});
