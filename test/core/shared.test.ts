import { describe, expect, it } from "vitest";
import { Execution, from, map, Shared, type Stage } from "../../src/core/index.ts";

/** A stage that asks for a shared thing, and notes what happens to it. */
function asking(log: string[]): Stage<number, number> {
  return {
    name: "asking",
    stateless: true,
    async *run(input, context) {
      const thing = await context.shared(
        "key",
        async () => {
          log.push("made");
          return { times: 2 };
        },
        () => log.push("disposed"),
      );
      for await (const n of input) yield n * thing.times;
    },
  };
}

describe("what stages share", () => {
  it("is made once in a run, however many ask, and goes with it", async () => {
    const log: string[] = [];
    const out: number[] = [];
    for await (const n of from([1, 2]).pipe(asking(log)).pipe(asking(log))) out.push(n);
    expect([out, log]).toEqual([
      [4, 8],
      ["made", "disposed"],
    ]);
    for await (const _ of from([1]).pipe(asking(log))) break; // also of a run that was left
    expect(log).toEqual(["made", "disposed", "made", "disposed"]);
  });

  it("outlives the pass when its owner says so", async () => {
    const log: string[] = [];
    const shared = new Shared();
    const { steps } = from([1])
      .pipe(asking(log))
      .write({ name: "none", write: async () => undefined }).parts;
    for (let pass = 0; pass < 3; pass++) for await (const n of new Execution<number>(steps, {}, "", shared)) expect(n).toBe(2);
    expect(log).toEqual(["made"]);
    await shared.close();
    expect(log).toEqual(["made", "disposed"]);
  });

  it("is made again after it could not be made, and the failure names the stage", async () => {
    let tries = 0;
    const shared = new Shared();
    const make = async (): Promise<string> => {
      tries++;
      if (tries === 1) throw new Error("not now");
      return "there";
    };
    await expect(shared.get("key", make, () => {})).rejects.toThrow("not now");
    expect(await shared.get("key", make, () => {})).toBe("there");
    await shared.close();
    const failing: Stage<number, number> = {
      name: "failing",
      stateless: true,
      async *run(input, context) {
        await context.shared(
          "key",
          () => Promise.reject(new Error("no")),
          () => {},
        );
        yield* input;
      },
    };
    const pass = from([1])
      .pipe(failing)
      .pipe(map((n) => n))
      .run();
    await expect(pass.next()).rejects.toThrow("failing: no");
  });
});
