/** Joins the lineage of tasks into that of a run. */
import { PipelineError } from "../core/index.ts";
import { Aside } from "./aside.ts";
import { writeLineage } from "./block-writer.ts";
import { LineageFile } from "./lineage-file.ts";
import { mergeRuns, type RowTaker, type SortedRun } from "./lineage-merge.ts";
import type { LineageFacts, LineageSizes } from "./lineage-writer.ts";

/** One of the files that `joinLineage` joins. */
export interface LineageFragment {
  readonly path: string;
  /** The final number of each of its shards: shard i of the fragment becomes `shards[i]`. Increasing. */
  readonly shards: readonly number[];
}

/**
 * Joins lineage files into one at `path`, giving shards their final numbers. The result is the file that one writer would
 * have made of all rows, however they were spread over fragments. Memory: see `lineage-merge.ts`, and the index of every
 * fragment. Throws what `LineageFile.open` throws.
 */
export async function joinLineage(
  fragments: Iterable<LineageFragment>,
  path: string,
  sizes: Pick<LineageSizes, "openRuns"> = {},
): Promise<LineageFacts> {
  const runs: SortedRun[] = [];
  for (const fragment of fragments) runs.push(await fragmentRun(fragment));
  const aside = new Aside(path);
  const regroup = (fill: (take: RowTaker) => Promise<void>): Promise<SortedRun> => aside.run(fill);
  try {
    return await writeLineage(path, (take) => mergeRuns(runs, take, regroup, sizes.openRuns));
  } finally {
    for (const run of runs) await run.close();
    await aside.remove();
  }
}

/** A fragment as a run. Its file is open only between its first and its last block: there may be thousands of fragments. */
async function fragmentRun({ path, shards }: LineageFragment): Promise<SortedRun> {
  const looked = await LineageFile.open(path);
  const { blocks } = looked;
  await looked.close();
  let file: LineageFile | undefined;
  return {
    blocks,
    load: async (block) => {
      file ??= await LineageFile.open(path);
      return (await file.load(block)).map((row) => {
        if (row.outcome !== "delivered") return row;
        const shard = shards[row.shard];
        if (shard !== undefined) return { ...row, shard };
        const message = `${path}: it names shard ${row.shard}, but only ${shards.length} were given a number`;
        throw new PipelineError({ kind: "corrupt", message });
      });
    },
    close: async () => {
      const open = file;
      file = undefined;
      await open?.close();
    },
  };
}
