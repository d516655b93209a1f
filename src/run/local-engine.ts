/**
 * The engine of one machine: worker threads. Threads rather than processes, because they start in a tenth of the time and share
 * the library's code; a thread that dies, also of its heap, takes only its own task along.
 *
 * A worker is handed its next task while it works on one only where tasks are short: a long task that waits behind another would
 * keep one worker busy at the end while the others have nothing left.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { knownOptions, messageOf, numberOption } from "../core/index.ts";
import type { Engine, EngineRun, EngineSession, TaskEnd, TaskRef } from "./engine.ts";
import type { WorkerMessage, WorkerSetup } from "./local-worker.ts";

export interface LocalEngineOptions {
  /** Number of worker threads, 1 to 1024. Default: the processors this process may use. */
  readonly workers?: number;
  /** MiB of JavaScript heap of each worker; one that needs more dies, and its task is tried again. Default: V8's own limit. */
  readonly heapMiB?: number;
  /** Node's flags for the threads. Default: those of this process. */
  readonly execArgv?: readonly string[];
}

/** Tasks shorter than this, in milliseconds, are handed out one ahead. */
const SHORT = 50;

interface Thread {
  readonly worker: Worker;
  /** Handed over and not ended. */
  readonly tasks: Map<string, TaskRef>;
  /** The one it works on. */
  current: TaskRef | undefined;
  /** Handed over and not begun, or begun and not worked through. */
  load: number;
  begun: number;
  /** How long the last task took, in milliseconds. */
  last: number;
}

export function localEngine(options: LocalEngineOptions = {}): Engine {
  knownOptions("localEngine", options, ["workers", "heapMiB", "execArgv"]);
  const workers = numberOption("localEngine", "workers", options.workers ?? availableParallelism(), { min: 1, max: 1024, integer: true });
  if (options.heapMiB !== undefined) numberOption("localEngine", "heapMiB", options.heapMiB, { min: 16, integer: true });
  return { name: "local", open: async (run) => new LocalSession(run, workers, options) };
}

class LocalSession implements EngineSession {
  readonly slots: number;
  readonly #run: EngineRun;
  readonly #workers: number;
  readonly #options: LocalEngineOptions;
  readonly #threads = new Set<Thread>();
  readonly #waiting: TaskRef[] = [];
  #closed = false;

  constructor(run: EngineRun, workers: number, options: LocalEngineOptions) {
    this.#run = run;
    this.#workers = workers;
    this.#options = options;
    this.slots = workers * 8;
  }

  submit(ref: TaskRef): void {
    this.#waiting.push(ref);
    this.#hand();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.length = 0;
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
    this.#threads.clear();
  }

  /** Hands waiting tasks to whoever can take one; starts a thread when all are busy and there may be more. */
  #hand(): void {
    while (this.#waiting.length > 0 && !this.#closed) {
      const thread = this.#taker();
      if (thread === undefined) return;
      const ref = this.#waiting.shift() as TaskRef;
      thread.tasks.set(keyOf(ref), ref);
      thread.load++;
      thread.worker.postMessage(ref);
    }
  }

  #taker(): Thread | undefined {
    for (const thread of this.#threads) if (thread.load === 0) return thread;
    if (this.#threads.size < this.#workers) return this.#start();
    for (const thread of this.#threads) if (thread.load === 1 && thread.last < SHORT) return thread;
    return undefined;
  }

  #start(): Thread {
    const { folder, plan, job, memoryBytes } = this.#run;
    const setup: WorkerSetup = { output: folder.output, name: folder.name, plan, job, memoryBytes };
    const { heapMiB, execArgv } = this.#options;
    const worker = new Worker(new URL(`./local-worker${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url), {
      workerData: setup,
      ...(execArgv === undefined ? {} : { execArgv: [...execArgv] }),
      ...(heapMiB === undefined ? {} : { resourceLimits: { maxOldGenerationSizeMb: heapMiB } }),
    });
    const thread: Thread = { worker, tasks: new Map(), current: undefined, load: 0, begun: 0, last: Number.POSITIVE_INFINITY };
    this.#threads.add(thread);
    let reason: string | undefined;
    worker.on("message", (message: WorkerMessage) => this.#heard(thread, message));
    worker.on("error", (error: unknown) => {
      reason = messageOf(error);
    });
    worker.on("exit", (code) => this.#died(thread, reason ?? `its worker ended with exit code ${code}`));
    return thread;
  }

  #heard(thread: Thread, message: WorkerMessage): void {
    if (this.#closed) return;
    switch (message.type) {
      case "started":
        thread.current = thread.tasks.get(keyOf(message.ref)); // not the copy that came through the port
        thread.begun = performance.now();
        return;
      case "worked":
        thread.current = undefined;
        thread.load--;
        thread.last = performance.now() - thread.begun;
        this.#hand();
        return;
      case "progress":
        this.#run.progress(message.ref, message.report);
        return;
      case "ended":
        thread.tasks.delete(keyOf(message.ref));
        this.#run.ended(message.ref, message.end);
        return;
      case "broken": {
        const refs = [...thread.tasks.values()];
        thread.tasks.clear();
        this.#threads.delete(thread);
        for (const ref of refs) this.#run.ended(ref, { kind: "failed", failure: message.failure });
      }
    }
  }

  /** The task it was working on is lost; those it had not begun, or had only to commit, go to others. */
  #died(thread: Thread, reason: string): void {
    if (this.#closed || !this.#threads.delete(thread)) return;
    const { current, tasks } = thread;
    const lost: TaskEnd = { kind: "lost", reason };
    // A thread that dies before it begins anything would die again for the next task.
    const begun = current ?? [...tasks.values()][0];
    for (const ref of tasks.values()) if (ref !== begun) this.#waiting.unshift(ref);
    if (begun !== undefined) this.#run.ended(begun, lost);
    this.#hand();
  }
}

function keyOf({ phase, task }: TaskRef): string {
  return `${phase}/${task}`;
}
