import { type Command, type Given, type Terminal, UsageError, usage } from "./command.ts";

const NUMBER = { min: 0 } as const;

/** `millrace task`: what an engine starts, on this machine or another one. */
export const task: Command = {
  name: "task",
  summary: "work on some tasks of a planned run (started by engines)",
  usage: "<run folder> --phase p --tasks n,m [flags]",
  details: [
    "The folder is the one that `millrace run --workers` made: <output>, or <output>/.millrace/<name>.",
    "Exit code: 0 all tasks have committed, 65 a task failed and would fail again, 75 another try may succeed.",
  ].join("\n"),
  flags: {
    phase: { value: "p", description: "number of the phase, from 0", integer: NUMBER },
    tasks: { value: "list", description: "numbers of tasks, from 0: 3 or 3,4,5" },
    memory: { value: "bytes", description: "memory of a step over the whole corpus, default 268435456", integer: { min: 2 ** 20 } },
    careful: { description: "note each record before it is made: for tasks that lost a worker" },
    events: { description: "say what happens as JSON lines on stderr, and stop when stdin ends" },
  },
  examples: [["millrace task out --phase 1 --tasks 17,18", "work on two tasks of the second phase"]],
  async run(given: Given, terminal: Terminal): Promise<number> {
    const { values, set, positionals } = given;
    const [path, extra] = positionals;
    const [phase, list] = [values["phase"], values["tasks"]];
    if (path === undefined || extra !== undefined)
      throw usage(task, "which run folder? for example `millrace task out --phase 0 --tasks 0`");
    if (phase === undefined || list === undefined) throw usage(task, "--phase and --tasks say what to work on");
    const tasks = list.split(",").map(Number);
    if (!/^\d+(,\d+)*$/.test(list)) throw usage(task, `--tasks is a list of numbers such as 3,4,5, got ${JSON.stringify(list)}`);
    const { findRuns, LINE_PREFIX, runTasks } = await import("../run/index.ts");
    const [folder, other] = await findRuns(path);
    if (folder === undefined) throw new UsageError(`there is no planned run in ${path}`);
    if (other !== undefined) throw new UsageError(`there are several runs in ${path}; name one, for example ${folder.path}`);
    const controller = new AbortController();
    const stop = (): void => controller.abort(new Error("stopped by a signal"));
    process.on("SIGTERM", stop);
    process.on("SIGINT", stop);
    // Whoever started this process holds the other end; when they die there is nobody to work for.
    if (set.has("events")) process.stdin.on("end", () => process.exit(75)).resume();
    const careful = set.has("careful") ? { careful: true } : {};
    const code = await runTasks({
      folder,
      refs: tasks.map((number) => ({ phase: Number(phase), task: number, ...careful })),
      memoryBytes: Number(values["memory"] ?? 2 ** 28),
      signal: controller.signal,
      say: (line) => {
        if (set.has("events")) terminal.stderr.write(`${LINE_PREFIX}${JSON.stringify(line)}\n`);
        else if (line.type === "ended" && line.end.kind === "failed") terminal.stderr.write(`millrace: ${line.end.failure.message}\n`);
      },
    });
    process.stdin.pause();
    process.stdin.unref?.();
    return code;
  },
};
