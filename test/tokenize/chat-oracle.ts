/** Asks transformers, or jinja2 where only that is installed, what a conversation becomes. Used by chat-oracle.test.ts and chat-golden.ts. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ConfigToken } from "../../src/tokenize/chat/index.ts";
import { type ChatCase, chatTokenizerJson, FAMILIES, type Family } from "./chat-cases.ts";

const ORACLES = fileURLToPath(new URL("../oracles", import.meta.url));

/** transformers is 170 MB with what it needs, so it is no part of test/oracles: a Python that has it can be named. */
const PYTHON = process.env["MILLRACE_TRANSFORMERS_PYTHON"] ?? join(ORACLES, ".venv", "bin", "python");

/** The date that templates print. */
export const DATE = "2024-07-26";
const DATE_STRING = "26 Jul 2024";

export interface Answer {
  readonly text?: string;
  readonly ids?: readonly number[];
  readonly mask?: readonly number[];
  readonly error?: string;
}

/** "transformers", "jinja2" for the text alone, or undefined where neither is there. */
export function oracle(): "transformers" | "jinja2" | undefined {
  for (const name of ["transformers", "jinja2"] as const) {
    if (spawnSync(PYTHON, ["-c", `import ${name}`]).status === 0) return name;
  }
  return undefined;
}

export function ask(cases: readonly ChatCase[]): Answer[] {
  const lines: unknown[] = [{ tokenizer: JSON.stringify(chatTokenizerJson()) }];
  for (const { family, messages, tools, prompt } of cases) {
    const { config } = FAMILIES[family] as Family;
    const { chat_template: template, bos_token, eos_token } = config;
    const given: [string, ConfigToken | undefined][] = [
      ["bos_token", bos_token],
      ["eos_token", eos_token],
    ];
    const tokens = Object.fromEntries(
      given.flatMap(([name, token]) => (token == null ? [] : [[name, typeof token === "string" ? token : token.content]])),
    );
    lines.push({ template, tokens, messages, tools, prompt, variables: { date_string: DATE_STRING } });
  }
  const input = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  const { status, stdout, stderr } = spawnSync(PYTHON, [join(ORACLES, "chat_transformers.py")], { input, maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`chat_transformers.py ended with ${status}: ${stderr}`);
  const answers = stdout
    .toString()
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Answer);
  if (answers.length !== cases.length) throw new Error(`chat_transformers.py gave ${answers.length} answers to ${cases.length} cases`);
  return answers;
}
