/** What is made ready for the end of a run appears when all its records have arrived, and not otherwise. */
import { describe, expect, it } from "vitest";
import { type Doc, type Excluded, from, map, type Sink, type Stage } from "../../src/core/index.ts";
import { Outcome } from "../../src/core/outcome.ts";
import { collect, docs, memory } from "./helpers.ts";

/** A stage that makes something ready behind its last record. */
function ready(log: string[], name = "ready", fails = false): Stage<Doc, Doc> {
  return {
    name,
    stateless: true,
    async *run(input, context) {
      yield* input;
      log.push(`${name} made`);
      context.whenDone({
        commit: async () => {
          if (fails) throw new Error("no room");
          log.push(`${name} committed`);
        },
        abort: async () => void log.push(`${name} removed`),
      });
    },
  };
}

/** A sink that works on behind its last record. */
function slow(log: string[], fails: boolean): Sink<Doc> {
  return {
    name: "slow",
    async write(input) {
      for await (const _ of input);
      await new Promise((resolve) => setTimeout(resolve, 5));
      if (fails) throw new Error("the disk is full");
      log.push("published");
    },
  };
}

describe("what waits for the success of a run", () => {
  it("is committed at the end of a loop, and behind the sink of a job", async () => {
    const log: string[] = [];
    await collect(from(docs(3)).pipe(ready(log)));
    expect(log).toEqual(["ready made", "ready committed"]);
    log.length = 0;
    await from(docs(3)).pipe(ready(log)).pipe(ready(log, "second")).write(slow(log, false)).run();
    expect(log).toEqual(["ready made", "second made", "published", "ready committed", "second committed"]);
  });

  it("is removed when the sink fails behind the last record, or a stage, or the exclusions", async () => {
    const log: string[] = [];
    await expect(from(docs(3)).pipe(ready(log)).write(slow(log, true)).run()).rejects.toThrow("the disk is full");
    expect(log).toEqual(["ready made", "ready removed"]);
    log.length = 0;
    const failing: Stage<Doc, Doc> = {
      name: "failing",
      stateless: true,
      async *run(input) {
        yield* input;
        throw new Error("at the end");
      },
    };
    await expect(collect(from(docs(3)).pipe(ready(log)).pipe(failing))).rejects.toThrow("at the end");
    expect(log).toEqual(["ready made", "ready removed"]);
    log.length = 0;
    const exclusions = slow(log, true) as unknown as Sink<Excluded>;
    await expect(collect(from(docs(3)).pipe(ready(log)).run({ exclusions }))).rejects.toThrow("the disk is full");
    expect(log).toEqual(["ready made", "ready removed"]);
  });

  it("is removed when the loop is left while records are held back", async () => {
    const log: string[] = [];
    const holding: Stage<Doc, Doc> = {
      name: "holding",
      lookAhead: 9,
      async *run(input, context) {
        const held: Doc[] = [];
        context.checkpoint(() => held);
        for await (const doc of input) held.push(doc);
        yield* held;
      },
    };
    for await (const _ of from(docs(3)).pipe(ready(log)).pipe(holding)) break;
    expect(log).toEqual(["ready made", "ready removed"]);
  });

  it("fails the run when it cannot be committed; what would follow is removed", async () => {
    const log: string[] = [];
    const job = from(docs(1))
      .pipe(ready(log, "first", true))
      .pipe(ready(log, "second"))
      .write(memory());
    await expect(job.run()).rejects.toThrow("no room");
    expect(log).toEqual(["first made", "second made", "second removed"]);
    await expect(
      collect(
        from(docs(1))
          .pipe(map((doc: Doc) => doc))
          .pipe(ready(log, "third", true)),
      ),
    ).rejects.toThrow("no room");
  });

  it("is removed when it comes from a stage that was slow to close, behind the end of the run", async () => {
    const outcome = new Outcome();
    const log: string[] = [];
    await outcome.settle(false);
    outcome.add({ commit: async () => void log.push("committed"), abort: async () => void log.push("removed") });
    expect(log).toEqual(["removed"]);
  });

  it("is removed when closing the sink's scope fails", async () => {
    const log: string[] = [];
    const sink: Sink<Doc> = {
      name: "closing",
      async write(input, { scope }) {
        scope.defer(() => {
          throw new Error("cannot close");
        });
        for await (const _ of input);
      },
    };
    await expect(from(docs(2)).pipe(ready(log)).write(sink).run()).rejects.toThrow("cannot close");
    expect(log).toEqual(["ready made", "ready removed"]);
  });
});
