import { type Command, type Given, type Terminal, usage } from "./command.ts";

/** `millrace trace`: from a sample back to the record it was made of, and from a record to where it went. */
export const trace: Command = {
  name: "trace",
  summary: "where a sample came from, and where a source record went",
  usage: "<shard>#<sample>[row] [flags]\n       millrace trace [run] --source <file>:<record> [flags]",
  details: [
    "A sample is named by its number in the shard, from 0, or by its key; [row] names one row of a batch. A run is the folder of",
    "its shards, or its manifest; the default is the current folder. The record is read again from its source, at its byte",
    "offset, after the source was compared with the digest in the manifest; paths are those the run was started with.",
    "Exit code 1: the record cannot be read any more, or its source has changed. 2: there is no such shard, sample or record.",
  ].join("\n"),
  flags: {
    source: { value: "file:record", description: "a record of a source, by its number from 0: where did it go?" },
    root: { value: "folder", description: "where the sources lie, when they are not where the run has read them" },
    quick: { description: "do not compare the source with its digest" },
    json: { description: "print everything as JSON, with the whole record" },
  },
  examples: [
    ["millrace trace out/train-000003.tar#17", "the source record of a sample"],
    ['millrace trace "out/batches-000000.tar#4[2]"', "of one row of a batch"],
    ["millrace trace out --source corpus/a.jsonl.gz:12", "where a record went, or which rule dropped it"],
  ],
  async run(given: Given, terminal: Terminal): Promise<number> {
    const { positionals, values, set } = given;
    const [what, extra] = positionals;
    const { source, root } = values;
    if (extra !== undefined) throw usage(trace, `one sample at a time, got ${what} and ${extra}`);
    const settings: TraceSettings = { root, quick: set.has("quick"), json: set.has("json") };
    if (source !== undefined) {
      const key = /^(.+):(\d+)$/.exec(source);
      if (key === null)
        throw usage(trace, `--source is a file and the number of a record, for example corpus/a.jsonl:12, got ${JSON.stringify(source)}`);
      if (what?.includes("#")) throw usage(trace, `either a sample (${what}) or --source, not both`);
      const { traceSource } = await import("./trace-run.ts");
      return traceSource(what ?? ".", { source: key[1] as string, record: Number(key[2]) }, settings, terminal);
    }
    if (what === undefined) throw usage(trace, "which sample? for example `millrace trace out/train-000000.tar#0`");
    const name = /^(.+)#([^#]+?)(?:\[(\d+)\])?$/.exec(what);
    if (name === null)
      throw usage(trace, `a sample is a shard and a number or key, for example out/train-000000.tar#0, got ${JSON.stringify(what)}`);
    const { traceSample } = await import("./trace-run.ts");
    const [, shard = "", sample = "", row] = name;
    return traceSample({ shard, sample, row: row === undefined ? undefined : Number(row) }, settings, terminal);
  },
};

/** The flags of `millrace trace`. */
export interface TraceSettings {
  readonly root: string | undefined;
  readonly quick: boolean;
  readonly json: boolean;
}

/** A sample as it was typed: its number or its key. */
export interface TypedSample {
  readonly shard: string;
  readonly sample: string;
  readonly row: number | undefined;
}
