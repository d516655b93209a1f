/** The files that tasks hand to tasks: items of any size come back as they were, and what cannot be written is named. */
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { SpoolWriter, spoolItems } from "../../src/run/spool.ts";
import { folder } from "./fixtures.ts";

it("gives back items of any size, those around a chunk too", async () => {
  const path = join(folder(), "items");
  const sizes = [0, 1, 2 ** 18 - 14, 2, 2 ** 20 - 5, 2 ** 20 - 4, 2 ** 20 - 3, 0, 2 ** 20, 3 * 2 ** 20 + 1, 7];
  const items = sizes.map((size, i) => Buffer.alloc(size, i + 1));
  const spool = await SpoolWriter.create(path);
  for (const item of items) await spool.add(item);
  await spool.commit();
  expect(spool.bytes).toBe(sizes.reduce((sum, size) => sum + size, 0));
  const back: Buffer[] = [];
  for await (const item of spoolItems(path)) back.push(item);
  expect(back.map(({ length }) => length)).toEqual(sizes);
  expect(back.every((item, i) => item.equals(items[i] as Buffer))).toBe(true);
  let number = 0;
  for await (const item of spoolItems(path, true)) expect(item.equals(items[number++] as Buffer)).toBe(true);
  expect(number).toBe(sizes.length);
});

it("says which file could not be written, whenever that is", async () => {
  const dir = folder();
  const nowhere = join(dir, "not-there", "items");
  await expect(SpoolWriter.create(nowhere)).rejects.toMatchObject({
    kind: "unwritable",
    message: expect.stringContaining(`cannot write ${nowhere}: ENOENT`) as string,
  });
  const path = join(dir, "items");
  const spool = await SpoolWriter.create(path);
  await spool.add(Buffer.from("one"));
  for (const name of readdirSync(dir)) rmSync(join(dir, name)); // the rename finds nothing
  await expect(spool.commit()).rejects.toMatchObject({
    message: expect.stringContaining(`cannot write ${path}: ENOENT`) as string,
    cause: { code: "ENOENT" },
  });
});
