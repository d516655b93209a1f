/**
 * Whether code has changed since a run was begun. Options are data and are compared as such; a function in them is compared by
 * its text, and the module that makes the job by its bytes, with the modules it imports by a relative path. What comes from
 * packages is not looked at: the library's own version is in the plan, and the lockfile is the place for the others.
 *
 * Turned down: the text of functions alone (a helper that a closure calls is not part of it).
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";

/** Digest of the functions that a stage, a source or a sink is made of, its options included. */
export function codeOf(part: object | undefined): string {
  const hash = createHash("sha256");
  const seen = new Set<unknown>();
  const visit = (value: unknown, depth: number): void => {
    if (typeof value === "function") hash.update(`${Function.prototype.toString.call(value)}\n`);
    if (typeof value !== "object" || value === null || seen.has(value) || depth > 8 || ArrayBuffer.isView(value)) return;
    seen.add(value);
    for (const key of Object.keys(value).sort()) visit((value as Record<string, unknown>)[key], depth + 1);
  };
  visit(part, 0);
  return hash.digest("hex").slice(0, 16);
}

const IMPORT = /(?:\bfrom|\bimport)\s*\(?\s*["'](\.{1,2}\/[^"']+)["']/g;
const CANDIDATES = ["", ".ts", ".mts", ".js", ".mjs", "/index.ts", "/index.js"];

/** Digest of a module file and of what it imports by a relative path, at any depth. */
export async function moduleCode(file: string): Promise<string> {
  const hash = createHash("sha256");
  const seen = new Set<string>();
  const visit = async (path: string): Promise<void> => {
    if (seen.has(path)) return;
    seen.add(path);
    const text = await readFile(path, "utf8");
    hash.update(text).update("\0");
    for (const [, specifier = ""] of text.matchAll(IMPORT)) {
      const found = await firstFile(resolve(dirname(path), specifier));
      if (found !== undefined) await visit(found);
    }
  };
  await visit(resolve(file));
  return hash.digest("hex").slice(0, 16);
}

/** The file that a specifier names, as the module hooks find it; undefined for one that is not there (a comment, a template). */
async function firstFile(path: string): Promise<string | undefined> {
  const stem = path.replace(/\.m?js$/, "");
  for (const candidate of [...CANDIDATES.map((ending) => path + ending), `${stem}.ts`, `${stem}.mts`]) {
    const readable = await readFile(candidate).then(
      () => true,
      () => false,
    );
    if (readable) return candidate;
  }
  return undefined;
}
