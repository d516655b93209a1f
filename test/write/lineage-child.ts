/**
 * A process that drops so many documents that lineage is put aside on the disk, for a test that kills it:
 * `node --import ./scripts/register-ts.mjs lineage-child.ts <folder> <milliseconds between documents, once lineage is put aside>`.
 */
import { join } from "node:path";
import { type Doc, filter, from } from "../../src/core/index.ts";
import { tarShards } from "../../src/write/index.ts";

const [folder = "", delay = "0"] = process.argv.slice(2);

/** More than are gathered in memory before they are put aside. */
const DROPPED = 70_000;

async function* docs(): AsyncGenerator<Doc> {
  for (let i = 0; i < DROPPED + 300; i++) {
    if (i >= DROPPED && Number(delay) > 0) await new Promise((resolve) => setTimeout(resolve, Number(delay)));
    yield { id: `d${i}`, text: "x", meta: {}, origin: { source: "many.jsonl", record: i, offset: 9 * i } };
  }
}

await from(docs)
  .pipe(filter((doc) => (doc.origin.record < DROPPED ? "early" : true)))
  .write(tarShards(join(folder, "t-{shard}.tar"), { maxRecords: 100 }))
  .run();
