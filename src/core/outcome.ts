/** Something a stage has made ready that must not be seen unless the run succeeds, such as an index of what was delivered. */
export interface Pending {
  /** Makes it visible; when it throws, nothing is left of it. */
  commit(): Promise<void>;
  /** Removes it. */
  abort(): Promise<void>;
}

/** How a run ended, for what waits for that. The first word counts. As with a scope, nothing that comes late leaks. */
export class Outcome {
  #pending: Pending[] = [];
  #settling: Promise<void> | undefined;

  /** What comes when the run has ended already, of a stage that was slow to close, is removed. */
  add(pending: Pending): void {
    if (this.#settling === undefined) this.#pending.push(pending);
    else void pending.abort().catch(() => {});
  }

  /** Commits everything in the order it came, or removes it. What follows a failed commit is removed. */
  settle(succeeded: boolean): Promise<void> {
    this.#settling ??= this.#run(succeeded);
    return this.#settling;
  }

  async #run(succeeded: boolean): Promise<void> {
    const pending = this.#pending;
    let done = 0;
    try {
      while (succeeded && done < pending.length) await (pending[done++] as Pending).commit();
    } finally {
      for (const rest of pending.slice(done)) await rest.abort().catch(() => {}); // the run's own error is the one to tell
    }
  }
}
