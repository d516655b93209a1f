/** Ctrl-C and SIGTERM end a job through its abort signal, so that files are closed and nothing half-written is published. */

const NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;

/** The reason of an abort that a signal asked for. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly exitCode: number;

  constructor(signal: keyof typeof NUMBERS) {
    super(`interrupted by ${signal}`);
    this.exitCode = 128 + NUMBERS[signal];
  }
}

/** Aborts `controller` on the first signal; a second one ends the process at once. Returns what removes the handlers. */
export function abortOnSignals(controller: AbortController, announce: (text: string) => void): () => void {
  const handlers = (Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]).map((signal) => {
    const handle = (): void => {
      const reason = new Interrupted(signal);
      if (controller.signal.aborted) process.exit(reason.exitCode);
      announce(`${reason.message}, closing files; once more ends at once`);
      controller.abort(reason);
    };
    process.on(signal, handle);
    return { signal, handle };
  });
  return () => {
    for (const { signal, handle } of handlers) process.off(signal, handle);
  };
}
