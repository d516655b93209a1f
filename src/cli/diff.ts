import { type Command, type Given, type Terminal, usage } from "./command.ts";

/** `millrace diff`: what differs between two runs. */
export const diff: Command = {
  name: "diff",
  summary: "compare two runs: configuration, inputs, counts, and which documents fared otherwise",
  usage: "<run> <run> [flags]",
  details: [
    "A run is the folder of its shards, or its manifest. Documents are matched by source and number of the record, so the runs",
    "should have read their sources under the same names. Both lineage files are read once, in memory that does not grow.",
  ].join("\n"),
  flags: {
    limit: {
      value: "n",
      short: "n",
      description: "documents to list for each change of side, default 3 (with --json for any, 10)",
      integer: { min: 0 },
    },
    "exit-code": { description: "exit with 1 when anything differs" },
    json: { description: "print everything as JSON" },
  },
  examples: [
    ["millrace diff out-monday out", "what a new version or configuration changed"],
    ["millrace diff a b --json --limit 1000 > changes.json", "with many of the documents, for a program"],
  ],
  async run(given: Given, terminal: Terminal): Promise<number> {
    const { positionals, values, set } = given;
    const [a, b, extra] = positionals;
    if (a === undefined || b === undefined) throw usage(diff, "which two runs? for example `millrace diff out-monday out`");
    if (extra !== undefined) throw usage(diff, `two runs, got ${positionals.join(", ")}`);
    const { guarded } = await import("./guarded.ts");
    const { diffRuns } = await import("../trace/index.ts");
    const { diffLines } = await import("./diff-view.ts");
    const json = set.has("json");
    const limit = Number(values["limit"] ?? (json ? 10 : 3));
    return guarded(terminal, async (signal) => {
      const found = await diffRuns(a, b, { limit, signal });
      const { stdout } = terminal;
      if (json) terminal.out(`${JSON.stringify(found, null, 2)}\n`);
      else terminal.out(`${diffLines(found, stdout.isTTY ? stdout.columns || 80 : 120).join("\n")}\n`);
      return set.has("exit-code") && !found.equal ? 1 : 0;
    });
  },
};
