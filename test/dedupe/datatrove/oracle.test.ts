/**
 * Our files against those of the real datatrove, asked now: words and signatures of odd texts, and all four stages, byte
 * for byte, on more than 6,000 real documents (e-mails, speeches, the Declaration of Human Rights in 500 languages).
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, it } from "vitest";
import { demoData } from "../../../scripts/demo-data.ts";
import {
  DatatroveSketcher,
  readDatatroveRemovals,
  writeDatatroveClusters,
  writeDatatroveIndex,
  writeDatatrovePairs,
  writeDatatroveSignatures,
} from "../../../src/dedupe/index.ts";
import { oddTexts, prose } from "../../clean/texts.ts";

const ORACLES = fileURLToPath(new URL("../../oracles", import.meta.url));
const PYTHON = join(ORACLES, ".venv", "bin", "python");
const ready = spawnSync(PYTHON, ["-c", "import datatrove, spacy, xxhash, tokenizers"]).status === 0;
const required = process.env["MILLRACE_REQUIRE_ORACLES"] === "1";
if (!ready && !required) console.log("skipped: test/dedupe/datatrove/oracle.test.ts (run `bash test/oracles/setup.sh` for datatrove)");

/** The lines that the real datatrove answers. */
function ask(arguments_: readonly string[], rows: readonly object[]): unknown[] {
  const input = rows.map((row) => `${JSON.stringify(row)}\n`).join("");
  const run = spawnSync(PYTHON, [join(ORACLES, "dedupe_datatrove.py"), ...arguments_], { input, encoding: "utf8", maxBuffer: 1 << 30 });
  if (run.status !== 0) throw new Error(`dedupe_datatrove.py ended with ${run.status}: ${run.stderr}`);
  return run.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line));
}

const hexOf = (signature: BigUint64Array | undefined, hash: string): string | null => {
  if (signature === undefined) return null;
  const bytes = hash.endsWith("32") ? Uint32Array.from(signature, Number) : signature;
  return Buffer.from(bytes.buffer).toString("hex");
};

/** What simplification and tokenization stumble over, glued at random. */
function nastyTexts(count: number): string[] {
  const pieces =
    "0km 5km² 12m a1b 0 12.5 3,4.5 ١٢٫٣ dont cant 'tis ‘s ‘dont dont’ i'd id wed ΣΑΣ ΟΔΟΣ İ ß ﬁ é e\u0301 ≠ a≠b 0≠b ½ ° 5°c 20℃ ★ a★b dont★ ★dont 0km★ £5 5£ £ €0 0€ · a·b ¡hola ¿que " +
    "। ।क کم، ؛ ٪ 〈a〉 『b』 ` ´ a´b ¨ U+212A K Å 5тб 7تb 〔x〕 〇 東京 한국어 ᄒ\u1161 ไทย 👍🏽 \u0344 \u0f71\u0f80 \u302e a\u302ea \u{1f1e9} \u{10ffff} \u{11f50}\u{11f51} \u{1e4f0}1 ゛ ㎞ 5㎞ ⎖1⎖2 1⎖2 x\u200by \ufeff";
  const list = pieces.split(" ");
  let state = 1;
  const next = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const gaps = [" ", " ", " ", "", "", "\n", "\t", "\u00a0", "\u2028", "\u0085", "\u001c", ". ", "-", "'"];
  return Array.from({ length: count }, () =>
    Array.from({ length: 4 + next(14) }, () => `${list[next(list.length)]}${gaps[next(gaps.length)]}`).join(""),
  );
}

describe.skipIf(!ready && !required)("the real datatrove", () => {
  it.each(["xxh64", "sha1-32"] as const)("has our words and signatures of odd texts, %s", { timeout: 240_000 }, (hash) => {
    const texts = [...oddTexts(71, 150, 60), ...nastyTexts(1500), ...prose(72, 40), "", " ", "a b c d", "a b c d e"];
    const answers = ask(
      ["signatures", hash],
      texts.map((text) => ({ text })),
    ) as { words: string[]; signature: string | null }[];
    expect(answers).toHaveLength(texts.length);
    const sketcher = new DatatroveSketcher({ hash });
    const differences = texts.flatMap((text, i) => {
      const words = sketcher.words(text);
      const same =
        JSON.stringify(words) === JSON.stringify(answers[i]?.words) && hexOf(sketcher.signature(text), hash) === answers[i]?.signature;
      return same ? [] : [{ text, ours: words, theirs: answers[i]?.words }];
    });
    expect(differences).toEqual([]);
  });

  const folder = mkdtempSync(join(tmpdir(), "millrace-datatrove-oracle-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("writes our files and keeps our documents, on real ones", { timeout: 600_000 }, async () => {
    const data = join(folder, "demo");
    const rows = demoData(data).flatMap(({ file }, shard) =>
      gunzipSync(readFileSync(join(data, file)))
        .toString()
        .split("\n")
        .filter((line) => line !== "")
        // The beginning of each: the time is datatrove's.
        .map((line) => ({
          text: (JSON.parse(line) as { text: string }).text.slice(0, 600).replace(/\p{Surrogate}/gu, "\ufffd"),
          task: shard % 3,
        })),
    );
    expect(rows.length).toBeGreaterThan(5000);
    const [theirKept] = ask(["pipeline", "xxh64", join(folder, "theirs"), "28"], rows) as [Record<string, number[]>];

    const ours = join(folder, "ours");
    for (const task of [0, 1, 2]) {
      await writeDatatroveSignatures(
        rows.filter((row) => row.task === task),
        join(ours, "sigs"),
        task,
      );
    }
    await writeDatatrovePairs(join(ours, "sigs"), join(ours, "dups"), { workers: 2 });
    await writeDatatroveClusters(join(ours, "dups"), join(ours, "clusters"), { ids: true, sizes: true });

    const first = rows.filter((row) => row.task === 0);
    await writeDatatroveSignatures(first, join(ours, "sigs0"), 0);
    await writeDatatroveIndex(join(ours, "sigs0"), join(ours, "index"), "first");
    await writeDatatrovePairs(join(ours, "sigs"), join(ours, "index-dups"), { index: join(ours, "index"), addToIndex: "second" });

    for (const stage of ["sigs", "dups", "clusters", "index", "index-dups"]) {
      const list = (root: string): string[] =>
        readdirSync(join(folder, root, stage), { recursive: true, encoding: "utf8" })
          .filter((name) => name.includes("."))
          .sort();
      expect(list("ours")).toEqual(list("theirs"));
      for (const name of list("ours")) {
        const [a, b] = ["ours", "theirs"].map((root) => readFileSync(join(folder, root, stage, name))) as [Buffer, Buffer];
        if (Buffer.compare(a, b) !== 0) expect.fail(`${stage}/${name} differs: ${a.length} bytes, ${b.length} of theirs`);
      }
    }
    let removed = 0;
    for (const task of [0, 1, 2]) {
      const gone = new Set(await readDatatroveRemovals(join(ours, "clusters"), task));
      removed += gone.size;
      const kept = rows.filter((row) => row.task === task).flatMap((_, i) => (gone.has(i) ? [] : [i]));
      expect(kept).toEqual(theirKept[String(task)]);
    }
    expect(removed).toBeGreaterThan(100);
  });
});
