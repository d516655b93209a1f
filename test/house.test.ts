/** The house rules that a program can check: who imports whom, and how long a file may be. */
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SRC = fileURLToPath(new URL("../src", import.meta.url));

/** What each folder may import beside itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  kernels: ["core"],
  store: ["core"],
  // Reading JSON lines is a hot loop of its own.
  read: ["core", "store", "kernels"],
  clean: ["core", "kernels"],
  dedupe: ["core", "kernels", "store"],
  tokenize: ["core", "kernels"],
  batch: ["core"],
  // The manifest's shape is `trace`'s; who writes it must know it.
  write: ["core", "store", "trace"],
  trace: ["core", "store"],
  run: ["core", "kernels", "store", "read", "clean", "dedupe", "tokenize", "batch", "write", "trace"],
  cli: ["core", "store", "read", "clean", "dedupe", "tokenize", "batch", "write", "run", "trace", "kernels", "index.ts"],
};

const all = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts"));
/** Without AssemblyScript, whose imports stay inside its folder. */
const files = all.filter((path) => !path.includes("/assembly/"));

describe("the house", () => {
  it("imports only along the agreed arrows", () => {
    const wrong: string[] = [];
    for (const path of files.filter((file) => file.includes("/"))) {
      const folder = path.split("/")[0] as string;
      const source = readFileSync(join(SRC, path), "utf8");
      for (const [, target = ""] of source.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)) {
        const to = relative(SRC, join(SRC, path, "..", target)).replaceAll("\\", "/");
        const other = to.split("/")[0] as string;
        if (other !== folder && !MAY_IMPORT[folder]?.includes(other)) wrong.push(`${path} imports ${to}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it("knows every folder", () => {
    const folders = new Set(files.filter((file) => file.includes("/")).map((file) => file.split("/")[0]));
    expect([...folders].sort()).toEqual(Object.keys(MAY_IMPORT).sort());
  });

  it("keeps files to one concept: at most 400 lines", () => {
    const long = all
      .map((path) => [path, readFileSync(join(SRC, path), "utf8").split("\n").length] as const)
      .filter(([, lines]) => lines > 401);
    expect(long).toEqual([]);
  });
});
