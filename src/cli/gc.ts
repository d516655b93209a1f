import { type Command, type Given, type Terminal, UsageError, usage } from "./command.ts";
import { bytes, plural } from "./format.ts";

/** `millrace gc`: removes what attempts of a planned run left behind. */
export const gc: Command = {
  name: "gc",
  summary: "remove what interrupted tasks of a run left behind",
  usage: "<output folder> [--grace seconds]",
  details: [
    "Removes files that no commit record names: at once those of tasks that have committed and of dead processes of this",
    "machine, the others when they have not been touched for the grace time. A finished run has removed its own already.",
  ].join("\n"),
  flags: {
    grace: {
      value: "seconds",
      description: "how long files that may be in use stay, default 3600",
      integer: { min: 0 },
    },
  },
  examples: [["millrace gc out", "after a run that was killed and will not be continued soon"]],
  async run(given: Given, terminal: Terminal): Promise<number> {
    const [path, extra] = given.positionals;
    if (path === undefined || extra !== undefined) throw usage(gc, "which run? for example `millrace gc out`");
    const { collectGarbage, findRuns } = await import("../run/index.ts");
    let found = false;
    for (const folder of await findRuns(path)) {
      const plan = await folder.plan();
      if (plan === undefined) continue;
      found = true;
      const removed = await collectGarbage(plan, folder.work(plan), Number(given.values["grace"] ?? 3600));
      terminal.out(`${folder.path}: removed ${plural(removed.files, "file")}, ${bytes(removed.bytes)}\n`);
    }
    if (!found) throw new UsageError(`there is no planned run in ${path}`);
    return 0;
  },
};
