/**
 * Chat templates run on `@huggingface/jinja`, an optional peer. Its `Template` is passed by: it sets `strftime_now` to the clock, and it
 * drops the `generation` tags. Its parts (lexer, parser, interpreter) are public, so a template is compiled and run here, with globals of
 * our own, on the settings of transformers (`trim_blocks`, `lstrip_blocks`), and corrected where it is not Python's Jinja (python.ts).
 */
import { messageOf, PipelineError } from "../../core/index.ts";
import { asPython, nodeKit, PYTHON_FUNCTIONS } from "./python.ts";
import { strftime } from "./strftime.ts";

interface Token {
  value: string;
  readonly type: string;
}

interface Environment {
  set(name: string, value: unknown): unknown;
}

/** What is used of the package. */
export interface Jinja {
  tokenize(source: string, options: { readonly lstrip_blocks: boolean; readonly trim_blocks: boolean }): Token[];
  parse(tokens: Token[]): unknown;
  readonly Environment: new () => Environment;
  readonly Interpreter: new (environment: Environment) => { run(program: unknown): { readonly value: string } };
}

const PACKAGE = "@huggingface/jinja";

/** Loads the package. Throws a `PipelineError` of kind "missing-package" that says what to install. */
export async function loadJinja(load: () => Promise<unknown> = () => import("@huggingface/jinja")): Promise<Jinja> {
  try {
    return (await load()) as Jinja;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException | null)?.code !== "ERR_MODULE_NOT_FOUND") throw cause;
    const message = `chat templates need the package ${PACKAGE}; install it with: npm install ${PACKAGE}`;
    throw new PipelineError({ kind: "missing-package", message, cause });
  }
}

/** Turns a template into a program. `rewrite` is applied to its text and its string literals, not to its code. */
export function compile(jinja: Jinja, source: string, rewrite?: (literal: string) => string): unknown {
  try {
    // Python's Jinja has line ends of one kind before it does anything else.
    const tokens = jinja.tokenize(source.replace(/\r\n?/g, "\n"), { lstrip_blocks: true, trim_blocks: true });
    if (rewrite !== undefined) {
      for (const token of tokens) if (token.type === "Text" || token.type === "StringLiteral") token.value = rewrite(token.value);
    }
    const kit = nodeKit((snippet) => jinja.parse(jinja.tokenize(snippet, { lstrip_blocks: false, trim_blocks: false })));
    return asPython(jinja.parse(tokens), kit);
  } catch (cause) {
    throw new PipelineError({ kind: "bad-template", message: `the chat template cannot be read: ${messageOf(cause)}`, cause });
  }
}

/** The names every template finds; a variable of the same name is ignored. */
const GLOBALS = ["true", "false", "none", "True", "False", "None", "range", "raise_exception", "strftime_now", "namespace"] as const;

/** Runs a program. `date` is what `strftime_now` formats; without it, calling that is an error of kind "no-date". */
export function render(jinja: Jinja, program: unknown, variables: ReadonlyMap<string, unknown>, date: Date | undefined): string {
  const environment = new jinja.Environment();
  for (const name of ["true", "True"]) environment.set(name, true);
  for (const name of ["false", "False"]) environment.set(name, false);
  for (const name of ["none", "None"]) environment.set(name, null);
  environment.set("range", range);
  for (const [name, work] of PYTHON_FUNCTIONS) environment.set(name, work);
  environment.set("raise_exception", (message: unknown) => {
    throw new Error(`the template refuses it: ${String(message)}`);
  });
  environment.set("strftime_now", (format: unknown) => {
    if (date !== undefined) return strftime(date, String(format));
    const message = "the chat template asks for today's date, which would differ from run to run; set the option `date`";
    throw new PipelineError({ kind: "no-date", message });
  });
  for (const [name, value] of variables) if (!(GLOBALS as readonly string[]).includes(name)) environment.set(name, value);
  return new jinja.Interpreter(environment).run(program).value;
}

const MAX_RANGE = 100_000;

/** Python's `range`. */
function range(first: number, second?: number, step: number = 1): number[] {
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  if (step === 0) throw new Error("range() step must not be zero");
  // As Python's sandbox does: a template is data from elsewhere.
  if (Math.abs(stop - start) / Math.abs(step) > MAX_RANGE) throw new Error(`range() of more than ${MAX_RANGE}`);
  const all: number[] = [];
  for (let i = start; step > 0 ? i < stop : i > stop; i += step) all.push(i);
  return all;
}
