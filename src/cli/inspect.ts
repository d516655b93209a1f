import { type Command, type Given, type Terminal, usage } from "./command.ts";

/** `millrace inspect`: looks into written shards. */
export const inspect: Command = {
  name: "inspect",
  summary: "show what is in shards: samples, lengths, tokens, what was dropped",
  usage: "<shards...> [flags]",
  details: [
    "Shards are .tar (WebDataset) or .jsonl, .jsonl.gz, .jsonl.zst files; globs in quotes are expanded. Every shard is read",
    "once as a stream, so memory does not grow with their size. Beside a manifest.json it shows what became of every source.",
  ].join("\n"),
  flags: {
    samples: { value: "n", short: "n", description: "samples to print, default 3", integer: { min: 0 } },
    verify: { description: "check size and sha256 of every shard against the manifest; exit code 1 when one differs" },
    json: { description: "print everything as JSON" },
  },
  examples: [
    ['millrace inspect "out/train-*.tar"', "the first samples, lengths and tokens, and the manifest"],
    ['millrace inspect "out/*.tar" --samples 0 --verify', "check the files against the manifest"],
  ],
  async run(given: Given, terminal: Terminal): Promise<number> {
    if (given.positionals.length === 0) throw usage(inspect, 'which shards? for example `millrace inspect "out/*.tar"`');
    const { inspectShards } = await import("./inspect-shards.ts");
    return inspectShards(given.positionals, settingsOf(given), terminal);
  },
};

/** The flags of `millrace inspect`, with their defaults. */
export interface InspectSettings {
  readonly samples: number;
  readonly verify: boolean;
  readonly json: boolean;
}

function settingsOf({ values, set }: Given): InspectSettings {
  return { samples: Number(values["samples"] ?? 3), verify: set.has("verify"), json: set.has("json") };
}
