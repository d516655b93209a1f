/**
 * Reading shards back: `npx millrace run examples/read-shards.ts [-- --shards "out/demo/*.tar"]`, after `npm run demo`.
 *
 * It goes through all batches, adds their tokens up and compares the sum with the manifest. Then it follows one row of a
 * batch back to the record it was made of: its origin names the file and the record, and the text is read from there.
 */
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { type Doc, type Origin, read } from "millrace";
import { readNpy, readSamples } from "millrace/read";
import { readManifest } from "millrace/trace";

/** The `.json` member of a batch. */
interface BatchFacts {
  readonly width: number;
  readonly rows: readonly { readonly id: string; readonly length: number; readonly origin: Origin }[];
}

export default async function main({ args, signal }: { readonly args: readonly string[]; readonly signal: AbortSignal }): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { shards: { type: "string", default: "out/demo/train-*.tar" }, row: { type: "string", default: "7" } },
  });
  const { totals, stages, sink } = await readManifest(dirname(values.shards));
  console.log(`written by: ${stages.map((stage) => stage.name).join(" > ")} > ${sink.name}`);

  let [batches, rows, tokens, cells] = [0, 0, 0, 0];
  let chosen: { readonly row: BatchFacts["rows"][number]; readonly ids: readonly number[] } | undefined;
  for await (const { key, members } of readSamples(values.shards).with({ signal })) {
    const facts = JSON.parse(Buffer.from(member(members, key, "json")).toString()) as BatchFacts;
    const ids = readNpy(member(members, key, "input_ids.npy"));
    const mask = readNpy(member(members, key, "attention_mask.npy")).data as Uint8Array;
    const inRow = (row: number): Uint8Array => mask.subarray(row * facts.width, (row + 1) * facts.width);
    for (const [i, row] of facts.rows.entries()) {
      const length = inRow(i).reduce((n, bit) => n + bit, 0);
      if (length !== row.length) throw new Error(`${key}: row ${i} has ${length} tokens, its facts say ${row.length}`);
      tokens += length;
      if (rows === Number(values.row)) chosen = { row, ids: Array.from(ids.data.subarray(i * facts.width, i * facts.width + 12), Number) };
      rows++;
    }
    batches++;
    cells += ids.data.length;
  }
  console.log(`${batches} batches of ${rows} rows: ${tokens} tokens in ${cells} cells (${((100 * tokens) / cells).toFixed(1)} % full)`);
  const same = tokens === totals.tokens && batches === totals.records;
  console.log(`the manifest says ${totals.records} batches, ${totals.tokens} tokens: ${same ? "the same" : "NOT the same"}`);
  if (!same) throw new Error("the shards are not what the manifest says");

  if (chosen === undefined) throw new Error(`there is no row ${values.row}`);
  const { row, ids } = chosen;
  console.log(`row ${values.row} begins ${ids.join(" ")}; it was made of ${row.id}`);
  const source = await find(row.origin);
  console.log(`${row.origin.source}, record ${row.origin.record}, byte ${row.origin.offset}: ${JSON.stringify(source.text.slice(0, 70))}`);
}

function member(members: ReadonlyMap<string, Uint8Array>, key: string, name: string): Uint8Array {
  const bytes = members.get(name);
  if (bytes === undefined) throw new Error(`${key} has no member .${name}: these are not shards of batches`);
  return bytes;
}

/** The source record an origin names. */
async function find(origin: Origin): Promise<Doc> {
  for await (const doc of read(origin.source)) if (doc.origin.record === origin.record) return doc;
  throw new Error(`${origin.source} has no record ${origin.record}`);
}
