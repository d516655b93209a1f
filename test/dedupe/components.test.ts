/** The parts of a decision that the kernel and plain TypeScript both have, or that count values by words: the same as what is written down plainly. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Components, componentsOf } from "../../src/dedupe/cluster/components.ts";
import { OrderedVerdicts } from "../../src/dedupe/cluster/ordered-verdicts.ts";
import { equalValues, PlaceTable, SignatureBlock } from "../../src/dedupe/cluster/signature-blocks.ts";
import { IN_INDEX, NOT_COMPARED, STATUS, VerdictReader } from "../../src/dedupe/cluster/verdicts.ts";
import { matches } from "../../src/dedupe/estimate.ts";
import { UnionKernel } from "../../src/kernels/cluster/index.ts";

interface Case {
  readonly documents: number;
  readonly links: readonly { readonly from: number; readonly to: number; readonly exact: boolean }[];
}

const cases: fc.Arbitrary<Case> = fc.integer({ min: 1, max: 200 }).chain((documents) =>
  fc.record({
    documents: fc.constant(documents),
    links: fc.array(fc.record({ from: fc.nat(documents - 1), to: fc.nat(documents - 1), exact: fc.boolean() }), { maxLength: 150 }),
  }),
);

function naive({ documents, links }: Case): { roots: number[]; copies: Set<number> } {
  const roots = Array.from({ length: documents }, (_, i) => i);
  for (let changed = true; changed; ) {
    changed = false;
    for (const { from, to } of links) {
      const least = Math.min(roots[from] as number, roots[to] as number);
      if (roots[from] !== least || roots[to] !== least) changed = true;
      roots[from] = least;
      roots[to] = least;
    }
  }
  return { roots, copies: new Set(links.filter(({ exact }) => exact).map(({ to }) => to)) };
}

function unite(found: Components, { links }: Case): void {
  for (const exact of [false, true]) {
    const some = links.filter((link) => link.exact === exact);
    found.unite(Uint32Array.from(some.flatMap(({ from, to }) => [from, to])), exact);
  }
}

describe.each(["auto", "js"] as const)("components (%s)", (backend) => {
  it("are those of the links, whatever their order, with their sizes", () => {
    fc.assert(
      fc.property(cases, fc.nat(6), fc.boolean(), fc.array(fc.nat(200), { maxLength: 3 }), (made, giant, sizes, cuts) => {
        const { roots, copies } = naive(made);
        const sizeOf = (root: number): number => roots.filter((other) => other === root).length;
        const found = componentsOf(made.documents, backend);
        unite(found, made);
        const all = [...new Set(roots)].map(sizeOf);
        const giants = all.filter((size) => size > giant);
        expect(found.settle(giant)).toEqual({
          largest: Math.max(...all),
          giants: giants.length,
          inGiants: giants.reduce((sum, size) => sum + size, 0),
        });
        const bounds = [0, ...cuts.filter((cut) => cut < made.documents).sort((a, b) => a - b), made.documents];
        const told = bounds.slice(1).flatMap((end, i) => flat(found, bounds[i] as number, end, sizes));
        const expected = roots.flatMap((root, i) => {
          const size = sizeOf(root);
          if (root === i && (!sizes || size === 1)) return [];
          return [[i, root, root === i ? STATUS.head : copies.has(i) ? STATUS.exact : STATUS.near, sizes ? size : 0]];
        });
        expect(told).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  it("are told in pieces when there are many", () => {
    const documents = 30_000;
    const found = componentsOf(documents, backend);
    // Backwards, in chains: the worst order there is.
    const pairs = Array.from({ length: documents - 3 }, (_, i) => [documents - 1 - i, documents - 4 - i]).flat();
    found.unite(Uint32Array.from(pairs), false);
    expect(found.settle(9999)).toEqual({ largest: 10_000, giants: 3, inGiants: documents });
    expect(flat(found, 0, documents, true)).toEqual(
      Array.from({ length: documents }, (_, i) => [i, i % 3, i < 3 ? STATUS.head : STATUS.near, 10_000]),
    );
  });
});

function flat(found: Components, begin: number, end: number, sizes: boolean): number[][] {
  const rows: number[][] = [];
  for (const told of found.told(begin, end, sizes)) {
    for (let i = 0; i < told.length; i += 4) rows.push([...told.subarray(i, i + 4)]);
  }
  return rows;
}

describe("the kernel's components", () => {
  it("refuse links to documents that are not there, and calls out of turn", () => {
    const kernel = UnionKernel.create(5) as UnionKernel;
    expect(() => kernel.unite(Uint32Array.of(0, 5), false)).toThrow("a link to a document that is not there");
    expect(() => [...kernel.told(0, 5, false)]).toThrow("refused its input");
    kernel.settle(1);
    expect(() => kernel.settle(1)).toThrow("settled before");
    expect(() => kernel.unite(Uint32Array.of(0, 1), false)).toThrow();
    expect(() => [...kernel.told(0, 6, false)]).toThrow("refused its input");
    expect(UnionKernel.create(2 ** 30)).toBeUndefined();
  });
});

describe("signatures in blocks", () => {
  it("share as many values as byte for byte", () => {
    const values = fc.uint8Array({ minLength: 40, maxLength: 40 });
    fc.assert(
      fc.property(values, values, fc.nat(40), fc.nat(8), fc.nat(8), fc.integer({ min: 1, max: 32 }), (a, b, same, at, from, width) => {
        b.set(a.subarray(0, same));
        const expected = matches(a.subarray(at, at + width), b, from);
        expect(equalValues(new SignatureBlock(a.slice()), at, new SignatureBlock(b.slice()), from, width)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
    for (const width of [4, 112, 508, 512]) {
      const ones = new SignatureBlock(new Uint8Array(width).fill(255));
      expect(equalValues(ones, 0, ones, 0, width)).toBe(width);
      expect(equalValues(ones, 0, new SignatureBlock(new Uint8Array(width)), 0, width)).toBe(0);
      expect(equalValues(ones, 0, new SignatureBlock(new Uint8Array(width).fill(127)), 0, width)).toBe(0);
    }
  });

  it("are found by the number of their document", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 0xffff_fffe }), { maxLength: 80 }), (documents) => {
        const places = new PlaceTable(documents.length);
        for (const [i, document] of documents.entries()) places.set(document, i + 1);
        expect(documents.map((document) => places.get(document))).toEqual(documents.map((_, i) => i + 1));
      }),
    );
  });
});

describe("verdicts in order", () => {
  const read = (bytes: Uint8Array): string[] => {
    const reader = new VerdictReader(bytes);
    const seen: string[] = [];
    for (let verdict = reader.next(); verdict !== undefined; verdict = reader.next()) {
      const { status, split, number, equal, size } = verdict;
      seen.push(status === STATUS.kept ? "kept" : [status, split === IN_INDEX ? "index" : split, number, equal, size].join(" "));
    }
    return seen;
  };

  it("are given as soon as a split is decided, empty ones and indexes included", () => {
    const verdicts = new OrderedVerdicts([3, 0, 4, 0, 2], 1);
    verdicts.add(4, 1, STATUS.near, 99, 0);
    expect(verdicts.until(3).map(read)).toEqual([[]]);
    verdicts.add(6, 4, STATUS.exact, NOT_COMPARED, 7);
    verdicts.add(8, 3, STATUS.near, 100, 0);
    expect(verdicts.until(8).map(read)).toEqual([["kept", `${STATUS.near} index 1 99 `, "kept", `${STATUS.exact} 1 1  7`], []]);
    expect(verdicts.until(9).map(read)).toEqual([["kept", `${STATUS.near} 1 0 100 `]]);
    expect(verdicts.until(9)).toEqual([]);
  });

  it("are the same one by one and many at once", () => {
    const splits = fc.array(fc.nat(40), { minLength: 1, maxLength: 6 });
    const sizes = fc.constantFrom(0, 1, 0xffff, 0x1_0000, 0x7fff_ffff);
    fc.assert(
      fc.property(splits, fc.nat(2), fc.array(fc.tuple(fc.nat(), fc.nat(3), sizes), { maxLength: 240 }), (counts, some, drawn) => {
        const indexes = Math.min(some, counts.length - 1);
        const forced = counts.slice(0, indexes).reduce((sum, count) => sum + count, 0);
        const documents = counts.reduce((sum, count) => sum + count, 0);
        const told = drawn.slice(0, documents - forced).flatMap(([of, kind, size], i) => {
          const document = forced + i;
          if (kind === 0) return [];
          const status = [STATUS.exact, STATUS.near, STATUS.head][kind - 1] as number;
          return [document, status === STATUS.head ? document : of % (document + 1), status, size];
        });
        const single = new OrderedVerdicts(counts, indexes);
        for (let i = 0; i < told.length; i += 4) {
          single.add(told[i] as number, told[i + 1] as number, told[i + 2] as number, NOT_COMPARED, told[i + 3] as number);
        }
        const many = new OrderedVerdicts(counts, indexes);
        many.addAll(Uint32Array.from(told));
        const all = many.until(documents);
        expect(all).toEqual(single.until(documents));
        expect(all.length).toBe(counts.length - indexes);
        expect(all.map((bytes) => read(bytes).length)).toEqual(counts.slice(indexes));
      }),
      { numRuns: 300 },
    );
  });
});
