/**
 * Patterns to file names, the same way on every machine: sorted by code unit (no locale), duplicates removed, forward
 * slashes. A pattern that names something that exists is that thing, whatever characters are in its name; only then is it
 * a glob. `{000..146}` expands first, as WebDataset writes shard lists, and each name it makes must exist.
 *
 * Turned down: handing all patterns to the globber at once. It cannot say which pattern matched nothing, it reads brackets
 * in a folder's name as a character class, and it turns absolute names into relative ones.
 */
import { lstat } from "node:fs/promises";
import { posix, resolve, sep } from "node:path";
import { glob, isDynamicPattern } from "tinyglobby";
import { PipelineError } from "../core/index.ts";

/** Names one range may expand to; a typo such as {0..1e9} must not fill the memory. */
const MAX_RANGE = 1_000_000;

/** The files the patterns match, each once. Throws a `PipelineError` of kind "empty-match" that names the pattern. */
export async function matchFiles(patterns: readonly string[]): Promise<string[]> {
  const byPath = new Map<string, string>();
  for (const given of patterns) {
    const pattern = sep === "\\" ? given.replaceAll("\\", "/") : given;
    for (const part of (await exists(pattern)) ? [pattern] : expandRanges(pattern)) {
      const names = await match(part);
      if (names.length === 0) {
        const within = part === pattern ? "" : ` (part of ${JSON.stringify(given)})`;
        throw new PipelineError({ kind: "empty-match", message: `no file matches ${JSON.stringify(part)}${within}` });
      }
      for (const name of names) {
        const path = resolve(name);
        const known = byPath.get(path);
        // The same file by two names keeps the smaller one, whichever pattern came first.
        if (known === undefined || name < known) byPath.set(path, name);
      }
    }
  }
  return [...byPath.values()].sort();
}

async function match(pattern: string): Promise<string[]> {
  if (await exists(pattern)) return [posix.normalize(pattern)];
  if (!isDynamicPattern(pattern)) return [];
  const { folder, rest } = await splitPattern(pattern);
  const found = await glob(rest, { cwd: folder === "" ? "." : folder, expandDirectories: false, onlyFiles: true, dot: false });
  return found.map((name) => posix.normalize(folder + name));
}

/** The leading folders of a pattern, taken literally where they exist, and what is left to match below them. */
async function splitPattern(pattern: string): Promise<{ readonly folder: string; readonly rest: string }> {
  const segments = pattern.split("/");
  let folder = "";
  while (segments.length > 1) {
    const next = `${folder}${segments[0]}/`;
    if (isDynamicPattern(segments[0] as string) && !(await exists(next))) break;
    folder = next;
    segments.shift();
  }
  return { folder, rest: segments.join("/") };
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** `a-{008..010}.tar` to three names, padded to the width that is written; several ranges multiply. Other braces stay. */
export function expandRanges(pattern: string): string[] {
  const range = /\{(\d+)\.\.(\d+)\}/.exec(pattern);
  if (range === null) return [pattern];
  const [whole, from, to] = range as unknown as readonly [string, string, string];
  const first = Number(from);
  const last = Number(to);
  if (last < first || last - first >= MAX_RANGE) {
    const message = `the range ${whole} in ${JSON.stringify(pattern)} must go up and span at most ${MAX_RANGE} names`;
    throw new PipelineError({ kind: "empty-match", message });
  }
  const head = pattern.slice(0, range.index);
  const tails = expandRanges(pattern.slice(range.index + whole.length));
  const names: string[] = [];
  for (let n = first; n <= last; n++) {
    const number = String(n).padStart(from.length, "0");
    for (const tail of tails) names.push(head + number + tail);
  }
  return names;
}
