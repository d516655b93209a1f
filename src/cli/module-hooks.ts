/**
 * Module hooks for a user's pipeline file, on Node's loader thread. `load` strips the types of `.ts` and `.mts` files with
 * sucrase, which keeps every statement on its line, so stack traces need no source map. `resolve` finds `./b` and `./b.js`
 * where only `b.ts` exists, and answers `import "millrace"` with the library that this command line runs, wherever the
 * file lies: two copies of the library would not share their caches and symbols.
 *
 * Types are not checked. Turned down: Node's own type stripping (22.18 and later only, so there would be two paths with two
 * dialects), and bundling with esbuild (a native binary for one task).
 */
import { readFile } from "node:fs/promises";
import type { LoadHook, ResolveHook } from "node:module";
import { fileURLToPath } from "node:url";

/** Run from its source (the project's own tests), this file ends in `.ts` and so does the rest of the library. */
const EXTENSION = import.meta.url.endsWith(".ts") ? ".ts" : ".js";

const CANDIDATES = [".ts", ".mts", "/index.ts"] as const;

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  if (specifier === "millrace") return { url: new URL(`../index${EXTENSION}`, import.meta.url).href, shortCircuit: true };
  const subpath = /^millrace\/([a-z]+)$/.exec(specifier)?.[1];
  if (subpath !== undefined && EXTENSION === ".ts") {
    return { url: new URL(`../${subpath}/index.ts`, import.meta.url).href, shortCircuit: true };
  }
  // From here on this file's package is the one the name means: the exports map of package.json decides.
  if (specifier.startsWith("millrace/")) return nextResolve(specifier, { ...context, parentURL: import.meta.url });
  try {
    return await nextResolve(specifier, context);
  } catch (error) {
    const relative = /^\.{0,2}\//.test(specifier) || specifier.startsWith("file:");
    if (!relative || !isTypeScript(context.parentURL ?? "")) throw error;
    const stem = specifier.replace(/\.m?js$/, "");
    for (const ending of CANDIDATES) {
      try {
        return await nextResolve(stem + ending, context);
      } catch {
        // not this one either
      }
    }
    throw error;
  }
};

export const load: LoadHook = async (url, context, nextLoad) => {
  if (!isTypeScript(url)) return nextLoad(url, context);
  const path = fileURLToPath(url);
  if (/\.(cts|tsx)$/.test(path)) throw new SyntaxError(`${path}: only .ts and .mts modules can be run; rename it and use import/export`);
  return { format: "module", shortCircuit: true, source: await stripTypes(await readFile(path, "utf8"), path) };
};

function isTypeScript(url: string): boolean {
  return url.startsWith("file:") && /\.(ts|mts|cts|tsx)$/.test(url) && !url.includes("/node_modules/");
}

/** A `namespace` that holds values has no JavaScript form on its own lines; sucrase deletes it without a word. */
const NAMESPACE = /^[ \t]*(?:export[ \t]+)?(?:namespace|module)[ \t]+[\w.]+[ \t]*\{/;

/** JavaScript of a TypeScript module, line for line. Throws a `SyntaxError` whose message begins `path:line:column`. */
export async function stripTypes(source: string, path: string): Promise<string> {
  const sucrase = await import("sucrase"); // half of the start-up time, and not needed for a .js pipeline
  let code: string;
  try {
    code = sucrase.transform(source, { transforms: ["typescript"], disableESTransforms: true }).code;
  } catch (error) {
    const { message, loc } = error as Error & { readonly loc?: { readonly line: number; readonly column: number } };
    const what = message.replace(/^Error transforming [^:]*: /, "").replace(/ \(\d+:\d+\)$/, "");
    throw new SyntaxError(`${path}${loc === undefined ? "" : `:${loc.line}:${loc.column}`}: ${what}`);
  }
  const stripped = code.split("\n");
  for (const [i, line] of source.split("\n").entries()) {
    if (NAMESPACE.test(line) && !NAMESPACE.test(stripped[i] ?? "")) {
      throw new SyntaxError(`${path}:${i + 1}:1: a namespace cannot be run by removing its types; make it a module of its own`);
    }
  }
  return code;
}
