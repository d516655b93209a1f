/**
 * The goldens of the datatrove profile: hashes, permutations, simplified text, signatures, and the generated corpus from end to end.
 * They were made by the real datatrove (0.10.0, numpy 2.4.6, spaCy 3.8) and, independently, by an implementation in whole numbers.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hashShingle } from "../../../src/dedupe/datatrove/hashes.ts";
import { drawInterleaved, drawPermutations } from "../../../src/dedupe/datatrove/permutations.ts";
import { simplifyText } from "../../../src/dedupe/datatrove/simplify.ts";
import {
  DatatroveSketcher,
  readDatatroveRemovals,
  readDatatroveSignatures,
  writeDatatroveClusters,
  writeDatatrovePairs,
  writeDatatroveSignatures,
} from "../../../src/dedupe/index.ts";
import { generatedCorpus } from "../corpus.ts";

const HASHES = ["xxh64", "xxh32", "sha1-64", "sha1-32"] as const;
type Hash = (typeof HASHES)[number];
const sha256 = (bytes: string | Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The values as they stand in files. */
function bytesOf(values: BigUint64Array | undefined, hash: Hash): Buffer {
  const list = [...(values ?? [])];
  return Buffer.concat(
    list.map((value) => {
      const bytes = Buffer.alloc(hash.endsWith("32") ? 4 : 8);
      if (bytes.length === 4) bytes.writeUInt32LE(Number(value));
      else bytes.writeBigUInt64LE(value);
      return bytes;
    }),
  );
}

describe("hashes of shingles", () => {
  it.each([
    ["", "46947589", "17241709254077376921", "4003674586", "957977401221134810"],
    ["hello", "4211111929", "2794345569481354659", "499578026", "11738849977924252842"],
    ["hello world", "3468387874", "5020219685658847592", "896314922", "13028719972609469994"],
    ["the quick brown fox jumps", "1936900125", "7797000677988824208", "1208285777", "12313522834835307089"],
    ["naïve café 東京", "1044829366", "10985725108600911196", "491097356", "4158761531208994060"],
  ])("%j", (text, xxh32, xxh64, sha32, sha64) => {
    const hashes = (["xxh32", "xxh64", "sha1-32", "sha1-64"] as const).map((hash) => String(hashShingle(text, hash)));
    expect(hashes).toEqual([xxh32, xxh64, sha32, sha64]);
  });
});

describe("permutations", () => {
  it("are numpy's, all a before all b", () => {
    const { a, b } = drawPermutations(112, 1);
    expect([...a.slice(0, 4), a[111]].map(String)).toEqual([
      "775169054918279404",
      "1758426461858698313",
      "2109959069025162",
      "965365488286768774",
      "223865076026037746",
    ]);
    expect([...b.slice(0, 4), b[111]].map(String)).toEqual([
      "1062448801025099917",
      "1324811268927594100",
      "1217488311597731462",
      "100775521383383736",
      "1097409548522419201",
    ]);
    expect(sha256(bytesOf(a, "xxh64"))).toBe("646f7c43faa49e0426999bc921979e88d751a279eabdb2d5e2dfb1c1a70a7212");
    expect(sha256(bytesOf(b, "xxh64"))).toBe("f81eeb8337743ed94fa76566ebdc77b3f4e1bfea5e2365fcecdf81d24b9b1583");
  });

  it.each([
    [1, ["775169054918279404,1758426461858698312", "2109959069025162,965365488286768773", "401325382989534145,1703346441743126657"]],
    [42, ["2297359619001564596,1396682528897996046", "1973689801170867272,1819927849474927636"]],
  ])("interleaved, as datasketch draws them, seed %i", (seed, expected) => {
    const { a, b } = drawInterleaved(expected.length, seed);
    expect(expected.map((_, j) => `${a[j]},${b[j]}`)).toEqual(expected);
  });

  it("give datasketch's test vector", () => {
    const { a, b } = drawInterleaved(4, 1);
    const h = hashShingle("Hello", "sha1-32");
    const values = [...a].map((_, j) => (BigInt.asUintN(64, h * (a[j] ?? 0n) + (b[j] ?? 0n)) % (2n ** 61n - 1n)) & 0xffff_ffffn);
    expect(values.map(Number)).toEqual([734825475, 960773806, 359816889, 342714745]);
  });
});

describe("simplified text", () => {
  it.each([
    ["Hello, World!", "hello world"],
    ["It's 3.14 o'clock -- at 10:30 on Monday, 2024-01-02.", "it s 0 o clock at 0 0 on monday 0 0 0"],
    ["Caf\u00e9  na\u00efve\n\t\u00c0\u00c9\u00ce", "cafe naive aei"],
    ["1,234.56 dollars \u0663\u066b\u0661\u0664", "0 0 dollars 0"],
    ["\u201cQuoted\u201d \u2026 text\u2014dash", "quoted text dash"],
    ["foo_bar-baz/qux", "foo bar baz qux"],
    ["A B\u200bC", "a b\u200bc"],
    ["東京は、2024年。", "東京は 0年"],
    ["\ufb01ne \u00c5 \u0130stanbul \u1e9e", "\ufb01ne a istanbul \u00df"],
    ["a.b.c 1.2.3.4", "a b c 0 0"],
    ["$5 & 10% + x=y", "0 0 x y"],
  ])("%j", (text, expected) => {
    expect(simplifyText(text)).toBe(expected);
    expect(new DatatroveSketcher({ words: (simple) => [simple] }).words(text)).toEqual([expected]);
  });
});

describe.each(["auto", "js"] as const)("signatures, backend %s", (backend) => {
  const fox = "The quick brown fox jumps over the lazy dog.";
  const both = [fox, `${fox} And then it runs away from the 3 bears!`];
  it.each([
    [
      "xxh64",
      "5fccf7ba60a836cb6034d5bb96fd7c3d74507de256d5588ac4a823c6285fbd93",
      "8aff4cab6149daba6743ad9510d5a2b3a3046c821d2d8af55f1971843e7414a3",
    ],
    [
      "sha1-64",
      "5111488576fd07f07c8cfbf034ff68e03acb2475d32d9c6e6704af7032021c10",
      "7efce92974f733b47c6484fb2867411483dc06021e5f3e946db40cb429e633bc",
    ],
    [
      "xxh32",
      "ed6244fd76d412f1ad06e78fe1a1b1511bad3981fecc9057a46df76d8f25191a",
      "a70125ebd5662746f126eb96078cc1282d92334c4f64e1fe003ca057c26d9cc3",
    ],
    [
      "sha1-32",
      "1e8fae2739338262a2fbd9e83f28fd08e83a2f10fc8ced7dac96cfa45ec9334b",
      "e71c5ae528aeb10f7aafe248d75f408559728f43c5d7a039d13b14dca087631f",
    ],
  ] as const)("%s", (hash, ...expected) => {
    const sketcher = new DatatroveSketcher({ hash }, backend);
    expect(both.map((text) => sha256(bytesOf(sketcher.signature(text), hash)))).toEqual(expected);
    expect(sketcher.signature("too short doc here")).toBeUndefined();
  });

  it("the first and the last band", () => {
    const signature = new DatatroveSketcher({}, backend).signature(fox);
    expect([...(signature ?? [])].slice(0, 8).map(String)).toEqual([
      "85330943174081874",
      "663359892825767826",
      "302227827184868053",
      "34440879854629237",
      "1270900061947546662",
      "117899488208280896",
      "922286648869847700",
      "204404170303891102",
    ]);
    expect(String(signature?.at(-1))).toBe("3963570588256049");
    expect(String(new DatatroveSketcher({ hash: "sha1-64" }, backend).signature(fox)?.[0])).toBe("585594454516184072");
  });
});

describe("the generated corpus, from end to end", () => {
  const folder = mkdtempSync(join(tmpdir(), "millrace-datatrove-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const texts = generatedCorpus();
  const tasks = [texts.slice(0, 100), texts.slice(100)];
  const removed =
    "26 27 28 30 35 36 37 38 39 44 45 46 47 48 49 53 54 55 56 57 58 62 63 64 66 67 71 72 73 74 75 80 81 82 83 84 87 89 90 92 98 99";

  it("is the corpus that the goldens were made from", () => {
    expect(sha256(texts.join("\n"))).toBe("35aa87c8f0afb9245d4c89e08a156af32d05f3301f22565a6901074423f87afc");
    expect(texts[0]?.startsWith("abps acjk acjx aclb")).toBe(true);
  });

  it.each([
    {
      hash: "xxh64" as const,
      bytes: 6800,
      files: ["ed1523617b1da175", "05c535e5962580f2", "f8df7515bd451644", "d9e7b98f0692ab3b"],
      pairs: "22 25 18 20 22 18 22 20 20 18 20 21 25 22",
      distinct: 45,
      clustered: { documents: 80, removed: 42, clusters: 38 },
      kept: [158, "11ab36d25b7515ca"],
    },
    {
      hash: "sha1-64" as const,
      bytes: 6800,
      files: ["f576d4adcfb35af6", "77fcb3e0b7e95b34", "206f7d8118b7880c", "2b68f3be162249e5"],
      pairs: "22 23 22 20 23 20 18 19 20 21 18 22 19 21",
      distinct: 49,
      clustered: { documents: 85, removed: 45, clusters: 40 },
      kept: [155, "3e26837845843b5c"],
    },
    {
      hash: "xxh32" as const,
      bytes: 3600,
      files: ["616f6a0fece2faf4", "acfe62c93ba5d366", "866ff8fd94f146b7", "e70e8b23c6e01e9c"],
      pairs: "19 23 18 23 20 20 17 22 19 19 22 20 20 21",
      distinct: 45,
      clustered: { documents: 77, removed: 41, clusters: 36 },
      kept: [159, "4679f8ea62b09b8a"],
    },
  ])("$hash", async ({ hash, bytes, files, pairs, distinct, clustered, kept }) => {
    const [signatures, dups, clusters] = ["sigs", "dups", "clusters"].map((name) => join(folder, hash, name)) as [string, string, string];
    for (const [task, docs] of tasks.entries()) {
      const documents = docs.map((text) => ({ text }));
      expect(await writeDatatroveSignatures(documents, signatures, task, { hash })).toEqual({ documents: 100, signed: 100 });
    }
    const written = [0, 13].flatMap((band) =>
      [0, 1].map((task) => readFileSync(join(signatures, `bucket_${String(band).padStart(3, "0")}`, `0000${task}.minhash.sig`))),
    );
    expect(written.map((file) => file.length)).toEqual([bytes, bytes, bytes, bytes]);
    expect(written.map((file) => sha256(file).slice(0, 16))).toEqual(files);
    expect(readdirSync(join(signatures, "bucket_000")).sort()).toEqual(["00000.minhash.sig", "00001.minhash.sig"]);

    const found = await writeDatatrovePairs(signatures, dups, { hash });
    const names = readdirSync(dups).sort();
    expect(names).toEqual(Array.from({ length: 14 }, (_, band) => `${String(band).padStart(5, "0")}_00.dups`));
    const all = names.map((name) => readFileSync(join(dups, name)));
    expect(all.map((file) => file.length / 16).join(" ")).toBe(pairs);
    expect(found.pairs).toBe(all.reduce((sum, file) => sum + file.length / 16, 0));
    const different = new Set(
      all.flatMap((file) => Array.from({ length: file.length / 16 }, (_, i) => file.toString("hex", 16 * i, 16 * i + 16))),
    );
    expect(different.size).toBe(distinct);

    expect(await writeDatatroveClusters(dups, clusters)).toEqual(clustered);
    const gone = await Promise.all([0, 1].map((task) => readDatatroveRemovals(clusters, task)));
    const stays = texts.map((_, i) => i).filter((i) => !gone[Math.floor(i / 100)]?.includes(i % 100));
    expect([stays.length, sha256(stays.join(",")).slice(0, 16)]).toEqual(kept);
    if (hash === "xxh64") expect([gone[0]?.length, gone[1]?.join(" ")]).toEqual([0, removed]);
  });

  it("can be read back record by record", async () => {
    const sketcher = new DatatroveSketcher();
    const path = join(folder, "xxh64", "sigs", "bucket_003", "00001.minhash.sig");
    let records = 0;
    for await (const { values, document } of readDatatroveSignatures(path)) {
      expect([...values]).toEqual([...(sketcher.signature(tasks[1]?.[document] ?? "") ?? [])].slice(24, 32));
      records++;
    }
    expect(records).toBe(100);
  });
});
