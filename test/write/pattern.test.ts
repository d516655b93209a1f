import { describe, expect, it } from "vitest";
import { ShardPattern } from "../../src/write/pattern.ts";

const make = (pattern: unknown): ShardPattern => new ShardPattern("tarShards", pattern, [".tar"]);

describe("ShardPattern", () => {
  it("numbers shards with a fixed width", () => {
    const pattern = make("out/deep/train-{shard}.tar");
    expect([pattern.folder, pattern.base, pattern.capacity]).toEqual(["out/deep", "train-{shard}.tar", 1_000_000]);
    expect([pattern.name(0), pattern.name(146), pattern.path("x")]).toEqual(["train-000000.tar", "train-000146.tar", "out/deep/x"]);
    expect(make("{shard:04}.tar").name(7)).toBe("0007.tar");
    expect(make("{shard:04}.tar").folder).toBe(".");
  });

  it("knows its own shards from other files", () => {
    const pattern = make("out/a.b+{shard:03}-x.tar");
    expect(pattern.numberOf("a.b+012-x.tar")).toBe(12);
    for (const other of ["aXb+012-x.tar", "a.b+12-x.tar", "a.b+0012-x.tar", "a.b+01z-x.tar", "a.b+012-x.tar.idx", "a.b+-12-x.tar", ""]) {
      expect(pattern.numberOf(other)).toBeUndefined();
    }
  });

  it.each([
    ["out/train.tar", 'holds "{shard}" once'],
    ["out/{shard}-{shard}.tar", 'holds "{shard}" once'],
    ["out-{shard}/train.tar", 'holds "{shard}" once'],
    ["out/train-{shard:4}.tar", 'holds "{shard}" once'],
    ["out/{rank}-{shard}.tar", 'without braces other than "{shard}"'],
    ["out-{shard}/train-{shard}.tar", 'without braces other than "{shard}"'],
    ["out/.train-{shard}.tar", "does not begin with a dot"],
    ["out/train-{shard}.tar.gz", 'ends in ".tar"'],
    ["s3://bucket/train-{shard}.tar", "a path on this machine"],
    [undefined, "a string"],
  ])("refuses %s", (pattern, rule) => {
    expect(() => make(pattern)).toThrow(TypeError);
    expect(() => make(pattern)).toThrow(/^tarShards: expected `pattern` to be /);
    expect(() => make(pattern)).toThrow(rule);
  });
});
