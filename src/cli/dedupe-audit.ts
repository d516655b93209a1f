import { type Command, type Given, type Terminal, usage } from "./command.ts";

/** `millrace dedupe audit`: what a deduplication removed, and why. */
export const dedupeAudit: Command = {
  name: "dedupe audit",
  summary: "show what a deduplication removed: largest groups, similarities, doubtful cases",
  usage: "<run> [flags]",
  details: [
    "<run> is the folder a run wrote to, with its exclusions in it or in a folder below; or the exclusions' files. They are read",
    "once, in memory that does not grow with them. The documents that were kept are read again from their sources, which must",
    "still lie where the run found them, seen from here (or from --root).",
  ].join("\n"),
  flags: {
    groups: { value: "n", description: "largest groups to show, default 10", integer: { min: 0 } },
    near: { value: "n", description: "removals nearest to the threshold to show side by side, default 3", integer: { min: 0 } },
    sample: { value: "n", description: "removals whose true similarity is computed, default 100", integer: { min: 0 } },
    seed: { value: "n", description: "seed of that sample, default 0", integer: { min: Number.MIN_SAFE_INTEGER } },
    explain: { value: "which", description: "explain one removal: the id of the removed document, or its place, file:record" },
    root: { value: "folder", description: "where relative names of sources begin, default here" },
    json: { description: "print everything as JSON" },
  },
  examples: [
    ["millrace dedupe audit out", "groups, similarities and doubtful cases of the run in out/"],
    ["millrace dedupe audit out --explain corpus/a.jsonl:1204", "why that record was removed"],
    ['millrace dedupe audit "out/dropped-*.jsonl.gz" --json', "everything for a program"],
  ],
  async run(given: Given, terminal: Terminal): Promise<number> {
    if (given.positionals.length === 0) throw usage(dedupeAudit, "which run? for example `millrace dedupe audit out`");
    const { auditRun } = await import("./audit-run.ts");
    return auditRun(given.positionals, settingsOf(given), terminal);
  },
};

/** The flags of `millrace dedupe audit`, with their defaults. */
export interface AuditSettings {
  readonly groups: number;
  readonly near: number;
  readonly sample: number;
  readonly seed: number;
  readonly explain: string | undefined;
  readonly root: string;
  readonly json: boolean;
}

function settingsOf({ values, set }: Given): AuditSettings {
  return {
    groups: Number(values["groups"] ?? 10),
    near: Number(values["near"] ?? 3),
    sample: Number(values["sample"] ?? 100),
    seed: Number(values["seed"] ?? 0),
    explain: values["explain"],
    root: values["root"] ?? "",
    json: set.has("json"),
  };
}
