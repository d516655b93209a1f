import { type Frame, sourceContext, stageContext } from "./context.ts";
import { originOf } from "./doc.ts";
import { PipelineError } from "./errors.ts";
import { ExclusionQueue } from "./exclusions.ts";
import { type Account, asFailure, Ledger } from "./ledger.ts";
import { Link, type LinkOwner } from "./link.ts";
import { Outcome } from "./outcome.ts";
import { Random } from "./random.ts";
import type { RunReport } from "./report.ts";
import { Scope } from "./scope.ts";
import { Shared } from "./shared.ts";
import type { Excluded, OnError, RunObserver, Sink, SinkContext, Source, Stage } from "./stage.ts";
import { fromJson, type Json, type PipelineState, type StageState, toJson } from "./state.ts";
import { StageTally } from "./tally.ts";
import { recordBytes } from "./weigh.ts";

/** A pipeline's steps as data: the source and the stages, each with its unique name and its configuration as JSON. */
export interface Step {
  readonly name: string;
  readonly config: Json;
  readonly source?: Source<unknown>;
  readonly stage?: Stage<unknown, unknown>;
}

/** Options of one run of a pipeline. */
export interface RunOptions {
  /** Ends the run early; the loop that consumes it then throws the signal's reason. */
  readonly signal?: AbortSignal;
  /** Seed of every random decision. Default 0. Any safe integer. */
  readonly seed?: number;
  /** What a bad record does. Default "throw". */
  readonly onError?: OnError;
  /** Receives every dropped record with its original text, stage and reason. */
  readonly exclusions?: Sink<Excluded>;
  /** Called with the counters about every `progressInterval` milliseconds, and once at the end. */
  readonly onProgress?: (report: RunReport) => void;
  /** Milliseconds. Default 500. */
  readonly progressInterval?: number;
  /** Continue the run this state was taken from. */
  readonly state?: PipelineState;
}

interface Slot {
  readonly step: Step;
  readonly account: Account;
  readonly link: Link;
  readonly tally: StageTally;
  readonly random: Random;
  readonly restored: unknown;
  save: (() => unknown) | undefined;
}

/** Milliseconds of work after which the event loop gets a turn. */
const BREATH_MS = 50;

/** How long closing waits for a stage that ignores its signal, when the loop was left and when the run failed. */
const CLOSE_GRACE_MS = 2000;
const FAILED_GRACE_MS = 100;

/** One pass over a pipeline: it wires the stages, meters them, saves their state and closes them. */
export class Execution<T> implements AsyncIterableIterator<T>, LinkOwner {
  readonly signal: AbortSignal;
  /** Called once the last record was handed on and the stages are closed, before the consumer learns of the end. */
  onEnd: (() => void) | undefined;
  /** True when whoever consumes the records says how the run ended, with {@link settle}: its work does not end with the last of them. */
  awaitsConsumer = false;
  readonly #options: RunOptions;
  readonly #seed: number;
  readonly #part: string;
  readonly #shared: Shared;
  readonly #slots: Slot[] = [];
  readonly #scope = new Scope();
  readonly #outcome = new Outcome();
  readonly #abort = new AbortController();
  readonly #ledger: Ledger;
  #exclusionsWritten: Promise<unknown> | undefined;
  /** When the event loop last had a turn that this run saw. */
  #breathed = 0;
  #pulls = 0;
  #finished = false;
  #failed = false;
  #begun: number | undefined;
  #ended: number | undefined;
  #closing: Promise<void> | undefined;

  /**
   * `part` names the part of a run that this pass is: random draws of two parts must not be the same. `shared` outlives the pass.
   */
  constructor(steps: readonly Step[], options: RunOptions, part = "", shared?: Shared) {
    this.#options = options;
    this.#part = part;
    this.#shared = shared ?? new Shared();
    if (shared === undefined) this.#scope.defer(() => this.#shared.close());
    this.#seed = options.seed ?? 0;
    this.signal = this.#abort.signal;
    this.#ledger = new Ledger(options.exclusions === undefined ? undefined : new ExclusionQueue());
    const state = options.state;
    this.#finished = state?.finished ?? false;
    for (const [index, step] of steps.entries()) {
      const ends = index === 0 || index === steps.length - 1;
      this.#slots.push(this.#slot(step, index, ends, state?.stages[index]));
    }
    if (state !== undefined) {
      const first = state.stages[0]?.counters as { readonly run: Json };
      this.#ledger.run.restore(fromJson(first.run) as Parameters<Ledger["run"]["restore"]>[0]);
    }
    // An abort must settle whatever waits, not only what listens.
    this.signal.addEventListener("abort", () => {
      for (const { link } of this.#slots) link.abort(this.signal.reason);
    });
    const outer = options.signal;
    if (outer !== undefined) {
      const forward = (): void => this.#abort.abort(outer.reason);
      if (outer.aborted) forward();
      else outer.addEventListener("abort", forward, { once: true });
      this.#scope.defer(() => outer.removeEventListener("abort", forward));
    }
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#closing !== undefined || (this.#finished && this.#begun === undefined))
      return Promise.resolve({ done: true, value: undefined });
    this.#begin();
    this.#pulls++;
    return this.#last().link.next().then(this.#arrived, this.#broke) as Promise<IteratorResult<T>>;
  }

  // Typed without `T`, so that a pipeline of documents is a pipeline of unknowns.
  readonly #arrived = (result: IteratorResult<unknown>): IteratorResult<unknown> | Promise<IteratorResult<unknown>> => {
    this.#pulls--;
    if (result.done !== true) return result;
    this.#finished = true;
    return this.#end();
  };

  async #end(): Promise<IteratorResult<unknown>> {
    try {
      await this.#close();
    } catch (error) {
      await this.settle(false);
      throw error;
    }
    this.onEnd?.();
    if (!this.awaitsConsumer) await this.settle(true);
    return { done: true, value: undefined };
  }

  readonly #broke = async (error: unknown): Promise<never> => {
    this.#pulls--;
    this.#failed = true;
    await this.fail(error);
    throw error;
  };

  /** Leaving the loop early closes every stage and the source. */
  async return(): Promise<IteratorResult<T>> {
    try {
      await this.#close();
    } finally {
      if (!this.awaitsConsumer) await this.settle(false);
    }
    return { done: true, value: undefined };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Ends the run because its consumer failed: exclusions are then not published as if the run had succeeded. */
  async fail(reason: unknown): Promise<void> {
    await this.#close({ reason }).catch(() => {});
    await this.settle(false);
  }

  /** Commits or removes what stages have made ready for the end of the run. */
  settle(succeeded: boolean): Promise<void> {
    return this.#outcome.settle(succeeded);
  }

  /** The state between two items: plain JSON. */
  state(): PipelineState {
    if (this.#pulls > 0)
      throw new PipelineError({ kind: "busy", message: "state() was called while an item was being awaited; call it between two items" });
    if (this.#failed)
      throw new PipelineError({ kind: "busy", message: "state() was called after the run had failed; use the state saved before" });
    if (this.#closing !== undefined && !this.#finished) {
      throw new PipelineError({ kind: "busy", message: "state() was called after the loop was left; call it inside the loop" });
    }
    const stages = this.#slots.map((slot, index): StageState => {
      const counters = toJson(index === 0 ? { stage: slot.tally.save(), run: this.#ledger.run.save() } : { stage: slot.tally.save() });
      return { name: slot.step.name, config: slot.step.config, state: this.#save(slot), random: slot.random.save(), counters };
    });
    return { version: 1, seed: this.#seed, finished: this.#finished, delivered: this.#ledger.run.delivered, stages };
  }

  report(): RunReport {
    const now = this.#ended ?? performance.now();
    const seconds = this.#begun === undefined ? 0 : (now - this.#begun) / 1000;
    const waited = this.#slots.map((slot) => slot.tally.waited);
    return {
      seconds,
      consumerSeconds: Math.max(0, seconds - (waited.at(-1) ?? 0)),
      delivered: this.#ledger.run.delivered,
      finished: this.#finished,
      bytesRead: this.#ledger.run.bytesRead,
      bytesTotal: this.#ledger.run.bytesTotal,
      stages: this.#slots.map((slot, i) => slot.tally.report(slot.step.name, i === 0 ? 0 : (waited[i - 1] as number))),
      sources: this.#ledger.run.sources(),
      errors: [...this.#ledger.run.errors],
    };
  }

  /** The context of a sink that ends this run; `name` labels its counters and errors. */
  sinkContext(name: string, scope: Scope, isExclusions = false): SinkContext {
    const stages = this.#slots.map(({ step }) => ({ name: step.name, config: step.config }));
    const account = { name, tally: new StageTally(), isSource: false };
    const own = { account, random: new Random(this.#seed, name + this.#part), checkpoint: () => {}, restored: undefined };
    const observe = (observer: RunObserver): void => {
      this.#ledger.observer = observer;
    };
    return { ...stageContext(this.#frame(scope), own), observe: isExclusions ? undefined : observe, stages, report: () => this.report() };
  }

  // ---- what the links ask of their owner ------------------------------------------------------------------------------

  delivered(link: Link, record: unknown): void {
    const { tally } = link;
    tally.out++;
    tally.bytes += recordBytes(record);
    const next = this.#slots[link.index + 1];
    if (next !== undefined) next.tally.in++;
    if (link.index === 0) this.#ledger.arrived(record);
    if (next === undefined) this.#ledger.departed(record);
  }

  wrap(link: Link, error: unknown): unknown {
    if (this.signal.aborted && error === this.signal.reason) return error;
    const slot = this.#slots[link.index] as Slot;
    return asFailure(slot.step.name, error, undefined, originOf(this.#slots[link.index - 1]?.link.last));
  }

  gate(now: number): Promise<void> | undefined {
    const full = this.#ledger.queue?.gate();
    if (full !== undefined) return full;
    // Records that are at hand flow from promise to promise without ever letting timers, signals or sockets have a turn.
    if (now - this.#breathed < BREATH_MS) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#breathed = performance.now();
        resolve();
      });
    });
  }

  // ---- wiring -----------------------------------------------------------------------------------------------------------

  #slot(step: Step, index: number, ends: boolean, saved: StageState | undefined): Slot {
    const tally = new StageTally();
    const random = new Random(this.#seed, step.name + this.#part);
    if (saved !== undefined) {
      random.restore(saved.random);
      const counters = fromJson(saved.counters) as { readonly stage: Parameters<StageTally["restore"]>[0] };
      tally.restore(counters.stage);
    }
    const account: Account = { name: step.name, tally, isSource: step.source !== undefined };
    const upstream = this.#slots[index - 1];
    const open = (): AsyncIterator<unknown> => {
      const checkpoint = (save: () => unknown): void => {
        slot.save = save;
      };
      const context = stageContext(this.#frame(this.#scope), { account, random, checkpoint, restored: slot.restored });
      if (step.source !== undefined) return step.source.run(sourceContext(context, this.#ledger))[Symbol.asyncIterator]();
      return (step.stage as Stage<unknown, unknown>).run((upstream as Slot).link, context)[Symbol.asyncIterator]();
    };
    const slot: Slot = {
      step,
      account,
      tally,
      random,
      restored: saved === undefined ? undefined : fromJson(saved.state),
      save: undefined,
      link: new Link(this, index, tally, ends, open),
    };
    return slot;
  }

  /** What all stage contexts of this run share. */
  #frame(scope: Scope): Frame {
    return {
      signal: this.signal,
      scope,
      seed: this.#seed,
      onError: this.#options.onError ?? "throw",
      ledger: this.#ledger,
      shared: this.#shared,
      outcome: this.#outcome,
    };
  }

  #save(slot: Slot): Json {
    // A stage that was not asked for anything yet still stands where it was restored.
    if (!slot.link.started || slot.save === undefined) {
      const stateless = slot.step.stage?.stateless === true;
      if (slot.link.started && !stateless && !this.#finished) {
        const message =
          "holds no checkpoint, so state() would lose what it buffers; call context.checkpoint(...) in it, or declare it `stateless: true`";
        throw new PipelineError({ kind: "no-checkpoint", stage: slot.step.name, message });
      }
      return toJson(slot.link.started ? undefined : slot.restored);
    }
    return toJson(slot.save());
  }

  // ---- beginning and end ----------------------------------------------------------------------------------------------

  #last(): Slot {
    return this.#slots.at(-1) as Slot;
  }

  #begin(): void {
    if (this.#begun !== undefined) return;
    this.#begun = performance.now();
    this.#breathed = this.#begun;
    const { exclusions, onProgress, progressInterval = 500 } = this.#options;
    if (exclusions !== undefined && this.#ledger.queue !== undefined) {
      const scope = new Scope();
      const context = this.sinkContext(`exclusions: ${exclusions.name}`, scope, true);
      this.#exclusionsWritten = exclusions.write(this.#ledger.queue, context).finally(() => scope.close());
      // A failing exclusions sink must end the run, or it would go on with nobody keeping what it drops.
      this.#exclusionsWritten.catch((error: unknown) => this.#abort.abort(error));
    }
    if (onProgress !== undefined) {
      const timer = setInterval(() => onProgress(this.report()), progressInterval);
      timer.unref();
      this.#scope.defer(() => {
        clearInterval(timer);
        onProgress(this.report());
      });
    }
  }

  #close(failure?: { readonly reason: unknown }): Promise<void> {
    this.#closing ??= this.#run(failure);
    return this.#closing;
  }

  async #run(failure: { readonly reason: unknown } | undefined): Promise<void> {
    const left = new DOMException("the loop over the pipeline was left", "AbortError");
    if (!this.#finished) this.#abort.abort(failure?.reason ?? left);
    const errors: unknown[] = [];
    const keep = (error: unknown): void => void errors.push(error);
    // From the last stage to the source; each closes the ones before it by itself, the loop makes sure of it.
    const links = this.#slots.map((slot) => slot.link).reverse();
    await withGrace(
      (async () => {
        for (const link of links) await link.return().catch(keep);
      })(),
      failure === undefined ? CLOSE_GRACE_MS : FAILED_GRACE_MS,
    );
    this.#ledger.queue?.end(failure);
    await this.#exclusionsWritten?.catch(keep);
    this.#ended = performance.now();
    await this.#scope.close().catch(keep);
    // The failure of the run is thrown already; what closing adds to it would only hide it.
    const real = errors.filter((error) => error !== left);
    if (failure === undefined && real.length > 0) throw real[0];
  }
}

/** Waits for the work, but not for ever: a stage that ignores its signal must not hang the program. */
async function withGrace(work: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const grace = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, grace]);
  clearTimeout(timer);
}
