/** Real vocabularies and the ids their own libraries give, where the corpora folder lies beside the repository. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

const ROOT = fileURLToPath(new URL("../../../shared/corpora/tokenizers/", import.meta.url));

/** False in most checkouts; tests then skip, in one line that says so. */
export const present: boolean = existsSync(ROOT);

export function unpacked(path: string): string {
  return gunzipSync(readFileSync(ROOT + path)).toString();
}

/** Texts and the ids expected for them, of the inputs "small", "mixed" and "utf8". */
export function expectedIds(family: string, model: string): { readonly text: string; readonly ids: readonly number[] }[] {
  const input = (name: string): string => readFileSync(`${ROOT}expected/${name}_input.txt`, "utf8");
  const lines = (text: string): string[] => text.replace(/\n$/, "").split("\n");
  const texts = {
    small: lines(input("small")).map((line) => line.replaceAll("\\n", "\n").replaceAll("\\s", " ")),
    mixed: lines(input("mixed")),
    utf8: [input("utf8")],
  };
  return Object.entries(texts).flatMap(([name, all]) => {
    const ids = lines(unpacked(`expected/${family}/${name}_tokens_${model}.txt.gz`)).map((line) => line.split(",").map(Number));
    if (ids.length !== all.length) throw new Error(`${name}: ${all.length} texts but ${ids.length} lists of ids`);
    return all.map((text, i) => ({ text, ids: ids[i] as number[] }));
  });
}
