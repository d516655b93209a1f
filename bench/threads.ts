/**
 * `npm run bench:threads -- [--corpus <file> ...] [--rounds n] [--encoding name]`: `tokenize` with 0, 1 and 2 threads over text held in
 * memory, wall-clock time, since the question is what a second core adds. The clock starts with the first record that comes out,
 * because starting a thread and loading its tokenizer (0.2 to 0.6 s) is paid once a run. Equal tokens are shown first.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { type Doc, from } from "../src/core/index.ts";
import { type EncodingName, tokenize } from "../src/tokenize/index.ts";
import { Digest, demoCorpus, documents, textBytesOf } from "./corpus.ts";
import { printTable, spread } from "./harness.ts";

const { values } = parseArgs({
  options: {
    corpus: { type: "string", multiple: true },
    rounds: { type: "string", default: "5" },
    encoding: { type: "string", default: "cl100k_base" },
  },
});
const docs = documents(values.corpus ?? (await demoCorpus()));
/** About this much text a run, the documents over and over. */
const BYTES = 200e6;
const times = Math.max(1, Math.round(BYTES / textBytesOf(docs)));

function* over(): Generator<Doc> {
  for (let i = 0; i < times; i++) yield* docs;
}

async function run(threads: number): Promise<{ readonly speed: number; readonly digest: string }> {
  const digest = new Digest();
  const stage = tokenize<Doc>(values.encoding as EncodingName, { threads });
  let begun = 0;
  let bytes = 0;
  for await (const { tokens, text } of from(() => over()).pipe(stage)) {
    if (begun === 0) begun = performance.now();
    else bytes += text.length; // of every run alike, so units do as well as bytes
    digest.number(tokens.length);
    digest.number(tokens[tokens.length >> 1] ?? 0);
  }
  return { speed: bytes / (performance.now() - begun), digest: digest.text() };
}

console.log(
  `node ${process.version}, ${availableParallelism()} cores, ${((times * textBytesOf(docs)) / 1e6).toFixed(0)} MB, ${values.encoding}`,
);
const counts = [0, 1, 2];
const speeds: number[][] = counts.map(() => []);
for (let round = 0; round < Number(values.rounds); round++) {
  const results = [];
  for (const threads of counts) results.push(await run(threads));
  if (new Set(results.map(({ digest }) => digest)).size > 1) throw new Error("the tokens differ");
  if (round === 0) console.log("  equal tokens with 0, 1 and 2 threads");
  for (const [i, { speed }] of results.entries()) speeds[i]?.push(speed);
}
const ratio = (a: number, b: number): string =>
  `${spread(
    (speeds[a] ?? []).map((speed, i) => speed / (speeds[b]?.[i] ?? 1)),
    2,
  )}x`;
printTable([
  ["threads", "relative speed", "against 0", "against 1"],
  ...counts.map((threads, i) => [
    String(threads),
    spread(
      (speeds[i] ?? []).map((speed) => speed / 1000),
      1,
    ),
    ratio(i, 0),
    ratio(i, 1),
  ]),
]);
