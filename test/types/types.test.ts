import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const here = fileURLToPath(new URL(".", import.meta.url));
const tsc = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));

/** What the compiler says about files that must not compile, one error a line. */
function errors(): string {
  const { stdout } = spawnSync(process.execPath, [tsc, "-p", `${here}/wrong/tsconfig.json`, "--pretty", "false"], { encoding: "utf8" });
  return stdout;
}

describe("wrong pipelines do not compile, and the compiler says why", () => {
  const said = errors();

  it("names the tokens that are missing, on the line of the stage that needs them", () => {
    expect(said).toMatch(/no-tokens\.ts\(7,9\): error TS2345: Argument of type 'Stage<.*Tokenized.*>' is not assignable/);
    expect(said).toMatch(/Property 'tokens' is missing in type 'Doc & Cleaned' but required in type 'Tokenized'/);
    expect(said).toMatch(/no-tokens\.ts\(9,\d+\): error TS2345/);
    expect(said).toMatch(/Property 'tokens' is missing in type 'Doc' but required in type 'Tokenized'/);
  });

  it("names a misspelt option and a missing one", () => {
    expect(said).toMatch(/wrong-options\.ts\(3,\d+\): error .*'langages' does not exist/);
    expect(said).toMatch(/wrong-options\.ts\(4,\d+\): error .*PadOptions/);
  });

  it("has an error in every file, and in no other", () => {
    const files = new Set([...said.matchAll(/([\w./-]+\.ts)\(\d+,\d+\): error/g)].map(([, path]) => path?.split("/").at(-1)));
    expect([...files].sort()).toEqual(readdirSync(`${here}/wrong`).filter((name) => name.endsWith(".ts")).sort()); // biome-ignore format: one line
  });
});
