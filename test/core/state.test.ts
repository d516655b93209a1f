import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, differingParts, filter, from, fromJson, map, type PipelineState, stage, toJson } from "../../src/core/index.ts";
import { collect, docs } from "./helpers.ts";

describe("toJson and fromJson", () => {
  const value = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom(null, true, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
      fc.double(),
      fc.string({ unit: "binary" }),
      fc.bigInt(),
      fc.uint8Array(),
      fc.uint32Array(),
      fc.float64Array({ noNaN: true }),
      fc.array(tie("node")),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom("$array", "$map", "$$x", "$original", "base64", "__proto__")), tie("node")),
      fc.array(fc.tuple(fc.string(), tie("node"))).map((entries) => new Map(entries)),
      fc.array(fc.string()).map((items) => new Set(items)),
    ),
  })).node;

  it("bring back every value that stages may save, through JSON text", () => {
    fc.assert(
      fc.property(value, (original) => {
        expect(fromJson(JSON.parse(JSON.stringify(toJson(original))))).toEqual(original);
      }),
      { numRuns: 500 },
    );
  });

  it("keep undefined array items and leave undefined fields out", () => {
    expect(fromJson(toJson([undefined, { a: undefined, b: 1 }]))).toEqual([undefined, { b: 1 }]);
  });

  it("refuse what cannot be saved, with its path", () => {
    expect(() => toJson({ a: [() => 1] })).toThrow("state.a[0] is a function");
    expect(() => toJson({ when: new Date() })).toThrow("state.when is a Date");
    expect(() => toJson({ s: Symbol("x") })).toThrow("state.s is a symbol");
  });

  it("canonical JSON does not depend on the order of fields", () => {
    expect(canonicalJson({ b: 1, a: [{ d: 1, c: 2 }] })).toBe(canonicalJson({ a: [{ c: 2, d: 1 }], b: 1 }));
  });
});

describe("differingParts", () => {
  it("leaves out what is equal, at any depth", () => {
    const was = { a: 1, b: { c: [1, 2], d: 2 }, e: "gone" };
    const is = { a: 1, b: { c: [1, 3], d: 2 }, f: null };
    expect(differingParts(was, is)).toEqual([
      { b: { c: [1, 2] }, e: "gone" },
      { b: { c: [1, 3] }, e: null },
    ]);
    expect(differingParts([1], { a: 1 })).toEqual([[1], { a: 1 }]);
  });
});

describe("pipeline.state()", () => {
  const chain = (n = 30) =>
    from(docs(n))
      .pipe(map((doc, context) => ({ ...doc, meta: { r: context.random() } }), { concurrency: 3 }))
      .pipe(filter((doc) => doc.origin.record % 4 !== 2));

  it("lets another process yield exactly the rest, at every item of a chain", async () => {
    const whole = (await collect(chain())).map((doc) => JSON.stringify(doc));
    const p = chain();
    const states: string[] = [];
    for await (const _ of p) states.push(JSON.stringify(p.state()));
    for (const [i, text] of states.entries()) {
      const rest = await collect(chain().restore(JSON.parse(text)));
      expect(rest.map((doc) => doc.id)).toEqual(whole.slice(i + 1).map((text) => JSON.parse(text).id));
    }
  });

  it("of a finished run yields nothing more, and counts what was counted", async () => {
    const p = chain();
    await collect(p);
    const again = chain().restore(JSON.parse(JSON.stringify(p.state())));
    expect(await collect(again)).toEqual([]);
    expect(again.report()).toMatchObject({ delivered: p.report().delivered, sources: p.report().sources });
  });

  it("is refused while an item is awaited and after the loop was left", async () => {
    const p = chain();
    const items = p[Symbol.asyncIterator]();
    const pending = items.next();
    expect(() => p.state()).toThrow("between two items");
    await pending;
    expect(p.state().delivered).toBe(1);
    await items.return?.();
    expect(() => p.state()).toThrow("inside the loop");
    expect(() => chain().state()).toThrow("before the pipeline was iterated");
  });

  it("is refused when a stage has no checkpoint and is not stateless", async () => {
    const p = from(docs(3)).pipe(
      stage("forgetful", async function* (input) {
        yield* input;
      }),
    );
    const items = p[Symbol.asyncIterator]();
    await items.next();
    expect(() => p.state()).toThrow("forgetful: holds no checkpoint");
    await items.return?.();
  });

  it("refuses another pipeline, other options or another seed, and says what changed", async () => {
    const p = from(docs(3)).pipe(filter(() => true, { reason: "a" })).with({ seed: 1 }); // biome-ignore format: one chain
    const items = p[Symbol.asyncIterator]();
    await items.next();
    const state: PipelineState = p.state();
    await items.return?.();
    expect(() => from(docs(3)).restore(state)).toThrow(/the state has 2 stages \(from, filter\), the pipeline 1 \(from\)/);
    expect(() => from(docs(3)).pipe(map((x) => x)).restore(state)).toThrow("stage 1 was filter and is now map"); // biome-ignore format: one line
    expect(() => from(docs(3)).pipe(filter(() => true, { reason: "b" })).restore(state)).toThrow(/the options of filter were .*"a".* and are now .*"b"/); // biome-ignore format: one line
    expect(() => p.with({ seed: 2 }).restore(state)).toThrow("the seed was 1 and is now 2");
    expect(await collect(p.restore(state))).toHaveLength(2);
  });
});
