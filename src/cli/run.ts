import { type Command, type Given, type Terminal, usage } from "./command.ts";
import type { ProgressMode } from "./live.ts";
import { PLAN_FLAGS, planOptions } from "./planned-flags.ts";

/** `millrace run`: runs the job that a module exports as default. Its parts are loaded when it runs, not for its help. */
export const run: Command = {
  name: "run",
  summary: "run the pipeline that a module exports as default",
  usage: "<pipeline.ts> [flags] [-- arguments]",
  details: [
    "The module's default export is a job (`pipeline.write(sink)`), a pipeline (it is consumed and counted), or a function",
    "that returns one of these; the function is called with { args, signal }, where args is what follows `--`. A function",
    "that returns nothing has done the work by itself. TypeScript needs no build step: types are removed, not checked.",
    "With --workers the input is cut into tasks for that many threads. The result does not depend on their number, the",
    "same command continues a run that was interrupted, and `millrace plan` shows what it would do.",
    "Progress goes to stderr, the summary to stdout. Exit code: 0 done, 1 the run failed, 2 a mistake in the command or the",
    "module, 130 after Ctrl-C, 143 after SIGTERM.",
  ].join("\n"),
  flags: {
    workers: {
      value: "n",
      description: "cut the input into tasks for n workers; without: one pass here",
      integer: { min: 1, max: 1024 },
    },
    ...PLAN_FLAGS,
    force: { description: "with --workers: begin anew, whatever the output folder holds" },
    engine: { value: "word", description: "with --workers: what a worker is, default threads", words: ["threads", "processes"] },
    metrics: {
      value: "port",
      description: "with --workers: counters for Prometheus on 127.0.0.1; 0: a free port",
      integer: { min: 0, max: 65_535 },
    },
    exclusions: { value: "pattern", description: "write every dropped record there, as JSONL: out/dropped-{shard}.jsonl.gz" },
    progress: { value: "word", description: "how progress is shown, default auto", words: ["auto", "plain", "none"] },
    json: { description: "print the final report as JSON on stdout instead of the summary" },
    stack: { description: "print the stack of an error" },
  },
  examples: [
    ["millrace run pipeline.ts", "run it, with progress and a summary"],
    ["millrace run pipeline.ts --on-error skip --exclusions out/dropped-{shard}.jsonl.gz", "go on after bad records, keep what is dropped"],
    ["millrace run pipeline.ts --workers 8", "on eight cores; after a crash the same command goes on"],
    ["millrace run pipeline.ts --json > report.json", "the report for a program"],
    ["millrace run train.ts -- --steps 100", "arguments for the module"],
  ],
  async run(given: Given, terminal: Terminal): Promise<number> {
    const [file, extra] = given.positionals;
    if (file === undefined) throw usage(run, "which pipeline? for example `millrace run pipeline.ts`");
    if (extra !== undefined) throw usage(run, `one pipeline at a time, got ${file} and ${extra}; arguments for the module come after --`);
    if (given.values["workers"] !== undefined) {
      const { runWorkers } = await import("./run-workers.ts");
      return runWorkers(file, workerSettings(given), terminal);
    }
    for (const flag of ["split", "force", "engine", "metrics"]) if (given.set.has(flag)) throw usage(run, `--${flag} needs --workers`);
    const { runFile } = await import("./run-file.ts");
    return runFile(file, runSettings(given), terminal);
  },
};

/** The flags of `millrace run`, with their defaults. */
export interface RunSettings {
  readonly seed: number | undefined;
  readonly onError: "throw" | "skip" | undefined;
  readonly exclusions: string | undefined;
  readonly progress: ProgressMode;
  readonly json: boolean;
  readonly stack: boolean;
  readonly args: readonly string[];
}

/** The flags of `millrace run --workers`. */
export interface WorkerSettings {
  readonly workers: number;
  readonly engine: "threads" | "processes";
  readonly options: ReturnType<typeof planOptions> & { readonly force: boolean; readonly exclusions?: string };
  readonly metrics: number | undefined;
  readonly progress: ProgressMode;
  readonly json: boolean;
  readonly stack: boolean;
  readonly args: readonly string[];
}

function workerSettings({ values, set, rest }: Given): WorkerSettings {
  return {
    workers: Number(values["workers"]),
    engine: (values["engine"] ?? "threads") as WorkerSettings["engine"],
    options: {
      ...planOptions(values),
      force: set.has("force"),
      ...(values["exclusions"] === undefined ? {} : { exclusions: values["exclusions"] }),
    },
    metrics: values["metrics"] === undefined ? undefined : Number(values["metrics"]),
    progress: (values["progress"] ?? "auto") as ProgressMode,
    json: set.has("json"),
    stack: set.has("stack"),
    args: rest,
  };
}

function runSettings({ values, set, rest }: Given): RunSettings {
  return {
    seed: values["seed"] === undefined ? undefined : Number(values["seed"]),
    onError: values["on-error"] as RunSettings["onError"],
    exclusions: values["exclusions"],
    progress: (values["progress"] ?? "auto") as ProgressMode,
    json: set.has("json"),
    stack: set.has("stack"),
    args: rest,
  };
}
