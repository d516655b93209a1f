/** Broken input of every kind: one clear error with file, record and offset; skipped, it is counted and reading goes on. */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { constants, gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { map, PipelineError, type RunReport } from "../../src/core/index.ts";
import { type ReadOptions, read } from "../../src/read/index.ts";
import { openFiles, storedZstdFrame, temporaryFolder } from "../store/fixtures.ts";
import { failureOf, jsonl, tarOf } from "./fixtures.ts";

const good = (...texts: string[]): string => jsonl(...texts.map((text) => ({ text })));
/** 2000 records of about 30 bytes that do not compress to nothing. */
const many = good(...Array.from({ length: 2000 }, (_, i) => `record ${i} ${((i * 2654435761) >>> 0).toString(36)}`));
const flip = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] as number) ^ 0x55;
  return copy;
};

interface Case {
  readonly name: string;
  readonly content: string | Buffer;
  readonly kind: string;
  /** Record and offset of the error. */
  readonly at: readonly [record: number, offset: number];
  readonly message: RegExp;
  /** Records that survive in this file. */
  readonly records: number;
  readonly options?: ReadOptions;
}

/** How many whole lines these bytes hold, and where the last one ends: what must survive damage behind them. */
function wholeLines(bytes: Buffer): readonly [number, number] {
  const end = bytes.lastIndexOf(10) + 1;
  return [bytes.subarray(0, end).filter((byte) => byte === 10).length, end];
}

const oneLine = Buffer.byteLength(good("a"));

async function cases(): Promise<Record<string, Case>> {
  const tar = await tarOf(["0", "1", "2", "3"].map((name) => [`${name}.txt`, name] as const));
  const gz = gzipSync(many);
  const cut = gz.subarray(0, -200);
  const beforeCut = wholeLines(gunzipSync(cut, { finishFlush: constants.Z_SYNC_FLUSH }));
  // Stored blocks: 5 bytes of header, the last 4 a length and its complement. Damage there is noticed at once.
  const stored = gzipSync(many.repeat(2), { level: 0 });
  const firstBlock = stored.readUInt16LE(11);
  const beforeDamage = wholeLines(Buffer.from(many.repeat(2)).subarray(0, firstBlock));
  return {
    "a line that is not JSON": {
      name: "x.jsonl",
      content: `${good("a")}{"text":\n${good("b")}`,
      kind: "bad-json",
      at: [1, oneLine],
      message: /not valid JSON/,
      records: 2,
    },
    "a record cut off by the end": {
      name: "x.jsonl",
      content: `${good("a", "b")}{"text":"c`,
      kind: "bad-json",
      at: [2, 2 * oneLine],
      message: /not valid JSON/,
      records: 2,
    },
    "JSON that is no object": {
      name: "x.jsonl",
      content: `${good("a")}[{"text":"b"}]\n`,
      kind: "bad-json",
      at: [1, oneLine],
      message: /object, got an array/,
      records: 1,
    },
    "NUL bytes where a record should be": {
      name: "x.jsonl",
      content: `${good("a")}${"\0".repeat(20)}\n${good("b")}`,
      kind: "bad-json",
      at: [1, oneLine],
      message: /not valid JSON/,
      records: 2,
    },
    "no text field": {
      name: "x.jsonl",
      content: `${good("a")}{"content":"b","lang":"en"}\n`,
      kind: "bad-field",
      at: [1, oneLine],
      message: /`text` is missing; the record has `content`, `lang`/,
      records: 1,
    },
    "a text that is no string": {
      name: "x.jsonl",
      content: `{"text":null}\n${good("b")}`,
      kind: "bad-field",
      at: [0, 0],
      message: /`text` to be a string, got null/,
      records: 1,
    },
    "an id that is no id": {
      name: "x.jsonl",
      content: `{"id":[],"text":""}\n${good("b")}`,
      kind: "bad-field",
      at: [0, 0],
      message: /`id` to be a string or a number, got an array/,
      records: 1,
    },
    "bytes that are not UTF-8": {
      name: "x.jsonl",
      content: Buffer.concat([Buffer.from(good("a", "é")), Buffer.from('{"text":"caf\xe9"}\n', "latin1"), Buffer.from(good("b"))]),
      kind: "invalid-utf8",
      at: [2, 2 * oneLine + 1],
      message: /not valid UTF-8, at its byte 12/,
      records: 3,
    },
    "UTF-16": {
      name: "x.jsonl",
      content: Buffer.from(`\ufeff${good("a").trim()}`, "utf16le"),
      kind: "invalid-utf8",
      at: [0, 0],
      message: /not valid UTF-8/,
      records: 0,
    },
    "a line over the limit": {
      name: "x.jsonl",
      content: `${good("a")}${good("long ".repeat(400_000))}${good("b")}`,
      kind: "too-long",
      at: [1, oneLine],
      message: /longer than 1000 bytes/,
      records: 2,
      options: { maxLineBytes: 1000 },
    },
    "a gzip file that was cut": {
      name: "x.jsonl.gz",
      content: cut,
      kind: "truncated",
      at: beforeCut,
      message: /gzip data ends in the middle/,
      records: beforeCut[0],
    },
    "a gzip file of no bytes": {
      name: "x.jsonl.gz",
      content: "",
      kind: "truncated",
      at: [0, 0],
      message: /ends after 0 bytes/,
      records: 0,
    },
    "a gzip file with a damaged checksum": {
      name: "x.jsonl.gz",
      content: flip(gz, gz.length - 6),
      kind: "corrupt",
      at: [2000, many.length],
      message: /incorrect data check/,
      records: 2000,
    },
    "a gzip file with damage inside": {
      name: "x.jsonl.gz",
      content: flip(stored, 15 + firstBlock + 1),
      kind: "corrupt",
      at: beforeDamage,
      message: /invalid stored block lengths.*at byte \d+ of the compressed file/,
      records: beforeDamage[0],
    },
    "a gzip file with other bytes behind it": {
      name: "x.jsonl.gz",
      content: Buffer.concat([gz, Buffer.from("<html>")]),
      kind: "corrupt",
      at: [2000, many.length],
      message: /incorrect header check/,
      records: 2000,
    },
    "a second gzip member that was cut": {
      name: "x.jsonl.gz",
      content: Buffer.concat([gz, gz.subarray(0, 12)]),
      kind: "truncated",
      at: [2000, many.length],
      message: /ends in the middle/,
      records: 2000,
    },
    "a zstd file that was cut": {
      name: "x.jsonl.zst",
      content: storedZstdFrame(Buffer.from(good("a", "b", "c")), { blockBytes: oneLine }).subarray(0, -9),
      kind: "truncated",
      at: [2, 2 * oneLine],
      message: /zstd data ends in the middle/,
      records: 2,
    },
    "a zstd file with other bytes behind it": {
      name: "x.jsonl.zst",
      content: Buffer.concat([storedZstdFrame(Buffer.from(good("a"))), Buffer.from("junk")]),
      kind: "corrupt",
      at: [1, oneLine],
      message: /not zstd follow/,
      records: 1,
    },
    "a picture named .gz": {
      name: "x.jsonl.gz",
      content: Buffer.from("89504e470d0a1a0a00", "hex"),
      kind: "corrupt",
      at: [0, 0],
      message: /neither gzip nor text/,
      records: 0,
    },
    "a tar cut inside a member": {
      name: "x.tar",
      content: tar.subarray(0, 2 * 1024 + 512),
      kind: "truncated",
      at: [2, 2048],
      message: /ends inside "2\.txt"/,
      records: 2,
    },
    "a tar with a damaged header": {
      name: "x.tar",
      content: flip(tar, 2 * 1024 + 20),
      kind: "corrupt",
      at: [1, 1024],
      message: /checksum of a tar header/,
      records: 1,
    },
    "two tars put together": {
      name: "x.tar",
      content: Buffer.concat([tar, tar]),
      kind: "corrupt",
      at: [3, 3072],
      message: /tar -A/,
      records: 3,
    },
    "a text file that is not UTF-8": {
      name: "x.txt",
      content: Buffer.from([0x61, 0xc3]),
      kind: "invalid-utf8",
      at: [0, 0],
      message: /the file is not valid UTF-8, at its byte 1/,
      records: 0,
    },
    "a name that tells no format": {
      name: "x.dat",
      content: "x",
      kind: "unreadable",
      at: [0, 0],
      message: /set the option `format`/,
      records: 0,
    },
  };
}

describe("broken input", async () => {
  for (const [title, broken] of Object.entries(await cases())) {
    it(`${title} is ${broken.kind}`, async () => {
      const folder = temporaryFolder();
      const source = `${folder}/${broken.name}`;
      writeFileSync(source, broken.content);
      writeFileSync(`${folder}/zz.jsonl`, good("the next file"));
      const options = broken.options ?? {};

      const error = await failureOf(read(`${folder}/*`, options));
      expect(error).toBeInstanceOf(PipelineError);
      expect(error).toMatchObject({ kind: broken.kind, stage: "read", origin: { source, record: broken.at[0], offset: broken.at[1] } });
      expect(error.message).toMatch(broken.message);
      expect(error.message).toContain(`(${source}: record ${broken.at[0]} at byte ${broken.at[1]})`);

      const run = read(`${folder}/*`, options).run({ onError: "skip" });
      const texts: string[] = [];
      for await (const doc of run) texts.push(doc.text);
      const report = run.report();
      expect(texts.at(-1)).toBe("the next file");
      expect(texts).toHaveLength(broken.records + 1);
      expect(report.stages[0]?.errors).toEqual({ [broken.kind]: 1 });
      expect(report.errors).toEqual([{ kind: broken.kind, message: error.message }]);
      expect(report.sources[source]).toMatchObject({ in: broken.records + 1, out: broken.records, errors: { [broken.kind]: 1 } });
      expect(openFiles(folder) ?? []).toEqual([]);
    });
  }
});

describe("files that go wrong", () => {
  const skipped = async (pattern: string, during?: (records: number) => void): Promise<RunReport> => {
    const run = read(pattern).run({ onError: "skip" });
    let records = 0;
    for await (const _ of run) during?.(++records);
    return run.report();
  };

  it("vanish between listing and opening", async () => {
    const folder = temporaryFolder();
    for (const name of ["a", "b", "c"]) writeFileSync(`${folder}/${name}.jsonl`, good(name));
    const report = await skipped(`${folder}/*`, (records) => records === 1 && rmSync(`${folder}/b.jsonl`));
    expect(report.delivered).toBe(2);
    expect(report.stages[0]?.errors).toEqual({ vanished: 1 });
    expect(report.errors[0]?.message).toMatch(/gone \(.*b\.jsonl: record 0 at byte 0\)/);
  });

  it("change between listing and opening, or shrink while they are read", async () => {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/a.jsonl`, many.repeat(30));
    writeFileSync(`${folder}/b.jsonl`, good("b"));
    const report = await skipped(`${folder}/*`, (records) => {
      if (records !== 1) return;
      truncateSync(`${folder}/a.jsonl`, 1000);
      writeFileSync(`${folder}/b.jsonl`, good("b", "more"));
    });
    expect(report.stages[0]?.errors).toEqual({ changed: 2 });
    expect(report.errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(/ended at byte \d+.*when it was listed.*a\.jsonl: record \d+ at byte \d+/),
      expect.stringMatching(/changed after it was listed.*b\.jsonl/),
    ]);
  });

  it.skipIf(process.platform === "win32")("are folders, pipes, circles of links", async () => {
    const folder = temporaryFolder();
    mkdirSync(`${folder}/a.jsonl`);
    execFileSync("mkfifo", [`${folder}/b.jsonl`]);
    symlinkSync(`${folder}/c.jsonl`, `${folder}/c.jsonl`);
    for (const name of ["a", "b", "c"]) {
      const error = await failureOf(read(`${folder}/${name}.jsonl`));
      expect(error).toMatchObject({ kind: "unreadable", origin: { source: `${folder}/${name}.jsonl`, record: 0, offset: 0 } });
    }
    // Named together with a good file, they are skipped and counted.
    writeFileSync(`${folder}/d.jsonl`, good("d"));
    const run = read(
      ["a", "b", "c", "d"].map((name) => `${folder}/${name}.jsonl`),
      { onError: "skip" },
    ).run();
    for await (const doc of run) expect(doc.text).toBe("d");
    expect(run.report().stages[0]?.errors).toEqual({ unreadable: 3 });
  });

  it.skipIf(process.getuid?.() === 0 || process.platform === "win32")("may not be opened", async () => {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/a.jsonl`, good("a"), { mode: 0 });
    expect(await failureOf(read(`${folder}/a.jsonl`))).toMatchObject({ kind: "unreadable", message: expect.stringContaining("EACCES") });
  });

  it("do not exist: the pattern is named, and skipping does not hide it", async () => {
    const folder = temporaryFolder();
    const error = await failureOf(read(`${folder}/*.jsonl`, { onError: "skip" }));
    expect(error).toMatchObject({ kind: "empty-match", message: expect.stringContaining(`${folder}/*.jsonl`) });
  });
});

describe("onError", () => {
  it("of read wins over the run's, both ways", async () => {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/a.jsonl`, `bad\n${good("a")}`);
    const skipping = read(`${folder}/a.jsonl`, { onError: "skip" }).run({ onError: "throw" });
    for await (const doc of skipping) expect(doc.text).toBe("a");
    expect(skipping.report().errors).toHaveLength(1);
    await expect(failureOf(read(`${folder}/a.jsonl`, { onError: "throw" }).with({ onError: "skip" }))).resolves.toMatchObject({
      kind: "bad-json",
    });
  });

  it("leaves errors of later stages alone", async () => {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/a.jsonl`, good("a"));
    const failing = read(`${folder}/a.jsonl`, { onError: "skip" }).pipe(
      map(() => {
        throw new Error("later");
      }),
    );
    await expect(failureOf(failing)).resolves.toMatchObject({ kind: "stage-failed", stage: "map" });
  });
});
