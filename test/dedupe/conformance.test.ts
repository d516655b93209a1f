/** The library, with its kernel and without, against the conformance kit; and the kit's Python examples, where Python is there. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { kit } from "../../conformance/make.ts";
import { cases, same } from "../../conformance/run.mjs";
import { type Doc, from } from "../../src/core/index.ts";
import {
  ALGORITHM,
  bandKeys,
  DatatroveSketcher,
  type Deduped,
  type DedupeOptions,
  dedupe,
  deduplicateCorpus,
  estimateJaccard,
  exactKeyOf,
  foldOf,
  Normaliser,
  type Punctuation,
  readDatatroveRemovals,
  type SketchBackend,
  Sketcher,
  type SketchOptions,
  shingles,
  UNICODE_VERSION,
  writeDatatroveClusters,
  writeDatatrovePairs,
  writeDatatroveSignatures,
} from "../../src/dedupe/index.ts";
import { docsOf } from "./corpus.ts";

const KIT = fileURLToPath(new URL("../../conformance/", import.meta.url));
const ALL = cases({ profile: "minhash@millrace" });

type Input = Required<SketchOptions> & {
  readonly text: string;
  readonly punctuation: Punctuation;
  readonly signature: string;
  readonly signatures: readonly (string | null)[];
  readonly texts: readonly string[];
  readonly match: "verified" | "components";
  readonly threshold: number;
  readonly a: string;
  readonly b: string;
};

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));

function keysOf(signature: Uint8Array, { bands, rows }: Input): string[] {
  const words = bandKeys(signature, bands, rows);
  const digits = (word: number | undefined): string => (word ?? 0).toString(16).padStart(8, "0");
  return Array.from({ length: bands }, (_, band) => digits(words[2 * band]) + digits(words[2 * band + 1]));
}

/** What the library answers. */
async function answer(op: string, input: Input, backend: SketchBackend): Promise<unknown> {
  const { text, ngram, unit, bands, rows, seed } = input;
  switch (op) {
    case "words": {
      const normaliser = new Normaliser(backend);
      normaliser.read(text, input.punctuation);
      return normaliser.text() === "" ? [] : normaliser.text().split(" ");
    }
    case "exact-key":
      return exactKeyOf(text, ngram);
    case "shingles": {
      const pairs = shingles(text, { ngram, unit, seed });
      return Array.from({ length: pairs.length / 2 }, (_, i) => [pairs[2 * i], pairs[2 * i + 1]]);
    }
    case "signature": {
      const normaliser = new Normaliser(backend);
      normaliser.read(text);
      const signature = new Uint8Array(bands * rows);
      const made = new Sketcher({ ngram, unit, bands, rows, seed }).sketch(normaliser, signature);
      return made ? Buffer.from(signature).toString("hex") : null;
    }
    case "band-keys":
      return keysOf(bytes(input.signature), input);
    case "estimate":
      return estimateJaccard(bytes(input.a), bytes(input.b));
    case "candidates": {
      const keys = input.signatures.map((signature) => (signature === null ? [] : keysOf(bytes(signature), input)));
      return keys.flatMap((mine, i) =>
        keys.flatMap((other, j) => (i < j && mine.some((key, band) => key === other[band]) ? [[i, j]] : [])),
      );
    }
    case "dedupe":
      return verdicts(input);
    default:
      throw new Error(`no such operation: ${op}`);
  }
}

/** The verdicts, from the groups that `dedupe` gives; one pass and the whole corpus at once must agree. */
async function verdicts({ texts, match, threshold, ngram, unit, bands, rows, seed }: Input): Promise<unknown> {
  const options = { match, ngram, unit, bands, rows, seed, groups: true, ...(match === "verified" ? { threshold } : {}) } as const;
  const read = async (pipeline: AsyncIterable<Deduped<Doc, true>>): Promise<unknown[]> => {
    const out: unknown[] = [];
    for await (const { group } of pipeline) {
      const { copy, id, similarity } = group;
      out.push(copy === undefined ? ["kept"] : [copy, Number(id), ...(similarity === undefined ? [] : [similarity])]);
    }
    return out;
  };
  const whole = await read(deduplicateCorpus<Doc, true>(() => from(docsOf(texts)), options as DedupeOptions<Doc, true>));
  if (match === "verified")
    expect(await read(from(docsOf(texts)).pipe(dedupe<Doc, true>(options as DedupeOptions<Doc, true>)))).toEqual(whole);
  return whole;
}

describe("conformance: minhash@millrace", () => {
  const operations = new Map(ALL.map((one) => [one.op, ALL.filter((other) => other.op === one.op)]));

  it("has cases for every operation, of this version", () => {
    expect([...operations.keys()].sort()).toEqual([
      "band-keys",
      "candidates",
      "dedupe",
      "estimate",
      "exact-key",
      "shingles",
      "signature",
      "words",
    ]);
    for (const name of readdirSync(`${KIT}minhash-millrace`)) {
      const { version } = JSON.parse(readFileSync(`${KIT}minhash-millrace/${name}`, "utf8")) as { version?: string };
      if (version !== undefined) expect(version).toBe(ALGORITHM);
    }
  });

  it.each([...operations.keys()])("%s", { timeout: 60_000 }, async (op) => {
    for (const { number, input, output } of operations.get(op) ?? []) {
      for (const backend of ["wasm", "js"] as const) {
        const got = await answer(op, input as Input, backend);
        if (!same(got, output)) expect(got, `case ${number}, ${backend}`).toEqual(output);
      }
    }
  });

  it("is what its scripts write", { timeout: 60_000 }, () => {
    for (const [name, text] of Object.entries(kit())) {
      // The table belongs to one Unicode version; the cases hold for all.
      if (
        name === "fold.json" &&
        !text.includes(`"unicode":"${JSON.parse(readFileSync(`${KIT}minhash-millrace/fold.json`, "utf8")).unicode}"`)
      )
        continue;
      expect(readFileSync(`${KIT}minhash-millrace/${name}`, "utf8") === text, name).toBe(true);
    }
  });

  it("has a fold table that says what foldOf says, for one Unicode version", () => {
    const table = JSON.parse(readFileSync(`${KIT}minhash-millrace/fold.json`, "utf8")) as {
      unicode: string;
      ranges: [number, number, number][];
      folds: Record<string, string>;
    };
    if (table.unicode !== UNICODE_VERSION) return;
    let count = 0;
    for (const [first, last, kind] of table.ranges) {
      for (let codePoint = first; codePoint <= last; codePoint += 97) {
        expect(foldOf(codePoint)).toEqual(kind === 1 ? [] : [{ class: kind, codePoint }]);
      }
      count += last - first + 1;
    }
    // Every code point is somewhere, but surrogates and Hangul syllables.
    expect(count + Object.keys(table.folds).length).toBe(0x11_0000 - 2048 - 11_172);
  });
});

describe("conformance: minhash@datatrove", () => {
  type DatatroveInput = {
    readonly text: string;
    readonly hash: "xxh64";
    readonly texts: readonly string[];
    readonly tasks: readonly number[];
  };
  const all = cases({ profile: "minhash@datatrove" });
  const of = (op: string): { readonly number: number; readonly input: DatatroveInput; readonly output: unknown }[] =>
    all.filter((one) => one.op === op).map(({ number, input, output }) => ({ number, input: input as DatatroveInput, output }));

  it("words", () => {
    const sketcher = new DatatroveSketcher();
    for (const { number, input, output } of of("words")) expect(sketcher.words(input.text), `case ${number}`).toEqual(output);
    expect(of("words").length).toBeGreaterThan(15);
  });

  it.each(["auto", "js"] as const)("signature, backend %s", (backend) => {
    for (const { number, input, output } of of("signature")) {
      const { text, hash } = input;
      const values = new DatatroveSketcher({ hash }, backend).signature(text);
      const bytes = values && Buffer.from(hash.endsWith("32") ? Uint32Array.from(values, Number).buffer : values.buffer);
      expect(bytes?.toString("hex") ?? null, `case ${number}`).toEqual(output);
    }
    expect(of("signature").length).toBeGreaterThan(60);
  });

  it("dedupe: the stages with their files", async () => {
    for (const { input, output } of of("dedupe")) {
      const { texts, tasks, hash } = input;
      const folder = await mkdtemp(join(tmpdir(), "millrace-conformance-"));
      try {
        let from = 0;
        for (const [task, count] of tasks.entries()) {
          const documents = texts.slice(from, from + count).map((text) => ({ text }));
          await writeDatatroveSignatures(documents, join(folder, "sigs"), task, { hash });
          from += count;
        }
        await writeDatatrovePairs(join(folder, "sigs"), join(folder, "dups"), { hash });
        await writeDatatroveClusters(join(folder, "dups"), join(folder, "clusters"));
        const kept = await Promise.all(
          tasks.map(async (count, task) => {
            const removed = await readDatatroveRemovals(join(folder, "clusters"), task);
            return Array.from({ length: count }, (_, i) => i).filter((i) => !removed.includes(i));
          }),
        );
        expect(kept).toEqual(output);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    }
    expect(of("dedupe")).toHaveLength(4);
  });
});

describe("the runner", () => {
  const run = (args: readonly string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [`${KIT}run.mjs`, ...args], { encoding: "utf8" });
  const program = (answer: string): string[] => [
    "--",
    process.execPath,
    "-e",
    `require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => { const { id, input } = JSON.parse(line); ${answer} })`,
  ];
  const say = (fields: string): string => `console.log(JSON.stringify({ id, ${fields} }));`;

  it("tells right from wrong, missing and unsupported", () => {
    const ask = ["--op", "estimate"];
    const right =
      "const [a, b] = [input.a, input.b].map((hex) => Buffer.from(hex, 'hex')); const m = a.filter((v, i) => v === b[i]).length;" +
      say("output: (256 * m - a.length) / (255 * a.length)");
    expect(run([...ask, ...program(right)])).toMatchObject({ status: 0, stdout: "minhash@millrace estimate  30 right\n" });
    const wrong = run([...ask, ...program(say("output: 0.5"))]);
    expect(wrong.status).toBe(1);
    expect(wrong.stdout).toMatch(/estimate {2}0 right, 30 WRONG\n {2}case 0: /);
    const missing = run([...ask, ...program("")]);
    expect(missing.status).toBe(1);
    expect(missing.stdout).toContain("no answer");
    expect(run([...ask, ...program(say("unsupported: true"))])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("30 unsupported"),
    });
    expect(run(["--strict", ...ask, ...program(say("unsupported: true"))]).status).toBe(1);
  });

  it("fails when the command does, and says how to use it", () => {
    expect(run(["--", "no-such-command-anywhere"])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("no-such-command-anywhere"),
    });
    expect(run(["--", process.execPath, "-e", "process.exit(3)"])).toMatchObject({ status: 1, stderr: expect.stringContaining("code 3") });
    expect(run(["--", process.execPath, "-e", "console.log('hello')"])).toMatchObject({ status: 1, stderr: "not a line of JSON: hello\n" });
    for (const args of [[], ["--op", "words"], ["--all", "--", "true"], ["--op", "nonsense", "--", "true"]])
      expect(run(args).status).toBe(2);
  });
});

const python = spawnSync("python3", ["-c", "import sys; assert sys.version_info >= (3, 8)"]).status === 0;
const required = process.env["MILLRACE_REQUIRE_ORACLES"] === "1";
if (!python && !required) console.warn("conformance: the Python examples are skipped, python3 (3.8 or later) is not here");

describe.skipIf(!python && !required)("the Python examples", () => {
  it.each(["millrace", "datatrove"])("%s passes the kit: its README is enough to write one", { timeout: 120_000 }, (name) => {
    const args = [`${KIT}run.mjs`, "--profile", `minhash@${name}`, "--strict", "--", "python3", `${KIT}examples/${name}.py`];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect(stderr).toBe("");
    expect(stdout).not.toContain("WRONG");
    expect(status).toBe(0);
  });
});
