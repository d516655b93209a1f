import { parseArgs } from "node:util";
import { nearest } from "./nearest.ts";

/** A mistake of the person at the keyboard: one line on stderr, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** One flag of a command. With `value` it takes one, and `value` is its placeholder in the help. */
export interface Flag {
  readonly description: string;
  readonly short?: string;
  readonly value?: string;
  /** The only values that are allowed. */
  readonly words?: readonly string[];
  /** The value must be an integer of at least `min`, and at most `max`. */
  readonly integer?: { readonly min: number; readonly max?: number };
}

/** What the command line gave: the flags that take a value, the ones that are set, and the rest. */
export interface Given {
  readonly values: Readonly<Record<string, string>>;
  readonly set: ReadonlySet<string>;
  readonly positionals: readonly string[];
  /** Everything after `--`. */
  readonly rest: readonly string[];
}

/** Where a command writes; a test gives its own. */
export interface Terminal {
  out(text: string): void;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** One command of the tool, as data: what the help shows and what the parser allows. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  readonly details: string;
  readonly flags: Readonly<Record<string, Flag>>;
  readonly examples: readonly (readonly [command: string, what: string])[];
  /** Returns the exit code. */
  run(given: Given, terminal: Terminal): Promise<number>;
}

export const HELP: Flag = { description: "print this help", short: "h" };

/** Reads a command's arguments. Throws a `UsageError` that says what to do instead. */
export function readArguments(command: Command, args: readonly string[]): Given {
  const flags: Readonly<Record<string, Flag>> = { ...command.flags, help: HELP };
  const options: Record<string, { type: "string" | "boolean"; short?: string }> = {};
  for (const [name, flag] of Object.entries(flags)) {
    options[name] = { type: flag.value === undefined ? "boolean" : "string", ...(flag.short === undefined ? {} : { short: flag.short }) };
  }
  // Not `strict`: parseArgs then reports tokens, from which the messages below can say more than it would.
  const { tokens } = parseArgs({ args: [...args], options, allowPositionals: true, strict: false, tokens: true });
  const values: Record<string, string> = {};
  const set = new Set<string>();
  const positionals: string[] = [];
  const rest: string[] = [];
  let ended = false;
  for (const token of tokens) {
    if (token.kind === "option-terminator") ended = true;
    else if (token.kind === "positional") (ended ? rest : positionals).push(token.value);
    else {
      const flag = Object.hasOwn(flags, token.name) ? flags[token.name] : undefined;
      if (flag === undefined) throw unknownFlag(command, token.rawName, Object.keys(flags));
      set.add(token.name);
      if (flag.value !== undefined) values[token.name] = checkedValue(command, token.rawName, flag, token.value, token.inlineValue);
      else if (token.value !== undefined) throw usage(command, `${token.rawName} takes no value, got ${JSON.stringify(token.value)}`);
    }
  }
  return { values, set, positionals, rest };
}

function checkedValue(command: Command, flagName: string, flag: Flag, value: string | undefined, inline: boolean | undefined): string {
  const example = `${flagName} ${flag.words?.[0] ?? flag.value}`;
  // `--exclusions --json` is a forgotten value, not a file by the name of "--json"; `--seed -5` is a number.
  if (value === undefined || value === "" || (inline !== true && /^--?[a-z]/i.test(value))) {
    throw usage(command, `${flagName} needs a value, for example \`${example}\``);
  }
  if (flag.words !== undefined && !flag.words.includes(value)) {
    const near = nearest(value, flag.words);
    const hint = near === undefined ? "" : `; did you mean ${near}?`;
    throw usage(command, `${flagName} is one of ${flag.words.join(", ")}, got ${JSON.stringify(value)}${hint}`);
  }
  if (flag.integer !== undefined) {
    const number = Number(value);
    const { min, max } = flag.integer;
    if (!/^-?\d+$/.test(value) || !Number.isSafeInteger(number) || number < min || number > (max ?? number)) {
      const least = min === Number.MIN_SAFE_INTEGER ? "" : ` of at least ${min}`;
      const range = max === undefined ? `a whole number${least}` : `a whole number from ${min} to ${max}`;
      throw usage(command, `${flagName} is ${range}, got ${JSON.stringify(value)}`);
    }
  }
  return value;
}

function unknownFlag(command: Command, rawName: string, names: readonly string[]): UsageError {
  const near = rawName.startsWith("--") ? nearest(rawName.slice(2), names) : undefined;
  const hint = near === undefined ? "" : `; did you mean --${near}?`;
  return usage(command, `unknown flag ${rawName}${hint}`);
}

/** A usage error that ends by pointing at the command's help. */
export function usage(command: { readonly name: string }, message: string): UsageError {
  return new UsageError(`${message} (millrace ${command.name} --help lists the flags)`);
}
