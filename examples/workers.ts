/**
 * Sharing the input between workers: `npx millrace run examples/workers.ts [-- --workers 3 --data "corpus/*.jsonl.gz"]`.
 *
 * Every worker is a process of its own that runs this very command with its index. `worker: { index, count }` gives it its
 * share of the records without any talk between them, also when there are fewer files than workers. The parent then proves
 * that the shares are a partition: together they are exactly the records of one run, none missing, none twice.
 */
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Pipeline, read } from "millrace";

/** What a worker sends home: the ids it saw and a hash of their texts. */
interface Share {
  readonly index: number;
  readonly records: readonly (readonly [id: string, hash: string])[];
}

export default async function main({ args, signal }: { readonly args: readonly string[]; readonly signal: AbortSignal }): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: "string", default: ".cache/demo/mail-*.jsonl.gz" },
      workers: { type: "string", default: "3" },
      index: { type: "string" },
    },
  });
  const count = Number(values.workers);
  if (values.index !== undefined) {
    const index = Number(values.index);
    const share: Share = { index, records: await records(read(values.data, { worker: { index, count } }).with({ signal })) };
    process.send?.(share);
    return;
  }

  const shares = await Promise.all(Array.from({ length: count }, (_, index) => startWorker(values.data, index, count, signal)));
  for (const { index, records } of shares) console.log(`worker ${index} of ${count}: ${records.length} records`);
  const together = shares.flatMap((share) => share.records);
  const alone = await records(read(values.data).with({ signal }));
  const twice = together.length - new Set(together.map(([id]) => id)).size;
  const same = JSON.stringify(sorted(together)) === JSON.stringify(sorted(alone));
  console.log(`together ${together.length} records, ${twice} of them twice; one process alone: ${alone.length}`);
  console.log(`the same ids with the same texts: ${same ? "yes" : "NO"}`);
  if (!same) throw new Error("the shares are not a partition of the input");
}

/** Starts this command again, as worker `index`. */
function startWorker(data: string, index: number, count: number, signal: AbortSignal): Promise<Share> {
  const cli = process.argv[1] ?? "";
  const self = fileURLToPath(import.meta.url);
  const child = fork(cli, ["run", self, "--", "--data", data, "--workers", String(count), "--index", String(index)], { signal });
  return new Promise((resolve, reject) => {
    let share: Share | undefined;
    child.on("message", (message) => {
      share = message as Share;
    });
    child.on("error", reject);
    child.on("exit", (code) => (share === undefined ? reject(new Error(`worker ${index} ended with code ${code}`)) : resolve(share)));
  });
}

async function records(pipeline: Pipeline<{ readonly id: string; readonly text: string }>): Promise<Share["records"]> {
  const found: (readonly [string, string])[] = [];
  for await (const { id, text } of pipeline) found.push([id, createHash("sha256").update(text).digest("hex").slice(0, 16)]);
  return found;
}

function sorted(records: Share["records"]): Share["records"] {
  return [...records].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
