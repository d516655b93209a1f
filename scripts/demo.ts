/**
 * `npm run demo`: the main job on real text. Makes the demo's data when it is not there yet, runs
 * `examples/demo/pipeline.ts` as `npx millrace run` would, and says what to look at next. Flags are handed on:
 * `npm run demo -- --progress plain`.
 */
import { spawn } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { demoData } from "./demo-data.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CLI = join(ROOT, "dist", "cli", "main.js");
const DROPPED = "out/demo/dropped/dropped-{shard}.jsonl.gz";

const NEXT = `
next
  npx millrace inspect out/demo              what the shards hold, and what became of each source
  npx millrace inspect out/demo/dropped      what was dropped, with its original text, stage and reason
  npx millrace run examples/read-shards.ts   read the shards back, and follow a row to the mail it was made of
  npx millrace run examples/train/main.ts    train a small language model from a pipeline, on one core
`;

// The demo's folder is its own: a changed pipeline would otherwise be refused over the shards of the one before.
rmSync(join(ROOT, "out", "demo"), { recursive: true, force: true });
if (!existsSync(CLI)) throw new Error("demo: the library is not built; run npm run build");
const shards = demoData();
const [records, bytes] = [shards.reduce((n, shard) => n + shard.records, 0), shards.reduce((n, shard) => n + shard.uncompressed, 0)];
console.log(`demo: ${records} documents, ${(bytes / 1e6).toFixed(1)} MB of JSONL in ${shards.length} files, in .cache/demo`);

// Ctrl-C reaches the child as well, which closes its files; this process waits for it.
process.on("SIGINT", () => {});
const args = [CLI, "run", "examples/demo/pipeline.ts", "--exclusions", DROPPED, ...process.argv.slice(2)];
const child = spawn(process.execPath, args, { cwd: ROOT, stdio: "inherit" });
child.on("error", (error) => {
  throw error;
});
child.on("close", (code) => {
  process.exitCode = code ?? 1;
  if (code === 0) console.log(NEXT);
});
