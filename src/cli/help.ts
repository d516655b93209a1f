import { type Command, type Flag, HELP } from "./command.ts";

/** Text of `millrace --help`. */
export function toolHelp(commands: readonly Command[], version: string): string {
  const width = Math.max(...commands.map((command) => command.name.length));
  return [
    `millrace ${version}: stream training data for language models, from raw text to shards`,
    "",
    "usage: millrace <command> [flags]",
    "",
    "commands",
    ...commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`),
    "",
    "flags",
    "  --help, -h     print this help; after a command, that command's",
    "  --version, -v  print the version",
    "",
    "examples",
    ...commands.flatMap((command) => command.examples.slice(0, 1).map(([line, what]) => `  ${line}\n      ${what}`)),
    "",
  ].join("\n");
}

/** Text of `millrace <command> --help`. */
export function commandHelp(command: Command): string {
  const flags = Object.entries({ ...command.flags, help: HELP }).map(([name, flag]) => [flagName(name, flag), flag.description] as const);
  const width = Math.max(...flags.map(([name]) => name.length));
  return [
    `millrace ${command.name}: ${command.summary}`,
    "",
    `usage: millrace ${command.name} ${command.usage}`,
    "",
    command.details,
    "",
    "flags",
    ...flags.map(([name, description]) => `  ${name.padEnd(width)}  ${description}`),
    "",
    "examples",
    ...command.examples.map(([line, what]) => `  ${line}\n      ${what}`),
    "",
  ].join("\n");
}

function flagName(name: string, flag: Flag): string {
  const short = flag.short === undefined ? "" : `, -${flag.short}`;
  const value = flag.words?.join("|") ?? flag.value;
  return `--${name}${short}${value === undefined ? "" : ` <${value}>`}`;
}
