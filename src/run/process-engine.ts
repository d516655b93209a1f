/**
 * The engine of child processes: each works on a few tasks and ends. It is what an engine for many machines does, with `spawn` in
 * the place of a scheduler: start a command, look at its exit code, trust commit records only.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { knownOptions, numberOption, optionType } from "../core/index.ts";
import type { Engine, EngineRun, EngineSession, TaskEnd, TaskRef } from "./engine.ts";
import { EXIT_AGAIN, LINE_PREFIX, type TaskLine } from "./task-command.ts";

export interface ProcessEngineOptions {
  /** Processes at once, 1 to 1024. Default: the processors this process may use. */
  readonly workers?: number;
  /** What is started, before the arguments `task <folder> --phase p --tasks n`. Default: Node with this package's command line. */
  readonly command?: readonly string[];
  /** Most tasks of one process, 1 to 1000. Default 16. A process takes its share of those that wait, which may be fewer. */
  readonly batch?: number;
}

export function processEngine(options: ProcessEngineOptions = {}): Engine {
  const name = "processEngine";
  knownOptions(name, options, ["workers", "command", "batch"]);
  const workers = numberOption(name, "workers", options.workers ?? availableParallelism(), { min: 1, max: 1024, integer: true });
  const batch = numberOption(name, "batch", options.batch ?? 16, { min: 1, max: 1000, integer: true });
  const { command = ownCommand() } = options;
  if (!Array.isArray(command) || command.length === 0) throw optionType(name, "command", "a list of words", command);
  return { name: "processes", open: async (run) => new ProcessSession(run, workers, batch, command) };
}

function ownCommand(): readonly string[] {
  const main = fileURLToPath(new URL(`../cli/main${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url));
  return [process.execPath, ...process.execArgv, main];
}

/** Milliseconds a process has to end after SIGTERM. */
const GRACE_MS = 2000;

class ProcessSession implements EngineSession {
  readonly slots: number;
  readonly #run: EngineRun;
  readonly #workers: number;
  readonly #batch: number;
  readonly #command: readonly string[];
  readonly #children = new Set<ChildProcess>();
  readonly #waiting: TaskRef[] = [];
  #planned = false;
  #closed = false;

  constructor(run: EngineRun, workers: number, batch: number, command: readonly string[]) {
    this.#run = run;
    this.#workers = workers;
    this.#batch = batch;
    this.#command = command;
    this.slots = workers * batch * 2;
  }

  submit(ref: TaskRef): void {
    this.#waiting.push(ref);
    if (this.#planned) return;
    // Tasks come one after the other; a batch is made of those that are there when the caller is through.
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      this.#startMore();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.length = 0;
    await Promise.all([...this.#children].map(endChild));
  }

  #startMore(): void {
    while (!this.#closed && this.#waiting.length > 0 && this.#children.size < this.#workers) {
      const share = Math.ceil(this.#waiting.length / (this.#workers * 2));
      const first = this.#waiting[0] as TaskRef;
      // A task that lost a worker goes alone, so that nothing else is lost with it.
      const size = first.careful === true ? 1 : Math.min(share, this.#batch);
      const refs: TaskRef[] = [];
      while (refs.length < size && this.#waiting[0]?.careful === first.careful && this.#waiting[0]?.phase === first.phase) {
        refs.push(this.#waiting.shift() as TaskRef);
      }
      this.#start(refs);
    }
  }

  #start(refs: readonly TaskRef[]): void {
    const { folder, memoryBytes } = this.#run;
    const { phase = 0, careful = false } = refs[0] ?? {};
    const args = ["task", folder.path, "--phase", String(phase), "--tasks", refs.map(({ task }) => task).join(","), "--events"];
    const [program = "", ...rest] = this.#command;
    const flags = ["--memory", String(memoryBytes), ...(careful ? ["--careful"] : [])];
    // The child holds the other end of its stdin: when this process dies, however it dies, the child sees the end and stops.
    const child = spawn(program, [...rest, ...args, ...flags], { stdio: ["pipe", "inherit", "pipe"] });
    this.#children.add(child);
    const left = new Map(refs.map((ref) => [ref.task, ref]));
    let current: TaskRef | undefined;
    let reason: string | undefined;
    const words: string[] = [];
    const lines = createInterface({ input: child.stderr as NodeJS.ReadableStream });
    lines.on("line", (text) => {
      if (this.#closed) return;
      if (!text.startsWith(LINE_PREFIX)) {
        process.stderr.write(`${text}\n`);
        if (words.push(text) > 20) words.shift();
        return;
      }
      const line = taskLine(text);
      const ref = line && left.get(line.ref.task);
      if (line === undefined || ref === undefined) return;
      if (line.type === "started") current = ref;
      else if (line.type === "progress") this.#run.progress(ref, line.report);
      else {
        left.delete(ref.task);
        current = undefined;
        this.#run.ended(ref, line.end);
      }
    });
    child.on("error", (error) => {
      reason = error.message;
      this.#ended(child, left, current, reason);
    });
    child.on("close", (code, signal) => {
      reason ??= signal === null ? `its process ended with exit code ${code}` : `its process was ended by ${signal}`;
      const said = code === EXIT_AGAIN || words.length === 0 ? "" : `; it said: ${words.join("\n")}`;
      this.#ended(child, left, current, reason + said);
    });
  }

  /** What the process had not begun goes to another; the task it was at is lost. */
  #ended(child: ChildProcess, left: ReadonlyMap<number, TaskRef>, current: TaskRef | undefined, reason: string): void {
    if (!this.#children.delete(child) || this.#closed) return;
    const lost: TaskEnd = { kind: "lost", reason };
    const begun = current ?? [...left.values()][0];
    for (const ref of left.values()) if (ref !== begun) this.#waiting.unshift(ref);
    if (begun !== undefined) this.#run.ended(begun, lost);
    this.#startMore();
  }
}

/** What a process said; undefined for the torn line of one that was killed while it spoke: its end tells what it means. */
function taskLine(text: string): TaskLine | undefined {
  try {
    return JSON.parse(text.slice(LINE_PREFIX.length)) as TaskLine;
  } catch {
    return undefined;
  }
}

function endChild(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    const timer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
    child.once("exit", () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill("SIGTERM");
  });
}
