import { VERSION } from "../core/version.ts";
import { type Command, readArguments, type Terminal, UsageError } from "./command.ts";
import { dedupeAudit } from "./dedupe-audit.ts";
import { dedupePlan } from "./dedupe-plan.ts";
import { diff } from "./diff.ts";
import { gc } from "./gc.ts";
import { commandHelp, toolHelp } from "./help.ts";
import { inspect } from "./inspect.ts";
import { nearest } from "./nearest.ts";
import { plan } from "./plan.ts";
import { run } from "./run.ts";
import { status } from "./status.ts";
import { task } from "./task.ts";
import { trace } from "./trace.ts";

const COMMANDS: readonly Command[] = [run, plan, status, gc, inspect, trace, diff, task, dedupePlan, dedupeAudit];

/** The whole tool: reads the arguments, runs the command, returns the exit code. Mistakes become one line on stderr. */
export async function cli(args: readonly string[], terminal: Terminal): Promise<number> {
  try {
    return await dispatch(args, terminal);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.stderr.write(`millrace: ${error.message}\n`);
    return 2;
  }
}

async function dispatch(words: readonly string[], terminal: Terminal): Promise<number> {
  const [name, ...args] = joined(words);
  if (name === "--help" || name === "-h" || (name === "help" && args.length === 0)) {
    terminal.out(toolHelp(COMMANDS, VERSION));
    return 0;
  }
  if (name === "--version" || name === "-v") {
    terminal.out(`${VERSION}\n`);
    return 0;
  }
  if (name === undefined) throw new UsageError(`which command? ${list()} (millrace --help tells more)`);
  const wanted = name === "help" ? joined(args)[0] : name;
  const command = COMMANDS.find((candidate) => candidate.name === wanted);
  if (command === undefined) throw unknownCommand(wanted ?? "");
  if (name === "help" || asksForHelp(args)) {
    terminal.out(commandHelp(command));
    return 0;
  }
  return command.run(readArguments(command, args), terminal);
}

/** Names of two words ("dedupe plan") become one argument. */
function joined([first, second, ...rest]: readonly string[]): readonly string[] {
  if (first === undefined || second === undefined) return first === undefined ? [] : [first];
  const name = `${first} ${second}`;
  const known = COMMANDS.some((command) => command.name === name);
  // A misspelt second word is still taken for one, so that the message can say which was meant.
  const family = COMMANDS.some((command) => command.name.startsWith(`${first} `)) && !second.startsWith("-");
  return known || family ? [name, ...rest] : [first, second, ...rest];
}

/** `--help` wins over any mistake beside it, but what follows `--` belongs to the module. */
function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).some((arg) => arg === "--help" || arg === "-h");
}

function unknownCommand(name: string): UsageError {
  if (name.startsWith("-")) return new UsageError(`unknown flag ${name}; the command comes first: ${list()} (millrace --help tells more)`);
  const family = COMMANDS.filter((command) => command.name.startsWith(`${name} `)).map((command) => command.name);
  if (family.length > 0) throw new UsageError(`which? ${family.join(", ")} (millrace help ${family[0]} tells more)`);
  const near = nearest(
    name,
    COMMANDS.map((command) => command.name),
  );
  // `millrace pipeline.ts` is what people try first.
  const hint =
    near !== undefined
      ? `; did you mean \`millrace ${near}\`?`
      : /\.m?[tj]s$/.test(name)
        ? `; did you mean \`millrace run ${name}\`?`
        : `; the commands are ${list()}`;
  return new UsageError(`unknown command ${JSON.stringify(name)}${hint}`);
}

function list(): string {
  return COMMANDS.map((command) => command.name).join(", ");
}
