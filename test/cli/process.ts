import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { cli } from "../../src/cli/cli.ts";

export const ROOT: string = fileURLToPath(new URL("../../", import.meta.url));

/** The command line from its source: what is tested is the code in the editor, not what was built last. */
const CLI = ["--import", `${ROOT}scripts/register-ts.mjs`, `${ROOT}src/cli/main.ts`];

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts `millrace ...args` as a person would, in a child process. */
export function start(
  args: readonly string[],
  options: { readonly cwd?: string; readonly env?: Record<string, string> } = {},
): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, [...CLI, ...args], {
    cwd: options.cwd ?? ROOT,
    env: { ...process.env, NO_COLOR: "1", ...options.env },
  });
  return { child, ended: ending(child) };
}

function ending(child: ChildProcess): Promise<Ended> {
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs `millrace ...args` to its end. */
export function millrace(args: readonly string[], options: Parameters<typeof start>[1] = {}): Promise<Ended> {
  return start(args, options).ended;
}

/** The same without a process of its own, for what needs no module to be loaded. */
export async function inProcess(args: readonly string[]): Promise<Ended> {
  let [stdout, stderr] = ["", ""];
  const stream = {
    write: (text: string) => {
      stderr += text;
    },
  } as unknown as NodeJS.WriteStream;
  const out = (text: string): void => {
    stdout += text;
  };
  const code = await cli(args, { out, stdout: stream, stderr: stream });
  return { code, stdout, stderr };
}

/** A folder outside the package, without node_modules, removed after the test file. */
export function temporaryFolder(): { readonly path: string; file(name: string, content: string): string } {
  const path = mkdtempSync(join(tmpdir(), "millrace-cli-"));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    file(name, content) {
      const full = join(path, name);
      writeFileSync(full, content);
      return full;
    },
  };
}
