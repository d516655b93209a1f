/**
 * One run in a process of its own: `child.ts <contest> <contestant> <text> <mode> <seconds> <corpus files ...>`; prints one JSON line.
 * Mode "ids": a digest of the ids of each document, until the time is over. Mode "time": warm-up, then one pass over documents that
 * were never seen, until the time is over; only the bytes seen count.
 */
import { contests, type Encode } from "./contestants.ts";
import { benchText } from "./texts.ts";

/** What a child prints. */
export interface ChildResult {
  /** Mode "ids": one number per document. */
  readonly digests: readonly number[];
  readonly bytes: number;
  readonly cpuSeconds: number;
  /** Processor time until the encoder was ready. */
  readonly loadSeconds: number;
  readonly peakMiB: number;
}

const [contestName, contestantName, textName = "", mode, seconds = "1", ...corpus] = process.argv.slice(2);
const contestant = contests.find(({ name }) => name === contestName)?.contestants.find(({ name }) => name === contestantName);
if (contestant === undefined) throw new Error(`no ${contestantName} in ${contestName}`);

const text = benchText(textName, corpus);
const cpuSeconds = (since?: NodeJS.CpuUsage): number => {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1e6;
};
const beforeLoad = process.cpuUsage();
const encode = await contestant.load();
const loadSeconds = cpuSeconds(beforeLoad);
const digests: number[] = [];
let bytes = 0;
let spent = 0;
if (mode === "ids") await pass(text.timed, encode, Number(seconds), (ids) => digests.push(digestOf(ids)));
else {
  // A sum reads every id out of whatever array it stands in, and costs next to nothing.
  let sum = 0;
  const read = (ids: ArrayLike<number>): void => {
    for (let i = 0; i < ids.length; i++) sum += ids[i] as number;
  };
  await pass(text.warmUp, encode, Number(seconds), read);
  const before = process.cpuUsage();
  bytes = await pass(text.timed, encode, Number(seconds), read);
  spent = cpuSeconds(before);
  if (!Number.isSafeInteger(sum)) throw new Error("the ids are no numbers");
}
const peakMiB = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ digests, bytes, cpuSeconds: spent, loadSeconds, peakMiB } satisfies ChildResult));
process.exit(0);

/** Encodes until all texts or the time are used up; returns the bytes of what was encoded. */
async function pass(texts: readonly string[], encode: Encode, seconds: number, take: (ids: ArrayLike<number>) => void): Promise<number> {
  const end = performance.now() + 1000 * seconds;
  let count = 0;
  for (const document of texts) {
    const ids = encode(document);
    take(ids instanceof Promise ? await ids : ids);
    count++;
    if ((count & 7) === 0 && performance.now() > end) break;
  }
  let total = 0;
  for (let i = 0; i < count; i++) total += Buffer.byteLength(texts[i] ?? "");
  return total;
}

function digestOf(ids: ArrayLike<number>): number {
  let hash = 0x811c9dc5 ^ ids.length;
  for (let i = 0; i < ids.length; i++) hash = Math.imul(hash ^ (ids[i] as number), 0x01000193) ^ (hash >>> 15);
  return hash >>> 0;
}
