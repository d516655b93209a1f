/**
 * A process that writes shards, for tests that kill it, starve it or move it:
 * `node --import ./scripts/register-ts.mjs writer-child.ts <folder> <documents> <milliseconds between documents>`.
 */
import { join } from "node:path";
import { from, PipelineError } from "../../src/core/index.ts";
import { tarShards } from "../../src/write/index.ts";
import { childDocs, SHARD } from "./child-docs.ts";

const [folder = "", count = "0", delay = "0"] = process.argv.slice(2);

async function* slowly(): AsyncGenerator<ReturnType<typeof childDocs>[number]> {
  for (const doc of childDocs(Number(count))) {
    if (Number(delay) > 0) await new Promise((resolve) => setTimeout(resolve, Number(delay)));
    yield doc;
  }
}

try {
  await from(slowly)
    .write(tarShards(join(folder, "t-{shard}.tar"), SHARD))
    .run();
} catch (error) {
  if (!(error instanceof PipelineError)) throw error;
  process.stdout.write(JSON.stringify({ kind: error.kind, stage: error.stage, message: error.message }));
  process.exitCode = 3;
}
