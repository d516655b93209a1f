import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { createAtomic } from "../../src/store/index.ts";
import { openFiles, temporaryFolder } from "./fixtures.ts";

describe("createAtomic", () => {
  it("shows the file whole, and only after commit", async () => {
    const folder = temporaryFolder();
    const file = await createAtomic(join(folder, "a.bin"));
    await file.write(Buffer.from("one "));
    await file.write(Buffer.from("two"));
    const before = readdirSync(folder);
    expect(before).toHaveLength(1);
    expect(before[0]).toMatch(new RegExp(`^\\.a\\.bin\\.tmp-${process.pid}-[0-9a-f]+$`));
    await file.commit();
    expect(readdirSync(folder)).toEqual(["a.bin"]);
    expect(readFileSync(join(folder, "a.bin"), "utf8")).toBe("one two");
    expect(openFiles(folder) ?? []).toEqual([]);
  });

  it("leaves nothing behind after abort, and abort may come twice or after commit", async () => {
    const folder = temporaryFolder();
    const file = await createAtomic(join(folder, "a"));
    await file.write(Buffer.from("half"));
    await file.abort();
    await file.abort();
    expect(readdirSync(folder)).toEqual([]);
    const other = await createAtomic(join(folder, "b"));
    await other.commit();
    await other.abort();
    expect(readdirSync(folder)).toEqual(["b"]);
    expect(openFiles(folder) ?? []).toEqual([]);
  });

  it("replaces an existing file at commit and not before", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "a");
    writeFileSync(path, "old");
    const file = await createAtomic(path);
    await file.write(Buffer.from("new"));
    expect(readFileSync(path, "utf8")).toBe("old");
    await file.commit();
    expect(readFileSync(path, "utf8")).toBe("new");
  });

  it("keeps two writers of one name apart", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "a");
    const [one, two] = await Promise.all([createAtomic(path), createAtomic(path)]);
    await Promise.all([one.write(Buffer.from("1".repeat(5000))), two.write(Buffer.from("2".repeat(5000)))]);
    await one.commit();
    await two.commit();
    expect(readFileSync(path, "utf8")).toBe("2".repeat(5000));
    expect(readdirSync(folder)).toEqual(["a"]);
  });

  it("removes its file when the commit fails, and refuses a second commit", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "taken", "inside"), { recursive: true });
    const file = await createAtomic(join(folder, "taken"));
    await expect(file.commit()).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(["taken"]);
    await expect(file.commit()).rejects.toThrow("after the file was aborted");
    await expect(createAtomic(join(folder, "missing", "a"))).rejects.toThrow("ENOENT");
    expect(openFiles(folder) ?? []).toEqual([]);
  });
});
