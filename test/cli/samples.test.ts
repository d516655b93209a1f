import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Inspection } from "../../src/cli/inspection.ts";
import { inspectionLines } from "../../src/cli/inspection-view.ts";
import { lookAt, type SampleView, shardKind } from "../../src/cli/sample-view.ts";
import type { Entry, Store } from "../../src/store/index.ts";

/** A store of one file that comes in pieces of the given sizes. */
function store(content: Buffer, sizes: readonly number[]): { readonly store: Store; readonly entry: Entry } {
  const entry = { name: "memory.jsonl", size: content.length, mtime: undefined };
  return {
    entry,
    store: {
      list: async () => [entry],
      async *stream() {
        // One buffer for all pieces, as a reader of files has: what is kept of a piece must be copied.
        const shared = Buffer.alloc(Math.max(1, ...sizes));
        for (let at = 0, i = 0; at < content.length; i++) {
          const size = Math.min(sizes[i % sizes.length] as number, content.length - at);
          content.copy(shared, 0, at, at + size);
          yield shared.subarray(0, size);
          at += size;
        }
      },
    },
  };
}

async function look(content: Buffer, sizes: readonly number[]) {
  const seen: SampleView[] = [];
  const { store: files, entry } = store(content, sizes);
  const found = await lookAt(files, entry, (sample) => seen.push(sample), new AbortController().signal);
  return { found, seen };
}

describe("JSON lines of a shard", () => {
  it("are the same however the file is cut into pieces", async () => {
    // Longer than the 512 bytes that are read together to tell the compression.
    const text = fc.string({ unit: "grapheme", maxLength: 30 });
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 30, maxLength: 60 }), sizes, fc.boolean(), async (texts, pieces, newlineAtEnd) => {
        const lines = texts.map((one, i) => JSON.stringify({ id: i, text: one })).join("\n");
        const { found, seen } = await look(Buffer.from(lines + (newlineAtEnd ? "\n" : "")), pieces);
        expect(found).toMatchObject({ samples: texts.length, problems: 0 });
        expect(seen.map((sample) => sample.text)).toEqual(texts);
        expect(seen.map((sample) => sample.id)).toEqual(texts.map((_, i) => String(i)));
      }),
    );
  });

  it("show tokens, or the rows of a batch without their padding", async () => {
    const lines = [
      { text: "a", tokens: [5, 6] },
      { width: 3, input_ids: [1, 2, 3, 4, 0, 0], attention_mask: [1, 1, 1, 1, 0, 0], labels: [1, 2, 3, 4, -100, -100] },
      { width: 3, input_ids: [0, 0, 7], attention_mask: [0, 0, 1] },
      { input_ids: [1, 2] },
      { text: 5, tokens: "none" },
    ];
    const { seen } = await look(Buffer.from(lines.map((line) => JSON.stringify(line)).join("\n")), [64]);
    const rows = seen.map((sample) => sample.rows.map((row) => Array.from(row)));
    expect(rows).toEqual([[[5, 6]], [[1, 2, 3], [4]], [[7]], [[1, 2]], []]);
    expect(seen.map((sample) => sample.padding)).toEqual([0, 2, 2, 0, 0]);
    expect(seen.map((sample) => sample.text)).toEqual(["a", undefined, undefined, undefined, undefined]);
    expect(seen[1]?.parts).toBe("width, input_ids, attention_mask, labels");
  });

  it("that are no objects are counted as damage", async () => {
    const { found } = await look(Buffer.from('{"text":"x"}\n5\nnull\n"text"\n{"a"\n'), [1000]);
    expect(found).toMatchObject({ samples: 5, problems: 4 });
    expect(found.messages[0]).toBe("memory.jsonl: sample 1: the line is not a JSON object");
  });
});

describe("the kind of a shard", () => {
  it.each([
    ["a.tar", "tar"],
    ["a.TAR.gz", "tar"],
    ["a.tgz", "tar"],
    ["a.jsonl", "jsonl"],
    ["a.jsonl.zst", "jsonl"],
    ["a.ndjson.gz", "jsonl"],
    ["a.tar.idx", undefined],
    ["manifest.json", undefined],
  ])("%s is %s", (name, kind) => {
    expect(shardKind(name)).toBe(kind);
  });
});

describe("an inspection", () => {
  const sample = (facts: Partial<SampleView>): SampleView => ({
    key: "k",
    id: undefined,
    text: undefined,
    rows: [],
    padding: 0,
    parts: "txt",
    ...facts,
  });

  it("counts characters as a person does", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const found = new Inspection(0, undefined);
        found.add("s", sample({ text }));
        expect(found.characters.sum).toBe([...text].length);
        expect(found.textBytes).toBe(Buffer.byteLength(text));
      }),
    );
  });

  it("keeps only as many samples as are shown, however many come", () => {
    const found = new Inspection(2, undefined);
    for (let i = 0; i < 1000; i++) found.add("s", sample({ key: `k${i}`, text: "x".repeat(i), rows: [[i % 7]] }));
    expect(found.shown.map((one) => one.key)).toEqual(["k0", "k1"]);
    expect(found.characters.count).toBe(1000);
    expect(found.ids.total).toBe(1000);
  });

  it("decodes the begin of a row when there is no text", () => {
    const found = new Inspection(1, (ids) => Array.from(ids, (id) => String.fromCharCode(id)).join(""));
    found.add("s", sample({ rows: [[104, 105], [33]] }));
    expect(found.shown[0]).toMatchObject({ excerpt: "hi", tokens: 3, rows: 2 });
  });

  it("prints nothing that is not there", () => {
    const found = new Inspection(1, undefined);
    found.shards.push({ name: "a.tar", bytes: 10_240, samples: 0, problems: 0, messages: [] });
    expect(inspectionLines(found, [], 80)).toEqual(["1 shard of 10.2 kB: 0 samples"]);
  });

  it("does not cut messages about damage, whose place is at their end", () => {
    const found = new Inspection(0, undefined);
    const message = `x${" long".repeat(40)} (a.tar: record 5 at byte 512)`;
    found.shards.push({ name: "a.tar", bytes: 1, samples: 1, problems: 3, messages: [message] });
    expect(inspectionLines(found, [], 60)).toEqual(["1 shard of 1 B: 1 sample", `damaged: ${message}`, "damaged: and 2 more"]);
  });
});
