/** Every example runs as its head says, in a child process, on a small cut of the real text. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { demoData } from "../../scripts/demo-data.ts";
import { millrace, ROOT } from "../cli/process.ts";

const folder = mkdtempSync(join(tmpdir(), "millrace-examples-"));
const example = (path: string): string => join(ROOT, "examples", path);
const run = (path: string, ...args: string[]) => millrace(["run", example(path), "--", ...args], { cwd: folder });

/** A number that a line of the output ends or goes on with, after `label`. */
function figure(output: string, label: string): number {
  const found = new RegExp(`${label}\\s*(-?[\\d.]+)`).exec(output)?.[1];
  if (found === undefined) throw new Error(`no "${label}" in:\n${output}`);
  return Number(found);
}

/** The demo's folder with every n-th document of each file, long ones cut. */
beforeAll(() => {
  const full = join(folder, "full");
  const small = join(folder, ".cache", "demo");
  mkdirSync(small, { recursive: true });
  for (const { file } of demoData(full)) {
    const lines = gunzipSync(readFileSync(join(full, file)))
      .toString()
      .trimEnd()
      .split("\n");
    const kept = lines.filter((_, i) => i % 12 === 0).map((line) => JSON.parse(line) as { text: string });
    const cut = kept.map((doc) => JSON.stringify({ ...doc, text: doc.text.slice(0, 6000) }));
    writeFileSync(join(small, file), gzipSync(`${cut.join("\n")}\n`));
  }
  rmSync(full, { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("examples", () => {
  it("demo: raw mails, speeches and declarations become shards of batches; read-shards reads them back", async () => {
    const dropped = "out/demo/dropped/dropped-{shard}.jsonl.gz";
    const demo = await millrace(["run", example("demo/pipeline.ts"), "--exclusions", dropped, "--json", "--progress", "none"], {
      cwd: folder,
    });
    expect(demo.stderr).toBe("");
    expect(demo.code).toBe(0);
    const { report, output } = JSON.parse(demo.stdout);
    const [read, clean, dedupe, tokenize, bucket, pad] = report.stages;
    expect(read.out).toBe(clean.in);
    // Some of the mail is dropped, but neither all nor most of the text is.
    expect(clean.out).toBeLessThan(clean.in);
    expect(clean.out).toBeGreaterThan(0.4 * clean.in);
    expect(Object.values<number>(dedupe.dropped).reduce((a, b) => a + b, 0)).toBe(dedupe.in - dedupe.out);
    expect([bucket.in, bucket.out]).toEqual([tokenize.out, tokenize.out]);
    expect(output.totals).toMatchObject({ records: pad.out, tokens: tokenize.counters.tokens, documents: dedupe.out });

    // Nothing is lost: what is not in the shards is in the exclusions, with its original text.
    const exclusions = readdirSync(join(folder, "out/demo/dropped")).filter((name) => name.endsWith(".jsonl.gz"));
    const lines = exclusions.flatMap((name) =>
      gunzipSync(readFileSync(join(folder, "out/demo/dropped", name)))
        .toString()
        .trimEnd()
        .split("\n"),
    );
    expect(lines).toHaveLength(read.out - dedupe.out);
    expect(Object.keys(JSON.parse(lines[0] ?? ""))).toEqual(["id", "text", "meta", "origin", "stage", "reason"]);

    const back = await run("read-shards.ts");
    expect(back).toMatchObject({ code: 0, stderr: "" });
    expect(back.stdout).toContain("written by: read > clean > dedupe > tokenize > bucketByLength > padBatch > tarShards");
    expect(back.stdout).toContain(`the manifest says ${pad.out} batches, ${tokenize.counters.tokens} tokens: the same`);
    expect(back.stdout).toMatch(/^\.cache\/demo\/[\w-]+\.jsonl\.gz, record \d+, byte \d+: ".+"$/m);
  });

  it("train: the held-out loss falls far below the frequencies of the bytes, the same in every run", async () => {
    const { code, stdout, stderr } = await run("train/main.ts", "--steps", "160", "--every", "80");
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const before = figure(stdout, "step 0: held-out loss");
    const after = figure(stdout, "->");
    const unigram = figure(stdout, "how frequent each byte is:");
    expect(before).toBeCloseTo(Math.log(257), 1);
    expect(unigram).toBeGreaterThan(2.8);
    expect(after).toBeLessThan(unigram - 0.3);
    expect(figure(stdout, "step 80: training loss [\\d.]+, held-out loss")).toBeGreaterThan(after);

    const losses = (output: string): string[] => output.split("\n").filter((line) => /^(model|step|done)/.test(line));
    const short = ["--steps", "20", "--every", "10", "--hidden", "16"];
    const [first, second, other] = await Promise.all([
      run("train/main.ts", ...short),
      run("train/main.ts", ...short),
      run("train/main.ts", ...short, "--seed", "2"),
    ]);
    expect(losses(first.stdout)).toHaveLength(5);
    expect(losses(second.stdout)).toEqual(losses(first.stdout));
    expect(losses(other.stdout)).not.toEqual(losses(first.stdout));
  });

  it("train: the pipeline reads no further than its buffers, however long the input is", async () => {
    const doc = (i: number): string => JSON.stringify({ id: `d${i}`, text: `document ${i} says ${"something or other ".repeat(150)}` });
    writeFileSync(join(folder, "many.jsonl"), Array.from({ length: 1500 }, (_, i) => `${doc(i)}\n`).join(""));
    const { stdout } = await run("train/main.ts", "--steps", "5", "--every", "5", "--hidden", "16", "--data", "many.jsonl");
    // 100 documents in the first buffer, 4000 rows of 22 a document in the second, a tenth held out: about 310 are needed.
    const read = figure(stdout, "fed 5 batches from");
    expect(read).toBeGreaterThan(250);
    expect(read).toBeLessThan(400);
  });

  it("chat-sft: labels are what the assistant writes, and no message forges a turn", async () => {
    const { code, stdout, stderr } = await run("chat-sft/main.ts");
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const row = stdout.split("\n").find((line) => line.startsWith("<|im_start|>")) ?? "";
    const learnt = [...row.matchAll(/\[([^\]]*)\]/g)].map(([, text = ""]) => text.replaceAll("\u00b7", ""));
    expect(learnt).toEqual(["7 plus 13 is 20.<|im_end|>", "Yes, quite sure.<|im_end|>"]);
    expect(figure(stdout, "labels keep")).toBeGreaterThan(1000);
    expect(figure(stdout, "labels keep")).toBeLessThan(0.5 * figure(stdout, "labels keep \\d+ of"));
    expect(figure(stdout, "turns forged by messages that contain <\\|im_start\\|>:")).toBe(0);
  });

  it("custom stage: a shuffle that stops in the middle and goes on exactly there", async () => {
    const { code, stdout, stderr } = await run("custom-stage/main.ts", ".cache/demo/mail-easy-ham-1.jsonl.gz");
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toContain("in one run: 209 documents");
    expect(stdout).toContain("stopped after 69 documents");
    expect(stdout).toContain("continued: 140 documents more; both together equal the one run: yes");
  });

  it("workers: the shares of several processes are together the input, also with more workers than files", async () => {
    const { code, stdout, stderr } = await run("workers.ts", "--workers", "3");
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const shares = [...stdout.matchAll(/^worker (\d) of 3: (\d+) records$/gm)].map(([, , records]) => Number(records));
    expect(shares).toHaveLength(3);
    const total = 209 + 117 + 21 + 42 + 117;
    expect(shares.reduce((a, b) => a + b)).toBe(total);
    expect(stdout).toContain(`together ${total} records, 0 of them twice; one process alone: ${total}`);
    expect(stdout).toContain("the same ids with the same texts: yes");

    const one = await run("workers.ts", "--workers", "4", "--data", ".cache/demo/speeches.jsonl.gz");
    expect(one.code).toBe(0);
    for (const [, records] of one.stdout.matchAll(/^worker \d of 4: (\d+) records$/gm)) expect(records).toBe("5");
    expect(one.stdout).toContain("together 20 records, 0 of them twice");
  });

  it("each is listed in the README of the examples", () => {
    const readme = readFileSync(example("README.md"), "utf8");
    for (const path of ["demo/pipeline.ts", "train/main.ts", "chat-sft/main.ts", "custom-stage/main.ts", "workers.ts", "read-shards.ts"])
      expect(readme).toContain(path);
  });
});
