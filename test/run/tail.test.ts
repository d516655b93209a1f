/** What is left of a task when its records have gone through: its worker goes on, and what becomes of it is told as that task's. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runPlanned } from "../../src/run/index.ts";
import { folder, threads } from "./fixtures.ts";

const SOURCE = fileURLToPath(new URL("../../src/index.ts", import.meta.url));

/**
 * A job of three tasks whose sink, once it has the records of a task, waits until the next task has begun to write; `fails` is the task
 * that then fails.
 */
function jobOf(dir: string, fails: number): string {
  for (let i = 0; i < 3; i++) writeFileSync(join(dir, `${i}.jsonl`), `{"text":"record ${i}"}\n`);
  const module = join(dir, "job.ts");
  writeFileSync(
    module,
    `import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { read } from ${JSON.stringify(SOURCE)};
const output = ${JSON.stringify(join(dir, "out"))};
const begun = new Map<number, () => void>();
const reached = (task: number) => new Promise<void>((resolve) => begun.set(task, resolve));
const next = [reached(1), reached(2), Promise.resolve()];
const planned = {
  folder: output,
  name: "manifest",
  check: async () => {},
  begin: async () => {},
  files: (part: { file: string }) => [part.file],
  published: async () => undefined,
  async write(input: AsyncIterable<{ text: string }>, { directory, prefix, task }: { directory: string; prefix: string; task: number }) {
    begun.get(task)?.();
    let text = "";
    for await (const record of input) text += record.text;
    await next[task];
    if (task === ${fails}) throw new Error("the disk is gone");
    writeFileSync(join(directory, prefix + "part"), text);
    return { file: prefix + "part" };
  },
  async publish(parts: { part: { file: string } }[]) {
    writeFileSync(join(output, "published"), String(parts.length));
    return parts.length;
  },
};
export default read(${JSON.stringify(join(dir, "*.jsonl"))}).write({ name: "parts", planned, write: async () => {} } as never);
`,
  );
  return module;
}

describe("closing the files of a task", () => {
  it("does not keep its worker from the next one", { timeout: 30_000 }, async () => {
    const dir = folder();
    const { report } = await runPlanned(jobOf(dir, -1), { engine: threads(1), splitBytes: 1 });
    expect(report?.delivered).toBe(3);
    expect(readFileSync(join(dir, "out", "published"), "utf8")).toBe("3");
  });

  it("and failing then is an error of the run, which names the task", async () => {
    const dir = folder();
    await expect(runPlanned(jobOf(dir, 1), { engine: threads(1), splitBytes: 1 })).rejects.toThrow(
      "the disk is gone (phase 0 (write), task 1)",
    );
    expect(existsSync(join(dir, "out", "published"))).toBe(false);
  });
});
