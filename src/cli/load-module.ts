/** Loads a user's pipeline module, and turns whatever goes wrong into one line that names the file and the line. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { register } from "node:module";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Job, type Pipeline, PipelineError } from "../core/index.ts";
import { UsageError } from "./command.ts";
import { nearest } from "./nearest.ts";

/** What a default export that is a function is given. */
export interface ProgramContext {
  /** The arguments after `--`. */
  readonly args: readonly string[];
  /** Aborted by Ctrl-C; give it to a pipeline that the function runs by itself. */
  readonly signal: AbortSignal;
}

/** What a module's default export comes to. */
export type Runnable = { readonly kind: "job"; readonly job: Job } | { readonly kind: "pipeline"; readonly pipeline: Pipeline<unknown> };

const EXPECTED =
  "a job (`pipeline.write(sink)`), a pipeline, or a function that returns one of these, for example `export default read(...).pipe(...).write(...)`";

let registered = false;

/** The default export of a module. Throws a {@link UsageError} when there is none, or the module does not load. */
export async function loadDefault(file: string): Promise<unknown> {
  const path = resolve(file);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new UsageError(`there is no file ${file}`);
  if (!/\.(ts|mts|js|mjs)$/.test(path)) throw new UsageError(`${file} is not a pipeline: expected a .ts, .mts, .js or .mjs module`);
  if (!registered) {
    // Every module that is loaded behind the hooks waits for their thread, so the library comes first: half the time of loading it.
    await import("../index.ts");
    register(new URL(`./module-hooks${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url));
  }
  registered = true;
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  } catch (error) {
    // A module may run things at its top level: what they throw is a failing run, not a mistake in the module.
    if (error instanceof PipelineError) throw error;
    throw new UsageError(await explain(error, path), { cause: error });
  }
  if (module.default === undefined) throw new UsageError(`${file} has no default export; expected ${EXPECTED}`);
  return module.default;
}

/** Calls the default export when it is a function, and tells what it is; undefined when a function did the work by itself. */
export async function runnableOf(exported: unknown, file: string, context: ProgramContext): Promise<Runnable | undefined> {
  const isFunction = typeof exported === "function";
  const value: unknown = isFunction ? await (exported as (context: ProgramContext) => unknown)(context) : await exported;
  if (isFunction && value === undefined) return undefined;
  const has = (name: string): boolean => typeof (value as Record<string, unknown> | null)?.[name] === "function";
  // By shape, not by class: a plain .js pipeline under another node_modules may bring its own copy of the library.
  if (has("run") && has("pipe")) return { kind: "pipeline", pipeline: value as Pipeline<unknown> };
  if (has("run")) return { kind: "job", job: value as Job };
  const what = value === null ? "null" : Array.isArray(value) ? "an array" : typeof value === "object" ? "an object" : `a ${typeof value}`;
  throw new UsageError(`the default export of ${file} ${isFunction ? "returned" : "is"} ${what}; expected ${EXPECTED}`);
}

/** "pipeline.ts:12: clean: unknown option ..." */
async function explain(error: unknown, path: string): Promise<string> {
  if (!(error instanceof Error)) return `${shorten(path)}: ${String(error)}`;
  const message = error.message.replaceAll("file://", "");
  // The hooks put the place of a syntax error in front of its message; V8 says it above the stack, or not at all.
  if (/^\/.*:\d+:\d+: /.test(message)) return shorten(message);
  const above = /^(file:\/\/\S+):(\d+)\n/.exec(error.stack ?? "");
  const place = above === null ? await placeOf(error, path) : `${fileURLToPath(above[1] ?? "")}:${above[2]}`;
  const hint = await exportHint(error);
  return `${shorten(place)}: ${shorten(message)}${hint}`;
}

/** Where in the user's files an error came up: the first frame of its stack that is neither Node's nor the library's. */
async function placeOf(error: Error, path: string): Promise<string> {
  if (error.name === "SyntaxError") return syntaxErrorPlace(path);
  const library = new URL("..", import.meta.url).href;
  for (const [, url = "", line = ""] of (error.stack ?? "").matchAll(/(file:\/\/\S+?):(\d+):\d+/g)) {
    if (!url.startsWith(library) && !url.includes("/node_modules/")) return `${fileURLToPath(url)}:${line}`;
  }
  return path;
}

/** V8 keeps the line of a module's syntax error to itself, but `node --check` prints it. Only an error pays for this. */
async function syntaxErrorPlace(path: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-check-"));
  try {
    const copy = join(folder, "module.mjs");
    const source = readFileSync(path, "utf8");
    const { stripTypes } = await import("./module-hooks.ts");
    writeFileSync(copy, /\.m?ts$/.test(path) ? await stripTypes(source, path) : source);
    const { stderr } = spawnSync(process.execPath, ["--check", copy], { encoding: "utf8" });
    const line = /module\.mjs:(\d+)/.exec(stderr)?.[1];
    return line === undefined ? `${path} or a module it imports` : `${path}:${line}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `import { tokenise } from "millrace"`: the name that was meant. */
async function exportHint(error: Error): Promise<string> {
  const name = /'millrace' does not provide an export named '(\w+)'/.exec(error.message)?.[1];
  if (name === undefined) return "";
  const library: object = await import("../index.ts");
  const near = nearest(name, Object.keys(library));
  return near === undefined ? "" : `; did you mean ${near}?`;
}

function shorten(text: string): string {
  const here = `${process.cwd()}/`;
  return text.startsWith(here) ? relative(process.cwd(), text.slice(0, here.length)) + text.slice(here.length) : text.replaceAll(here, "");
}
