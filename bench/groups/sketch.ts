/**
 * Sketching: our signatures and band keys from UTF-8 beside datatrove's signature stage, datasketch and npm `minhash`; and datatrove's
 * own signatures, ours beside its. Rivals in Python run where test/oracles is set up; their CPU time is taken inside their process.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import minhash from "minhash";
import { DatatroveSketcher, estimateJaccard, Normaliser, Sketcher, sketch } from "../../src/dedupe/index.ts";
import { documents } from "../corpus.ts";
import type { Contender, Group, Sample } from "../harness.ts";

const { Minhash } = minhash;
const HASHES = 112;
const OURS = 32e6;
/** Rivals get the first megabyte: they need seconds for it. */
const THEIRS = 1e6;
const PYTHON = fileURLToPath(new URL("../../test/oracles/.venv/bin/python", import.meta.url));
const SCRIPT = fileURLToPath(new URL("../python/minhash.py", import.meta.url));

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

function shinglesOf(text: string): Set<string> {
  const list = words(text);
  const shingles = new Set<string>();
  for (let i = 0; i + 5 <= list.length; i++) shingles.add(list.slice(i, i + 5).join(" "));
  return shingles;
}

function rival(text: string): InstanceType<typeof Minhash> {
  const sketched = new Minhash({ numPerm: HASHES });
  for (const shingle of shinglesOf(text)) sketched.update(shingle);
  return sketched;
}

/** A text with every n-th word replaced, and the true Jaccard similarity of the two. */
function edited(text: string, every: number): { text: string; jaccard: number } {
  const copy = words(text)
    .map((word, i) => (i % every === every - 1 ? `edit${i}` : word))
    .join(" ");
  const [a, b] = [shinglesOf(text), shinglesOf(copy)];
  const both = [...a].filter((shingle) => b.has(shingle)).length;
  return { text: copy, jaccard: both / (a.size + b.size - both) };
}

type Texts = readonly { readonly text: string; readonly bytes: Uint8Array }[];

function load(corpus: readonly string[], limit: number): Texts {
  return documents(corpus, limit).map(({ text }) => ({ text, bytes: Buffer.from(text) }));
}

/** One of ours: a pass that is not timed, then one that is. The digest is of the documents that rivals get. */
function contender(
  name: string,
  limit: number,
  make: (texts: Texts) => { work(): void; digest?(first: Texts): string },
  differs?: string,
): Contender {
  return {
    name,
    prepare: async (corpus) => {
      const texts = load(corpus, limit);
      const { work, digest } = make(texts);
      if (limit === OURS) work();
      return (): Sample => {
        work();
        return {
          bytes: texts.reduce((sum, { bytes }) => sum + bytes.length, 0),
          documents: texts.length,
          digest: async () => digest?.(load(corpus, THEIRS)) ?? "",
        };
      };
    },
    ...(differs === undefined ? {} : { differs }),
  };
}

/** A rival in Python; what it reports was measured inside its process. */
function python(name: string, args: readonly string[], differs?: string): Contender {
  return {
    name,
    prepare: async (corpus) => {
      const input = load(corpus, THEIRS)
        .map(({ text }) => `${JSON.stringify({ text })}\n`)
        .join("");
      return (): Sample => {
        const run = spawnSync(PYTHON, [SCRIPT, ...args], { input, encoding: "utf8", maxBuffer: 1 << 26 });
        if (run.status !== 0) throw new Error(`minhash.py ${args.join(" ")} ended with ${run.status}: ${run.stderr}`);
        const {
          cpuSeconds,
          peakKiB,
          bytes,
          documents: count,
          digest,
        } = JSON.parse(run.stdout) as Record<string, number> & { digest: string };
        const own = { cpuSeconds: cpuSeconds ?? 0, peakMiB: (peakKiB ?? 0) / 1024 };
        return { bytes: bytes ?? 0, documents: count ?? 0, digest, own };
      };
    },
    ...(differs === undefined ? {} : { differs }),
  };
}

const pythonThere = existsSync(PYTHON);
if (!pythonThere) console.log("bench/groups/sketch.ts: no Python rivals (bash test/oracles/setup.sh)");

export const sketchGroup: Group = {
  title: `sketch: word 5-grams to ${HASHES} values and 14 band keys (MB of text)`,
  verify: async (corpus) => {
    const errors = { ours: 0, theirs: 0, pairs: 0 };
    for (const { text } of documents(corpus, 1e6)) {
      if (words(text).length < 60 || errors.pairs >= 60) continue;
      const other = edited(text, 20 + (errors.pairs % 5) * 30);
      const [a, b] = [sketch(text), sketch(other.text)];
      if (a === undefined || b === undefined) continue;
      errors.ours += (estimateJaccard(a, b) - other.jaccard) ** 2;
      errors.theirs += (rival(text).jaccard(rival(other.text)) - other.jaccard) ** 2;
      errors.pairs++;
    }
    const rmse = (sum: number): string => Math.sqrt(sum / errors.pairs).toFixed(3);
    if (errors.pairs < 10 || Number(rmse(errors.ours)) > 0.06)
      throw new Error(`the estimates are off: RMSE ${rmse(errors.ours)} on ${errors.pairs} pairs`);
    return `RMSE of the estimate on ${errors.pairs} edited pairs: ours ${rmse(errors.ours)}, minhash ${rmse(errors.theirs)}; the three of ours are equal`;
  },
  contenders: [
    contender("from bytes", OURS, (texts) => single(texts, new Normaliser(), ({ bytes }) => bytes)),
    contender("from strings", OURS, (texts) => single(texts, new Normaliser(), ({ text }) => text)),
    contender("from bytes, in batches", OURS, (texts) => {
      const sketcher = new Sketcher();
      const list = texts.map(({ bytes }) => bytes);
      return {
        work: () => {
          for (let i = 0; i < list.length; i += 1000) sketcher.sketchBatch(list.slice(i, i + 1000));
        },
        digest: (first) => {
          const { signatures, keys, units } = sketcher.sketchBatch(first.map(({ bytes }) => bytes));
          const sum = createHash("sha256");
          for (const i of first.keys()) {
            if ((units[i] as number) < 5) continue;
            sum.update(signatures.subarray(112 * i, 112 * (i + 1))).update(new Uint8Array(keys.buffer, 112 * i, 112));
          }
          return sum.digest("hex");
        },
      };
    }),
    contender("plain TypeScript", 8e6, (texts) => single(texts, new Normaliser("js"), ({ bytes }) => bytes)),
    contender("minhash (npm)", THEIRS, (texts) => ({ work: () => texts.forEach(({ text }) => void rival(text)) }), "another sketch"),
    ...(pythonThere
      ? [python("datatrove stage 1", ["datatrove", "xxh64"], "another sketch"), python("datasketch", ["datasketch"], "another sketch")]
      : []),
  ],
};

function single(
  texts: Texts,
  normaliser: Normaliser,
  input: (text: Texts[number]) => string | Uint8Array,
): { work(): void; digest(first: Texts): string } {
  const sketcher = new Sketcher();
  const signature = new Uint8Array(HASHES);
  const keys = new Int32Array(28);
  return {
    work: () => {
      for (const text of texts) {
        normaliser.read(input(text));
        sketcher.sketch(normaliser, signature, keys);
      }
    },
    digest: (first) => {
      const sum = createHash("sha256");
      for (const text of first) {
        normaliser.read(input(text));
        if (sketcher.sketch(normaliser, signature, keys)) sum.update(signature).update(new Uint8Array(keys.buffer));
      }
      return sum.digest("hex");
    },
  };
}

function datatroveGroup(hash: "xxh64" | "sha1-64"): Group {
  return {
    title: `minhash@datatrove, ${hash}: the signatures of datatrove's stage 1 (MB of text)`,
    contenders: [
      contender("ours", OURS / 4, (texts) => {
        const sketcher = new DatatroveSketcher({ hash });
        for (const { bytes } of texts) sketcher.signature(bytes);
        return {
          work: () => {
            for (const { bytes } of texts) sketcher.signature(bytes);
          },
          digest: (first) => {
            const sum = createHash("sha256");
            for (const { bytes } of first) {
              const signature = sketcher.signature(bytes);
              sum.update(signature === undefined ? "-" : Buffer.from(signature.buffer));
            }
            return sum.digest("hex").slice(0, 16);
          },
        };
      }),
      ...(pythonThere ? [python("datatrove", ["datatrove", hash])] : []),
    ],
  };
}

export const datatroveXxh64Group: Group = datatroveGroup("xxh64");
export const datatroveSha1Group: Group = datatroveGroup("sha1-64");
