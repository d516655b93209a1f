/** States as files: what was written comes back, of any size, and what is no whole state says so. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Doc, from, type PipelineState } from "../../src/core/index.ts";
import { dedupe } from "../../src/dedupe/index.ts";
import { readState, writeState } from "../../src/store/index.ts";
import { temporaryFolder } from "./fixtures.ts";

const EMPTY: PipelineState = { version: 1, seed: 0, finished: false, delivered: 0, stages: [] };

function stateWith(state: unknown): PipelineState {
  return { ...EMPTY, stages: [{ name: "s", config: null, state, random: [], counters: {} }] } as PipelineState;
}

describe("a state file", () => {
  it("gives back any state", async () => {
    const path = join(temporaryFolder(), "state.json");
    const long = fc
      .tuple(fc.string({ minLength: 1 }), fc.integer({ min: 4000, max: 5000 }))
      .map(([s, n]) => s.repeat(Math.ceil(n / s.length)));
    const json = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: "small" }, fc.jsonValue(), long, tie("list"), tie("object")),
      list: fc.array(tie("value"), { maxLength: 4 }),
      object: fc.dictionary(fc.oneof(fc.constantFrom("$line", "\u2028", "__proto__"), fc.string()), tie("value"), { maxKeys: 4 }),
    })).value;
    await fc.assert(
      fc.asyncProperty(json, async (value) => {
        const state = stateWith(JSON.parse(JSON.stringify(value)));
        await writeState(path, state);
        expect(JSON.stringify(await readState(path))).toBe(JSON.stringify(state));
      }),
      { numRuns: 100 },
    );
  });

  it("continues a deduplication whose index is spread over many lines", async () => {
    const path = join(temporaryFolder(), "state.json");
    const words = (i: number): string => Array.from({ length: 12 }, (_, k) => `d${i}w${k}`).join(" ");
    const docs = Array.from({ length: 3000 }, (_, i): Doc => {
      return { id: `${i}`, text: words(i % 2000), meta: {}, origin: { source: "a", record: i, offset: 0 } };
    });
    const all: string[] = [];
    const rest: string[] = [];
    const pipeline = from(docs).pipe(dedupe());
    for await (const { id } of pipeline) {
      all.push(id);
      if (all.length === 1500) await writeState(path, pipeline.state());
    }
    expect(readFileSync(path, "utf8").split("\n").length).toBeGreaterThan(6);
    for await (const { id } of from(docs)
      .pipe(dedupe())
      .restore(await readState(path)))
      rest.push(id);
    expect([...all.slice(0, 1500), ...rest]).toEqual(all);
  });

  it("is one line of JSON for a small state, and plain JSON is read as well", async () => {
    const path = join(temporaryFolder(), "state.json");
    await writeState(path, EMPTY);
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ millraceState: 1, lines: 0, state: EMPTY });
    writeFileSync(path, JSON.stringify(EMPTY));
    expect(await readState(path)).toEqual(EMPTY);
  });

  it("that is cut, edited or something else is refused with its name", async () => {
    const path = join(temporaryFolder(), "state.json");
    await writeState(path, stateWith(["x".repeat(5000), "y".repeat(5000)]));
    const whole = readFileSync(path, "utf8");
    const refusedAs = async (text: string, kind: string, words: string): Promise<void> => {
      writeFileSync(path, text);
      await expect(readState(path)).rejects.toMatchObject({ kind, message: expect.stringContaining(words) });
    };
    await refusedAs("", "truncated", `${path} cannot be used: it is empty`);
    await refusedAs(whole.slice(0, whole.indexOf("yy")), "corrupt", "line 3 is not JSON");
    await refusedAs(whole.slice(0, whole.indexOf('"yy')), "truncated", "it has 1 of 2 lines");
    await refusedAs(whole.replace('{"$line":2}', '{"$line":9}'), "corrupt", "it refers to line 9");
    await refusedAs('{"text": "a document"}\n', "corrupt", "not a state");
    await expect(readState(join(temporaryFolder(), "none"))).rejects.toMatchObject({ code: "ENOENT" });
  });
});
