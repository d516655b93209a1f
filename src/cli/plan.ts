import { type Command, type Given, type Terminal, usage } from "./command.ts";
import { PLAN_FLAGS, planOptions } from "./planned-flags.ts";

/** `millrace plan`: what a planned run would do, without doing it. */
export const plan: Command = {
  name: "plan",
  summary: "show how a run on several workers would be cut into tasks",
  usage: "<pipeline.ts> [flags] [-- arguments]",
  details: [
    "Lists and cuts the inputs without reading them, and writes nothing. `millrace run --workers` follows the same plan,",
    "which does not depend on the number of workers. Disk and memory are estimates.",
  ].join("\n"),
  flags: { ...PLAN_FLAGS, json: { description: "print the plan itself" } },
  examples: [["millrace plan pipeline.ts --split 256", "with splits of 256 MiB"]],
  async run(given: Given, terminal: Terminal): Promise<number> {
    const [file, extra] = given.positionals;
    if (file === undefined || extra !== undefined) throw usage(plan, "which pipeline? for example `millrace plan pipeline.ts`");
    const { showPlan } = await import("./show-plan.ts");
    return showPlan(file, given.rest, planOptions(given.values), given.set.has("json"), terminal);
  },
};
