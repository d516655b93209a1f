/**
 * A stage of one's own, with a checkpoint: `npx millrace run examples/custom-stage/main.ts [-- input.jsonl.gz]`.
 *
 * The pipeline reads documents and shuffles them with the stage in `shuffle.ts`. The program stops it in the middle, keeps
 * its state as JSON text (as a file would), and goes on from there with a pipeline made anew. Both halves together are
 * exactly what one run without a stop gives.
 */
import { type Pipeline, read } from "millrace";
import type { PipelineState } from "millrace/core";
import { shuffle } from "./shuffle.ts";

const DEMO = ".cache/demo/speeches.jsonl.gz";

export default async function main({ args, signal }: { readonly args: readonly string[]; readonly signal: AbortSignal }): Promise<void> {
  const input = args[0] ?? DEMO;
  // As a new process would: nothing is shared between two pipelines but this description.
  const pipeline = () =>
    read(input)
      .pipe(shuffle({ buffer: 50 }))
      .with({ seed: 7, signal });

  const whole = await ids(pipeline());
  console.log(`in one run: ${whole.length} documents, the first is ${whole[0]}`);

  const stopAfter = Math.floor(whole.length / 3);
  const first: string[] = [];
  const run = pipeline().run();
  let saved = "";
  for await (const doc of run) {
    first.push(doc.id);
    if (first.length < stopAfter) continue;
    saved = JSON.stringify(run.state());
    break; // closes the file
  }
  console.log(`stopped after ${first.length} documents; the state is ${saved.length} bytes of JSON, mostly the 49 documents in the buffer`);

  const rest = await ids(pipeline().restore(JSON.parse(saved) as PipelineState));
  const same = [...first, ...rest].join() === whole.join();
  console.log(`continued: ${rest.length} documents more; both together equal the one run: ${same ? "yes" : "NO"}`);
  if (!same) throw new Error("the continued run differs");
}

async function ids(pipeline: Pipeline<{ readonly id: string }>): Promise<string[]> {
  const found: string[] = [];
  for await (const doc of pipeline) found.push(doc.id);
  return found;
}
