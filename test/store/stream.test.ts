import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { PipelineError } from "../../src/core/index.ts";
import { type Entry, type Store, storeFor } from "../../src/store/index.ts";
import { READ_BYTES } from "../../src/store/local.ts";
import { gather, gatherUntilError, openFiles, temporaryFolder } from "./fixtures.ts";

const store: Store = storeFor(["x"]);

async function entryOf(name: string): Promise<Entry> {
  const [entry] = await store.list([name]);
  return entry as Entry;
}

/** Bytes that differ from their neighbours at any distance. */
function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let i = 0; i < length; i++) bytes[i] = (i * 2654435761) >>> 24;
  return bytes;
}

describe("streaming a local file", () => {
  it("gives every byte, for sizes around its reads, from any offset", async () => {
    const folder = temporaryFolder();
    const whole = pattern(3 * READ_BYTES + 17);
    for (const size of [0, 1, READ_BYTES - 1, READ_BYTES, READ_BYTES + 1, 2 * READ_BYTES, whole.length]) {
      const name = `${folder}/${size}.bin`;
      writeFileSync(name, whole.subarray(0, size));
      const entry = await entryOf(name);
      expect((await gather(store.stream(entry))).equals(whole.subarray(0, size))).toBe(true);
      for (const start of [1, READ_BYTES, size]) {
        expect((await gather(store.stream(entry, { start }))).equals(whole.subarray(start, Math.max(start, size)))).toBe(true);
      }
    }
    expect(openFiles(folder) ?? []).toEqual([]);
  });

  it("tells how far it is", async () => {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/a`, pattern(READ_BYTES + 5));
    const positions: number[] = [];
    await gather(store.stream(await entryOf(`${folder}/a`), { onRead: (position) => positions.push(position) }));
    expect(positions).toEqual([READ_BYTES, READ_BYTES + 5]);
  });

  it("closes the file when the loop is left, and when it is aborted", async () => {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/a`, pattern(4 * READ_BYTES));
    const entry = await entryOf(`${folder}/a`);
    for await (const _ of store.stream(entry)) break;
    expect(openFiles(folder) ?? []).toEqual([]);
    const abort = new AbortController();
    const reason = new Error("enough");
    const { bytes, error } = await gatherUntilError(
      (async function* () {
        for await (const chunk of store.stream(entry, { signal: abort.signal })) {
          abort.abort(reason);
          yield chunk;
        }
      })(),
    );
    expect(error).toBe(reason);
    expect(bytes.length).toBe(READ_BYTES);
    expect(openFiles(folder) ?? []).toEqual([]);
  });

  it("says that a file has vanished, and that a link leads nowhere", async () => {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/a`, "x");
    const entry = await entryOf(`${folder}/a`);
    rmSync(`${folder}/a`);
    await expect(gather(store.stream(entry))).rejects.toMatchObject({ kind: "vanished" });
  });

  it.skipIf(process.platform === "win32")("says what cannot be read: a folder, a pipe, a circle of links", async () => {
    const folder = temporaryFolder();
    mkdirSync(`${folder}/sub`);
    execFileSync("mkfifo", [`${folder}/pipe`]);
    symlinkSync(`${folder}/b`, `${folder}/a`);
    symlinkSync(`${folder}/a`, `${folder}/b`);
    const errors: PipelineError[] = [];
    for (const name of ["sub", "pipe", "a"]) {
      const { error } = await gatherUntilError(store.stream(await entryOf(`${folder}/${name}`)));
      errors.push(error as PipelineError);
    }
    expect(errors.map((error) => error.kind)).toEqual(["unreadable", "unreadable", "unreadable"]);
    expect(errors[0]?.message).toContain("directory");
    expect(errors[1]?.message).toContain("neither a file");
    expect(errors[2]?.message).toContain("ELOOP");
  });

  it("notices a file that changed between listing and opening", async () => {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/a`, "one");
    const entry = await entryOf(`${folder}/a`);
    appendFileSync(`${folder}/a`, " more");
    await expect(gather(store.stream(entry))).rejects.toMatchObject({ kind: "changed", message: expect.stringContaining("3 bytes") });
    const again = await entryOf(`${folder}/a`);
    utimesSync(`${folder}/a`, new Date(), new Date(1));
    await expect(gather(store.stream(again))).rejects.toMatchObject({ kind: "changed" });
  });

  it("reads what was listed when a file grows, and notices one that shrinks while it is read", async () => {
    const folder = temporaryFolder();
    writeFileSync(`${folder}/grows`, pattern(4 * READ_BYTES));
    let first = true;
    let length = 0;
    for await (const chunk of store.stream(await entryOf(`${folder}/grows`))) {
      if (first) appendFileSync(`${folder}/grows`, "more");
      first = false;
      length += chunk.length;
    }
    expect(length).toBe(4 * READ_BYTES);

    writeFileSync(`${folder}/shrinks`, pattern(6 * READ_BYTES));
    const entry = await entryOf(`${folder}/shrinks`);
    const shrinking = async (): Promise<void> => {
      for await (const _ of store.stream(entry)) truncateSync(`${folder}/shrinks`, READ_BYTES);
    };
    await expect(shrinking()).rejects.toMatchObject({ kind: "changed", message: expect.stringContaining("when it was listed") });
    expect(openFiles(folder) ?? []).toEqual([]);
  });
});
