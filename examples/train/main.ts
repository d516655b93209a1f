/**
 * Feeding a trainer: `npx millrace run examples/train/main.ts [-- --steps 600 --data "corpus/*.jsonl.gz"]`.
 *
 * A neural language model (`model.ts`) learns to predict the next byte. The training loop is the consumer of the pipeline:
 * while it computes, nothing is read, and when it stops, the files are closed. Documents whose id hashes to 0 of 10 are
 * held out; the loss on them is printed before, during and after. It runs on one core in well under a minute.
 */
import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { type Doc, filter, type Pipeline, padBatch, read, type Tokenized, tokenize } from "millrace";
import { shuffle } from "../custom-stage/shuffle.ts";
import { BOS, byteTokenizer } from "./byte-tokenizer.ts";
import { NeuralNgram, type Positions, positionsOf } from "./model.ts";

/** Tokens of a row, and rows of a batch: 254 positions to learn from in a step. */
const ROW = 128;
const ROWS = 2;

/** Bytes the model looks back. */
const CONTEXT = 8;

export default async function main({ args, signal }: { readonly args: readonly string[]; readonly signal: AbortSignal }): Promise<void> {
  const settings = readSettings(args);
  const documents = read(settings.data).with({ seed: settings.seed, signal });
  const heldOut = await sample(documents.pipe(filter((doc) => isHeldOut(doc.id))), 5);
  const training = rowsOf(documents.pipe(filter((doc) => !isHeldOut(doc.id)))).pipe(padBatch({ rows: ROWS, padId: BOS }));

  const model = new NeuralNgram({
    ...settings,
    vocabulary: byteTokenizer.vocabularySize,
    context: CONTEXT,
    embedding: 16,
    learningRate: 0.005,
  });
  const before = meanLoss(model, heldOut);
  console.log(`model: ${model.parameters.length} parameters; held out: ${count(heldOut)} bytes of documents it never sees`);
  console.log(`step 0: held-out loss ${before.toFixed(4)} nats a byte (guessing is ${Math.log(256).toFixed(4)})`);

  const counts = new Float64Array(byteTokenizer.vocabularySize).fill(1);
  let step = 0;
  while (step < settings.steps) {
    const epoch = training.run();
    let batches = 0;
    for await (const batch of epoch) {
      const positions = positionsOf(batch, CONTEXT, BOS);
      for (const target of positions.targets) counts[target] = (counts[target] as number) + 1;
      const loss = model.step(positions); // the pipeline waits here: pull is the back-pressure
      batches++;
      step++;
      if (step % settings.every === 0) {
        console.log(`step ${step}: training loss ${loss.toFixed(4)}, held-out loss ${meanLoss(model, heldOut).toFixed(4)}`);
      }
      if (step === settings.steps) break; // closes the pipeline and its file
    }
    if (batches === 0) throw new Error(`${settings.data} gave no batch to train on`);
    const { seconds, consumerSeconds, stages } = epoch.report();
    const share = Math.round((100 * consumerSeconds) / seconds);
    console.log(
      `fed ${batches} batches from ${stages[0]?.out} documents; ${share} % of the time went into the model, the rest into the pipeline`,
    );
  }

  const after = meanLoss(model, heldOut);
  const unigram = unigramLoss(counts, heldOut);
  console.log(
    `done: held-out loss ${before.toFixed(4)} -> ${after.toFixed(4)}; knowing only how frequent each byte is: ${unigram.toFixed(4)}`,
  );
}

interface Settings {
  readonly data: string;
  readonly steps: number;
  readonly every: number;
  readonly seed: number;
  readonly hidden: number;
}

function readSettings(args: readonly string[]): Settings {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: "string", default: ".cache/demo/speeches.jsonl.gz" },
      steps: { type: "string", default: "600" },
      every: { type: "string", default: "100" },
      seed: { type: "string", default: "1" },
      hidden: { type: "string", default: "64" },
    },
  });
  const { data, steps, every, seed, hidden } = values;
  return { data, steps: Number(steps), every: Number(every), seed: Number(seed), hidden: Number(hidden) };
}

/** One document in ten, by its id: the same ones in every run, whatever the order of the input. */
function isHeldOut(id: string): boolean {
  return createHash("sha256").update(id).digest().readUInt32LE() % 10 === 0;
}

/**
 * Documents in random order, cut into rows of 128 bytes (no byte is lost), and those in random order, too. Both buffers are
 * bounded, so the input may be of any size.
 */
function rowsOf(documents: Pipeline<Doc>): Pipeline<Doc & Tokenized> {
  return documents
    .pipe(shuffle({ buffer: 100 }))
    .pipe(tokenize(byteTokenizer, { bos: true, maxTokens: ROW }))
    .pipe(shuffle({ buffer: 4000 }));
}

/** Some batches of rows: enough for a steady loss, few enough to ask for it often. */
async function sample(documents: Pipeline<Doc>, count: number): Promise<Positions[]> {
  const found: Positions[] = [];
  for await (const batch of rowsOf(documents).pipe(padBatch({ rows: 8, padId: BOS }))) {
    found.push(positionsOf(batch, CONTEXT, BOS));
    if (found.length === count) break;
  }
  return found;
}

function count(batches: readonly Positions[]): number {
  return batches.reduce((n, batch) => n + batch.targets.length, 0);
}

/** Mean over all held-out positions, in nats a byte. */
function meanLoss(model: NeuralNgram, held: readonly Positions[]): number {
  return held.reduce((total, batch) => total + model.loss(batch) * batch.targets.length, 0) / count(held);
}

/** What a model without any context would reach: the cross entropy of the bytes' frequencies in the training text. */
function unigramLoss(counts: Float64Array, held: readonly Positions[]): number {
  const sum = counts.reduce((a, b) => a + b);
  const targets = held.flatMap((batch) => [...batch.targets]);
  return targets.reduce((total, target) => total - Math.log((counts[target] as number) / sum), 0) / targets.length;
}
