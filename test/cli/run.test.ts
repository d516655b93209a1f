import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { UsageError } from "../../src/cli/command.ts";
import { runnableOf } from "../../src/cli/load-module.ts";
import { inProcess, millrace, start, temporaryFolder } from "./process.ts";

const folder = temporaryFolder();

const DOCS = `
import { filter, from, map, stage, type Doc, type Sink } from "millrace/core";
export function docs(count: number): Doc[] {
  return Array.from({ length: count }, (_, i): Doc => ({ id: \`d\${i}\`, text: "text ".repeat(i % 7), meta: {}, origin: { source: "a.jsonl", record: i, offset: 10 * i } }));
}
`;
folder.file("docs.ts", DOCS);

/** A pipeline with TypeScript's syntax in it, an import without ending, one with `.js`, and a sink that writes a file. */
folder.file("constants.ts", "export const LEAST: number = 1;\nexport enum Word { Short = 'too short' }\n");
const PIPELINE = folder.file(
  "pipeline.ts",
  `import { filter, from, type Doc, type Sink } from "millrace/core";
import { writeFileSync } from "node:fs";
import { docs } from "./docs";
import { LEAST, Word } from "./constants.js";
interface Unused { readonly a: string }
class Writer implements Sink<Doc> {
  readonly name: string = "writer";
  constructor(private readonly path: string) {}
  async write(input: AsyncIterable<Doc>): Promise<unknown> {
    const ids: string[] = [];
    for await (const doc of input) ids.push(doc.id);
    writeFileSync(this.path, ids.join());
    return { sink: { name: this.name }, shards: [{ name: this.path, bytes: 1, records: ids.length }] } satisfies object;
  }
}
export default from<Doc>(docs(70)).pipe(filter((doc) => (doc.text.length >= LEAST ? true : Word.Short))).write(new Writer("ids.txt"));
`,
);

describe("millrace run", () => {
  it("runs a TypeScript job that lies outside any package, with a summary and exit code 0", async () => {
    const { code, stdout, stderr } = await millrace(["run", PIPELINE], { cwd: folder.path });
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(readFileSync(join(folder.path, "ids.txt"), "utf8").split(",")).toHaveLength(60);
    expect(stdout).toMatch(/^filter +70 +60 +10 /m);
    expect(stdout).toMatch(/^writer +60 /m);
    expect(stdout).toMatch(/^slowest: \w+, \d+ % of the time$/m);
    expect(stdout).toMatch(/^ {2}filter {2}too short {2}10 {2}14 %$/m);
    expect(stdout).toMatch(/^ {2}ids\.txt /m);
  });

  it("gives the pipeline the library that the command line itself runs", async () => {
    const file = folder.file(
      "same.ts",
      `import { from as main, PipelineError } from "millrace";
       import { Pipeline, from, PipelineError as CoreError } from "millrace/core";
       import { Pipeline as Own } from ${JSON.stringify(new URL("../../src/core/index.ts", import.meta.url).href)};
       if (Pipeline !== Own || main !== from || PipelineError !== CoreError) throw new Error("two libraries");
       export default from([1]);`,
    );
    expect(await millrace(["run", file])).toMatchObject({ code: 0, stderr: "" });
  });

  it("prints the report as JSON, and nothing else on stdout", async () => {
    const { code, stdout } = await millrace(["run", PIPELINE, "--json"], { cwd: folder.path });
    expect(code).toBe(0);
    const { report, output } = JSON.parse(stdout);
    expect(report).toMatchObject({ delivered: 60, finished: true });
    expect(report.stages.map((stage: { name: string }) => stage.name)).toEqual(["from", "filter"]);
    expect(output.shards[0].records).toBe(60);
  });

  it("consumes and counts a pipeline without a sink", async () => {
    const file = folder.file("bare.mjs", `import { from } from "millrace/core";\nexport default from(["a", "b", "c"]);\n`);
    const { code, stdout } = await millrace(["run", file]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^consumer +3 /m);
    expect(stdout).toContain("3 records delivered");
  });

  it("calls a function with the arguments after --, and runs what it returns", async () => {
    const file = folder.file(
      "fn.ts",
      `import { from, type Pipeline } from "millrace/core";
       export default async function main({ args, signal }: { args: readonly string[]; signal: AbortSignal }): Promise<Pipeline<string>> {
         if (!(signal instanceof AbortSignal)) throw new Error("no signal");
         return from([...args]);
       }`,
    );
    const { code, stdout } = await millrace(["run", file, "--", "--json", "x"]);
    expect(code).toBe(0);
    expect(stdout).toContain("2 records delivered");
  });

  it("lets a function do the work by itself", async () => {
    const file = folder.file("work.ts", `export default (): void => console.log("worked");`);
    expect(await millrace(["run", file])).toEqual({ code: 0, stdout: "worked\n", stderr: "" });
  });

  it("passes --seed and --on-error on, and lists what was skipped", async () => {
    const file = folder.file(
      "skip.ts",
      `import { from, map, stage } from "millrace/core";
       import { docs } from "./docs.ts";
       const bad = map((doc: { id: string }) => { if (doc.id === "d3") throw new Error("boo"); return doc; }, { name: "bad" });
       const seed = stage("seed", async function* (input, context) { for await (const x of input) { if (context.seed !== 42) throw new Error("seed " + context.seed); yield x; } }, { stateless: true });
       export default from(docs(10)).pipe(bad).pipe(seed);`,
    );
    const { code, stdout } = await millrace(["run", file, "--seed", "42", "--on-error", "skip"]);
    expect(code).toBe(0);
    expect(stdout).toContain("9 records delivered");
    expect(stdout).toContain("stage-failed: 1\n    bad: boo (a.jsonl: record 3 at byte 30)");
    const wrongSeed = await millrace(["run", file, "--on-error", "skip"]);
    expect(wrongSeed).toMatchObject({ code: 1 });
    expect(wrongSeed.stderr).toContain("seed 0");
  });

  it("leaves what the module chose alone when a flag is not given", async () => {
    const file = folder.file(
      "own.ts",
      `import { from, map } from "millrace/core";
       import { docs } from "./docs.ts";
       const sink = { name: "s", write: async (input: AsyncIterable<unknown>, context: { seed: number }) => { for await (const _ of input); console.log("seed", context.seed); } };
       export default from(docs(4)).pipe(map((d) => { if (d.id === "d1") throw new Error("boo"); return d; })).with({ seed: 9, onError: "skip" }).write(sink);`,
    );
    const { code, stdout } = await millrace(["run", file]);
    expect(code).toBe(0);
    expect(stdout).toContain("seed 9\n");
    expect(stdout).toContain("3 records delivered");
  });

  it("ends a failing run with one message that names the place, the summary so far, and exit code 1", async () => {
    const file = folder.file(
      "fail.ts",
      `import { from, map } from "millrace/core";
       import { docs } from "./docs.ts";
       export default from(docs(10)).pipe(map((doc) => { if (doc.id === "d3") throw new Error("bad \\u001b[31m luck"); return doc; }, { name: "luck" }));`,
    );
    const { code, stdout, stderr } = await millrace(["run", file]);
    expect(code).toBe(1);
    expect(stdout).toBe("");
    expect(stderr).toContain("millrace: luck: bad �[31m luck (a.jsonl: record 3 at byte 30)\n");
    expect(stderr).toMatch(/^luck +4 +3 /m);
    expect(stderr).not.toMatch(/^\s+at /m);
    const verbose = await millrace(["run", file, "--stack"]);
    expect(verbose.code).toBe(1);
    expect(verbose.stderr).toMatch(/^\s+at .*fail\.ts:3/m);
  });

  it("keeps dropped records with their original text under --exclusions", async () => {
    const { code, stderr } = await millrace(["run", PIPELINE, "--exclusions", "dropped/{shard}.jsonl"], { cwd: folder.path });
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const lines = readFileSync(join(folder.path, "dropped", "000000.jsonl"), "utf8")
      .trimEnd()
      .split("\n");
    expect(lines.map((line) => JSON.parse(line))).toHaveLength(10);
    expect(JSON.parse(lines[1] ?? "")).toMatchObject({ id: "d7", text: "", stage: "filter", reason: "too short" });
  });

  it("says what is wrong with an exclusions pattern", async () => {
    for (const workers of [[], ["--workers", "2"]]) {
      const { code, stderr } = await millrace(["run", PIPELINE, ...workers, "--exclusions", "dropped.jsonl"], { cwd: folder.path });
      expect(code).toBe(2);
      expect(stderr).toMatch(/^millrace: --exclusions: .*\{shard\}/);
    }
  });
});

describe("mistakes end with one line and exit code 2", () => {
  const modules: readonly (readonly [name: string, source: string, message: RegExp])[] = [
    ["none.ts", "export const a = 1;", /none\.ts has no default export; expected a job .* for example `export default read/],
    ["syntax.ts", "const a = 1;\nconst b: = 2;\n", /syntax\.ts:2:10: Unexpected token/],
    ["twice.ts", "let a: number = 1;\n\nlet a = 2;\n", /twice\.ts:3: Identifier 'a' has already been declared/],
    ["plain.mjs", "let a = 1;\nlet a = 2;\n", /plain\.mjs:2: Identifier 'a' has already been declared/],
    ["space.ts", "namespace Values { export const a = 1; }\nexport default Values.a;", /space\.ts:1:1: a namespace cannot be run/],
    ["nowhere.ts", 'import "./not-there.ts";', /nowhere\.ts: Cannot find module .*not-there\.ts/],
    ["missing.ts", 'import { x } from "no-such-package";\nexport default x;', /missing\.ts: Cannot find package 'no-such-package'/],
    ["export.ts", 'import { fom } from "millrace/core";\nexport default fom;', /export\.ts:1: .* does not provide an export named 'fom'/],
    [
      "options.ts",
      'import { map } from "millrace/core";\n\nexport default map(() => 1, { concurrency: 0 });',
      /options\.ts:3: map: expected `concurrency`/,
    ],
    ["thrown.ts", "throw 'text';", /thrown\.ts: text/],
    ["types.tsx", "export default 1;", /types\.tsx is not a pipeline: expected a \.ts, \.mts, \.js or \.mjs module/],
  ];
  it.each(modules)("%s", async (name, source, message) => {
    folder.file(name, source);
    const { code, stdout, stderr } = await millrace(["run", name], { cwd: folder.path });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).toMatch(/^millrace: /);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  const values: readonly (readonly [value: unknown, message: RegExp])[] = [
    [5, /^the default export of p\.ts is a number; expected a job/],
    [[], /is an array; expected/],
    [null, /is null; expected/],
    [{}, /is an object; expected/],
    [() => "text", /^the default export of p\.ts returned a string; expected/],
    [async () => ({ run: 1 }), /returned an object; expected/],
  ];
  it.each(values)("a default export of %s", async (value, message) => {
    const context = { args: [], signal: new AbortController().signal };
    await expect(runnableOf(value, "p.ts", context)).rejects.toThrow(message);
    await expect(runnableOf(value, "p.ts", context)).rejects.toBeInstanceOf(UsageError);
  });

  const commands: readonly (readonly [args: string[], message: RegExp])[] = [
    [[], /^millrace: which command\? run, plan, .*inspect, trace, diff, .*\(millrace --help tells more\)\n$/],
    [["rnu"], /^millrace: unknown command "rnu"; did you mean `millrace run`\?\n$/],
    [["pipeline.ts"], /did you mean `millrace run pipeline\.ts`\?/],
    [["frobnicate"], /unknown command "frobnicate"; the commands are run, plan/],
    [["--sead"], /unknown flag --sead; the command comes first/],
    [["run"], /which pipeline\? for example/],
    [["run", "a.ts", "b.ts"], /one pipeline at a time, got a\.ts and b\.ts/],
    [["run", "nothing.ts"], /^millrace: there is no file nothing\.ts\n$/],
    [["run", "a.ts", "--sead", "3"], /unknown flag --sead; did you mean --seed\?/],
    [["inspect"], /which shards\?/],
  ];
  it.each(commands)("%j", async (args, message) => {
    const { code, stdout, stderr } = await inProcess(args);
    expect(stderr).toMatch(message);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });
});

describe("help and version", () => {
  it.each([["--help"], ["-h"], ["help"]])("millrace %s", async (flag) => {
    const { code, stdout } = await inProcess([flag]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/usage: millrace <command>/);
  });

  it.each([
    ["run", "--help"],
    ["run", "--sead", "-h"],
    ["help", "run"],
  ])("millrace %s %s", async (...args) => {
    const { code, stdout } = await inProcess(args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^millrace run: /);
  });

  it("--version prints the package's version", async () => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(await millrace(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });
});

describe("signals", () => {
  /** Reads for ever, leaves a file behind while it runs, and removes it when it is closed. */
  const ENDLESS = folder.file(
    "endless.ts",
    `import { from, map } from "millrace/core";
     import { rmSync, writeFileSync } from "node:fs";
     async function* forever() { for (let i = 0; ; i++) { await new Promise((r) => setTimeout(r, 1)); yield i; } }
     const sink = { name: "open", async write(input: AsyncIterable<number>, context: any) {
       writeFileSync("open.tmp", "half");
       context.scope.defer(() => rmSync("open.tmp"));
       console.log("running");
       for await (const _ of input);
     } };
     export default from(() => forever()).write(sink);`,
  );

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("%s closes what is open and exits with %i", async (signal, expected) => {
    const { child, ended } = start(["run", ENDLESS], { cwd: folder.path });
    await once(child.stdout as NodeJS.ReadableStream, "data");
    expect(existsSync(join(folder.path, "open.tmp"))).toBe(true);
    child.kill(signal);
    const { code, stderr } = await ended;
    expect(code).toBe(expected);
    expect(stderr).toContain(`millrace: interrupted by ${signal}, closing files; once more ends at once`);
    expect(stderr).toContain("the job is not complete");
    expect(existsSync(join(folder.path, "open.tmp"))).toBe(false);
  });

  it("a second SIGINT ends a job that does not close", async () => {
    const file = folder.file(
      "stuck.ts",
      `import { from } from "millrace/core";
       async function* forever() { for (;;) { await new Promise((r) => setTimeout(r, 1)); yield 1; } }
       const sink = { name: "stuck", async write() { console.log("running"); setInterval(() => {}, 1000); await new Promise(() => {}); } };
       export default from(() => forever()).write(sink);`,
    );
    const { child, ended } = start(["run", file], { cwd: folder.path });
    await once(child.stdout as NodeJS.ReadableStream, "data");
    child.kill("SIGINT");
    await once(child.stderr as NodeJS.ReadableStream, "data");
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
  });

  it("a function that runs a pipeline by itself gets the signal, too", async () => {
    const file = folder.file(
      "self.ts",
      `import { from } from "millrace/core";
       async function* forever() { for (;;) { await new Promise((r) => setTimeout(r, 1)); yield 1; } }
       export default async function main({ signal }: { signal: AbortSignal }) {
         console.log("running");
         for await (const _ of from(() => forever()).with({ signal }));
       }`,
    );
    const { child, ended } = start(["run", file], { cwd: folder.path });
    await once(child.stdout as NodeJS.ReadableStream, "data");
    child.kill("SIGINT");
    expect((await ended).code).toBe(130);
  });
});
