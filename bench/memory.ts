/**
 * `npm run bench:memory -- [--sizes 50,100,200] [--corpus file ...]`: the main job on inputs of growing size, each in a process
 * of its own, with its peak resident memory. The input is made from the corpus: every copy has its words exchanged by a seeded
 * substitution, so that copies are not duplicates of each other and the deduplication index grows as it would on real text.
 */
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createGzip } from "node:zlib";
import { demoCorpus, documents } from "./corpus.ts";
import { mainJob } from "./groups/job.ts";

/** Exchanges a third of the longer words of a text for other words of the vocabulary, the same way for the same seed. */
function vary(text: string, vocabulary: readonly string[], seed: number): string {
  let state = (seed * 2654435761) >>> 0;
  return text.replace(/[A-Za-z]{4,}/g, (word) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 16) % 3 === 0 ? (vocabulary[(state >>> 8) % vocabulary.length] as string) : word;
  });
}

/** Writes about `megabytes` of JSONL.gz in files of about 10 MB. */
async function makeInput(dir: string, corpus: readonly string[], megabytes: number): Promise<string[]> {
  const docs = documents(corpus, 60e6);
  const vocabulary = [...new Set(docs.slice(0, 500).flatMap((doc) => doc.text.match(/[A-Za-z]{4,}/g) ?? []))];
  const files: string[] = [];
  let total = 0;
  for (let copy = 0, at = 0; total < megabytes * 1e6; ) {
    const path = join(dir, `part-${String(files.length).padStart(3, "0")}.jsonl.gz`);
    const gzip = createGzip({ level: 3 });
    const file = createWriteStream(path);
    gzip.pipe(file);
    for (let size = 0; size < 28e6; at++) {
      if (at === docs.length) {
        at = 0;
        copy++;
      }
      const doc = docs[at] as (typeof docs)[number];
      const line = `${JSON.stringify({ id: `${copy}-${doc.id}`, text: copy === 0 ? doc.text : vary(doc.text, vocabulary, copy * 1e6 + at) })}\n`;
      size += Buffer.byteLength(line);
      if (!gzip.write(line)) await once(gzip, "drain");
    }
    gzip.end();
    await once(file, "close");
    files.push(path);
    total += statSync(path).size;
  }
  return files;
}

const { values } = parseArgs({
  options: { sizes: { type: "string", default: "50,100,200" }, corpus: { type: "string", multiple: true }, child: { type: "string" } },
});
if (values.child !== undefined) {
  const [dir = "", ...files] = values.child.split("|");
  const began = performance.now();
  const { report } = await mainJob(files, dir).run();
  const [source] = report.stages;
  const peak = process.resourceUsage().maxRSS / 1024;
  console.log(
    JSON.stringify({
      peak,
      seconds: (performance.now() - began) / 1000,
      documents: source?.out,
      bytes: source?.bytes,
      batches: report.delivered,
    }),
  );
} else {
  const corpus = values.corpus ?? (await demoCorpus());
  console.log("input MB (gz)  text MB  documents  batches  seconds  peak MiB");
  for (const size of values.sizes.split(",").map(Number)) {
    const dir = mkdtempSync(join(tmpdir(), "millrace-memory-"));
    try {
      const files = await makeInput(dir, corpus, size);
      const bytes = files.reduce((sum, file) => sum + statSync(file).size, 0);
      const hooks = new URL("../scripts/register-ts.mjs", import.meta.url).href;
      const args = ["--import", hooks, fileURLToPath(import.meta.url), "--child", [join(dir, "out"), ...files].join("|")];
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
      if (status !== 0) throw new Error(stderr);
      const run = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as {
        peak: number;
        seconds: number;
        documents: number;
        bytes: number;
        batches: number;
      };
      const cells = [
        (bytes / 1e6).toFixed(0),
        (run.bytes / 1e6).toFixed(0),
        run.documents,
        run.batches,
        run.seconds.toFixed(0),
        run.peak.toFixed(0),
      ];
      console.log(cells.map((cell, i) => String(cell).padStart([13, 8, 10, 8, 8, 9][i] ?? 0)).join(" "));
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }
}
