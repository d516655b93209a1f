#!/usr/bin/env node
/**
 * Feeds the cases of the kit to an implementation and compares its answers.
 *
 *   node conformance/run.mjs [--profile name] [--op name] [--strict] -- command [arguments]
 *
 * The command gets one JSON object a line on stdin, {"id", "profile", "op", "input"}, and writes one a line on stdout, in any
 * order: {"id", "output"}, or {"id", "unsupported": true} for what it does not implement. It ends when stdin ends. Its stderr is
 * passed on. Exit code: 0 when every answer is right, 1 when one is wrong or missing (with --strict, also when one is unsupported),
 * 2 for a mistake in the command line.
 */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";

const ROOT = fileURLToPath(new URL(".", import.meta.url));
/** Wrong answers that are shown of each operation. */
const SHOWN = 3;
/** Characters of a value in a message. */
const LONGEST = 300;

/** All cases of the kit, those about a corpus with its texts. */
export function cases({ profile, op } = {}) {
  const found = [];
  for (const folder of readdirSync(ROOT, { withFileTypes: true })) {
    if (!folder.isDirectory() || !folder.name.startsWith("minhash-")) continue;
    for (const name of readdirSync(ROOT + folder.name).sort()) {
      const file = JSON.parse(readFileSync(`${ROOT}${folder.name}/${name}`, "utf8"));
      if (!Array.isArray(file.cases)) continue;
      if ((profile !== undefined && file.profile !== profile) || (op !== undefined && file.op !== op)) continue;
      for (const [number, { input, output }] of file.cases.entries()) {
        const texts =
          typeof input.texts === "string" ? JSON.parse(readFileSync(`${ROOT}${folder.name}/${input.texts}`, "utf8")) : undefined;
        const whole = texts === undefined ? input : { ...input, texts };
        found.push({ id: found.length, profile: file.profile, op: file.op, number, input: whole, output });
      }
    }
  }
  return found;
}

/** Equal values; numbers that are no whole numbers may differ in their last digits. */
export function same(a, b) {
  if (typeof a === "number" && typeof b === "number") return a === b || (!Number.isInteger(a) && Math.abs(a - b) < 1e-12);
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => same(item, b[i]));
  return isDeepStrictEqual(a, b);
}

async function main(args) {
  const end = args.indexOf("--");
  const [command, ...rest] = end < 0 ? [] : args.slice(end + 1);
  const options = flags(end < 0 ? args : args.slice(0, end));
  if (command === undefined || options === undefined) {
    console.error("usage: node conformance/run.mjs [--profile name] [--op name] [--strict] -- command [arguments]");
    return 2;
  }
  const asked = cases(options);
  if (asked.length === 0) {
    console.error("no case has that profile and operation");
    return 2;
  }
  const answers = await ask(command, rest, asked);
  if (answers === undefined) return 1;
  return report(asked, answers, options.strict);
}

function flags(args) {
  const options = { strict: false };
  for (let i = 0; i < args.length; i++) {
    if (args[i] === "--strict") options.strict = true;
    else if ((args[i] === "--profile" || args[i] === "--op") && args[i + 1] !== undefined) options[args[i].slice(2)] = args[++i];
    else return undefined;
  }
  return options;
}

/** The answers by id, or undefined when the command could not be run to its end. */
async function ask(command, args, asked) {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  const answers = new Map();
  const ended = new Promise((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(code === 0 ? undefined : `it ended with ${signal ?? `code ${code}`}`));
  });
  // A command that dies early closes the pipe; how it ended says more than that.
  child.stdin.on("error", () => {});
  for (const { id, profile, op, input } of asked) child.stdin.write(`${JSON.stringify({ id, profile, op, input })}\n`);
  child.stdin.end();
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.trim() === "") continue;
    try {
      const answer = JSON.parse(line);
      answers.set(answer.id, answer);
    } catch {
      console.error(`not a line of JSON: ${shorten(line)}`);
      child.kill();
      return undefined;
    }
  }
  const problem = await ended;
  if (problem !== undefined) console.error(`${command}: ${problem}`);
  return problem === undefined ? answers : undefined;
}

function report(asked, answers, strict) {
  const rows = new Map();
  for (const one of asked) {
    const key = `${one.profile} ${one.op}`;
    const row = rows.get(key) ?? { right: 0, wrong: [], unsupported: 0 };
    rows.set(key, row);
    const answer = answers.get(one.id);
    if (answer?.unsupported === true) row.unsupported++;
    else if (answer !== undefined && "output" in answer && same(answer.output, one.output)) row.right++;
    else row.wrong.push({ one, answer });
  }
  let failed = false;
  const width = Math.max(...[...rows.keys()].map((key) => key.length));
  for (const [key, { right, wrong, unsupported }] of rows) {
    failed ||= wrong.length > 0 || (strict && unsupported > 0);
    const notes = [...(wrong.length > 0 ? [`${wrong.length} WRONG`] : []), ...(unsupported > 0 ? [`${unsupported} unsupported`] : [])];
    console.log(`${key.padEnd(width)}  ${right} right${notes.length > 0 ? `, ${notes.join(", ")}` : ""}`);
    for (const { one, answer } of wrong.slice(0, SHOWN)) {
      console.log(`  case ${one.number}: ${shorten(JSON.stringify(one.input))}`);
      console.log(`    expected ${shorten(JSON.stringify(one.output))}`);
      console.log(`    got      ${answer === undefined ? "no answer" : shorten(JSON.stringify(answer.output) ?? "no output")}`);
    }
  }
  return failed ? 1 : 0;
}

function shorten(text) {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}...`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
