import { type Command, type Given, type Terminal, UsageError, usage } from "./command.ts";
import { bytes, count, digits, duration, percent, plural } from "./format.ts";
import { table } from "./table.ts";

/** `millrace status`: how far a planned run is. */
export const status: Command = {
  name: "status",
  summary: "show how far a run on several workers is",
  usage: "<output folder> [--json]",
  details: "Reads the commit records of the run; it may be running, on this machine or others, or have been interrupted.",
  flags: { json: { description: "print it as JSON" } },
  examples: [["millrace status out", "phases, tasks, rates and the time left"]],
  async run(given: Given, terminal: Terminal): Promise<number> {
    const [path, extra] = given.positionals;
    if (path === undefined || extra !== undefined) throw usage(status, "which run? for example `millrace status out`");
    const { findRuns, runStatus } = await import("../run/index.ts");
    const states = [];
    for (const folder of await findRuns(path)) {
      const state = await runStatus(folder);
      if (state !== undefined) states.push(state);
    }
    if (states.length === 0) throw new UsageError(`there is no planned run in ${path}; \`millrace run --workers\` makes one`);
    if (given.set.has("json")) terminal.out(`${JSON.stringify(states, null, 2)}\n`);
    else terminal.out(`${states.map(lines).join("\n\n")}\n`);
    return 0;
  },
};

function lines(state: import("../run/index.ts").RunStatus): string {
  const rows = state.phases.map(({ name, tasks, done, rate, bytesPerSecond, secondsLeft }, i) => [
    String(i),
    name,
    `${count(done)} of ${count(tasks)}`,
    percent(done, tasks),
    rate === undefined || done === tasks ? "" : `${digits(rate)}/min`,
    bytesPerSecond === undefined || done === tasks ? "" : `${bytes(bytesPerSecond)}/s`,
    secondsLeft === undefined || done === tasks ? "" : duration(secondsLeft),
  ]);
  const columns = [
    { title: "", align: "right" },
    { title: "phase", align: "left" },
    { title: "tasks", align: "right" },
    { title: "", align: "right" },
    { title: "rate", align: "right" },
    { title: "input", align: "right" },
    { title: "left", align: "right" },
  ] as const;
  const idle = state.idleSeconds === undefined || state.state === "finished" ? "" : `, last commit ${duration(state.idleSeconds)} ago`;
  return [
    `${state.folder}: ${state.state}${idle}`,
    `plan ${state.hash.slice(0, 16)}, ${plural(state.inputs, "input")}, ${bytes(state.bytes)}`,
    ...(state.quarantined === 0 ? [] : [`${plural(state.quarantined, "record")} left out, because workers died on them`]),
    "",
    ...table(columns, rows, 120),
  ].join("\n");
}
