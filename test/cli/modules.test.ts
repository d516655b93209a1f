import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stripTypes } from "../../src/cli/module-hooks.ts";
import { millrace, temporaryFolder } from "./process.ts";

/** Statements with types, each with the value its `result` has once they are gone. */
const STATEMENTS: readonly (readonly [source: string, value: unknown])[] = [
  ["const result: number = 1;", 1],
  ["interface A {\n  readonly b?: string;\n}\nconst result = (x: A): string => x.b ?? 'none';", "function"],
  ["type T<K extends string> = { [P in K]: P };\nconst result = 'a' as keyof T<'a'>;", "a"],
  ["enum E {\n  A = 'x',\n}\nconst result = E.A;", "x"],
  ["class P {\n  constructor(private readonly n: number) {}\n  get = (): number => this.n;\n}\nconst result = new P(3).get();", 3],
  ["abstract class Q<T> {\n  declare t: T;\n  abstract f(): void;\n}\nconst result = typeof Q;", "function"],
  ["const object = { a: 1 } satisfies Record<string, number>;\nconst result = object!.a;", 1],
  ["function f(this: void, ...rest: readonly string[]): asserts rest is ['x'] {}\nconst result = f.length;", 0],
  ["import type { Nothing } from './nothing.ts';\nlet none: Nothing | undefined;\nconst result = none === undefined;", true],
  ["declare namespace Gone {\n  const a: number;\n}\nconst result = 2;", 2],
];

const value = (code: string): unknown => {
  const result: unknown = new Function(`${code}\nreturn result;`)();
  return typeof result === "function" ? "function" : result;
};

describe("removing types", () => {
  it.each(STATEMENTS)("%j", async (source, expected) => {
    expect(value(await stripTypes(source, "/a.ts"))).toEqual(expected);
  });

  it("keeps every statement on its line, so that stacks need no map", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...STATEMENTS.map(([source]) => source)), { minLength: 1, maxLength: 6 }),
        async (parts) => {
          // Each in a block of its own, with a marker whose line must not move.
          const source = parts
            .map((part, i) => (part.includes("import type") || part.includes("namespace") ? `marker(${i});` : `{ ${part}\nmarker(${i}); }`))
            .join("\n\n");
          const lines = (text: string): number[] => text.split("\n").flatMap((line, at) => (line.includes("marker(") ? [at] : []));
          expect(lines(await stripTypes(source, "/a.ts"))).toEqual(lines(source));
        },
      ),
    );
  });

  it("leaves JavaScript as it is", async () => {
    const source = readFileSync(new URL("../../scripts/register-ts.mjs", import.meta.url), "utf8");
    expect(await stripTypes(source, "/a.mts")).toBe(source);
  });

  it("names file, line and column of a syntax error", async () => {
    await expect(stripTypes("const a = 1;\nconst b: = 2;", "/dir/a.ts")).rejects.toThrow(/^\/dir\/a\.ts:2:10: Unexpected token$/);
  });

  it("refuses a namespace that it would silently delete, but not one without values, nor the word in other places", async () => {
    await expect(stripTypes("\nexport namespace N {\n  export const a = 1;\n}", "/a.ts")).rejects.toThrow(
      "/a.ts:2:1: a namespace cannot be run",
    );
    await stripTypes("declare namespace N { const a: number }\nconst module = { a: 1 };\nconst namespace = 1; // namespace N {", "/a.ts");
  });
});

describe("imports of a pipeline", () => {
  const folder = temporaryFolder();

  it("are found with .ts, with .js, without ending, and as a folder; other errors keep their words", async () => {
    folder.file("one.ts", "export const one: number = 1;");
    folder.file("two.mts", "export const two: number = 2;");
    folder.file("three.js", "export const three = 3;");
    folder.file("data.json", '{"four": 4}');
    const main = folder.file(
      "main.ts",
      `import { one } from "./one.ts";
       import { one as again } from "./one";
       import { one as third } from "./one.js";
       import { two } from "./two";
       import { three } from "./three.js";
       import data from "./data.json" with { type: "json" };
       import { basename } from "node:path";
       const late = await import("./one");
       export default (): void => console.log([one, again, third, two, three, data.four, basename("a/b"), late.one].join());`,
    );
    const { code, stdout } = await millrace(["run", main]);
    expect(code).toBe(0);
    expect(stdout).toBe("1,1,1,2,3,4,b,1\n");
  });

  it("report the line of an error in another file than the pipeline's own", async () => {
    folder.file("helper.ts", "interface A { b: string }\n\nexport function fail(a: A): never {\n  throw new RangeError('no ' + a.b);\n}");
    folder.file("uses.ts", 'import { fail } from "./helper";\nexport default fail({ b: "luck" });');
    const { code, stderr } = await millrace(["run", "uses.ts"], { cwd: folder.path });
    expect(stderr).toBe("millrace: helper.ts:4: no luck\n");
    expect(code).toBe(2);
  });
});
