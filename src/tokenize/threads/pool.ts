import { Worker } from "node:worker_threads";
import { messageOf, PipelineError } from "../../core/index.ts";
import type { EncodeMessage, TextFailure, ThreadMessage, ThreadSetup } from "./messages.ts";

/** Texts that are ready to be sent, and who they are for error messages. */
export interface TextBatch {
  readonly bytes: ArrayBuffer;
  readonly offsets: Uint32Array;
  /** "records "a" to "b"", for the error of a thread that dies over them. */
  readonly name: string;
}

export interface EncodedBatch {
  readonly tokens: Uint32Array;
  readonly offsets: Uint32Array;
  readonly failures: readonly TextFailure[];
}

interface Pending {
  readonly name: string;
  readonly resolve: (batch: EncodedBatch) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread {
  readonly worker: Worker;
  /** What it has been given and not answered, oldest first. */
  readonly pending: Map<number, Pending>;
}

/** Run from its source (the project's own tests), a thread must be told how to read TypeScript. */
const FROM_SOURCE = import.meta.url.endsWith(".ts");
const THREAD = new URL(FROM_SOURCE ? "./thread.ts" : "./thread.js", import.meta.url);
const SOURCE_HOOKS = FROM_SOURCE ? ["--import", new URL("../../../scripts/register-ts.mjs", import.meta.url).href] : undefined;

/**
 * Threads that encode, each with a tokenizer of its own (25 to 60 MB). A batch goes to the thread with the least to do. Buffers
 * travel by transfer, and those of the texts come back to be used again.
 */
export class EncodingPool {
  readonly #threads: Thread[] = [];
  readonly #spare: ArrayBuffer[] = [];
  readonly #stage: string;
  #batches = 0;
  #closed: unknown;

  constructor(stage: string, setup: ThreadSetup, threads: number) {
    this.#stage = stage;
    for (let i = 0; i < threads; i++) this.#threads.push(this.#start(setup));
  }

  /** The threads themselves. */
  get workers(): readonly Worker[] {
    return this.#threads.map(({ worker }) => worker);
  }

  /** A buffer of at least `bytes`, used before if there is one. */
  buffer(bytes: number): ArrayBuffer {
    const spare = this.#spare.pop();
    return spare !== undefined && spare.byteLength >= bytes ? spare : new ArrayBuffer(bytes);
  }

  /** The tokens of a batch. Rejects with a PipelineError when its thread dies ("thread-died") or when the pool is closed. */
  encode({ bytes, offsets, name }: TextBatch): Promise<EncodedBatch> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    const [first, ...others] = this.#threads;
    if (first === undefined) return Promise.reject(new Error("the pool has no threads"));
    const thread = others.reduce((least, other) => (other.pending.size < least.pending.size ? other : least), first);
    const batch = this.#batches++;
    return new Promise((resolve, reject) => {
      thread.pending.set(batch, { name, resolve, reject });
      const message: EncodeMessage = { batch, bytes, offsets };
      thread.worker.postMessage(message, [bytes, offsets.buffer as ArrayBuffer]);
    });
  }

  /** Ends the threads, whatever they are doing; batches under way are rejected with `reason`. */
  async close(reason: unknown): Promise<void> {
    this.#closed ??= reason ?? new Error("the pool is closed");
    for (const { pending } of this.#threads) {
      for (const { reject } of pending.values()) reject(this.#closed);
      pending.clear();
    }
    await Promise.all(this.#threads.map(({ worker }) => worker.terminate()));
  }

  #start(setup: ThreadSetup): Thread {
    const worker = new Worker(THREAD, { workerData: setup, ...(SOURCE_HOOKS && { execArgv: SOURCE_HOOKS }) });
    const thread: Thread = { worker, pending: new Map() };
    let reason: string | undefined;
    worker.on("message", (message: ThreadMessage) => {
      if (message.type === "broken") this.#died(thread, message.kind, message.message);
      else {
        const waiting = thread.pending.get(message.batch);
        thread.pending.delete(message.batch);
        this.#spare.push(message.bytes);
        waiting?.resolve(message);
      }
    });
    worker.on("error", (error: unknown) => {
      reason = messageOf(error);
    });
    worker.on("exit", (code) => this.#died(thread, "thread-died", reason ?? `exit code ${code}`));
    return thread;
  }

  /** The batch it was working on is named; what waited behind it cannot be encoded any more either. */
  #died(thread: Thread, kind: string, reason: string): void {
    if (this.#closed !== undefined) return;
    const [working] = thread.pending.values();
    const over = working === undefined ? "" : ` over ${working.name}`;
    const message =
      kind === "thread-died" ? `an encoding thread died${over}: ${reason}` : `${reason}${over === "" ? "" : ` (${working?.name})`}`;
    this.#closed = new PipelineError({ kind, stage: this.#stage, message });
    void this.close(this.#closed);
  }
}
