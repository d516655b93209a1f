/**
 * The packages that the tokenize benchmark runs against and nothing else needs. They lie in bench/rivals with a lockfile of their
 * own, and are installed there on first use, so that the repository itself stays small.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../rivals/", import.meta.url));

export const rivalRequire: NodeJS.Require = createRequire(`${folder}package.json`);

/** Installs the rivals if they are not there. Returns why that failed, or undefined. Prints one line when it installs. */
export function installRivals(): string | undefined {
  if (existsSync(`${folder}node_modules/.package-lock.json`)) return undefined;
  console.log("bench: installing the rivals in bench/rivals (npm ci, about 200 MB, once)");
  const { status, stderr } = spawnSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder, encoding: "utf8" });
  return status === 0 ? undefined : (stderr ?? "").trim().split("\n").at(-1) || "npm ci failed";
}

/** Whether a package is installed, in bench/rivals or in the repository. */
export function isInstalled(name: string): boolean {
  try {
    // Not every package exports its package.json, or anything to require.
    return rivalRequire.resolve.paths(name)?.some((path) => existsSync(`${path}/${name}/package.json`)) ?? false;
  } catch {
    return false;
  }
}
