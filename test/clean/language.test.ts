import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type CleanOptions, clean } from "../../src/clean/index.ts";
import { type Importer, loadIdentifier } from "../../src/clean/language.ts";
import { type Doc, from, PipelineError } from "../../src/core/index.ts";

const missing: Importer = async (specifier) => {
  throw Object.assign(new Error(`Cannot find package '${specifier}'`), { code: "ERR_MODULE_NOT_FOUND" });
};

/** `eld` as its types describe it: reliable about anything that begins with a known word. */
const fakeEld: Importer = async () => ({
  eld: {
    newInstance: () => ({
      detect: (text: string) => {
        const language = text.startsWith("the") ? "en" : text.startsWith("le") ? "fr" : "";
        return { language, getScores: () => (language === "" ? {} : { [language]: 0.8 }), isReliable: () => !text.includes("?") };
      },
    }),
  },
});

const seen: string[] = [];
const fakeFastText: Importer = async () => ({
  getLIDModel: async () => ({
    load: async () => {},
    identify: async (text: string) => {
      seen.push(text);
      return text.startsWith("the")
        ? { alpha2: "en", alpha3: "eng", possibility: 1.00003 }
        : { alpha2: null, alpha3: "nah", possibility: 0.4 };
    },
  }),
});

describe("loadIdentifier", () => {
  it.each([
    ["eld", "npm install eld"],
    ["fasttext", "npm install fasttext.wasm.js"],
  ] as const)("names the package that %s needs", async (name, advice) => {
    const error = await loadIdentifier(name, missing).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(PipelineError);
    expect(error).toMatchObject({ kind: "missing-package", stage: "clean" });
    expect((error as PipelineError).message).toContain(advice);
  });

  it("knows Node's own error for a package that is not there", () => {
    // In a process of its own, since the test runner imports by itself.
    const script = `
      import { loadIdentifier } from "./src/clean/language.ts";
      await loadIdentifier("eld", (name) => import("no-such-package-" + name)).catch((error) => console.log(error.kind));`;
    const child = spawnSync(process.execPath, ["--import", "./scripts/register-ts.mjs", "--input-type=module", "-e", script], {
      cwd: root,
      encoding: "utf8",
    });
    expect(child.stdout.trim(), child.stderr).toBe("missing-package");
  });

  it("does not call a broken package missing", async () => {
    const broken: Importer = async () => {
      throw new SyntaxError("unexpected token");
    };
    await expect(loadIdentifier("eld", broken)).rejects.toMatchObject({ kind: "stage-failed" });
    await expect(loadIdentifier("eld", broken)).rejects.toThrow("could not be loaded: unexpected token");
    await expect(loadIdentifier("fasttext", async () => ({}))).rejects.toThrow("could not be loaded");
  });

  it("takes eld's word only where eld calls it reliable", async () => {
    const identify = await loadIdentifier("eld", fakeEld);
    expect(await identify("the cat")).toEqual({ language: "en", score: 0.8 });
    expect(await identify("the cat?")).toEqual({ language: "und", score: 0 });
    expect(await identify("123")).toEqual({ language: "und", score: 0 });
  });

  it("gives fastText one line and keeps its score within 1", async () => {
    const identify = await loadIdentifier("fasttext", fakeFastText);
    expect(await identify("the\ncat\n")).toEqual({ language: "en", score: 1 });
    expect(seen).toEqual(["the cat "]);
    expect(await identify("nahuatl")).toEqual({ language: "nah", score: 0.4 });
  });
});

const root = new URL("../../", import.meta.url);
const installed = existsSync(new URL("node_modules/eld", root));
if (!installed) console.log("skipped: the tests of test/clean/language.test.ts that ask eld itself (npm install eld)");

describe.skipIf(!installed)("eld itself", () => {
  it.each([
    ["en", "The people of the valley went down to the river and came back with water."],
    ["de", "Die Leute aus dem Tal gingen zum Fluss hinunter und kamen mit Wasser zurück."],
    ["fr", "Les gens de la vallée descendirent à la rivière et revinrent avec de l'eau."],
    ["und", "12345 67890"],
  ])("names %s", async (language, text) => {
    const identify = await loadIdentifier("eld");
    expect((await identify(text)).language).toBe(language);
  });
});

const docs = (...texts: string[]): Doc[] =>
  texts.map((text, record) => ({ id: `d${record}`, text, meta: {}, origin: { source: "s", record, offset: 0 } }));

async function run(options: CleanOptions, input: readonly Doc[]) {
  const pass = from(input)
    .pipe(clean({ rules: [], ...options }))
    .run();
  const out: string[] = [];
  for await (const { id, language } of pass) out.push(`${id} ${language}`);
  const report = pass.report().stages[1];
  return { out, dropped: report?.dropped, errors: report?.errors };
}

const byFirstWord = (text: string) => ({
  language: text.slice(0, 2),
  score: text.includes("maybe") ? 0.65 : text.includes("hardly") ? 0.6499 : 1,
});

describe("languages", () => {
  it("keeps those listed, with at least the score, and says why the others went", async () => {
    const input = docs("en a", "fr b", "en hardly", "en maybe", "de c", "fr d", "");
    expect(await run({ languages: ["en", "de"], identify: byFirstWord }, input)).toEqual({
      out: ["d0 en", "d3 en", "d4 de"],
      dropped: { "language/fr": 2, "language/low_score": 1, "length/empty": 1 },
      errors: {},
    });
    expect((await run({ languages: ["en"], identify: byFirstWord, minScore: 0 }, input)).out).toEqual(["d0 en", "d2 en", "d3 en"]);
    expect((await run({ languages: ["en"], identify: byFirstWord, minScore: 0.7 }, input)).out).toEqual(["d0 en"]);
  });

  it("only labels when no language is listed", async () => {
    expect(await run({ identify: byFirstWord }, docs("en a", "fr hardly"))).toEqual({ out: ["d0 en", "d1 fr"], dropped: {}, errors: {} });
  });

  it("waits for an identifier that answers later", async () => {
    const identify = async (text: string) => byFirstWord(text);
    expect((await run({ languages: ["en"], identify }, docs("fr a", "en b"))).out).toEqual(["d1 en"]);
  });

  it("says und when nobody was asked, and keeps what the record says", async () => {
    const labelled = { ...(docs("x")[0] as Doc), language: "sv" };
    expect((await run({}, [...docs("en a"), labelled])).out).toEqual(["d0 und", "d0 sv"]);
    expect((await run({ identify: byFirstWord }, [labelled])).out).toEqual(["d0 x"]);
  });

  it("asks about the normalised text", async () => {
    const asked: string[] = [];
    const identify = (text: string) => {
      asked.push(text);
      return { language: "en", score: 1 };
    };
    await run({ identify }, docs("\ufeffcafe\u0301 \r\nx"));
    expect(asked).toEqual(["café\nx"]);
  });

  it.each<[string, (text: string) => unknown, string]>([
    [
      "throws",
      () => {
        throw new Error("model on fire");
      },
      "model on fire",
    ],
    ["answers nonsense", () => "en", "Cannot read|expected `identify`"],
    ["answers without a score", () => ({ language: "en" }), "expected `identify` to give { language: string, score: number }"],
  ])("counts a text on which the identifier %s as an error of that record", async (_, identify, message) => {
    const options = { identify: identify as never };
    const error = await run(options, docs("a")).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(PipelineError);
    expect((error as PipelineError).message).toMatch(new RegExp(message.replace(/[{}()]/g, "\\$&")));
    expect((error as PipelineError).origin).toMatchObject({ source: "s", record: 0 });
    const skipped = await run({ ...options, onError: "skip" }, docs("a", "b"));
    expect(skipped.out).toEqual([]);
    expect(Object.values(skipped.errors ?? {})).toEqual([2]);
  });

  it.each<[object, string]>([
    [{ languages: [] }, 'clean: expected `languages` to be a list of language codes such as ["en"], got []'],
    [{ languages: "en" }, "languages"],
    [{ languages: [1] }, "languages"],
    [{ identify: "cld3" }, '`identify` to be "eld" or "fasttext"'],
    [{ languages: ["en"], minScore: 65 }, "`minScore` to be a number between 0 and 1, got 65"],
    [{ minScore: 0.5 }, "`minScore` has no effect without `languages`"],
  ])("refuses %j", (options, message) => {
    expect(() => clean(options)).toThrow(message);
  });

  it("loads nothing before it runs", () => {
    expect(() => clean({ languages: ["en"] })).not.toThrow();
  });
});
