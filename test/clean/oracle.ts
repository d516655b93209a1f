/** Asks the real datatrove about texts and lists where we decide otherwise. Used by oracle.test.ts and, for whole corpora, compare.ts. */
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { c4, clean, fineweb, gopherQuality, gopherRepetition, splitWords } from "../../src/clean/index.ts";
import { countSentences } from "../../src/clean/sentences.ts";
import { strip } from "../../src/clean/unicode.ts";
import { Words } from "../../src/clean/words.ts";
import { type Doc, type Excluded, from } from "../../src/core/index.ts";

const ORACLES = fileURLToPath(new URL("../oracles", import.meta.url));
const PYTHON = join(ORACLES, ".venv", "bin", "python");

/** Whether `bash test/oracles/setup.sh` has been run. */
export function hasDatatrove(): boolean {
  return spawnSync(PYTHON, ["-c", "import datatrove, spacy"]).status === 0;
}

interface Decision {
  readonly reason?: string | null;
  readonly error?: string;
  readonly text?: string | null;
}

type Filter = "repetition" | "quality" | "qualitySmall" | "c4" | "c4Loose" | "c4Strict" | "fineweb" | "pipeline";

/** What datatrove says of one text. */
export type Answer = Readonly<Record<Filter, Decision>> & { readonly words: readonly string[]; readonly sentences: number };

/** One answer for each text, from one Python process. */
export async function askDatatrove(texts: readonly string[]): Promise<Answer[]> {
  const python = spawn(PYTHON, [join(ORACLES, "clean_datatrove.py"), "--words"], { stdio: ["pipe", "pipe", "pipe"] });
  const out: Buffer[] = [];
  const complaints: Buffer[] = [];
  python.stdout.on("data", (part: Buffer) => out.push(part));
  python.stderr.on("data", (part: Buffer) => complaints.push(part));
  python.stdin.on("error", () => {}); // a broken pipe shows in the exit code
  python.stdin.end(texts.map((text) => `${JSON.stringify({ text })}\n`).join(""));
  const code = await new Promise<number | null>((done, fail) => {
    python.on("close", done);
    python.on("error", fail);
  });
  if (code !== 0) throw new Error(`clean_datatrove.py ended with ${code}: ${Buffer.concat(complaints)}`);
  const answers = Buffer.concat(out)
    .toString()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Answer);
  if (answers.length !== texts.length) throw new Error(`clean_datatrove.py gave ${answers.length} answers to ${texts.length} texts`);
  return answers;
}

/** One way in which our answer to a text is not datatrove's. */
export interface Difference {
  readonly text: number;
  readonly what: string;
  readonly ours: unknown;
  readonly theirs: unknown;
}

/** Everything we say otherwise than the answers. */
export async function differences(texts: readonly string[], answers: readonly Answer[]): Promise<Difference[]> {
  const found: Difference[] = [];
  const chain = await runChain(texts);
  for (const [i, text] of texts.entries()) {
    const answer = answers[i] as Answer;
    const check = (what: string, ours: unknown, theirs: unknown): void => {
      if (JSON.stringify(ours) !== JSON.stringify(theirs)) found.push({ text: i, what, ours, theirs });
    };
    const words = splitWords(text);
    const at = words.findIndex((word, k) => word !== answer.words[k]);
    check("words", words.slice(at < 0 ? answer.words.length : at).slice(0, 5), at < 0 ? [] : answer.words.slice(at, at + 5));
    check("number of words", words.length, answer.words.length);
    check("sentences", countSentences(new Words(text)), answer.sentences);
    // The empty text is a division by zero there; see the differences listed in each rule.
    if (text !== "") check("repetition", gopherRepetition(text).reason ?? null, answer.repetition.reason);
    check("quality", gopherQuality(text).reason ?? null, answer.quality.reason);
    check("quality, 10 to 1000 words", gopherQuality(text, { minWords: 10, maxWords: 1000 }).reason ?? null, answer.qualitySmall.reason);
    check("fineweb", fineweb(text).reason ?? null, answer.fineweb.reason);
    for (const [name, options] of [
      ["c4", {}],
      ["c4Loose", { endMarks: null }],
      ["c4Strict", { minSentences: 3, minWordsPerLine: 5 }],
    ] as const) {
      const ours = c4(text, options);
      check(name, { reason: ours.reason ?? null, text: ours.text ?? null }, { reason: answer[name].reason, text: answer[name].text });
    }
    // Our stage drops a text of white space before it asks any rule.
    if (strip(text) !== "") check("pipeline", chain[i], { reason: answer.pipeline.reason, text: answer.pipeline.text });
  }
  return found;
}

/** The stage on raw text, as FineWeb runs it: for each text the reason or what is left of it. */
async function runChain(texts: readonly string[]): Promise<{ reason: string | null; text: string | null }[]> {
  const docs = texts.map((text, record): Doc => ({ id: String(record), text, meta: {}, origin: { source: "s", record, offset: 0 } }));
  const verdicts: { reason: string | null; text: string | null }[] = texts.map(() => ({ reason: null, text: null }));
  const exclusions = {
    name: "collect",
    async write(input: AsyncIterable<Excluded>): Promise<void> {
      for await (const { origin, reason, text } of input) {
        verdicts[origin.record] = { reason, text: null };
        if (text !== texts[origin.record]) throw new Error("an excluded record lost its original text");
      }
    },
  };
  const run = from(docs)
    .pipe(clean({ normalise: "none" }))
    .with({ exclusions });
  for await (const { origin, text } of run) verdicts[origin.record] = { reason: null, text };
  return verdicts;
}
