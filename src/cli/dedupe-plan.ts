import { type Command, type Given, type Terminal, usage } from "./command.ts";

/** `millrace dedupe plan`: what a deduplication will find, miss and cost. */
export const dedupePlan: Command = {
  name: "dedupe plan",
  summary: "plan a deduplication: bands and rows, misses and false hits, memory and time",
  usage: "--docs <n> [flags]",
  details: [
    "Without --bands and --rows it takes the shape that compares the fewest pairs below the threshold while leaving out at most",
    "2 % of those above it. How many pairs are missed depends on how similar the documents of the corpus are, which nobody knows",
    "beforehand: the figures hold for --related pairs a document, whose similarities are spread evenly from 0 to 1.",
  ].join("\n"),
  flags: {
    docs: { value: "n", description: "documents in the corpus, for example 1e9; needed" },
    threshold: { value: "j", description: "least Jaccard similarity of duplicates, default 0.7" },
    hashes: { value: "n", description: "values of a signature, default 112", integer: { min: 4 } },
    bands: { value: "n", description: "bands, with --rows", integer: { min: 1 } },
    rows: { value: "n", description: "rows in a band, with --bands", integer: { min: 4 } },
    "avg-bytes": { value: "n", description: "mean bytes of a document, default 2500" },
    related: { value: "n", description: "related pairs for each document, default 1" },
    memory: { value: "bytes", description: "memory for the out-of-core way, default 1e9" },
    cores: { value: "n", description: "cores that make signatures, default 1", integer: { min: 1 } },
    json: { description: "print the plan as JSON" },
  },
  examples: [
    ["millrace dedupe plan --threshold 0.8 --docs 1e9", "shape, S-curve and cost for a billion documents"],
    ["millrace dedupe plan --docs 2e6 --bands 20 --rows 5", "what another shape would find"],
  ],
  async run(given: Given, terminal: Terminal): Promise<number> {
    if (given.positionals.length > 0) throw usage(dedupePlan, `expected flags only, got ${given.positionals[0]}`);
    if (given.values["docs"] === undefined) throw usage(dedupePlan, "how many documents? for example `--docs 1e9`");
    const { planDedupe } = await import("../dedupe/index.ts");
    const { planLines } = await import("./plan-view.ts");
    const options = planOptions(given);
    let plan: ReturnType<typeof planDedupe>;
    try {
      plan = planDedupe(options);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      throw usage(dedupePlan, error.message);
    }
    const { stdout } = terminal;
    if (given.set.has("json")) terminal.out(`${JSON.stringify(plan, null, 2)}\n`);
    else terminal.out(`${planLines(plan, stdout.isTTY ? stdout.columns || 80 : 100).join("\n")}\n`);
    return 0;
  },
};

/** The options of `planDedupe` by the flags that name them. */
const OPTIONS = {
  docs: "docs",
  threshold: "threshold",
  hashes: "hashes",
  bands: "bands",
  rows: "rows",
  "avg-bytes": "bytesPerDoc",
  related: "related",
  memory: "memoryBytes",
  cores: "cores",
} as const;

type PlanOptions = { docs: number } & Partial<Record<(typeof OPTIONS)[keyof typeof OPTIONS], number>>;

function planOptions({ values }: Given): PlanOptions {
  const options: PlanOptions = { docs: Number.NaN };
  for (const [flag, option] of Object.entries(OPTIONS)) {
    const value = values[flag];
    if (value === undefined) continue;
    const number = value.trim() === "" ? Number.NaN : Number(value.replaceAll(/[,_]/g, ""));
    if (!Number.isFinite(number)) throw usage(dedupePlan, `--${flag} is a number, got ${JSON.stringify(value)}`);
    options[option] = number;
  }
  return options;
}
