/**
 * `npm run bench:plan`: measures the constants of src/dedupe/plan-cost.ts, on generated text, in CPU time, the least of five
 * rounds. Signatures: the sizes of documents differ by 32, so that the cost of a byte and of a document come apart. Finding:
 * strangers, of which none is dropped, into an index of up to a million.
 */
import { from } from "../src/core/index.ts";
import { dedupe, NearIndex } from "../src/dedupe/index.ts";

const ROUNDS = 5;

function generator(seed: number): () => number {
  let x = seed >>> 0;
  return () => {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    return x >>> 8;
  };
}

/** Words of 2 to 9 letters and a space: 6.5 bytes a word, about as English has them. */
function texts(count: number, bytes: number, next: () => number): string[] {
  const vocabulary = Array.from({ length: 50_000 }, () =>
    Array.from({ length: 2 + (next() % 8) }, () => String.fromCharCode(97 + (next() % 26))).join(""),
  );
  return Array.from({ length: count }, () => {
    const words: string[] = [];
    for (let size = 0; size < bytes; ) {
      const word = vocabulary[next() % vocabulary.length] as string;
      size += word.length + 1;
      words.push(word);
    }
    return words.join(" ");
  });
}

async function cpuSeconds(work: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

async function least(work: () => Promise<void> | void): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) best = Math.min(best, await cpuSeconds(work));
  return best;
}

/** Seconds for a document of the whole stage without its near index. */
async function secondsPerDocument(bytes: number): Promise<number> {
  const count = Math.floor(24e6 / bytes);
  const docs = texts(count, bytes, generator(bytes)).map((text, record) => {
    return { id: "", text, meta: {}, origin: { source: "", record, offset: 0 } };
  });
  const stage = async (): Promise<void> => {
    for await (const _ of from(docs).pipe(dedupe()));
  };
  return (await least(stage)) / count;
}

async function secondsPerKey(documents: number): Promise<number> {
  const [bands, rows] = [14, 8];
  const next = generator(7);
  const signatures = Array.from({ length: 1 << 16 }, () => Uint8Array.from({ length: bands * rows }, () => next() >>> 7));
  const views = signatures.map(({ buffer }) => new DataView(buffer));
  // A counter in every band makes a new stranger of each; what that costs is taken off.
  const stranger = (i: number): Uint8Array => {
    const view = views[i & 0xffff] as DataView;
    for (let at = 0; at < bands * rows; at += rows) view.setUint32(at, i + at);
    return signatures[i & 0xffff] as Uint8Array;
  };
  const making = await least(() => {
    for (let i = 0; i < documents; i++) stranger(i);
  });
  const seconds = await least(() => {
    const index = new NearIndex({ bands, rows, threshold: 0.7, expected: documents });
    for (let i = 0; i < documents; i++) index.insert(stranger(i));
    if (index.count !== documents) throw new Error(`expected ${documents} strangers, got ${index.count}`);
  });
  return (seconds - making) / documents / bands;
}

const [small, large] = [500, 16_000];
const [short, long] = [await secondsPerDocument(small), await secondsPerDocument(large)];
const keys = await secondsPerKey(1_000_000);
const sketchByte = (long - short) / (large - small);
// The stage's own index looks up and adds keys too; they are counted apart.
const sketchDocument = Math.max(0, short - small * sketchByte - 14 * (await secondsPerKey(24e6 / small)));
const round = (seconds: number): number => Number(seconds.toPrecision(2));
console.log(JSON.stringify({ sketchByte: round(sketchByte), sketchDocument: round(sketchDocument), findKey: round(keys) }));
console.log(
  `  ${(1 / sketchByte / 1e6).toFixed(0)} MB/s, ${(sketchDocument * 1e6).toFixed(2)} us a document, ${(keys * 1e9).toFixed(0)} ns a key`,
);
