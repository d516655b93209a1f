import { PipelineError } from "./errors.ts";
import { Execution, type RunOptions, type Step } from "./execution.ts";
import { Job } from "./job.ts";
import type { Sink, Source, Stage } from "./stage.ts";
import { canonicalJson, differingParts, type Json, type PipelineState, toJson } from "./state.ts";

/**
 * A chain of stages over a source: a description, which does nothing until it is iterated. Every `for await` is a pass of
 * its own. `T` is the type of its records; it flows through any number of `.pipe` calls.
 */
export class Pipeline<T> implements AsyncIterable<T>, AsyncDisposable {
  readonly #steps: readonly Step[];
  readonly #options: RunOptions;
  #current: Execution<T> | undefined;

  /** @internal Use `pipeline(source)` or a `read*` function. */
  constructor(steps: readonly Step[], options: RunOptions = {}) {
    this.#steps = steps;
    this.#options = options;
  }

  /** Adds one stage. A stage that needs what the records lack (tokens, say) does not compile, and the error names it. */
  pipe<Out>(stage: Stage<T, Out>): Pipeline<Out> {
    checkPart("pipe", "a stage", stage, "run");
    const name = uniqueName(stage.name, this.#steps);
    const step = { name, config: configOf(stage.config), stage: stage as Stage<unknown, unknown> };
    return new Pipeline<Out>([...this.#steps, step], this.#options);
  }

  /** The same pipeline with these run options as defaults; later ones win. */
  with(options: RunOptions): Pipeline<T> {
    return new Pipeline<T>(this.#steps, { ...this.#options, ...options });
  }

  /**
   * The same pipeline, continued after the item at which `state` was taken: it yields exactly the rest. A state of a
   * pipeline with other stages or options is refused, and the error says what differs.
   */
  restore(state: PipelineState): Pipeline<T> {
    checkState(this.#steps, state, this.#options.seed);
    return new Pipeline<T>(this.#steps, { ...this.#options, seed: state.seed, state });
  }

  /** Begins a pass. The result is iterated like the pipeline and gives `state()` and `report()` of this very pass. */
  run(options: RunOptions = {}): Execution<T> {
    const merged = { ...this.#options, ...options };
    if (merged.state !== undefined) checkState(this.#steps, merged.state, merged.seed);
    if (merged.seed !== undefined && !Number.isSafeInteger(merged.seed)) {
      throw new RangeError(`pipeline: expected \`seed\` to be a safe integer, got ${merged.seed}`);
    }
    const execution = new Execution<T>(this.#steps, merged.state === undefined ? merged : { ...merged, seed: merged.state.seed });
    this.#current = execution;
    return execution;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this.run();
  }

  /**
   * The state of the pass that was begun last, to be called between two items: plain JSON, from which `restore` goes on
   * in another process. Its size is what the stages hold (a deduplication index is most of it).
   */
  state(): PipelineState {
    if (this.#current === undefined)
      throw new PipelineError({ kind: "busy", message: "state() was called before the pipeline was iterated" });
    return this.#current.state();
  }

  /** The counters of the pass that was begun last. */
  report(): import("./report.ts").RunReport {
    if (this.#current === undefined)
      throw new PipelineError({ kind: "busy", message: "report() was called before the pipeline was iterated" });
    return this.#current.report();
  }

  /** Ends the pipeline in a sink. Nothing runs until the job does. */
  write(sink: Sink<T>, options: RunOptions = {}): Job {
    checkPart("write", "a sink", sink, "write");
    const parts = { steps: this.#steps, sink: sink as Sink<unknown>, options: { ...this.#options, ...options } };
    return new Job((runOptions) => this.run({ ...options, ...runOptions }), parts);
  }

  /** Name and options of every stage, the source first. */
  get stages(): readonly { readonly name: string; readonly config: Json }[] {
    return this.#steps.map(({ name, config }) => ({ name, config }));
  }

  /** Ends the pass that was begun last, so that `await using` closes what a loop left open. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#current?.[Symbol.asyncDispose]();
  }
}

/** A pipeline over a source. `read` and its kin call this; so does a third-party source. */
export function pipeline<T>(source: Source<T>, options: RunOptions = {}): Pipeline<T> {
  return new Pipeline<T>([{ name: source.name, config: configOf(source.config), source }], options);
}

/** What types cannot say to a caller without them: a stage that was forgotten, or not called. */
function checkPart(method: string, what: string, part: unknown, needs: string): void {
  const { name, [needs]: work } = (part ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof part !== "function" && typeof name === "string" && typeof work === "function") return;
  const got = typeof part === "function" ? `the function ${part.name || "itself"}; call it` : part === null ? "null" : typeof part;
  throw new TypeError(`${method}: expected ${what}, with \`name\` and \`${needs}\`, got ${got}`);
}

/** Options as JSON. Functions cannot be compared between two processes, so only their presence is recorded. */
function configOf(config: unknown): Json {
  if (config === undefined) return null;
  const plain = JSON.stringify(config, (_key, value: unknown) => {
    if (typeof value === "function") return `[function ${value.name || "anonymous"}]`;
    if (value instanceof RegExp) return String(value);
    if (value instanceof Set) return [...value];
    if (typeof value === "number" && !Number.isFinite(value)) return toJson(value);
    return value;
  });
  return plain === undefined ? null : (JSON.parse(plain) as Json);
}

function uniqueName(name: string, steps: readonly Step[]): string {
  const taken = new Set(steps.map((step) => step.name));
  if (!taken.has(name)) return name;
  let n = 2;
  while (taken.has(`${name}#${n}`)) n++;
  return `${name}#${n}`;
}

function checkState(steps: readonly Step[], state: PipelineState, seed: number | undefined): void {
  const refuse = (why: string): never => {
    throw new PipelineError({ kind: "changed", message: `restore: ${why}` });
  };
  if (state.version !== 1) refuse(`the state has version ${String(state.version)}, this library reads version 1`);
  if (seed !== undefined && seed !== state.seed) refuse(`the seed was ${state.seed} and is now ${seed}`);
  if (state.stages.length !== steps.length) {
    refuse(
      `the state has ${state.stages.length} stages (${state.stages.map((s) => s.name).join(", ")}), the pipeline ${steps.length} (${steps.map((s) => s.name).join(", ")})`,
    );
  }
  for (const [i, step] of steps.entries()) {
    const saved = state.stages[i] as PipelineState["stages"][number];
    if (saved.name !== step.name) refuse(`stage ${i} was ${saved.name} and is now ${step.name}`);
    if (canonicalJson(saved.config) === canonicalJson(step.config)) continue;
    const [was, is] = differingParts(saved.config, step.config).map(canonicalJson);
    refuse(`the options of ${step.name} were ${was} and are now ${is}`);
  }
}
